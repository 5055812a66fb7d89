"""Draws the screens that the README shows: `python -m tests.tui.screenshots docs/screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import resvg_py

from settings.schema import Config
from tests.tui.scenes import arrange
from tests.tui.support import make_app

#: Name of the picture, scene, theme, size in cells.
PICTURES = (
    ("terminal-chat", "stopped", "dark", (100, 34)),
    ("terminal-approval", "approval", "dark", (100, 26)),
    ("terminal-result", "chat", "light", (100, 34)),
    ("terminal-hosts", "hosts", "dark", (100, 24)),
    ("terminal-host", "host", "dark", (100, 30)),
    ("terminal-case", "case", "light", (120, 24)),
    ("terminal-models", "models", "light", (100, 20)),
)
_FONT = "DejaVu Sans Mono"


async def draw(scene: str, theme: str, size: tuple[int, int]) -> bytes:
    """Makes a PNG of a scene."""
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder), config=Config(cache=folder))
        async with app.run_test(size=size) as pilot:
            await arrange(scene, theme, app, pilot)
            svg = app.export_screenshot(title="smallwatch chat")
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, width=1100, font_family=_FONT, monospace_family=_FONT, serif_family=_FONT
        )
    )


def main() -> None:
    """Writes all pictures into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene, theme, size in PICTURES:
        picture = asyncio.run(draw(scene, theme, size))
        (folder / f"{name}.png").write_bytes(picture)
        print(f"{name}.png  {len(picture) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
