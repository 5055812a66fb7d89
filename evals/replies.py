"""Cases that ask for one reply: the model's next calls are scored, no tool is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evals.cases import Case
from evals.rows import Row
from evals.scorer import Score, score
from providers.base import Call, Provider, Reply, Settings, collect


class ReplyExaminer:
    """Implements `evals.examiner.Examiner` for suites of the kind `calls`."""

    async def examine(self, provider: Provider, case: Case, repeat: int, settings: Settings) -> Row:
        """Asks for one reply and scores its calls."""
        reply = await collect(provider.stream(case.messages, case.tools, settings))
        return scored_row(case, repeat, reply)

    def rescored(self, case: Case, row: Row) -> Row:
        """Scores the calls of a row anew."""
        outcome = score(case, row.tool_calls(), row.malformed, row.repaired)
        # Of a malformed reply, what could not be read is known from the reply alone; the row has it.
        reason = row.reason if row.malformed and row.label == outcome.label else outcome.reason
        return replace(row, label=outcome.label, reason=reason)

    def figures(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Returns none: accuracy says all."""
        return {}

    def told(self, figures: dict[str, Any]) -> list[str]:
        """Returns none."""
        return []


def scored_row(case: Case, repeat: int, reply: Reply) -> Row:
    """The row of a whole reply."""
    outcome = score_reply(case, reply)
    return replace(
        reply_row(case, repeat, reply),
        label=outcome.label,
        repaired=outcome.repaired,
        reason=outcome.reason,
    )


def reply_row(case: Case, repeat: int, reply: Reply) -> Row:
    """What a reply holds, as a row that is not scored yet."""
    repairs = _repairs(reply.calls)
    return Row(
        id=case.id,
        repeat=repeat,
        category=case.category,
        label="correct",
        repaired=bool(repairs),
        malformed=bool(reply.malformed),
        calls=tuple({"name": call.call.name, "arguments": call.call.arguments} for call in reply.calls),
        repairs=repairs,
        raw=reply.finish.raw,
        finish=reply.finish.reason,
        usage=reply.finish.usage,
        timing=reply.finish.timing,
    )


def score_reply(case: Case, reply: Reply) -> Score:
    """Scores a whole reply; of a malformed one the reason says what could not be read."""
    calls = [call.call for call in reply.calls]
    outcome = score(case, calls, bool(reply.malformed), bool(_repairs(reply.calls)))
    if reply.malformed:
        return replace(outcome, reason=f"{outcome.reason}: {reply.malformed[0].reason}")
    return outcome


def _repairs(calls: tuple[Call, ...]) -> tuple[str, ...]:
    """The tolerances that the calls of a reply needed, each once."""
    return tuple(dict.fromkeys(repair for call in calls for repair in call.repairs))
