"""Scores of Smallwatch as Inspect has them."""

from __future__ import annotations

from inspect_ai.scorer import CORRECT, INCORRECT, Score

from evals.rows import Row


def score_of(row: Row) -> Score:
    """The score of a row."""
    return Score(
        value=CORRECT if row.correct else INCORRECT,
        answer="\n".join(f"{call['name']} {call['arguments']}" for call in row.calls) or "no call",
        explanation=row.reason,
        metadata={
            "label": row.label,
            "repaired": row.repaired,
            "strict": row.correct and not row.repaired,
            "repairs": list(row.repairs),
            **row.details,
        },
    )
