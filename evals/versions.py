"""Runs of older versions, brought to the present form when they are read; their files stay as they are.

Version 1 had no workers, no `cached` in rows, and said nothing of a model's server and constraints. Version 2 said
nothing of what the model was trained on, nor of memory and the time of loading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evals.record import SCHEMA_VERSION

_Step = Callable[[dict[str, Any]], dict[str, Any]]


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "workers": 1, "engine": "local"}


def _from_2(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "sessions": []}


#: By version, how a run's record becomes one of the next version.
STEPS: Mapping[int, _Step] = {1: _from_1, 2: _from_2}


def can_be_read(version: int) -> bool:
    """Whether runs of a version can be brought to the present one."""
    return all(number in STEPS for number in range(version, SCHEMA_VERSION)) and version <= SCHEMA_VERSION


def upgraded(data: dict[str, Any], version: int) -> dict[str, Any]:
    """A record of an older version in the present form.

    Args:
        data: What `run.json` holds.
        version: Its version, for which `can_be_read` is true.
    """
    for number in range(version, SCHEMA_VERSION):
        data = STEPS[number](data)
    return {**data, "schema_version": SCHEMA_VERSION}
