"""How the prompts of two sides differ: of runs, models, dialects, or versions of a suite."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite, SuiteError
from evals.comparison import Flip, compare
from evals.kinds import open_suite
from evals.loaded import LoadedRun, load_runs
from evals.prompts import Renderer
from evals.record import RunRecord
from evals.runs import find_run
from evals.store import StoreError, read_record
from evals.text import visible
from providers.base import ProviderRejected
from providers.dialects.registry import DIALECTS


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: What it is called.
        renderer: Writes its prompts.
        cases: What is asked, by id.
        run: The run's directory; None where the side is no run.
        note: What has changed since the run, so that its prompts may have been others; empty where nothing has.
    """

    name: str
    renderer: Renderer
    cases: Mapping[str, Case]
    run: Path | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """A case whose prompts differ in what is its own; `flip` says how its outcome differs, if it does."""

    id: str
    diff: str
    flip: str


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """How prompts differ.

    Attributes:
        left: The name of one side.
        right: The name of the other.
        cases: Cases that both sides have.
        only_left: Cases that only one side has.
        only_right: Cases that only the other has.
        fixed: The differences in the part that cases share, each with how many cases have it.
        different: The cases whose own part differs.
        flips: How outcomes changed in cases whose prompts are the same; only between runs.
        notes: What a reader has to know.
    """

    left: str
    right: str
    cases: int
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    fixed: tuple[tuple[str, int], ...]
    different: tuple[CaseDiff, ...]
    flips: tuple[Flip, ...]
    notes: tuple[str, ...]


def find_side(spec: str, suite: str, dialect: str, dialect_of: Callable[[str], Renderer]) -> Side:
    """What a user means by one side.

    Args:
        spec: A run, a suite's file, a dialect, or a model.
        suite: What is asked where the side is a dialect or a model.
        dialect: The dialect where the side is a suite's file.
        dialect_of: Says how the prompts of a model are written; raises `ProviderRejected` for what is none.

    Raises:
        StoreError: It is none of these, or a run's suite is no longer what it was.
    """
    try:
        return _run_side(find_run(spec))
    except StoreError:
        if Path(spec).is_dir():
            raise
    if spec.endswith(".jsonl"):
        return _side(spec, lambda: Renderer(dialect), _suite(spec))
    return _side(spec, lambda: _renderer(spec, dialect_of), _suite(suite))


def diff_prompts(left: Side, right: Side, only: Sequence[str] = ()) -> PromptDiff:
    """Compares the prompts of two sides, case by case.

    Raises:
        StoreError: A case of `only` is not on both sides.
    """
    both = [case for case in left.cases if case in right.cases]
    if lacking := [case for case in only if case not in both]:
        raise StoreError(f"no case {', '.join(lacking)} on both sides")
    both = [case for case in both if not only or case in only]
    shared: Counter[str] = Counter()
    own: dict[str, str] = {}
    known: dict[tuple[str, str], str] = {}
    for case in both:
        before, after = left.renderer.render(left.cases[case]), right.renderer.render(right.cases[case])
        pair = (before.fixed, after.fixed)
        if pair not in known:
            known[pair] = _unified(*pair, left, right)
        if known[pair]:
            shared[known[pair]] += 1
        if before.rest != after.rest:
            own[case] = _unified(before.rest, after.rest, left, right)
    flips = tuple(flip for flip in _flips(left, right) if not only or flip.id in only)
    said = {flip.id: f"{flip.before} → {flip.after}" for flip in flips}
    changed = set(own) if not shared else set(both)
    return PromptDiff(
        left=left.name,
        right=right.name,
        cases=len(both),
        only_left=tuple(case for case in left.cases if case not in right.cases),
        only_right=tuple(case for case in right.cases if case not in left.cases),
        fixed=tuple(shared.most_common()),
        different=tuple(CaseDiff(case, diff, said.get(case, "")) for case, diff in own.items()),
        flips=tuple(flip for flip in flips if flip.id not in own),
        notes=tuple(note for note in (left.note, right.note, _unexplained(flips, changed)) if note),
    )


def diff_text(diff: PromptDiff, most: int) -> str:
    """The differences for people, at most so many cases in full; safe for a terminal."""
    lines = [f"{diff.left} → {diff.right}: {diff.cases} cases on both sides"]
    lines += diff.notes
    for title, cases in ((diff.left, diff.only_left), (diff.right, diff.only_right)):
        if cases:
            lines.append(f"only in {title}: {', '.join(cases)}")
    if not diff.fixed and not diff.different:
        lines.append("the prompts are the same")
    for text, count in diff.fixed:
        lines += ["", f"the part that {count} cases share:", text]
    if diff.different:
        lines += ["", f"{len(diff.different)} cases differ in their own part"]
    for case in diff.different[:most]:
        lines += ["", f"{case.id}{': ' + case.flip if case.flip else ''}", case.diff]
    if len(diff.different) > most:
        lines.append(f"… and {len(diff.different) - most} more; --case shows one, --limit more")
    lines += _flip_lines(diff)
    return visible("\n".join(lines))


def diff_object(diff: PromptDiff) -> dict[str, Any]:
    """What `evals diff-prompt --json` prints."""
    return {
        "left": diff.left,
        "right": diff.right,
        "cases": diff.cases,
        "only_left": list(diff.only_left),
        "only_right": list(diff.only_right),
        "same": not (diff.fixed or diff.different),
        "fixed": [{"diff": text, "cases": count} for text, count in diff.fixed],
        "different": [
            {"id": case.id, "diff": case.diff, "flip": case.flip or None} for case in diff.different
        ],
        "flips": [
            {"id": flip.id, "repeat": flip.repeat, "before": flip.before, "after": flip.after}
            for flip in diff.flips
        ],
        "notes": list(diff.notes),
    }


def _flip_lines(diff: PromptDiff) -> Iterator[str]:
    flipped = sum(bool(case.flip) for case in diff.different)
    if flipped:
        yield ""
        yield f"{flipped} of the cases whose own part differs have another outcome"
    if diff.flips:
        yield ""
        yield f"{len(diff.flips)} replies have another outcome though the case's own part is the same:"
        yield from (f"  {flip.id} repeat {flip.repeat}: {flip.before} → {flip.after}" for flip in diff.flips)


def _unexplained(flips: tuple[Flip, ...], changed: set[str]) -> str:
    count = sum(flip.id not in changed for flip in flips)
    return f"{count} outcomes differ in cases whose prompts are the same" if count else ""


def _flips(left: Side, right: Side) -> tuple[Flip, ...]:
    if left.run is None or right.run is None:
        return ()
    before, after = (_load(side.run) for side in (left, right) if side.run is not None)
    return compare(before, after).flips


def _load(directory: Path) -> LoadedRun:
    (loaded,) = load_runs([str(directory)])
    return loaded


def _run_side(directory: Path) -> Side:
    record = read_record(directory)
    if record.suite.kind != "calls":
        raise StoreError(f"{directory} asks in whole conversations, whose prompts depend on the replies")
    suite = _suite(record.suite.path)
    if suite.sha256 != record.suite.sha256:
        raise StoreError(f"{suite.path} has changed since {directory}: its prompts cannot be written again")
    if record.model.dialect is None:
        raise StoreError(f"{directory} does not say how its model's prompts are written")
    name = directory.name or directory.resolve().name
    dialect, hosted = record.model.dialect, record.model.server is not None
    side = _side(name, lambda: Renderer(dialect, hosted), suite)
    cases = {case.id: case for case in suite.cases if not record.only or case.id in record.only}
    return Side(name, side.renderer, cases, directory, _changed(name, record, side.renderer, suite))


def _changed(name: str, record: RunRecord, renderer: Renderer, suite: Suite) -> str:
    """Whether the present code writes what the run's model was given."""
    now = renderer.prompt_hash
    parts: list[str] = []
    if now is not None and record.model.prompt_hash not in (None, now):
        parts.append("the wording of its dialect")
    if record.tools_sha256 != suite.toolset.sha256:
        parts.append("the tools")
    if not parts:
        return ""
    return f"since {name} {' and '.join(parts)} changed: shown is what the present code would write"


def _side(name: str, make: Callable[[], Renderer], suite: Suite) -> Side:
    try:
        renderer = make()
    except ProviderRejected as error:
        raise StoreError(f"{name} is no run, suite, dialect or model: {error}") from error
    return Side(name, renderer, {case.id: case for case in suite.cases})


def _renderer(spec: str, dialect_of: Callable[[str], Renderer]) -> Renderer:
    if spec in DIALECTS:
        return Renderer(spec)
    return dialect_of(spec)


def _suite(name: str) -> Suite:
    try:
        return open_suite(name)
    except SuiteError as error:
        raise StoreError(str(error)) from error


def _unified(before: str, after: str, left: Side, right: Side) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), left.name, right.name, lineterm="", n=2
    )
    return "\n".join(lines)
