"""The kinds of suites: where each is found, and who examines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.cases import Kind, Suite, load_suite

if TYPE_CHECKING:
    from evals.examiner import Examiner

BFCL = "bfcl:"
SCENARIOS = "scenarios"
INJECTION = "injection"


def open_suite(name: str) -> Suite:
    """Reads a suite of any kind.

    Args:
        name: `bfcl:CATEGORY`, `scenarios`, `injection`, a YAML file of scenarios, the name of a shipped suite of
            calls, or the path of one.

    Raises:
        SuiteError: There is no such suite, or it is not valid.
    """
    if name.startswith(BFCL):
        from evals.bfcl.suite import load_bfcl

        return load_bfcl(name.removeprefix(BFCL))
    if name == INJECTION:
        from evals.injection.suite import load_injection

        return load_injection()
    if name == SCENARIOS or name.endswith((".yaml", ".yml")):
        from evals.scenarios.suite import load_scenarios

        return load_scenarios(name)
    return load_suite(name)


def other_suites() -> dict[str, int]:
    """The suites that are no file of calls, and how many cases each has; BFCL's where its package is there."""
    from evals.bfcl.data import CATEGORIES, BfclError, count_entries
    from evals.injection.suite import load_injection
    from evals.scenarios.suite import count_scenarios

    counts = {SCENARIOS: count_scenarios(), INJECTION: len(load_injection().cases)}
    try:
        return counts | {f"{BFCL}{name}": count_entries(name) for name in CATEGORIES}
    except BfclError:
        return counts


def examiner(kind: Kind) -> Examiner:
    """Returns who puts cases of a kind to a model and scores them."""
    match kind:
        case "calls":
            from evals.replies import ReplyExaminer

            return ReplyExaminer()
        case "bfcl":
            from evals.bfcl.suite import BfclExaminer

            return BfclExaminer()
        case "scenarios":
            from evals.scenarios.suite import ScenarioExaminer

            return ScenarioExaminer()
        case "injection":
            from evals.injection.suite import InjectionExaminer

            return InjectionExaminer()
