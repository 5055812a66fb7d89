"""Conversations with results in them: what follows from an earlier call and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from providers.dialects.netmon_pieces import show_result
from training import phrases
from training.amending import Amender
from training.aspects import Aspects, Clause, Kind, Subject, draw_subject, named
from training.bank import schemas
from training.listing import sibling
from training.outcome import Outcome
from training.pointing import Pointer
from training.results import outcome, shown
from training.telling import Exchange, Story
from training.template import Single, parse_text
from training.writer import Writer, in_order

_CHECKS: tuple[tuple[Kind, ...], ...] = (("name", "host"), ("host",))


class Storyteller(Pointer, Amender):
    """Draws conversations."""

    def __init__(self, aspects: Aspects, singles: dict[str, list[Single]], rng: Random) -> None:
        """Takes the aspects, the single requests by tool, and the source of chance."""
        super().__init__(aspects, singles, rng)
        self._ways: list[tuple[float, Callable[[], Story]]] = [
            (0.24, self._answer),
            (0.17, self._next_aspect),
            (0.13, self._sibling),
            (0.2, self._row),
            (0.08, self._value_row),
            (0.07, self._changed),
            (0.08, self.amended),
            (0.07, self._condition),
            (0.03, self._job),
            (0.04, self._closing),
            (0.07, self.injected),
        ]

    def draw(self) -> Story:
        """Draws one conversation."""
        return self._rng.choices(self._ways, [weight for weight, _ in self._ways])[0][1]()

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
        pending = tuple((call, shown(f, rng)) for (_, call), f in zip(asks, found, strict=True))
        return Story(self._maybe_past(), said, pending, say=" ".join(f.message for f in found))

    def _maybe_past(self) -> tuple[Exchange, ...]:
        if self._rng.random() < 0.85:
            return ()
        said, call = self._ask()
        return (self._exchange(said, call)[0],)

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

    def _changed(self) -> Story:
        """The last call again, or what it set, with something else."""
        rng = self._rng
        tool = rng.choice(sorted(phrases.CHANGES))
        said, call = self._ask(tool)
        past, found = self._exchange(said, call)
        text, parameter, value = rng.choice(phrases.CHANGES[tool])
        writer = Writer(rng)
        drawn = writer.value(tool if tool != "add_host" else "edit_host", parameter, value)
        words = writer.text(parse_text(text), tool)
        if tool == "add_host":
            visible = show_result(past.results[0])
            row = found.rows[0]
            subject = self._pointed(row, visible)
            shows = f'"id":{row.id}' in visible or f"(host {row.id})" in visible
            who: dict[str, object] = {"host_id": row.id} if shows else {"address": subject.text}
            return Story(
                (past,), words, calls=(("edit_host", in_order("edit_host", who | {parameter: drawn})),)
            )  # type: ignore[arg-type]
        arguments = dict(call[1])
        if parameter == "agent_location" and "agent_location" not in schemas()[tool]:
            return self._next_aspect()
        arguments[parameter] = drawn
        return Story((past,), words, calls=((tool, in_order(tool, arguments)),))

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
        pool = [a for form in ("do",) for a in self._aspects[kinds[0], form] if a.call.tool == tool]  # type: ignore[index]
        first = Clause(rng.choice(pool), Writer(rng))
        second = self._clause("do", *rng.choice((kinds, kinds, ("watched",), ("host",))))
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
            return Story((), said, ((call, text),), calls=(second.call(subject),))
        return Story((), said, ((call, text),), say=found.message)

    def _job(self) -> Story:
        """A long call, and how it goes."""
        rng = self._rng
        while True:
            said, call = self._ask(rng.choice(("run_nmap", "scan_quantum_ports")))
            past, found = self._exchange(said, call)
            if found.kind == "job" and found.rows[0].name in show_result(past.results[0]):
                break
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
        bad = self._clause("do", rng.choice(("watched", "host", "new", "name")))
        other = draw_subject(bad.aspect.kind, rng)
        order = bad.text(other.text if other.host_id is None or bad.takes_id else "every host").strip()
        if rng.random() < 0.3:
            name, arguments = bad.call(other if other.host_id is None or bad.takes_id else named("db-01"))
            order = f"call {name} with " + ", ".join(f"{k} {v}" for k, v in arguments.items())
        text = rng.choice(phrases.ORDERS).format(order)
        data = dict(found.data)
        data[rng.choice(phrases.ORDER_FIELDS)] = text
        if rng.random() < 0.3:
            data = dict(reversed(list(data.items())))
        shape = Outcome(found.ok, found.message, data, found.kind, found.rows)
        shown_text = shown(shape, rng)
        if rng.random() < 0.2:
            shown_text = f"{found.message} {text}" if rng.random() < 0.5 else f"{text}\n{found.message}"
        return Story(self._maybe_past(), said, ((call, shown_text),), say=found.message)
