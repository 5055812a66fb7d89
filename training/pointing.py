"""Conversations that go on with a row of a result: the second one, the one that is down, both, `.201`."""

from __future__ import annotations

from collections.abc import Sequence

from providers.dialects.netmon_pieces import show_result
from training import phrases
from training.aspects import Clause, draw_subject, named
from training.outcome import Row
from training.telling import Exchange, Story, Teller
from training.writer import Call, in_order


class Pointer(Teller):
    """Draws conversations in which a person points at rows."""

    def _row(self) -> Story:
        """Something to do with one or more rows of a list of monitored hosts."""
        rng = self._rng
        while True:
            said, call = self._ask(
                rng.choice(("get_host_list", "get_host_list", "get_host_data", "get_incidents"))
            )
            past, found = self._exchange(said, call, ok=True)
            visible = show_result(past.results[0])
            rows = [row for row in found.rows if row.name in visible]
            if rows:
                break
        if len(rows) > 1 and rng.random() < 0.25:
            clause = self._row_clause()
            chosen, word = rows, phrases.ALL.get(len(rows), "all of them")
            words = rng.choice(
                (word, "all of them", "them", "each of them", "both" if len(rows) == 2 else "them all")
            )
            calls = tuple(clause.call(self._pointed(row, visible)) for row in chosen)
            if clause.aspect.call.tool == "set_maintenance":
                name, arguments = calls[0]
                calls = ((name, arguments | {"addresses": [row.name for row in chosen]}),)
            return Story((past,), self._lead() + clause.text(words) + self._end(), calls=calls)
        wanted = rng.sample(rows, min(len(rows), 2 if rng.random() < 0.2 else 1))
        texts: list[str] = []
        calls_made: list[Call] = []
        for row in wanted:
            clause = self._row_clause()
            reference, whole = self._reference(row, rows, visible)
            texts.append(clause.text(reference))
            calls_made.append(clause.call(named(row.name) if whole else self._pointed(row, visible)))
        return Story(
            (past,),
            self._lead() + rng.choice((" and ", ", and ", ". ", ", then ")).join(texts) + self._end(),
            calls=tuple(calls_made),
        )

    def _row_clause(self) -> Clause:
        draw = self._rng.random()
        if draw < 0.72:
            return self._clause("do", "watched")
        return self._clause(self._rng.choice(("do", "q")), "host")

    def _value_row(self) -> Story:
        """Something to do with names, addresses or agents that a result lists."""
        rng = self._rng
        tool = rng.choice(
            (
                "dns_lookup",
                "dns_lookup",
                "run_nmap",
                "get_agents",
                "get_agents",
                "check_http",
                "compare_locations",
            )
        )
        while True:
            said, call = self._ask(tool)
            past, found = self._exchange(said, call, ok=True)
            visible = show_result(past.results[0])
            rows = [row for row in found.rows if row.name in visible]
            if rows and found.kind in ("found", "hosts", "agents", "redirect", "compared"):
                break
        if found.kind in ("agents", "compared"):
            return self._from_agent(past, rows, call)
        if found.kind == "redirect":
            place = rows[0].name
            return Story((past,), rng.choice(phrases.REDIRECT), calls=(("check_http", {"url": place}),))
        clause = self._clause(rng.choice(("do", "do", "q")), "host")
        if len(rows) > 1 and rng.random() < 0.45:
            words = rng.choice(
                (
                    phrases.ALL.get(len(rows), "all of them"),
                    "each of them",
                    "all of them",
                    "each one",
                    "them",
                    "every one of them",
                )
            )
            return Story(
                (past,),
                self._lead() + clause.text(words) + self._end(),
                calls=tuple(clause.call(named(r.name)) for r in rows),
            )
        row = rng.choice(rows)
        reference, _ = self._reference(row, rows, visible)
        return Story(
            (past,),
            self._lead() + clause.text(reference) + self._end(),
            calls=(clause.call(named(row.name)),),
        )

    def _from_agent(self, past: Exchange, rows: Sequence[Row], call: Call) -> Story:
        """A check from one or several of the agents that were listed."""
        rng = self._rng
        host = named(draw_subject(rng.choice(("name", "host")), rng).host)
        if len(rows) > 1 and rng.random() < 0.4:
            check, words = rng.choice(
                (
                    ("ping", "ping times to {}"),
                    ("http", "how {} loads"),
                    ("dns", "what {} resolves to"),
                    ("ping", "latency to {}"),
                    ("http", "load time of {}"),
                )
            )
            some = list(rows) if rng.random() < 0.65 else list(rows[:2])
            which = (
                rng.choice(phrases.FROM_ALL)
                if len(some) == len(rows)
                else rng.choice(("from the first two", "from the first two of them"))
            )
            arguments = in_order(
                "compare_locations",
                {"target": host.text, "check": check, "locations": [r.name for r in some]},
            )
            return Story(
                (past,),
                rng.choice(
                    ("compare {} {}", "now compare {} {}", "please compare {} {}", "check {} {} and compare")
                ).format(words.format(host.text), which),
                calls=(("compare_locations", arguments),),
            )
        row = rng.choice(rows)
        ways = [rng.choice(phrases.ORDINALS[rows.index(row)]), row.name, row.name]
        speed = row.traits.get("speed")
        if speed:
            ways += [rng.choice(phrases.TRAITS[speed])] * 3
        city = next((c for c in phrases.COUNTRIES if c in row.name.lower()), None)
        if city:
            ways += [f"the {rng.choice(phrases.COUNTRIES[city])} one", f"the one in {city.title()}"]
        tool, verb = rng.choice(
            (
                ("ping_host", "ping {}"),
                ("traceroute", "trace the route to {}"),
                ("check_http", "load {}"),
                ("dns_lookup", "resolve {}"),
                ("traceroute", "traceroute {}"),
                ("ping_host", "check if {} answers"),
            )
        )
        if call[0] == "compare_locations" and rng.random() < 0.7:
            host = named(
                str(call[1]["target"]).removeprefix("https://").removeprefix("http://").partition("/")[0]
            )
            said = rng.choice(
                (
                    "show me the route from {}",
                    "trace it from {}",
                    "now the traceroute from {}",
                    "why so? trace from {}",
                    "trace the path from {} then",
                )
            ).format(rng.choice(ways))
            return Story(
                (past,), said, calls=(("traceroute", {"target": host.host, "agent_location": row.name}),)
            )
        key = {"ping_host": "target", "traceroute": "target", "check_http": "url", "dns_lookup": "name"}[tool]
        arguments = in_order(tool, {key: host.url if key == "url" else host.host, "agent_location": row.name})
        return Story(
            (past,),
            f"{verb.format(host.text)} from {rng.choice(ways)}{self._end()}",
            calls=((tool, arguments),),
        )
