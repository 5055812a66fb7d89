"""Requests for several calls, put together out of aspects and out of single requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from random import Random

from training.aspects import Aspect, Aspects, Clause, Form, Kind, Subject, draw_subject
from training.binding import Binder
from training.listing import HOST_SLOTS, in_line, list_of, list_of_hosts, listable_slot, plural, sibling
from training.template import Single, Slot
from training.values import Filled, Value
from training.writer import Call, Writer, in_order

#: A request in words and the calls that it asks for, in the order said.
Request = tuple[str, list[Call]]

_JOINS = (" and ", " and ", " and ", ", then ", " and then ", " and also ", "; ", ". Then ", ". Also ", ", and ", " plus ", " & ", ", ", " / ")  # fmt: skip
_GET = ("show me ", "give me ", "I need ", "get me ", "please get ", "check ", "I want ", "can you give me ", "could I have ", "tell me ", "find out ", "look up ", "pull ", "fetch ", "please list ", "let me see ", "report ", "I'd like to see ", "")  # fmt: skip
_OF = (" of ", " for ", " of ", " for ", " on ")
_OPEN = ("{}: ", "{}: ", "{} - ", "for {} I need ", "for {}, ", "about {}: ", "{} -> ", "regarding {}, I want ", "{}, please: ", "we took over {} today. get me ", "this is about {}. tell me ", "I have {} here. give me ", "we look after {} now. I need ", "on {}: ", "take {} and get ", "{} please check: ")  # fmt: skip
_IT = ("it", "it", "it", "it", "that host", "the same host", "that one", "this one")
_ENDS = ("", "", "", "", " please", "?", ".", ", please", " thanks", ", both", " pls")


class Combiner:
    """Draws requests for several calls."""

    def __init__(self, aspects: Aspects, singles: dict[str, list[Single]], rng: Random) -> None:
        """Takes the aspects, the single requests by tool, and the source of chance."""
        self._aspects = aspects
        self._rng = rng
        self._listable = {
            tool: [(t, slot) for t in templates if (slot := listable_slot(t))]
            for tool, templates in singles.items()
        }
        self._listable = {tool: found for tool, found in self._listable.items() if found}
        self._pools: dict[tuple[Form, tuple[Kind, ...]], list[Aspect]] = {}
        binder = Binder(aspects, singles, rng)
        ways: list[tuple[float, Callable[[], Request]]] = [
            (0.22, binder.draw),
            (0.3, self._one_subject),
            (0.2, self._listed_aspect),
            (0.19, self._listed_single),
            (0.12, self._each),
            (0.13, self._own_subjects),
            (0.06, self._no_subject),
        ]
        self._draws = [way for _, way in ways]
        self._weights = list(accumulate(weight for weight, _ in ways))

    def draw(self) -> Request:
        """Draws one request for two or more different calls."""
        while True:
            text, calls = self._rng.choices(self._draws, cum_weights=self._weights)[0]()
            if calls and all(call not in calls[:i] for i, call in enumerate(calls)):
                return text, calls

    def _pick(self, form: Form, *kinds: Kind) -> Aspect:
        pool = self._pools.get((form, kinds))
        if pool is None:
            pool = [a for kind in kinds for a in self._aspects.get((kind, form), ())]
            self._pools[form, kinds] = pool
        return self._rng.choice(pool)

    def _kinds(self) -> tuple[Kind, ...]:
        draw = self._rng.random()
        if draw < 0.5:
            return ("name", "host")
        return ("host",) if draw < 0.7 else ("watched",)

    def _clauses(self, form: Form, kinds: tuple[Kind, ...], count: int) -> list[Clause]:
        """Clauses of different calls, their slots drawn apart."""
        writer = Writer(self._rng)
        found: list[Clause] = []
        seen: list[object] = []
        for _ in range(20):
            aspect = self._pick(form, *kinds)
            key = (aspect.call.tool, aspect.call.arguments)
            if key not in seen:
                seen.append(key)
                found.append(Clause(aspect, writer))
            if len(found) == count:
                break
        return found

    def _subject(self, kinds: tuple[Kind, ...], clauses: Sequence[Clause]) -> Subject:
        by_id = all(clause.takes_id for clause in clauses)
        site = any(clause.aspect.call.tool == "check_http" for clause in clauses)
        while True:
            subject = draw_subject(kinds[0], self._rng, site=site)
            if by_id or subject.host_id is None:
                return subject

    def _one_subject(self) -> Request:
        """Several aspects of one subject."""
        rng = self._rng
        kinds = self._kinds()
        form: Form = rng.choices(("np", "do", "q", "v"), (0.4, 0.3, 0.18, 0.12))[0]
        count = (
            rng.choices((2, 3, 4), (0.62, 0.28, 0.1))[0] if form in ("np", "do") else rng.choice((2, 2, 2, 3))
        )
        clauses = self._clauses(form, kinds, count)
        subject = self._subject(kinds, clauses)
        calls = _merged([clause.call(subject) for clause in clauses])
        if form == "v":
            verbs = [clause.text("").strip() for clause in clauses]
            lead = rng.choice(("", "", "please ", "can you ", "could you ", "pls ", "I want you to "))
            return f"{lead}{list_of(verbs, rng)} {subject.text}{rng.choice(_ENDS)}", calls
        if form == "np":
            return self._noun_phrases(clauses, subject), calls
        return self._sentences(clauses, subject, form), calls

    def _noun_phrases(self, clauses: Sequence[Clause], subject: Subject) -> str:
        rng = self._rng
        items = [clause.text(subject.text).strip() for clause in clauses]
        pronouns = any(word in ("it", "its", "it's") for item in items for word in item.split())
        if pronouns or rng.random() < 0.45:
            return rng.choice(_OPEN).format(subject.text) + list_of(items, rng) + rng.choice(_ENDS)
        return rng.choice(_GET) + list_of(items, rng) + rng.choice(_OF) + subject.text + rng.choice(_ENDS)

    def _sentences(self, clauses: Sequence[Clause], subject: Subject, form: Form) -> str:
        rng = self._rng
        first_in_front = rng.random() < 0.2
        said = [
            clause.text(subject.text if index == 0 and not first_in_front else rng.choice(_IT))
            for index, clause in enumerate(clauses)
        ]
        if form == "q":
            joined = said[0]
            for clause in said[1:]:
                joined += rng.choice(("? and ", ", and ", " and ", "? ", "? Also, ", ", ")) + clause
            joined += rng.choice(("?", "?", "??", ""))
        else:
            joined = said[0]
            for clause in said[1:]:
                joined += rng.choice(_JOINS) + clause
            lead = rng.choice(
                ("", "", "", "please ", "can you ", "could you please ", "I need you to ", "pls ")
            )
            joined = lead + joined + rng.choice(_ENDS)
        return f"{subject.text}{rng.choice((': ', ' - ', ', ', '. '))}{joined}" if first_in_front else joined

    def _subjects(self, kinds: tuple[Kind, ...], clauses: Sequence[Clause], count: int) -> list[Subject]:
        found: list[Subject] = []
        first = self._subject(kinds, clauses)
        found.append(first)
        for _ in range(60):
            if len(found) == count:
                break
            subject = self._like(first, kinds, clauses)
            if (subject.host_id is None) == (first.host_id is None) and all(
                subject.text != f.text for f in found
            ):
                found.append(subject)
        if first.host_id is not None:
            plain = self._rng.random() < 0.7
            found = [replace(s, text=str(s.host_id) if plain and i else s.text) for i, s in enumerate(found)]
        return found

    def _like(self, first: Subject, kinds: tuple[Kind, ...], clauses: Sequence[Clause]) -> Subject:
        """Another subject, now and then a sibling: `web-1`, `web-2`; the next address of a network."""
        rng = self._rng
        if first.host_id is None and first.text == first.host and rng.random() < 0.35:
            other = sibling(first.host, rng)
            if other:
                return Subject(other, other, f"https://{other}")
        return self._subject(kinds, clauses)

    def _listed_aspect(self) -> Request:
        """One aspect of several subjects."""
        rng = self._rng
        draw = rng.random()
        kinds: tuple[Kind, ...] = (
            ("name", "host")
            if draw < 0.3
            else ("host",)
            if draw < 0.55
            else ("watched",)
            if draw < 0.85
            else ("new",)
        )
        form: Form = (
            "do" if kinds == ("new",) else rng.choices(("np", "do", "q", "v"), (0.2, 0.45, 0.25, 0.1))[0]
        )
        clause = self._clauses(form, kinds, 1)[0]
        while clause.aspect.call.tool == "set_maintenance":
            clause = self._clauses(form, kinds, 1)[0]
        subjects = self._subjects(kinds, [clause], rng.choices((2, 3, 4, 5), (0.48, 0.33, 0.14, 0.05))[0])
        listed = list_of_hosts([s.text for s in subjects], rng)
        calls = [clause.call(s) for s in subjects]
        if form == "np":
            item = clause.text("them").strip()
            if rng.random() < 0.4:
                return f"{listed}: {item}{rng.choice(_ENDS)}", calls
            return rng.choice(_GET) + item + rng.choice(_OF) + listed + rng.choice(_ENDS), calls
        if form == "v":
            return f"{clause.text('').strip()} {listed}{rng.choice(_ENDS)}", calls
        if rng.random() < 0.18:
            them = clause.text(
                rng.choice(("them", "each of them", "all of them", "each", "those", "these hosts"))
            )
            return f"{listed}{rng.choice((': ', ' - ', '. ', ', '))}{plural(them)}{rng.choice(_ENDS)}", calls
        text = clause.text(listed)
        return (plural(text) + rng.choice(("?", "?", "")) if form == "q" else text + rng.choice(_ENDS)), calls

    def _listed_single(self) -> Request:
        """A single request whose host, port, record type, period or id is a list."""
        rng = self._rng
        template, slot = rng.choice(self._listable[rng.choice(sorted(self._listable))])
        writer = Writer(rng)
        writer.prepare(template)
        count = rng.choices((2, 3, 4), (0.5, 0.37, 0.13))[0]
        drawn: list[Filled] = []
        for _ in range(30):
            other = writer.fresh()
            filled = writer.slot(slot, template.tool) if not drawn else other.slot(slot, template.tool)
            if all(filled.values != f.values and filled.text != f.text for f in drawn):
                drawn.append(filled)
            if len(drawn) == count:
                break
        last = isinstance(template.text[-1], Slot) or len(str(template.text[-1])) < 2
        joined = (list_of_hosts if slot in HOST_SLOTS and last else in_line)([f.text for f in drawn], rng)
        writer.fill(slot, Filled(joined, drawn[0].values))
        text = writer.text(template.text, template.tool)
        tool, arguments = writer.single_call(template)
        calls: list[Call] = [(tool, arguments | f.values) for f in drawn]
        return text, calls

    def _each(self) -> Request:
        """Each subject with a value of its own."""
        rng = self._rng
        kind: Kind = rng.choice(("host", "watched", "watched", "new"))
        aspect = self._pick("each", kind)
        writer = Writer(rng)
        clauses = [Clause(aspect, writer) for _ in range(rng.choices((2, 3, 4), (0.6, 0.3, 0.1))[0])]
        subjects = self._subjects((kind,), clauses, len(clauses))
        pairs = list(zip(clauses, subjects, strict=False))
        items = [clause.text(subject.text).strip() for clause, subject in pairs]
        head = writer.text(aspect.head)
        joined = list_of(items, rng)
        return f"{head}{' ' if head and not joined.startswith(chr(10)) else ''}{joined}{rng.choice(_ENDS)}", [
            c.call(s) for c, s in pairs
        ]

    def _own_subjects(self) -> Request:
        """Different asks about different subjects."""
        rng = self._rng
        clauses: list[Clause] = []
        subjects: list[Subject] = []
        form: Form = rng.choice(("do", "do", "do", "q"))
        for _ in range(rng.choices((2, 3), (0.75, 0.25))[0]):
            kinds: tuple[Kind, ...] = rng.choice(
                (("name",), ("host",), ("watched",), ("new",) if form == "do" else ("host",))
            )
            clause = self._clauses(form, kinds, 1)[0]
            clauses.append(clause)
            subjects.append(self._subject(kinds, [clause]))
        said = [clause.text(subject.text) for clause, subject in zip(clauses, subjects, strict=True)]
        if form == "q":
            return rng.choice(("? ", ", and ", " and ", "? And ")).join(said) + rng.choice(("?", "")), [
                c.call(s) for c, s in zip(clauses, subjects, strict=True)
            ]
        text = said[0]
        for clause_text in said[1:]:
            text += rng.choice(_JOINS) + clause_text
        lead = rng.choice(("", "", "please ", "can you ", "pls ", "two things: ", "ok so: "))
        return lead + text + rng.choice(_ENDS), [c.call(s) for c, s in zip(clauses, subjects, strict=True)]

    def _no_subject(self) -> Request:
        """Several lists or reports at once."""
        rng = self._rng
        form: Form = rng.choice(("np", "np", "np", "do", "q"))
        clauses = self._clauses(form, ("none",), rng.choices((2, 3, 4), (0.6, 0.32, 0.08))[0])
        said = [clause.text("").strip() for clause in clauses]
        calls = [clause.call(None) for clause in clauses]
        if form == "np":
            lead = rng.choice(
                (
                    *_GET,
                    "shift handover: ",
                    "for the report I need ",
                    "morning check: ",
                    "my shift ends: ",
                    "status meeting in 5: ",
                )
            )
            return lead + list_of(said, rng) + rng.choice(_ENDS), calls
        if form == "q":
            return rng.choice(("? ", ", and ", " and ", "? and ")).join(said) + "?", calls
        return rng.choice(("", "please ", "")) + rng.choice(_JOINS).join(said) + rng.choice(_ENDS), calls


def _merged(calls: list[Call]) -> list[Call]:
    """Several changes of one host are one call; where they contradict each other there is none."""
    edits = [arguments for tool, arguments in calls if tool == "edit_host"]
    if len(edits) < 2:
        return [] if sum(tool == "set_maintenance" for tool, _ in calls) > 1 else calls
    whole: dict[str, Value] = {}
    for arguments in edits:
        if any(whole.get(name, value) != value for name, value in arguments.items()):
            return []
        whole |= arguments
    first = next(index for index, (tool, _) in enumerate(calls) if tool == "edit_host")
    others = [call for call in calls if call[0] != "edit_host"]
    return [*others[:first], ("edit_host", in_order("edit_host", whole)), *others[first:]]
