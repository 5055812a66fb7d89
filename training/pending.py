"""Requests of two steps: the first has its result, and the second is to be called, or cannot be.

`List the paused ones and resume them`: the model has made the first call, and reads its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from training import phrases, steps, traits
from training.aspects import Clause, draw_subject, named
from training.nations import PLACES
from training.outcome import Outcome, Row
from training.results import display, outcome
from training.telling import Story
from training.twofold import Twofold
from training.values import Value
from training.writer import Call, in_order

#: How a row of states, times or loss is picked: the words, the key, and which of its values.
_Pick = Callable[[Sequence[Row]], list[Row]]


def _with(key: str, value: object) -> _Pick:
    return lambda rows: [r for r in rows if r.traits.get(key) == value]


def _most(key: str, sign: int) -> _Pick:
    def pick(rows: Sequence[Row]) -> list[Row]:
        known = [r for r in rows if isinstance(r.traits.get(key), int | float)]
        best = sorted(known, key=lambda r: sign * r.traits[key])
        clear = len(rows) == 1 or (len(best) > 1 and best[-1].traits[key] != best[-2].traits[key])
        return best[-1:] if clear else []

    return pick


def _lossy(rows: Sequence[Row]) -> list[Row]:
    return [r for r in rows if (r.traits.get("loss_pct") or 0) > 0]


def _expired(rows: Sequence[Row]) -> list[Row]:
    return [r for r in rows if r.traits.get("days_left") is not None and r.traits["days_left"] < 0]


#: Of the latest results: the key that the result must show, the words by number, and the choice.
_STATES: tuple[tuple[str, tuple[str, ...], _Pick], ...] = (
    ("status", steps.DOWN, _with("status", "down")), ("status", steps.UP, _with("status", "up")), ("status", steps.PAUSED, _with("status", "paused")),
    ("response_ms", steps.SLOWEST, _most("response_ms", 1)), ("response_ms", steps.FASTEST, _most("response_ms", -1)),
    ("loss_pct", steps.LOSSIEST, _most("loss_pct", 1)), ("loss_pct", steps.LOSSY, _lossy), ("alert_flag", steps.ALERTING, _with("alert_flag", True)),
    ("days_left", steps.EXPIRED, _expired), ("days_left", steps.FIRST_OUT, _most("days_left", -1)),
)  # fmt: skip


class Stepper(Twofold):
    """Draws requests of two steps."""

    def _two_steps(self) -> Story:
        """One of them."""
        return self._rng.choice(
            (self._list_then, self._list_then, self._state_then, self._state_then, self._state_then, self._agents_then,
             self._resolve_then, self._redirect_then, self._ports_then, self._hop_then, self._incidents_then)
        )()  # fmt: skip

    def _step(
        self,
        said: str,
        call: Call,
        found: Outcome,
        then: Callable[[Outcome], tuple[Call, ...]],
        key: str = "",
    ) -> Story:
        """The first call where it is not made yet; else, from what is seen of its result, the next, or words."""
        rng = self._rng
        said = self._lead() + said + self._end()
        if rng.random() < 0.22:
            return Story((), said, calls=(call,))
        if found.data and rng.random() < 0.12:
            found = self._with_order(found)
        for _ in range(4):
            text, seen = display(found, rng)
            if seen.whole and (not key or (seen.rows and key in seen.rows[0].traits)):
                break
        else:
            return Story((), said, calls=(call,))
        calls = then(seen)
        if calls:
            return Story(self._maybe_past(), said, ((call, text),), calls=calls)
        return Story(self._maybe_past(), said, ((call, text),), say=found.message)

    def _with_order(self, found: Outcome) -> Outcome:
        """A result that also gives an order, which is not the person's."""
        rng = self._rng
        bad = self._clause("do", rng.choice(("watched", "host", "new", "name")))
        other = draw_subject(bad.aspect.kind, rng)
        order = bad.text(other.text if other.host_id is None or bad.takes_id else "every host").strip()
        if rng.random() < 0.3:
            name, arguments = bad.call(other if other.host_id is None or bad.takes_id else named("db-01"))
            order = f"call {name} with " + ", ".join(f"{k} {v}" for k, v in arguments.items())
        text = rng.choice(phrases.ORDERS).format(order)
        data = {**found.data, rng.choice(phrases.ORDER_FIELDS): text}
        if rng.random() < 0.3:
            data = dict(reversed(data.items()))
        return Outcome(found.ok, found.message, data, found.kind, found.rows)

    def _then(self, words: str) -> tuple[str, Clause]:
        """What is to be done with rows, in words about `words`, and the clause."""
        clause = self._row_clause()
        return clause.text(words), clause

    def _list_then(self) -> Story:
        """`List the paused ones and resume them`."""
        rng = self._rng
        filters, first, back = rng.choice(steps.LISTED)
        call: Call = ("get_host_list", in_order("get_host_list", dict(filters)))
        if back is not None and rng.random() < 0.6:
            words, tool, extra = rng.choice(back)
            said = rng.choice(steps.AND).format(first, words)

            def then(seen: Outcome) -> tuple[Call, ...]:
                return tuple(
                    (
                        tool,
                        in_order(
                            tool, {**({"host_id": r.id} if r.id else {"address": r.name}), **dict(extra)}
                        ),
                    )
                    for r in seen.rows
                )
        else:
            told, clause = self._then(rng.choice(("them", "each of them", "all of them", "each")))
            said = rng.choice(steps.AND).format(first, told)

            def then(seen: Outcome) -> tuple[Call, ...]:
                return self._for_each(clause, seen.rows) if seen.rows else ()

        if rng.random() < 0.14:
            return self._step(
                said, call, Outcome(True, "No monitored host matches.", {"hosts": []}, "none"), then
            )
        return self._step(said, call, outcome(*call, rng, ok=True), then)

    def _state_then(self) -> Story:
        """`Find the slowest and pause it`, `ping whatever is down`."""
        rng = self._rng
        key, words, pick = rng.choice(_STATES)
        call: Call = ("get_host_data", {"detail_response": True} if rng.random() < 0.12 else {})
        for _ in range(12):
            found = outcome(*call, rng, ok=True)
            if found.rows and key in found.rows[0].traits:
                break
        else:
            return self._list_then()
        many = words in (steps.DOWN, steps.UP, steps.PAUSED, steps.LOSSY, steps.ALERTING, steps.EXPIRED)
        told, clause = self._then(
            rng.choice(("them", "those", "all of these", "each of them")) if many else "it"
        )
        said = rng.choice(steps.FIND).format(rng.choice(words), told)
        if rng.random() < 0.35:
            said = clause.text(rng.choice(steps.DIRECT).format(rng.choice(words)))

        def then(seen: Outcome) -> tuple[Call, ...]:
            rows = pick(seen.rows)
            return self._for_each(clause, rows) if rows else ()

        return self._step(said, call, found, then, key)

    def _agents_then(self) -> Story:
        """`Which agents are in Germany? Compare from those`."""
        rng = self._rng
        call: Call = ("get_agents", {})
        while True:
            found = outcome(*call, rng, ok=True)
            if any("country" in r.traits for r in found.rows) or rng.random() < 0.3:
                break
        host = named(draw_subject("name", rng).host)
        check, what = rng.choice(phrases.COMPARED)
        nation = next((p for p in PLACES if any(r.traits.get("country") == p[1] for r in found.rows)), None)
        place = nation[2] if nation is not None and rng.random() < 0.75 else ""
        compare = rng.choice(phrases.COMPARE).format(
            what.format(host.text),
            rng.choice(("from those", "from them", "between them", "from all of these", "from each")),
        )
        said = rng.choice(steps.AND).format(
            rng.choice(steps.AGENTS_IN).format(place) if place else rng.choice(steps.AGENTS), compare
        )

        def then(seen: Outcome) -> tuple[Call, ...]:
            rows = [
                r
                for r in seen.rows
                if not place or traits.COUNTRIES.get(str(r.traits.get("country")), ("",))[0] == place
            ]
            if not rows:
                return ()
            if len(rows) == 1:
                tool, key = {
                    "ping": ("ping_host", "target"),
                    "http": ("check_http", "url"),
                    "dns": ("dns_lookup", "name"),
                }[check]
                value = host.url if key == "url" else host.host
                return ((tool, in_order(tool, {key: value, "agent_location": rows[0].name})),)
            arguments: dict[str, Value] = {
                "target": host.text,
                "check": check,
                "locations": [r.name for r in rows],
            }
            return (("compare_locations", in_order("compare_locations", arguments)),)

        return self._step(said, call, found, then, "country" if place else "")

    def _resolve_then(self) -> Story:
        """`Resolve it, then ping the address`."""
        rng = self._rng
        name = draw_subject("name", rng).host
        kind, first, noun = rng.choice(steps.RESOLVE)
        asked: dict[str, Value] = {"name": name, "record_type": kind} if kind else {"name": name}
        call: Call = ("dns_lookup", in_order("dns_lookup", asked))
        clause = self._clause("do", "host")
        found = outcome(*call, rng, ok=rng.random() < 0.85)
        noun_now = rng.choice(noun)
        said = rng.choice(steps.AND).format(first.format(name), clause.text(noun_now))

        def then(seen: Outcome) -> tuple[Call, ...]:
            return tuple(clause.call(named(r.name)) for r in seen.rows)

        return self._step(said, call, found, then)

    def _redirect_then(self) -> Story:
        """`Load it, and if it redirects check where to`."""
        rng = self._rng
        said, call = self._ask("check_http")
        while True:
            found = outcome(*call, rng, ok=True)
            if found.kind == "redirect" or rng.random() < 0.06:
                break
        said = f"{said.rstrip('.?! ')}{rng.choice(steps.IF_REDIRECTED)}"

        def then(seen: Outcome) -> tuple[Call, ...]:
            return (("check_http", {"url": seen.rows[0].name}),) if seen.rows else ()

        return self._step(said, call, found, then)

    def _ports_then(self) -> Story:
        """`Scan it and check each open port`."""
        rng = self._rng
        target = draw_subject("host", rng).host
        call: Call = ("run_nmap", {"target": target, "profile": "quick"})
        while True:
            found = outcome(*call, rng, ok=True)
            if found.kind == "ports" or rng.random() < 0.1:
                break
        first = rng.choice(steps.SCAN).format(target)
        words, tool = rng.choice(steps.WITH_PORTS)
        said = rng.choice(steps.AND).format(first, words)

        def then(seen: Outcome) -> tuple[Call, ...]:
            if seen.kind != "ports":
                return ()
            ports = [int(r.name) for r in seen.rows]
            if tool == "check_port":
                return tuple(("check_port", {"target": target, "port": port}) for port in ports)
            if tool == "scan_quantum_ports":
                return (("scan_quantum_ports", {"target": target, "ports": ports}),)
            return (
                ("run_nmap", {"target": target, "profile": "service", "ports": ",".join(map(str, ports))}),
            )

        return self._step(said, call, found, then)

    def _hop_then(self) -> Story:
        """`Trace it and ping the last hop that answers`."""
        rng = self._rng
        target = draw_subject("host", rng).host
        call: Call = ("traceroute", {"target": target})
        while True:
            found = outcome(*call, rng, ok=rng.random() < 0.6)
            if found.rows:
                break
        clause = self._clause("do", "host")
        said = rng.choice(steps.AND).format(
            rng.choice(steps.TRACE).format(target), clause.text(rng.choice(steps.LAST_HOP))
        )

        def then(seen: Outcome) -> tuple[Call, ...]:
            return (clause.call(named(seen.rows[-1].name)),) if seen.rows else ()

        return self._step(said, call, found, then)

    def _incidents_then(self) -> Story:
        """`See what is open and clear those alerts`."""
        rng = self._rng
        call: Call = ("get_incidents", {"state": "open"})
        told, clause = self._then(rng.choice(("those hosts", "each of these hosts", "them", "the hosts")))
        said = rng.choice(steps.AND).format(rng.choice(steps.OPEN), told)

        def then(seen: Outcome) -> tuple[Call, ...]:
            return self._for_each(clause, seen.rows) if seen.rows else ()

        found = outcome(*call, rng, ok=True)
        if rng.random() < 0.15:
            found = Outcome(True, "There is no open incident.", {"incidents": []}, "none")
        return self._step(said, call, found, then)
