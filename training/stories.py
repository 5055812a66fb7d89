"""Conversations with results in them: what follows from an earlier call and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from random import Random

from training import phrases
from training.amending import Amender
from training.aspects import Aspect, Aspects, Clause, Kind, Subject, named
from training.listing import sibling
from training.outcome import Outcome
from training.pending import Stepper
from training.results import display, outcome, shown
from training.telling import Exchange, Story
from training.template import Single
from training.writer import Writer

_CHECKS: tuple[tuple[Kind, ...], ...] = (("name", "host"), ("host",))


class Storyteller(Stepper, Amender):
    """Draws conversations."""

    def __init__(self, aspects: Aspects, singles: dict[str, list[Single]], rng: Random) -> None:
        """Takes the aspects, the single requests by tool, and the source of chance."""
        super().__init__(aspects, singles, rng)
        self._by_tool: dict[tuple[Kind, str], list[Aspect]] = {}
        self._ways: list[tuple[float, Callable[[], Story]]] = [
            (0.21, self._answer),
            (0.11, self._next_aspect),
            (0.08, self._sibling),
            (0.15, self._row),
            (0.04, self._other_row),
            (0.09, self._value_row),
            (0.07, self._two),
            (0.07, self._changed),
            (0.04, self._list_changed),
            (0.06, self._undone),
            (0.03, self._renamed),
            (0.01, self._resolver),
            (0.05, self.amended),
            (0.06, self._condition),
            (0.09, self._two_steps),
            (0.02, self._job),
            (0.03, self._two_jobs),
            (0.035, self._closing),
            (0.07, self.injected),
        ]
        self._weights = list(accumulate(weight for weight, _ in self._ways))

    def draw(self) -> Story:
        """Draws one conversation."""
        return self._rng.choices(self._ways, cum_weights=self._weights)[0][1]()

    def _answer(self) -> Story:
        """Results are there: say what they say."""
        rng = self._rng
        count = rng.choices((1, 2, 3), (0.8, 0.15, 0.05))[0]
        asks = [self._ask() for _ in range(count)]
        said = (
            rng.choice((" and ", ", and ", ". ", "; ")).join(text.rstrip(".?!") for text, _ in asks)
            if count > 1
            else asks[0][0]
        )
        found = [outcome(*call, rng) for _, call in asks]
        pending = tuple((call, self._read(f)) for (_, call), f in zip(asks, found, strict=True))
        return Story(self._maybe_past(), said, pending, say=" ".join(f.message for f in found))

    def _read(self, found: Outcome) -> str:
        """A result in which all that the answer says can be read."""
        for _ in range(3):
            text, seen = display(found, self._rng)
            if seen.whole:
                return text
        return found.message

    def _next_aspect(self) -> Story:
        """Another thing about the same host."""
        rng = self._rng
        kinds: tuple[Kind, ...] = rng.choice((*_CHECKS, ("watched",)))
        first = self._clause(rng.choice(("do", "q")), *kinds)
        subject = self._about(kinds, first)
        past = [self._exchange(first.text(subject.text), first.call(subject))[0]]
        second = self._clause(
            rng.choice(("np", "do", "do", "q")), *(kinds if rng.random() < 0.8 else ("watched", "host"))
        )
        if rng.random() < 0.25:
            third = self._clause(rng.choice(("do", "q")), *kinds)
            if subject.host_id is None or third.takes_id:
                past.append(
                    self._exchange(
                        third.text(rng.choice(("it", "that host", subject.text))), third.call(subject)
                    )[0]
                )
        if subject.host_id is not None and not second.takes_id:
            second = self._clause("do", "watched")
            while not second.takes_id:
                second = self._clause("do", "watched")
        calls = (second.call(subject),)
        return Story(tuple(past), self._elliptic(second), calls=calls)

    def _elliptic(self, clause: Clause) -> str:
        """A clause about what was spoken of before."""
        rng = self._rng
        if clause.aspect.form == "np":
            item = clause.text("it").strip()
            return rng.choice(phrases.MORE).format(item)
        it = rng.choice(
            (
                "it",
                "it",
                "it",
                "it",
                "that one",
                "the same host",
                "that host",
                "this one",
                "that machine",
                "that server",
            )
        )
        text = clause.text(it)
        if clause.aspect.form == "q":
            return (
                rng.choice(("", "", "and ", "ok, and ", "hm, ", "also, ")) + text + rng.choice(("?", "?", ""))
            )
        return (
            rng.choice(
                (
                    "",
                    "",
                    "ok, ",
                    "now ",
                    "then ",
                    "ok now ",
                    "please ",
                    "alright, ",
                    "great. ",
                    "hmm. ",
                    "can you ",
                    "good, then ",
                    "and ",
                    "next, ",
                )
            )
            + text
            + rng.choice(("", "", "", ".", " please", " too", " as well", "?"))
        )

    def _sibling(self) -> Story:
        """The same again, for other hosts."""
        rng = self._rng
        kinds: tuple[Kind, ...] = rng.choice((*_CHECKS, ("watched",), ("new",)))
        clause = self._clause("do", *kinds)
        subject = self._about(kinds, clause)
        past, _ = self._exchange(clause.text(subject.text), clause.call(subject))
        draw = rng.random()
        if (
            draw < 0.3
            and subject.host_id is None
            and "://" not in subject.text
            and (short := self._short(subject))
        ):
            texts, others = short
        else:
            others = [self._about(kinds, clause) for _ in range(rng.choices((1, 2, 3), (0.6, 0.28, 0.12))[0])]
            texts = [o.text for o in others]
        calls = tuple(clause.call(o) for o in others)
        if len(calls) > 1 and any(c in calls[:i] for i, c in enumerate(calls)):
            calls, texts = calls[:1], texts[:1]
        told = (
            texts[0]
            if len(texts) == 1
            else ", ".join(texts[:-1]) + rng.choice((" and ", " and ", ", ")) + texts[-1]
        )
        forms = phrases.SAME if rng.random() < 0.75 or len(calls) > 1 else phrases.MEANT
        return Story((past,), rng.choice(forms).format(told), calls=calls)

    def _short(self, subject: Subject) -> tuple[list[str], list[Subject]] | None:
        """Siblings as people shorten them: `.5`, `the .net`, `www`."""
        rng = self._rng
        host = subject.host
        if host.replace(".", "").isdigit():
            stem, _, last = host.rpartition(".")
            numbers = rng.sample([n for n in range(1, 255) if n != int(last)], rng.choice((1, 2, 2, 3)))
            return [f".{n}" for n in numbers], [named(f"{stem}.{n}") for n in numbers]
        label, dot, rest = host.partition(".")
        if not dot or ":" in host or "*" in host:
            return None
        if rest.count(".") == 0:
            ending = rng.choice(
                [t for t in ("com", "net", "org", "io", "de", "eu", "info", "co") if t != rest]
            )
            return [rng.choice((f"the .{ending}", f".{ending}", f"the .{ending} one"))], [
                named(f"{label}.{ending}")
            ]
        other = sibling(host, rng)
        if other is None or not other.endswith(rest):
            return None
        short = other.partition(".")[0]
        return [short], [named(other)]

    def _of_tool(self, kind: Kind, tool: str) -> list[Aspect]:
        """What can be asked of a subject of a kind with a tool."""
        pool = self._by_tool.get((kind, tool))
        if pool is None:
            pool = [a for a in self._aspects[kind, "do"] if a.call.tool == tool]
            self._by_tool[kind, tool] = pool
        return pool

    def _condition(self) -> Story:
        """`Ping it, and if it is dead trace it`: first the one, then, by its result, the other or words."""
        rng = self._rng
        tool = rng.choice(sorted(phrases.CONDITIONS))
        kinds: tuple[Kind, ...] = (
            ("name",)
            if tool
            in ("check_ssl_certificate", "dns_lookup", "whois_lookup", "check_http", "test_quantum_safety")
            else ("host",)
        )
        pool = self._of_tool(kinds[0], tool)
        first = Clause(rng.choice(pool), Writer(rng))
        others: tuple[tuple[Kind, ...], ...] = (kinds, kinds, ("watched",), ("host",))
        second = self._clause("do", *rng.choice(others))
        subject = self._about(kinds, first)
        condition, holds = rng.choice(phrases.CONDITIONS[tool])
        then = second.text(rng.choice(("it", "it", subject.text)))
        one = first.text(subject.text)
        said = rng.choice(
            (
                "{one}. {If}, {then}.",
                "{one}, and {if_} {then}",
                "{one}. {then} {if_}",
                "{one}; {if_}, {then}",
                "{one} and {then} {if_}",
                "please {one}. {If} {then}",
                "{one} first. {If}, {then} please",
            )
        )
        said = said.format(one=one, then=then, if_=condition, If=condition[0].upper() + condition[1:])
        call = first.call(subject)
        if rng.random() < 0.4:
            return Story((), said, calls=(call,))
        found = outcome(*call, rng, ok=rng.random() < 0.5)
        text = shown(found, rng)
        if found.kind in holds:
            past = () if rng.random() < 0.5 else self._maybe_past()
            return Story(past, said, ((call, text),), calls=(second.call(subject),))
        return Story((), said, ((call, text),), say=found.message)

    def _job(self) -> Story:
        """A long call, and how it goes."""
        rng = self._rng
        while True:
            said, call = self._ask(rng.choice(("run_nmap", "scan_quantum_ports")))
            found = outcome(*call, rng, ok=True)
            if found.kind == "job":
                break
        past, _ = self._found(said, call, found)
        message_id = found.rows[0].name
        if rng.random() < 0.35:
            return Story(
                (past,), rng.choice(phrases.CANCEL), calls=(("cancel_function", {"message_id": message_id}),)
            )
        between: tuple[Exchange, ...] = ()
        if rng.random() < 0.35:
            other, other_call = self._ask()
            between = (self._exchange(other, other_call)[0],)
        return Story(
            (past, *between),
            rng.choice(phrases.DONE_YET),
            calls=(("get_function_status", {"message_id": message_id}),),
        )

    def _closing(self) -> Story:
        """Nothing more is wanted."""
        rng = self._rng
        said, call = self._ask()
        past, _ = self._exchange(said, call)
        return Story((past,), rng.choice(phrases.CLOSINGS), say=phrases.CLOSED)

    def injected(self) -> Story:
        """A result that gives orders: they are not the person's."""
        rng = self._rng
        said, call = self._ask(
            rng.choice(
                (
                    "check_http",
                    "whois_lookup",
                    "dns_lookup",
                    "check_ssl_certificate",
                    "get_host_list",
                    "run_nmap",
                    "traceroute",
                    "get_incidents",
                    None,
                )
            )
        )
        found = outcome(*call, rng)
        shape = self._with_order(found)
        shown_text = shown(shape, rng)
        order = next(value for key, value in shape.data.items() if key not in found.data)
        if order not in shown_text or rng.random() < 0.15:
            shown_text = f"{found.message} {order}" if rng.random() < 0.5 else f"{order}\n{found.message}"
        return Story(self._maybe_past(), said, ((call, shown_text),), say=found.message)
