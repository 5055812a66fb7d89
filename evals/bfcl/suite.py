"""BFCL as a suite: `evals run --suite bfcl:CATEGORY` asks its questions and has three judges score the replies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from evals.bfcl.data import BfclError, Entry, categories_of, package_version, read_entries
from evals.bfcl.reference import load_checker
from evals.bfcl.schemas import OfferedTools, offered_tools
from evals.bfcl.verdicts import Verdicts, judge
from evals.cases import Case, Problem, Suite, SuiteError
from evals.examiner import Examiner
from evals.replies import reply_row
from evals.rows import Row
from evals.summary import wilson
from evals.text import describe
from evals.toolset import Toolset
from providers.base import DEFAULT_NOW, Message, Provider, Role, Settings, ToolCall, collect

_SHOWN = 20


def load_bfcl(name: str) -> Suite:
    """Reads categories of BFCL as a suite.

    Args:
        name: A category such as `simple_python`, or a group: `simple`, `live`, `non_live`, `all`.

    Raises:
        SuiteError: There is no such category, or the package is not installed.
    """
    alias = f"bfcl:{name}"
    try:
        entries, digest = read_entries(categories_of(name))
        load_checker()
        # The package's checker judges, so another version of it may judge otherwise.
        whole = hashlib.sha256(f"{digest} {package_version()}".encode()).hexdigest()
    except BfclError as error:
        raise SuiteError(Path(alias), [Problem(0, "", str(error))]) from error
    cases = tuple(_case(entry, number) for number, entry in enumerate(entries, start=1))
    # Every case has tools of its own; what they are is part of the suite's hash.
    return Suite(alias, Path(alias), whole, cases, Toolset(()), "bfcl", alias)


class BfclExaminer(Examiner):
    """Asks for one reply, and has BFCL's own checker, our port of it and ourselves judge its calls.

    A row's label is ours; the three verdicts are in its `details`.
    """

    async def examine(self, provider: Provider, case: Case, repeat: int, settings: Settings) -> Row:
        """Asks for one reply and judges it."""
        reply = await collect(provider.stream(case.messages, case.tools, settings))
        row = reply_row(case, repeat, reply)
        malformed = reply.malformed[0].reason or "it is malformed" if reply.malformed else ""
        return _judged(case, replace(row, details={"malformed": malformed}))

    def rescored(self, case: Case, row: Row) -> Row:
        """Judges the calls of a row anew."""
        return _judged(case, row)

    def figures(self, rows: Sequence[Row]) -> dict[str, Any]:
        """What the judges say of a run, how far they agree, and every disagreement with its reason."""
        judged = [row for row in rows if row.label != "infra_error"]
        details = [row.details for row in judged]
        official = sum(bool(each["ast_checker"]["valid"]) for each in details)
        return {
            "bfcl": {
                "n": len(judged),
                "ast_checker": {"correct": official, **_rate(official, len(judged))},
                "by_category": _by_category(judged),
                "port_agrees": sum(bool(each["port"]["agrees"]) for each in details),
                "ours_agrees": sum(bool(each["ours"]["agrees"]) for each in details),
                "disagreements": [
                    {
                        "id": row.id,
                        "repeat": row.repeat,
                        "ast_checker": row.details["ast_checker"]["error_type"] or "right",
                        "port": row.details["port"]["error_type"] or "right",
                        "ours": row.label,
                        "why": row.details["explanation"] or row.reason,
                    }
                    for row in judged
                    if not (row.details["port"]["agrees"] and row.details["ours"]["agrees"])
                ],
            }
        }

    def told(self, figures: dict[str, Any]) -> list[str]:
        """Puts them into words."""
        found = figures["bfcl"]
        n = found["n"]
        if not n:
            return []
        official = found["ast_checker"]
        low, high = official["ci95"]
        lines = [
            f"ast_checker: {official['accuracy']:.1%} of {n} right (95 % CI {low:.1%} … {high:.1%}); "
            f"our port of its rules agrees on {found['port_agrees']} of {n}, "
            f"our own judgement on {found['ours_agrees']} of {n}"
        ]
        for each in found["disagreements"][:_SHOWN]:
            judges = f"ast_checker {each['ast_checker']}, port {each['port']}, ours {each['ours']}"
            lines.append(f"  {each['id']}: {judges}: {each['why']}")
        more = len(found["disagreements"]) - _SHOWN
        return [*lines, f"  … and {more} more, with --json"] if more > 0 else lines


def _case(entry: Entry, line: int) -> Case:
    offered = offered_tools(entry)
    return Case(
        id=entry.id,
        category=entry.category,
        messages=tuple(Message(cast(Role, m["role"]), m["content"]) for m in entry.messages),
        now=DEFAULT_NOW,
        tools=offered.specs,
        accepted=(),
        ordered=False,
        line=line,
        wanted=tuple(_wanted(entry, offered)),
        about=(entry.category,),
        task=(entry, offered),
    )


def _wanted(entry: Entry, offered: OfferedTools) -> Iterator[str]:
    if not entry.compared:
        yield "any call" if entry.wants_call else "no call"
    shown = {original: name for name, original in offered.originals.items()}
    for answer in entry.answers:
        for name, values in answer.items():
            given = "; ".join(f"{key} {' or '.join(map(_value, each))}" for key, each in values.items())
            yield f"{shown.get(name, name)} {given}"


def _value(value: Any) -> str:
    return "left out" if value == "" else describe(value, 200)


def _judged(case: Case, row: Row) -> Row:
    entry, offered = cast("tuple[Entry, OfferedTools]", case.task)
    calls = tuple(ToolCall("", offered.original(call.name), call.arguments) for call in row.tool_calls())
    malformed = str(row.details.get("malformed", ""))
    verdicts: Verdicts = judge(entry, calls, malformed)
    details = {"malformed": malformed, **verdicts.as_details()}
    differs = f"; ast_checker judges otherwise: {verdicts.explanation}" if verdicts.explanation else ""
    return replace(row, label=verdicts.label, reason=f"{verdicts.reason}{differs}", details=details)


def _rate(correct: int, n: int) -> dict[str, Any]:
    rate = correct / n if n else None
    return {"accuracy": rate, "ci95": None if rate is None else wilson(rate, n)}


def _by_category(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The accuracy by `ast_checker` of each category, which is what the leaderboard shows."""
    groups: dict[str, list[bool]] = {}
    for row in rows:
        groups.setdefault(row.category, []).append(bool(row.details["ast_checker"]["valid"]))
    return {name: {"n": len(valid), **_rate(sum(valid), len(valid))} for name, valid in groups.items()}
