"""Sentences in which a value belongs to one host and not to its neighbour.

One tool, two or three hosts: each with options of its own, options said once for all of them at the front or at the
end, for all but one, for two and for the third, or crosswise with "respectively".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from training.asks import Ask, asks_of, load_asks
from training.aspects import Aspect, Aspects, Clause, Kind, draw_subject
from training.bank import required
from training.options import (
    draw_option,
    draw_subjects,
    merge,
    open_to,
    options_of,
    say,
    worded,
)
from training.template import Single, slots_of
from training.values import Filled, listed
from training.writer import Call, Writer

Request = tuple[str, list[Call]]

_LEADS = (
    "",
    "",
    "",
    "",
    "please ",
    "can you ",
    "could you ",
    "pls ",
    "I need you to ",
    "now ",
    "kindly ",
    "would you ",
)
_ENDS = ("", "", "", "", ".", ".", " please", ", please", " thanks", ", thank you", "!", " pls", "?")
_JOINS = (
    ", and ",
    ", and ",
    " and ",
    "; ",
    ", then ",
    ", plus ",
    ". Then ",
    ", but ",
    " / ",
    ", also ",
    " & ",
    ", as well as ",
)
_STRONG_JOINS = (
    ", and ",
    "; ",
    ", then ",
    ", plus ",
    ". Then ",
    ", but ",
    ", while ",
    ", and for ",
    "; and ",
)
_PLAIN = ("just {b}", "{b} plainly", "plain {b}", "{b} as usual", "{b} with the defaults", "{b} without extras", "{b} with nothing special", "simply {b}", "{b} the normal way")  # fmt: skip
_FRONT = (
    "{v}: {ask}",
    "{v}, {ask}",
    "{v}, please {ask}",
    "{v} - {ask}",
    "{v} please: {ask}",
    "always {v}: {ask}",
    "everything {v}: {ask}",
)
_END = ("{ask}, all {v}", "{ask}, both {v}", "{ask} - each {v}", "{ask} ({v} for all of them)", "{ask}, {v} each", "{ask}, each of them {v}", "{ask}. All {v}", "{ask}, every one {v}", "{ask}, all of them {v}", "{ask}; {v} for every host", "{ask}, {v} in all cases")  # fmt: skip
_BUT = ("{ask}, all {v} but {c} {w}", "{ask}, all {v} except {c}, that one {w}", "{ask}, {v}, only {c} {w}", "{ask} - all {v}, {c} however {w}", "{v}: {ask}; {c} though {w}", "{ask}, all {v}; for {c} {w}", "{ask}: {v} for all, {w} for {c}")  # fmt: skip
_NOT = ("{ask}, all {v} except {c}", "{ask}, {v} except for {c}", "{ask}, all but {c} {v}", "{ask}, {v} for all but {c}", "{ask}. Not for {c}, but for the others: {v}", "{ask}, {c} without options, the rest {v}", "{ask}, {v} (not {c})")  # fmt: skip
_CROSS = (
    " {v} respectively",
    " {v}, respectively",
    ", respectively {v}",
    " {v} in that order",
    " {v}, in this order",
    " respectively {v}",
    ", {v} (respectively)",
    " {v} resp.",
)
#: How several values of one parameter are said at once.
_MANY: dict[str, tuple[str, ...]] = {
    "port": ("on ports {v}", "on {v}", "at ports {v}", "ports {v}"),
    "timeout_ms": ("with timeouts of {v}", "with limits of {v}", "waiting {v} at most", "timeouts {v}"),
    "interval_s": ("at intervals of {v}", "with intervals of {v}", "polling each {v}"),
    "retries": ("with {v} retries", "retries {v}"),
    "email": ("with alerts to {v}", "notifying {v}", "mail to {v}"),
    "agent_location": (
        "from {v}",
        "via {v}",
        "from the probes {v}",
        "measured from {v}",
        "from the agents {v}",
    ),
    "count": ("with {v} packets", "{v} times", "with {v} pings"),
    "max_hops": ("with at most {v} hops", "up to {v} hops", "hop limits {v}"),
    "method": ("with {v}", "using {v}", "methods {v}"),
    "expect_status": ("expecting {v}", "status {v}", "which should return {v}"),
    "record_type": ("for {v} records", "types {v}", "asking for {v}", "records {v}"),
    "resolver": ("at {v}", "using the resolvers {v}", "asking {v}"),
    "starttls": ("with starttls {v}", "by {v} starttls"),
    "endpoint": ("by {v}", "via {v}", "with the types {v}"),
    "check": ("by {v}", "checks {v}"),
    "duration_min": ("for {v}", "lasting {v}"),
    "period": ("over the last {v}", "for the past {v}"),
    "limit": ("at most {v}", "with limits of {v}"),
    "profile": ("with the profiles {v}", "profiles {v}"),
}


class Binder:
    """Draws requests for several calls of one tool whose options differ."""

    def __init__(self, aspects: Aspects, singles: dict[str, list[Single]], rng: Random) -> None:
        """Takes the aspects, the single requests by tool, and the source of chance."""
        self._rng = rng
        self._asks = _merged(load_asks(), asks_of(aspects))
        self._tools = [tool for tool in sorted(self._asks) if options_of(tool)]
        self._weights = [1 + len(options_of(tool)) for tool in self._tools]
        self._rich = {
            tool: rich for tool in self._tools if len(rich := _rich(tool, singles.get(tool, ()))) > 1
        }
        self._each = _alike(aspects)
        self._ways: list[Callable[[], Request]] = [way for way, ready in (
            (self._own, 8), (self._shared, 5), (self._crosswise, 4), (self._all_but, 4), (self._grouped, 3),
            (self._two_singles, 5 if self._rich else 0), (self._two_clauses, 3 if self._each else 0),
        ) for _ in range(ready)]  # fmt: skip

    def draw(self) -> Request:
        """Draws one request; its calls differ."""
        while True:
            text, calls = self._rng.choice(self._ways)()
            if len(calls) > 1 and all(call not in calls[:i] for i, call in enumerate(calls)):
                return text, calls

    def _start(self) -> tuple[Writer, Ask, Filled, list[str], list[str]]:
        """An ask, what its words fix, and the options that must and that may be given besides."""
        rng = self._rng
        writer = Writer(rng)
        tool = rng.choices(self._tools, self._weights)[0]
        ask = rng.choice(self._asks[tool])
        fixed = Filled("", {name: writer.value(tool, name, value) for name, value in ask.fixed})
        needed, free = open_to(tool, fixed.values)
        return writer, ask, fixed, needed, [name for name in free if name != "enabled"]

    def _draw(self, names: Sequence[str], tool: str) -> dict[str, Filled]:
        found = {name: draw_option(name, tool, self._rng) for name in names}
        if found.get("endpoint", Filled("", {})).values.get("endpoint") == "tcp" and "port" not in found:
            found["port"] = draw_option("port", tool, self._rng)
        return found

    def _words(self, writer: Writer, options: dict[str, Filled]) -> str:
        """Options in words, one after the other, in any order."""
        rng = self._rng
        names = list(options)
        if rng.random() < 0.4:
            rng.shuffle(names)
        said: list[str] = []
        for name in names:
            form, text = say(name, options[name].text, rng)
            said.append(worded(writer, form.replace("{}", "{v}"), {"v": text}))
        if len(said) > 1 and rng.random() < 0.3:
            return f"{', '.join(said[:-1])}{rng.choice((' and ', ', ', ', and '))}{said[-1]}"
        return " ".join(said)

    def _whole(self, text: str, ask: Ask) -> str:
        rng = self._rng
        text = rng.choice(_LEADS) + text if ask.form == "do" else text
        return text + rng.choice(_ENDS)

    def _count(self) -> int:
        return self._rng.choices((2, 3), (0.65, 0.35))[0]

    def _own(self) -> Request:
        """Each host with options of its own, one of them perhaps with none."""
        rng = self._rng
        writer, ask, fixed, needed, free = self._start()
        subjects = draw_subjects(ask.tool, self._count(), rng)
        text = ""
        calls: list[Call] = []
        repeat = rng.random() < 0.35
        for index, subject in enumerate(subjects):
            more = rng.sample(free, min(len(free), rng.choices((0, 1, 2), (0.2, 0.6, 0.2))[0]))
            options = self._draw([*needed, *more], ask.tool)
            words = self._words(writer, options)
            calls.append((ask.tool, merge(ask.tool, subject, fixed, *options.values())))
            if index == 0:
                text = f"{ask.said(writer, subject.text)} {words}".rstrip()
                continue
            item = f"{ask.said(writer, subject.text) if repeat else subject.text} {words}".rstrip()
            if not options and not repeat:
                item = worded(writer, rng.choice(_PLAIN), {"b": subject.text})
            elif not repeat and rng.random() < 0.1 and words:
                item = f"{words} {subject.text}" if words.startswith(("from ", "via ")) else item
            text += rng.choice(_JOINS) + item
        # A first host without options beside others that have some: whose are they? Say it in full.
        plain_first = text and len(calls[0][1]) < len(calls[-1][1]) and not repeat and not needed
        if ask.tool == "edit_host" and any(len(arguments) < 2 for _, arguments in calls):
            return "", []
        return (self._whole(text, ask), calls) if not plain_first else ("", [])

    def _shared(self) -> Request:
        """Options said once, of all hosts."""
        rng = self._rng
        writer, ask, fixed, needed, free = self._start()
        names = [*needed, *rng.sample(free, min(len(free), rng.choice((1, 1, 2))))]
        if not names:
            return "", []
        subjects = draw_subjects(ask.tool, self._count(), rng)
        options = self._draw(names, ask.tool)
        form = rng.choice(_FRONT if rng.random() < 0.4 and ask.form == "do" else _END)
        said = ask.said(writer, listed(rng, [s.text for s in subjects]))
        text = self._filled(
            writer, form.replace("both", "both" if len(subjects) == 2 else "all"), said, options
        )
        calls = [(ask.tool, merge(ask.tool, s, fixed, *options.values())) for s in subjects]
        lead = rng.choice(_LEADS) if form in _END and ask.form == "do" else ""
        return lead + text + rng.choice(_ENDS), calls

    def _filled(self, writer: Writer, form: str, ask: str, options: dict[str, Filled], **texts: str) -> str:
        return worded(writer, form, {"v": self._words(writer, options), "ask": ask.rstrip(" ?."), **texts})

    def _crosswise(self) -> Request:
        """Values listed in the order of the hosts."""
        rng = self._rng
        writer, ask, fixed, needed, free = self._start()
        names = [name for name in needed or free if name in _MANY]
        if not names or len(needed) > 1:
            return "", []
        name = rng.choice(names)
        subjects = draw_subjects(ask.tool, self._count(), rng)
        drawn: list[Filled] = []
        while len(drawn) < len(subjects):
            filled = draw_option(name, ask.tool, rng)
            simple = (
                not any(mark in filled.text for mark in (" and ", ","))
                and filled.values.get("endpoint") != "tcp"
            )
            if simple and (filled.values not in [f.values for f in drawn] or rng.random() < 0.05):
                drawn.append(filled)
        said = ask.said(writer, _series([s.text for s in subjects], rng)).rstrip(" ?.")
        many = rng.choice(_MANY[name])
        form = rng.choice(_CROSS).replace("{v}", many)
        text = said + worded(writer, form, {"v": _series([f.text for f in drawn], rng)})
        return self._whole(text, ask), [
            (ask.tool, merge(ask.tool, s, fixed, f)) for s, f in zip(subjects, drawn, strict=True)
        ]

    def _all_but(self) -> Request:
        """Options of all hosts but one, which has others or none."""
        rng = self._rng
        writer, ask, fixed, needed, free = self._start()
        if not free or needed or ask.tool == "edit_host":
            return "", []
        subjects = draw_subjects(ask.tool, rng.choice((2, 3, 3)), rng)
        name = rng.choice(free)
        options = self._draw([name], ask.tool)
        odd = rng.randrange(len(subjects))
        said = ask.said(writer, listed(rng, [s.text for s in subjects]))
        texts = {"c": subjects[odd].text}
        other: dict[str, Filled] = {}
        if rng.random() < 0.65:
            other = self._draw([name], ask.tool)
            text = self._filled(
                writer, rng.choice(_BUT), said, options, w=self._words(writer, other), **texts
            )
        else:
            text = self._filled(writer, rng.choice(_NOT), said, options, **texts)
        calls = [
            (ask.tool, merge(ask.tool, s, fixed, *(other if i == odd else options).values()))
            for i, s in enumerate(subjects)
        ]
        return text + rng.choice(_ENDS), calls

    def _grouped(self) -> Request:
        """Two hosts with the same options, a third with others."""
        rng = self._rng
        writer, ask, fixed, needed, free = self._start()
        if not needed and not free:
            return "", []
        names = needed or [rng.choice(free)]
        subjects = draw_subjects(ask.tool, 3, rng)
        one, two = self._draw(names, ask.tool), self._draw(names, ask.tool)
        pair = subjects[0].text + rng.choice((" and ", " and ", " & ", " + ")) + subjects[1].text
        join = rng.choice(_STRONG_JOINS)
        if rng.random() < 0.6:
            first, second, order = pair, subjects[2].text, (one, one, two)
        else:
            subjects = [subjects[2], *subjects[:2]]
            first, second, order = subjects[0].text, pair, (one, two, two)
        said = ask.said(writer, first).rstrip(" ?.")
        text = f"{said} {self._words(writer, one)}{join}{second} {self._words(writer, two)}"
        calls = [
            (ask.tool, merge(ask.tool, s, fixed, *o.values())) for s, o in zip(subjects, order, strict=True)
        ]
        return self._whole(text, ask), calls

    def _two_singles(self) -> Request:
        """Two written requests for the same tool, each with values of its own."""
        rng = self._rng
        tool = rng.choice(sorted(self._rich))
        said: list[str] = []
        calls: list[Call] = []
        for template in rng.sample(self._rich[tool], 2):
            writer = Writer(rng)
            writer.prepare(template)
            said.append(writer.text(template.text, tool).strip())
            calls.append(writer.single_call(template))
            if any(name not in calls[-1][1] for name in required()[tool]):
                return "", []
        first = said[0].rstrip(".?! ") if rng.random() < 0.7 else said[0]
        join = rng.choice(_JOINS) if first[-1:] not in ".?!" else rng.choice((" ", " And ", " Then ", "\n"))
        second = (
            said[1][0].lower() + said[1][1:] if said[1][1:2].islower() and join.endswith("and ") else said[1]
        )
        return first + join + second, calls

    def _two_clauses(self) -> Request:
        """Clauses of one tool that say different things of their hosts, in one list."""
        rng = self._rng
        kind, aspects = rng.choice(self._each)
        writer = Writer(rng)
        items: list[str] = []
        calls: list[Call] = []
        chosen = rng.sample(aspects, min(len(aspects), self._count()))
        for aspect in chosen:
            clause = Clause(aspect, writer)
            subject = draw_subject(kind, rng)
            while subject.host_id is not None and not clause.takes_id:
                subject = draw_subject(kind, rng)
            items.append(clause.text(subject.text).strip())
            calls.append(clause.call(subject))
        head = writer.text(chosen[0].head)
        return f"{head} {rng.choice((', ', '; ', ', and ', ' and ')).join(items)}".strip() + rng.choice(
            _ENDS
        ), calls


def _series(items: Sequence[str], rng: Random) -> str:
    """Items whose order can be told, whatever is in them."""
    return ", ".join(items[:-1]) + rng.choice((" and ", " and ", ", ", ", and ", " & ")) + items[-1]


def _merged(*found: dict[str, list[Ask]]) -> dict[str, list[Ask]]:
    """The asks for the tools of the first, as far as a sentence can go on after their host: no questions, no titles."""
    asks = {
        tool: [a for one in found for a in one.get(tool, ()) if a.form == "do"] for tool in sorted(found[0])
    }
    return {tool: listed_asks for tool, listed_asks in asks.items() if listed_asks}


def _rich(tool: str, templates: Sequence[Single]) -> list[Single]:
    """Templates that say more than what is required, each value as it is to be written."""
    count = len(required()[tool]) or 1
    found: list[Single] = []
    for template in templates:
        # `_dmarc.{domain}`, or a URL that may be typed without its scheme, does not stand in the words.
        whole = all("{" not in v or re.fullmatch(r"\{(?!url)\w+\}", v) for _, v in template.fixed)
        given = {slot for slot in slots_of(template.text) if not slot.startswith("x:")}
        if whole and len(given | {name for name, _ in template.fixed}) > count:
            found.append(template)
    return found


def _alike(aspects: Aspects) -> list[tuple[Kind, list[Aspect]]]:
    """`each` clauses of one tool that fix the same and say different things."""
    found: dict[tuple[Kind, str, str], dict[tuple[str, ...], Aspect]] = {}
    for (kind, form), clauses in sorted(aspects.items()):
        for clause in clauses:
            if form != "each" or not clause.head:
                continue
            fixed = repr([p for p in clause.call.arguments if "{" not in p[1]])
            names = tuple(name for name, _ in clause.call.arguments)
            found.setdefault((kind, clause.call.tool, fixed), {})[names] = clause
    return [(key[0], list(group.values())) for key, group in found.items() if len(group) > 1]
