"""Every screen in both themes at two sizes. `make snap` accepts what has changed; look at the report first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension

from settings.schema import Config
from tests.tui.scenes import SCENES, arrange
from tests.tui.support import make_app

# Its plugin was written for a syrupy that had another name for this.
SVGImageExtension.file_extension = "svg"


_LOOKS = [
    pytest.param("dark", (80, 24), id="dark-80x24"),
    pytest.param("light", (140, 40), id="light-140x40"),
    pytest.param("dark", (140, 40), id="dark-140x40", marks=pytest.mark.slow),
    pytest.param("light", (80, 24), id="light-80x24", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("theme", "size"), _LOOKS)
@pytest.mark.parametrize("scene", SCENES)
def test_screen(snap_compare, tmp_path: Path, scene: str, theme: str, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, config=Config(cache=str(tmp_path)))

    async def run_before(pilot) -> None:
        await arrange(scene, theme, app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=run_before)
