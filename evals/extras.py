"""What a run's kind of suite tells beside accuracy: other judges, attacks, and the like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.kinds import examiner
from evals.record import RunRecord
from evals.store import read_rows


def extra_figures(directory: Path, record: RunRecord) -> tuple[dict[str, Any], list[str]]:
    """The figures as JSON has them, and the same in words, a line each; none for suites of calls.

    Raises:
        StoreError: The run's results cannot be read.
    """
    if record.suite.kind == "calls":
        return {}, []
    judge = examiner(record.suite.kind)
    figures = judge.figures(list(read_rows(directory)))
    return figures, judge.told(figures)
