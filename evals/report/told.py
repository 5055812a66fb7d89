"""What a kind of suite tells beside accuracy: other judges, attacks, how long conversations were."""

from __future__ import annotations

from collections.abc import Sequence

from evals.extras import extra_figures
from evals.loaded import LoadedRun
from evals.report.markup import Markup, element, join


def told(runs: Sequence[LoadedRun]) -> Markup:
    """The same lines that `evals run` prints, for each run; empty for suites of calls.

    Raises:
        StoreError: A run's results cannot be read.
    """
    parts: list[Markup] = []
    for run in runs:
        _, lines = extra_figures(run.directory, run.record)
        if lines:
            items = (element("li", line) for line in lines)
            parts.append(join(element("p", run.name), element("ul", *items)))
    return join(*parts)
