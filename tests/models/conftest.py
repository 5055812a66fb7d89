"""What several tests of the models need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.support import HubServer, hub_server


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as server:
        yield server


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made files, shared by all tests of the session."""
    return tmp_path_factory.mktemp("cache")
