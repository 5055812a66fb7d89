"""What a start of a run takes beside its replies: time until the first question, and memory."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from evals.footprint import Footprint, seconds_since_start
from evals.record import Session
from evals.store import RunStore
from providers.info import DescribedProvider

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Loading:
    """How long it took until a model could be asked.

    Attributes:
        seconds: From when it was asked for.
        alone: Whether the program was started for this run alone, so that its own start counts as well.
    """

    seconds: float
    alone: bool


async def timed(opening: Awaitable[DescribedProvider]) -> tuple[DescribedProvider, float]:
    """Waits until a provider is open; tells how many seconds that took."""
    begun = time.perf_counter()
    provider = await opening
    return provider, time.perf_counter() - begun


@contextmanager
def measured(store: RunStore, provider: DescribedProvider, loading: Loading | None) -> Generator[Footprint]:
    """Measures a session of a run, and notes in its record what it took, however it ends.

    Args:
        store: The run.
        provider: Who is asked.
        loading: How it was opened; None where that is not known.
    """
    rows, at = len(store.finished), datetime.now(UTC)
    start_s = seconds_since_start() if loading is not None and loading.alone else None
    footprint = Footprint(provider)
    try:
        yield footprint
    finally:
        footprint.look()
        model = footprint.model_bytes
        store.note(
            Session(
                at=at.isoformat(timespec="seconds"),
                rows=len(store.finished) - rows,
                start_s=None if start_s is None else round(start_s, 3),
                load_s=None if loading is None else round(loading.seconds, 3),
                model_mib=None if model is None else round(model / _MIB, 1),
                own_mib=round(footprint.own_bytes / _MIB, 1),
            )
        )
