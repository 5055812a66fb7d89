"""What conversations are made of: exchanges that are over, and words that point at what they showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import cast

from training import phrases, traits
from training.aspects import Aspect, Aspects, Clause, Form, Kind, Subject, draw_subject, named
from training.bank import required
from training.chance import Chance
from training.outcome import Outcome, Row
from training.results import display, outcome
from training.template import Single
from training.writer import Call, Writer


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was dealt with: what was said, called, found and answered."""

    said: str
    calls: tuple[Call, ...]
    results: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation so far and what the model does next.

    Attributes:
        past: Exchanges that are over.
        said: What the person says now.
        pending: Calls already made for it, with their results; empty where the model has not called yet.
        calls: The calls to make now.
        say: The words to say now, where there is nothing to call.
    """

    past: tuple[Exchange, ...]
    said: str
    pending: tuple[tuple[Call, str], ...] = ()
    calls: tuple[Call, ...] = ()
    say: str = ""


_CHECKS: tuple[tuple[Kind, ...], ...] = (("name", "host"), ("host",))


class Teller:
    """Draws the parts that conversations are put together from."""

    def __init__(self, aspects: Aspects, singles: dict[str, list[Single]], rng: Random) -> None:
        """Takes the aspects, the single requests by tool, and the source of chance."""
        self._aspects = aspects
        self._singles = singles
        self._tools = sorted(singles)
        self._rng = Chance(rng.getrandbits(64))
        self._pools: dict[tuple[str, tuple[Kind, ...]], list[Aspect]] = {}

    def _clause(self, form: str, *kinds: Kind) -> Clause:
        pool = self._pools.get((form, kinds))
        if pool is None:
            pool = [a for kind in kinds for a in self._aspects.get((kind, cast(Form, form)), ())]
            self._pools[form, kinds] = pool
        return Clause(self._rng.choice(pool), Writer(self._rng))

    def _ask(self, tool: str | None = None) -> tuple[str, Call]:
        """One single request, in words and as a call."""
        rng = self._rng
        while True:
            template = rng.choice(self._singles[tool or rng.choice(self._tools)])
            writer = Writer(rng)
            writer.prepare(template)
            text = writer.text(template.text, template.tool)
            name, arguments = writer.single_call(template)
            if all(needed in arguments for needed in required()[name]):
                return text, (name, arguments)

    def _answered(self, said: str, calls: Sequence[Call], texts: Sequence[str], answer: str) -> Exchange:
        draw = self._rng.random()
        if draw < 0.3:
            answer = self._rng.choice(
                (
                    answer.split("; ")[0].rstrip(".") + ".",
                    answer.split(" (")[0].rstrip(".") + ".",
                    self._rng.choice(phrases.SHORT_ANSWERS),
                    answer,
                )
            )
        return Exchange(said, tuple(calls), tuple(texts), answer)

    def _exchange(
        self, said: str, call: Call, ok: bool | None = None, known: Row | None = None
    ) -> tuple[Exchange, Outcome]:
        """An exchange of one call, and its outcome as far as the result shows it; `known` is the host it is about."""
        tool, arguments = call
        if known is not None and "host_id" in arguments:
            arguments = arguments | {"address": known.name}
        return self._found(said, call, outcome(tool, arguments, self._rng, ok))

    def _found(self, said: str, call: Call, found: Outcome) -> tuple[Exchange, Outcome]:
        """An exchange that gave this outcome, and the outcome as far as the result shows it."""
        text, seen = display(found, self._rng)
        return self._answered(said, [call], [text], found.message), seen

    def _maybe_past(self) -> tuple[Exchange, ...]:
        """Mostly nothing; else an exchange about something else."""
        if self._rng.random() < 0.85:
            return ()
        said, call = self._ask()
        return (self._exchange(said, call)[0],)

    def _about(self, kinds: tuple[Kind, ...], clause: Clause) -> Subject:
        while True:
            subject = draw_subject(kinds[0], self._rng)
            if (
                "*" not in subject.text
                and "?" not in subject.text
                and (subject.host_id is None or clause.takes_id)
            ):
                return subject

    def _pointed(self, row: Row) -> Subject:
        """A row as a subject: by its id where the result shows ids."""
        return replace(named(row.name), host_id=row.id or None)

    def _reference(self, row: Row, rows: Sequence[Row], whole: bool, kind: str = "host") -> tuple[str, bool]:
        """Words that point at a row, and whether they are its whole name.

        Args:
            row: The row meant.
            rows: All rows that are seen.
            whole: Whether these are all that there are.
            kind: What the rows are: `host`, `agent`, `hop` or `found` (addresses, records).
        """
        rng = self._rng
        draw = rng.random()
        if draw < 0.1:
            return row.name, True
        if len(rows) == 1 and whole:
            return rng.choice(phrases.THE_ONLY), False
        if draw < 0.6 and (special := traits.ways(row, rows, whole, rng, kind)):
            return rng.choice(special), False
        if draw < 0.78 and (parts := traits.by_name(row, rows, rng)):
            return rng.choice(parts), False
        index = rows.index(row)
        ways: list[str] = (
            [rng.choice(phrases.ORDINALS[index])] if index < len(phrases.ORDINALS) else [row.name]
        )
        if index == len(rows) - 1 and whole:
            ways.append(rng.choice(phrases.LAST))
        if row.id:
            ways.append(
                rng.choice(
                    ("{}", "host {}", "#{}", "number {}", "id {}", "no. {}", "the one with id {}")
                ).format(row.id)
            )
        return rng.choice(ways), False

    def _lead(self) -> str:
        draw = self._rng.random()
        return (
            ""
            if draw < 0.4
            else self._rng.choice(phrases.LEADS)
            if draw < 0.85
            else self._rng.choice(phrases.REASONS)
        )

    def _end(self) -> str:
        draw = self._rng.random()
        return "" if draw < 0.5 else self._rng.choice(phrases.ENDS)
