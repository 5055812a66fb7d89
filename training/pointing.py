"""Conversations that go on with a row of a result: the second one, the one that is down, all but the relay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from training import phrases, traits
from training.aspects import Aspect, Clause, draw_subject, named
from training.outcome import Outcome, Row
from training.results import outcome
from training.telling import Exchange, Story, Teller
from training.values import Value
from training.writer import Call, Writer, in_order

_LISTS = ("get_host_list", "get_host_list", "get_host_data", "get_host_data", "get_incidents")
_FINDS = (
    "dns_lookup", "dns_lookup", "run_nmap", "get_agents", "get_agents", "check_http", "compare_locations", "traceroute",
)  # fmt: skip
_FOUND = frozenset({"found", "hosts", "agents", "redirect", "compared", "ports", "reached", "broken"})


class Pointer(Teller):
    """Draws conversations in which a person points at rows."""

    _list_pool: list[Aspect] | None = None

    def _listed(self, least: int = 1) -> tuple[Exchange, Outcome]:
        """An exchange that lists monitored hosts, at least so many."""
        rng = self._rng
        clause = None if rng.random() < 0.5 else self._list_clause()
        said, call = (
            self._ask(rng.choice(_LISTS)) if clause is None else (clause.text("").strip(), clause.call(None))
        )
        if least > 1 and ("host_id" in call[1] or "address" in call[1]):
            clause = self._list_clause()
            said, call = clause.text("").strip(), clause.call(None)
        found = outcome(*call, rng, ok=True)
        while len(found.rows) < least:
            found = outcome(*call, rng, ok=True)
        return self._found(said, call, found)

    def _list_clause(self) -> Clause:
        """A request for a list of hosts or incidents that names none of them."""
        if self._list_pool is None:
            self._list_pool = [
                aspect
                for form in ("do", "q", "np")
                for aspect in self._aspects["none", form]
                if aspect.call.tool in _LISTS
                and not any(name == "address" for name, _ in aspect.call.arguments)
            ]
        return Clause(self._rng.choice(self._list_pool), Writer(self._rng))

    def _row(self) -> Story:
        """Something to do with one or more rows of a list of monitored hosts."""
        rng = self._rng
        least = 2 if rng.random() < 0.6 else 1
        past, found = self._listed(least)
        while not found.rows:
            past, found = self._listed(least)
        rows = found.rows
        if len(rows) > 1 and rng.random() < 0.35:
            return self._several_rows(past, found)
        wanted = rng.sample(rows, min(len(rows), 2 if rng.random() < 0.15 else 1))
        texts: list[str] = []
        calls: list[Call] = []
        for row in wanted:
            clause = self._row_clause()
            reference, whole = self._reference(row, rows, found.whole)
            texts.append(clause.text(reference))
            calls.append(clause.call(named(row.name) if whole else self._pointed(row)))
        said = rng.choice((" and ", ", and ", ". ", ", then ", "; ")).join(texts)
        return Story((past,), self._lead() + said + self._end(), calls=tuple(calls))

    def _several_rows(self, past: Exchange, found: Outcome) -> Story:
        """All rows, those that share something, or all but one."""
        rng = self._rng
        rows, draw = found.rows, rng.random()
        if len(rows) == 2 and found.whole and draw < 0.12:
            words, tool, arguments = rng.choice(phrases.NEITHER)
            calls: list[Call] = []
            for row in rows:
                who: dict[str, Value] = {"host_id": row.id} if row.id else {"address": row.name}
                calls.append((tool, in_order(tool, {**who, **arguments})))
            return Story((past,), words, calls=tuple(calls))
        clause = self._row_clause()
        shared = traits.groups(rows, found.whole, rng)
        if shared and draw < 0.55:
            words, chosen = rng.choice(shared)
        elif len(rows) > 2 and found.whole and draw < 0.85:
            left = rng.choice(rows)
            words = rng.choice(phrases.ALL_BUT).format(self._reference(left, rows, True)[0])
            chosen = [row for row in rows if row is not left]
        else:
            words, chosen = rng.choice((phrases.ALL.get(len(rows), "all of them"), *phrases.THEM)), list(rows)
            if len(rows) == 2 and rng.random() < 0.5:
                words = rng.choice(("both", "both of them", "the two", "the two of them"))
        said = self._lead() + clause.text(words) + self._end()
        return Story((past,), said, calls=self._for_each(clause, chosen))

    def _for_each(self, clause: Clause, rows: Sequence[Row]) -> tuple[Call, ...]:
        """The calls of a clause about rows: one for each, a window for all."""
        calls = tuple(clause.call(self._pointed(row)) for row in rows)
        if clause.aspect.call.tool == "set_maintenance":
            name, arguments = calls[0]
            return ((name, arguments | {"addresses": [row.name for row in rows]}),)
        return calls

    def _row_clause(self) -> Clause:
        draw = self._rng.random()
        if draw < 0.72:
            return self._clause("do", "watched")
        return self._clause(self._rng.choice(("do", "q")), "host")

    def _other_row(self) -> Story:
        """One row was dealt with; now the other one, or the rest."""
        rng = self._rng
        past, found = self._listed(2)
        while len(found.rows) < 2 or not found.whole:
            past, found = self._listed(2)
        row = rng.choice(found.rows)
        rest = [r for r in found.rows if r is not row]
        clause = self._row_clause()
        reference, whole = self._reference(row, found.rows, True)
        said = self._lead() + clause.text(reference)
        done, _ = self._exchange(
            said, clause.call(named(row.name) if whole else self._pointed(row)), known=row
        )
        words = rng.choice(phrases.THE_OTHER if len(rest) == 1 else phrases.THE_REST)
        if rng.random() < 0.55:
            return Story(
                (past, done), rng.choice(phrases.SAME).format(words), calls=self._for_each(clause, rest)
            )
        then = self._row_clause()
        return Story(
            (past, done), self._lead() + then.text(words) + self._end(), calls=self._for_each(then, rest)
        )

    def _value_row(self) -> Story:
        """Something to do with names, addresses, ports, hops or agents that a result lists."""
        rng = self._rng
        tool = rng.choice(_FINDS)
        while True:
            said, call = self._ask(tool)
            found = outcome(*call, rng, ok=None if tool == "traceroute" else True)
            if not found.rows or found.kind not in _FOUND:
                continue
            past, found = self._found(said, call, found)
            if found.rows:
                break
        rows = found.rows
        if found.kind in ("agents", "compared"):
            return self._from_agent(past, found, call)
        if found.kind == "ports":
            return self._at_port(past, found, call)
        if found.kind == "redirect":
            return self._redirected(past, rows[0].name)
        kind = "hop" if tool == "traceroute" else "found"
        if tool == "traceroute" and (story := self._slow_hop(past, found)):
            return story
        if len(rows) > 1 and rng.random() < 0.3 and tool != "traceroute":
            return self._several_found(past, found)
        row = rng.choice(rows)
        clause = self._clause(rng.choice(("do", "do", "q")), "host")
        reference, _ = self._reference(row, rows, found.whole, kind)
        ends_here = found.kind == "broken" and found.whole and row.name == found.rows[-1].name
        if ends_here and rng.random() < 0.6:
            reference = rng.choice(phrases.WHERE_IT_ENDS)
        return Story(
            (past,),
            self._lead() + clause.text(reference) + self._end(),
            calls=(clause.call(named(row.name)),),
        )

    def _several_found(self, past: Exchange, found: Outcome) -> Story:
        rng = self._rng
        rows = list(found.rows)
        words = rng.choice((phrases.ALL.get(len(rows), "all of them"), *phrases.THEM))
        if len(rows) > 2 and found.whole and rng.random() < 0.35:
            left = rng.choice(rows)
            words = rng.choice(phrases.ALL_BUT).format(self._reference(left, rows, True, "found")[0])
            rows.remove(left)
        clause = self._clause(rng.choice(("do", "do", "q")), "host")
        return Story(
            (past,),
            self._lead() + clause.text(words) + self._end(),
            calls=tuple(clause.call(named(r.name)) for r in rows),
        )

    def _slow_hop(self, past: Exchange, found: Outcome) -> Story | None:
        """The hop from which on it is slow."""
        rows = found.rows
        times = [row.traits["ms"] for row in rows if "ms" in row.traits]
        if len(times) < 3 or len(times) < len(rows) or not found.whole or self._rng.random() < 0.6:
            return None
        steps = [later - sooner for sooner, later in pairwise(times)]
        index = steps.index(max(steps))
        if steps[index] < 60:
            return None
        clause = self._clause(self._rng.choice(("do", "q")), "host")
        said = clause.text(self._rng.choice(phrases.WHERE_IT_SLOWS))
        return Story(
            (past,), self._lead() + said + self._end(), calls=(clause.call(named(rows[index + 1].name)),)
        )

    def _redirected(self, past: Exchange, place: str) -> Story:
        """The target of a redirect, perhaps with a text that must be there."""
        rng = self._rng
        if rng.random() < 0.35:
            text = rng.choice(phrases.PAGE_TEXTS)
            said = rng.choice(phrases.REDIRECT_WITH).format(text)
            return Story((past,), said, calls=(("check_http", {"url": place, "expect_text": text}),))
        return Story((past,), rng.choice(phrases.REDIRECT), calls=(("check_http", {"url": place}),))

    def _at_port(self, past: Exchange, found: Outcome, call: Call) -> Story:
        """What a scan found open goes into the next call."""
        rng = self._rng
        ports = [int(row.name) for row in found.rows]
        target = str(call[1]["target"])
        draw = rng.random()
        if not found.whole or "/" in target or "*" in target or draw < 0.3:
            port = rng.choice(ports)
            ways = [f"port {port}", f"the {port}", f"{port}"]
            if len(ports) > 1:
                ways.append(rng.choice(phrases.ORDINALS[ports.index(port)][:3]))
            service = next((r.traits.get("service") for r in found.rows if r.name == str(port)), None)
            if service:
                ways += [f"the {service} port", f"the {service} one"]
            said = rng.choice(phrases.ONE_PORT).format(rng.choice(ways))
            return Story((past,), said, calls=(("check_port", {"target": target, "port": port}),))
        if draw < 0.55:
            calls: list[Call] = [("check_port", {"target": target, "port": port}) for port in ports]
            return Story((past,), rng.choice(phrases.EACH_PORT), calls=tuple(calls))
        if draw < 0.8:
            profile = rng.choice(("service", "vuln"))
            arguments: dict[str, Value] = {
                "target": target,
                "profile": profile,
                "ports": ",".join(map(str, ports)),
            }
            agent = call[1].get("agent_location")
            if agent:
                arguments["agent_location"] = str(agent)
            return Story((past,), rng.choice(phrases.PORTS_AGAIN[profile]), calls=(("run_nmap", arguments),))
        scan: Call = ("scan_quantum_ports", {"target": target, "ports": ports})
        return Story((past,), rng.choice(phrases.PORTS_QUANTUM), calls=(scan,))

    def _from_agent(self, past: Exchange, found: Outcome, call: Call) -> Story:
        """A check from one or several of the agents that were listed."""
        rng = self._rng
        rows = found.rows
        host = named(draw_subject(rng.choice(("name", "host")), rng).host)
        if len(rows) > 1 and rng.random() < 0.4:
            return self._compared_from(past, found, host.text)
        row = rng.choice(rows)
        reference, _ = self._reference(row, rows, found.whole, "agent")
        if (
            rng.random() < 0.3
            and len(city := traits.in_city(row.name, rng))
            and not self._also_in(city[0], row, rows)
        ):
            reference = rng.choice(city)
        if call[0] == "compare_locations" and rng.random() < 0.7:
            host = named(
                str(call[1]["target"]).removeprefix("https://").removeprefix("http://").partition("/")[0]
            )
            said = rng.choice(phrases.TRACE_FROM).format(reference)
            return Story(
                (past,), said, calls=(("traceroute", {"target": host.host, "agent_location": row.name}),)
            )
        tool, verb = rng.choice(phrases.FROM_AGENT)
        key = {"ping_host": "target", "traceroute": "target", "check_http": "url", "dns_lookup": "name"}[tool]
        arguments = in_order(tool, {key: host.url if key == "url" else host.host, "agent_location": row.name})
        form = rng.choice(
            (
                "{0} from {1}",
                "{0} from {1}",
                "from {1}: {0}",
                "use {1} and {0}",
                "{0}, via {1}",
                "take {1}, {0}",
            )
        )
        said = self._lead() + form.format(verb.format(host.text), reference) + self._end()
        return Story((past,), said, calls=((tool, arguments),))

    def _compared_from(self, past: Exchange, found: Outcome, target: str) -> Story:
        """A comparison from agents that were listed: all, those of a country, all but one."""
        rng = self._rng
        rows = found.rows
        check, words = rng.choice(phrases.COMPARED)
        shared = self._same_place(rows)
        if shared and rng.random() < 0.6:
            which, some = rng.choice(shared)
        elif rng.random() < 0.65 or len(rows) < 3:
            which, some = rng.choice(phrases.FROM_ALL), list(rows)
        elif found.whole and rng.random() < 0.5:
            left = rng.choice(rows)
            which = "from " + rng.choice(phrases.ALL_BUT).format(
                self._reference(left, rows, True, "agent")[0]
            )
            some = [row for row in rows if row is not left]
        else:
            which = rng.choice(("from the first two", "from the first two of them", "from the top two"))
            some = list(rows[:2])
        arguments: dict[str, Value] = {"target": target, "check": check, "locations": [r.name for r in some]}
        said = rng.choice(phrases.COMPARE).format(words.format(target), which)
        return Story((past,), said, calls=(("compare_locations", in_order("compare_locations", arguments)),))

    def _also_in(self, words: str, row: Row, rows: Sequence[Row]) -> bool:
        """Whether another agent is called by the same words."""
        return any(words in traits.in_city(r.name, self._rng) for r in rows if r is not row)

    def _same_place(self, rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
        """Agents that share a country, and words for them."""
        by_country: dict[str, list[Row]] = {}
        for row in rows:
            by_country.setdefault(str(row.traits.get("country", "")), []).append(row)
        return [
            (self._rng.choice(phrases.FROM_PLACE).format(traits.COUNTRIES[code][0]), some)
            for code, some in by_country.items()
            if code and 1 < len(some) < len(rows)
        ]
