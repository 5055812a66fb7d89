"""What every kind of suite has: a way to put a case to a model, and to score what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from evals.cases import Case
from evals.rows import Row
from providers.base import Provider, Settings


class Examiner(Protocol):
    """Puts cases to a model and scores them."""

    async def examine(self, provider: Provider, case: Case, repeat: int, settings: Settings) -> Row:
        """Makes the row of one repeat of a case; times and attempts are filled in by the run.

        Raises:
            ProviderError: The model could not be asked; that says nothing about it.
        """
        ...

    def rescored(self, case: Case, row: Row) -> Row:
        """Returns a row as it would be scored now, from what it holds; no model is asked."""
        ...

    def figures(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Returns what is to be said of a run beside its accuracy, JSON values."""
        ...

    def told(self, figures: dict[str, Any]) -> list[str]:
        """Puts `figures` into words, a line each."""
        ...
