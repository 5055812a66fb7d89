"""What conversations are made of: exchanges that are over, and words that point at what they showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from training import phrases
from training.aspects import Aspects, Clause, Kind, Subject, draw_subject, named
from training.bank import required
from training.outcome import Outcome, Row
from training.results import outcome, shown
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
        self._rng = rng

    def _clause(self, form: str, *kinds: Kind) -> Clause:
        pool = [a for kind in kinds for a in self._aspects.get((kind, form), ())]  # type: ignore[call-overload]
        return Clause(self._rng.choice(pool), Writer(self._rng))

    def _ask(self, tool: str | None = None) -> tuple[str, Call]:
        """One single request, in words and as a call."""
        rng = self._rng
        while True:
            template = rng.choice(self._singles[tool or rng.choice(sorted(self._singles))])
            writer = Writer(rng)
            writer.prepare(template)
            text = writer.text(template.text, template.tool)
            name, arguments = writer.single_call(template)
            if all(needed in arguments for needed in required()[name]):
                return text, (name, arguments)

    def _answered(self, said: str, calls: Sequence[Call], found: Sequence[Outcome]) -> Exchange:
        texts = tuple(shown(f, self._rng) for f in found)
        answer = " ".join(f.message for f in found)
        if self._rng.random() < 0.3:
            answer = self._rng.choice(
                (
                    answer.split("; ")[0].rstrip(".") + ".",
                    answer.split(" (")[0].rstrip(".") + ".",
                    "Done.",
                    answer,
                )
            )
        return Exchange(said, tuple(calls), texts, answer)

    def _exchange(self, said: str, call: Call, ok: bool | None = None) -> tuple[Exchange, Outcome]:
        found = outcome(*call, self._rng, ok)
        return self._answered(said, [call], [found]), found

    def _about(self, kinds: tuple[Kind, ...], clause: Clause) -> Subject:
        while True:
            subject = draw_subject(kinds[0], self._rng)
            if (
                "*" not in subject.text
                and "?" not in subject.text
                and (subject.host_id is None or clause.takes_id)
            ):
                return subject

    def _pointed(self, row: Row, visible: str) -> Subject:
        """A row as a subject: by its id where the list shows ids."""
        shows_id = row.id > 0 and (
            f'"id":{row.id},' in visible or f"host {row.id})" in visible or f'"host_id":{row.id},' in visible
        )
        return replace(named(row.name), host_id=row.id if shows_id else None)

    def _reference(self, row: Row, rows: Sequence[Row], visible: str) -> tuple[str, bool]:
        """Words that point at a row, and whether they are its whole name."""
        rng = self._rng
        if len(rows) == 1:
            return rng.choice(("it", "it", "that one", "that host", "this one")), False
        index = rows.index(row)
        ways: list[str] = [rng.choice(phrases.ORDINALS[index])]
        if index == len(rows) - 1:
            ways.append(rng.choice(("the last one", "the last", "the bottom one")))
        for trait, value in row.traits.items():
            if sum(r.traits.get(trait) == value for r in rows) == 1 and value in visible:
                ways += [rng.choice(phrases.TRAITS[value])] * 2
        label = row.name.partition(".")[0]
        if (
            "." in row.name
            and not row.name.replace(".", "").isdigit()
            and sum(r.name.partition(".")[0] == label for r in rows) == 1
        ):
            ways.append(rng.choice((label, label, f"the {label} one")))
        if row.name.replace(".", "").isdigit():
            ways.append(rng.choice((".", "the .")) + row.name.rpartition(".")[2])
        if self._pointed(row, visible).host_id is not None:
            ways.append(rng.choice(("{}", "host {}", "#{}", "number {}", "id {}")).format(row.id))
        if rng.random() < 0.12:
            return row.name, True
        return rng.choice(ways), False

    def _lead(self) -> str:
        return self._rng.choice(
            (
                "",
                "",
                "",
                "please ",
                "ok, ",
                "can you ",
                "now ",
                "then ",
                "alright: ",
                "good. ",
                "thanks. ",
                "hm, ",
            )
        )

    def _end(self) -> str:
        return self._rng.choice(("", "", "", ".", " please", "!", ", please"))
