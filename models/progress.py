"""How far a long piece of work on a model's file is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Attributes:
        stage: `fetch`, `hash` and `write` count bytes, `quantize` counts tensors.
        file: Name of the file that is being made or read.
        done: How many are done.
        total: How many there are; None where it is not known.
    """

    stage: Literal["fetch", "hash", "quantize", "write"]
    file: str
    done: int
    total: int | None


OnProgress = Callable[[Progress], None]


def ignore(report: Progress) -> None:
    """Takes a report and does nothing."""
