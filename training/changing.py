"""Conversations in which a person takes something back, or asks the same again with one thing changed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from providers.base import DEFAULT_NOW
from providers.dialects.netmon_wire import AMOUNTS, from_wire, to_wire
from training import changes, phrases, traits, values
from training.aspects import Aspect, Clause, draw_subject, named
from training.bank import required, schemas
from training.outcome import Outcome
from training.pointing import Pointer
from training.results import outcome
from training.slots import fill
from training.telling import Exchange, Story
from training.template import parse_text
from training.values import Value
from training.writer import Call, Writer, in_order

#: Parameters whose value a list of hosts may show, so that a change of it can be taken back.
_SHOWN = ("interval_s", "port", "retries", "endpoint", "agent_location")
#: Lists that may grow or shrink: tool, parameter, and what it holds.
_LISTS = (
    ("compare_locations", "locations"), ("compare_locations", "locations"), ("scan_quantum_ports", "ports"),
    ("test_quantum_safety", "algorithms"), ("set_maintenance", "addresses"), ("run_nmap", "ports"),
)  # fmt: skip


class Changer(Pointer):
    """Draws conversations that change what was said or done."""

    def _optioned(self, tool: str) -> tuple[str, Call]:
        """A request that says more than it must, where one is found."""
        least = len(required()[tool]) + (tool != "get_host_list")
        for _ in range(5):
            said, call = self._ask(tool)
            if len(call[1]) > least or (len(call[1]) == least and self._rng.random() < 0.15):
                return said, call
        return self._ask(tool)

    def _changed(self) -> Story:
        """The last call again, or what it set, with something else; all else stays as it was."""
        rng = self._rng
        tool = rng.choice(changes.TOOLS)
        said, call = self._optioned(tool)
        past, found = self._exchange(said, call, ok=True if tool == "add_host" else None)
        for _ in range(6):
            text, parameter, value = rng.choice(phrases.CHANGES[tool])
            writer = Writer(rng)
            drawn = writer.value(tool if tool != "add_host" else "edit_host", parameter, value)
            if call[1].get(parameter) != drawn:
                break
        else:
            return self._list_changed()
        words = writer.text(parse_text(text), tool)
        if rng.random() < 0.2:
            words = rng.choice(changes.ALL_ELSE).format(words)
        if tool == "add_host":
            row = found.rows[0]
            who: dict[str, Value] = {"host_id": row.id} if row.id else {"address": row.name}
            return Story(
                (past,), words, calls=(("edit_host", in_order("edit_host", who | {parameter: drawn})),)
            )
        return Story((past,), words, calls=((tool, in_order(tool, kept(call) | {parameter: drawn})),))

    def _list_changed(self) -> Story:
        """One item more or less in a list, or another in its stead."""
        rng = self._rng
        while True:
            tool, parameter = rng.choice(_LISTS)
            said, call = self._ask(tool)
            items = _items(call[1].get(parameter))
            if items and len(items) < 6 and call[1].get("duration_min") not in ("0", 0):
                break
        past, _ = self._exchange(said, call, ok=True)
        draw = rng.random()
        if len(items) > (2 if parameter == "locations" else 1) and draw < 0.35 and tool != "set_maintenance":
            index = rng.randrange(len(items))
            gone = str(items[index])
            words = rng.choice(changes.WITHOUT).format(gone)
            items = [*items[:index], *items[index + 1 :]]
        else:
            new = self._fresh(parameter, tool, items)
            if draw < 0.6 and tool != "set_maintenance":
                index = rng.randrange(len(items))
                words = rng.choice(changes.SWAPPED).format(new=new, old=items[index])
                items = [*items[:index], new, *items[index + 1 :]]
            else:
                words = rng.choice(phrases.MORE_PLACES if parameter == "locations" else changes.ADDED).format(
                    new
                )
                items = [*items, new]
        arguments = kept(call)
        arguments[parameter] = ",".join(map(str, items)) if tool == "run_nmap" else items
        return Story((past,), self._lead() + words, calls=((tool, in_order(tool, arguments)),))

    def _fresh(self, parameter: str, tool: str, items: Sequence[Any]) -> Any:
        """An item that a list lacks."""
        while True:
            if parameter == "ports":
                new: Any = fill("port", tool, self._rng).values["port"]
            elif parameter == "locations":
                new = values.agent(self._rng)
            elif parameter == "addresses":
                new = values.host(self._rng)
            else:
                new = fill("group", tool, self._rng).text
            if new not in items and str(new) not in items:
                return new

    def _undone(self) -> Story:
        """What was done is taken back: from the call, or from what a list showed before."""
        return self._rng.choice((self._resumed, self._resumed, self._added_again, self._put_back, self._put_back, self._window_off, self._removed))()  # fmt: skip

    def _seen_rows(self, key: str) -> tuple[Exchange, Outcome]:
        """An exchange that lists hosts with a setting."""
        said, call = self._ask("get_host_list")
        found = outcome(*call, self._rng, ok=True)
        while key not in found.rows[0].traits:
            found = outcome(*call, self._rng, ok=True)
        return self._found(said, call, found)

    def _drawn(self, aspect: Aspect) -> Clause:
        return Clause(aspect, Writer(self._rng))

    def _resumed(self) -> Story:
        """Paused, and on again; or the other way round."""
        rng = self._rng
        on = rng.random() < 0.3
        pool = [a for a in self._aspects["watched", "do"] if ("enabled", str(on).lower()) in a.call.arguments]
        clause = self._drawn(rng.choice(pool))
        subject = self._about(("watched",), clause)
        past, _ = self._exchange(clause.text(subject.text), clause.call(subject), ok=True)
        between: tuple[Exchange, ...] = ()
        if rng.random() < 0.3:
            said, call = self._ask(rng.choice(("ping_host", "check_http", "get_agents", "dns_lookup")))
            between = (self._exchange(said, call)[0],)
            words = rng.choice(changes.PAUSE_AGAIN_LATER if on else changes.RESUME_LATER)
        else:
            words = rng.choice((*changes.UNDO, *(changes.PAUSE_AGAIN if on else changes.RESUME)))
        arguments: dict[str, Value] = dict(clause.call(subject)[1])
        arguments["enabled"] = not on
        return Story(
            (past, *between), self._lead() + words, calls=(("edit_host", in_order("edit_host", arguments)),)
        )

    def _put_back(self) -> Story:
        """A value was changed: it is to be what the list showed."""
        rng = self._rng
        key = rng.choice(_SHOWN)
        listed, found = self._seen_rows(key=key)
        if not found.rows or key not in found.rows[0].traits or not found.whole:
            return self._resumed()
        row = rng.choice(found.rows)
        old = row.traits[key]
        new = old
        while new == old:
            new = _another(key, rng)
        who: dict[str, Value] = {"host_id": row.id} if row.id else {"address": row.name}
        reference, _ = self._reference(row, found.rows, True)
        if reference == row.name:
            who = {"address": row.name}
        shown = f"{old}s" if key == "interval_s" else old
        said = rng.choice(changes.SET[key]).format(reference, _in_words(key, new))
        past, _ = self._exchange(said, ("edit_host", in_order("edit_host", who | {key: new})), True, row)
        words = rng.choice((*changes.UNDO, *changes.AS_BEFORE, *changes.VALUE_BEFORE[key]))
        return Story((listed, past), words, calls=(("edit_host", in_order("edit_host", who | {key: shown})),))

    def _added_again(self) -> Story:
        """Deleted, and wanted again: with what the list showed of it."""
        rng = self._rng
        listed, found = self._seen_rows(key="endpoint")
        if not found.rows or "endpoint" not in found.rows[0].traits or not found.whole:
            return self._resumed()
        row = rng.choice(found.rows)
        clause = self._drawn(
            rng.choice([a for a in self._aspects["watched", "do"] if a.call.tool == "delete_host"])
        )
        reference, named_whole = self._reference(row, found.rows, True)
        call = clause.call(named(row.name) if named_whole else self._pointed(row))
        past, _ = self._exchange(self._lead() + clause.text(reference), call, True, row)
        wanted: dict[str, Value] = {"address": row.name}
        for key in ("endpoint", "port", "interval_s", "retries", "agent_location"):
            if key in row.traits:
                wanted[key] = f"{row.traits[key]}s" if key == "interval_s" else row.traits[key]
        return Story(
            (listed, past), rng.choice(changes.ADD_AGAIN), calls=(("add_host", in_order("add_host", wanted)),)
        )

    def _window_off(self) -> Story:
        """A maintenance window is to end now."""
        rng = self._rng
        said, call = self._ask("set_maintenance")
        past, _ = self._exchange(said, call, ok=True)
        arguments: dict[str, Value] = {"addresses": call[1]["addresses"], "duration_min": "0"}
        return Story((past,), rng.choice(changes.WINDOW_OFF), calls=(("set_maintenance", arguments),))

    def _removed(self) -> Story:
        """Just added, and not wanted after all."""
        rng = self._rng
        said, call = self._ask("add_host")
        past, found = self._exchange(said, call, ok=True)
        row = found.rows[0]
        who: dict[str, Value] = {"host_id": row.id} if row.id else {"address": row.name}
        return Story((past,), rng.choice(changes.REMOVE_AGAIN), calls=(("delete_host", who),))

    def _renamed(self) -> Story:
        """The wrong row of a list: the right one is named by a part of its name."""
        rng = self._rng
        while True:
            listed, found = self._listed(2)
            if len(found.rows) < 2 or not found.whole:
                continue
            wrong, right = rng.sample(found.rows, 2)
            parts = traits.by_name(right, found.rows, rng)
            if parts:
                break
        clause = self._row_clause()
        reference, whole = self._reference(wrong, found.rows, True)
        call = clause.call(named(wrong.name) if whole else self._pointed(wrong))
        past, _ = self._exchange(clause.text(reference), call, known=wrong)
        part, bad = rng.choice(parts), traits.by_name(wrong, found.rows, rng)
        words = rng.choice(phrases.MEANT).format(part)
        if bad and rng.random() < 0.4:
            words = rng.choice(changes.NOT_BUT).format(right=part, wrong=rng.choice(bad))
        return Story((listed, past), words, calls=self._for_each(clause, [right]))

    def _resolver(self) -> Story:
        """An address that was found is asked itself."""
        rng = self._rng
        server = f"{rng.choice(('ns', 'dns', 'ns1', 'ns2', 'resolver', 'pdns'))}.{values.domain(rng)}"
        said = rng.choice(("what is the IP of {}", "resolve {}", "{} resolves to what", "address of {} please", "look up {}")).format(server)  # fmt: skip
        while True:
            past, found = self._exchange(said, ("dns_lookup", {"name": server}), ok=True)
            if found.rows and found.whole:
                break
        host = draw_subject("name", rng).host
        kind, spoken = rng.choice(changes.RECORDS)
        row = rng.choice(found.rows)
        reference = "it" if len(found.rows) == 1 else self._reference(row, found.rows, True, "found")[0]
        words = rng.choice(changes.ASK_IT).format(it=reference, what=spoken.format(host))
        arguments: dict[str, Value] = {"name": host, "resolver": row.name}
        if kind:
            arguments["record_type"] = kind
        return Story((past,), words, calls=(("dns_lookup", in_order("dns_lookup", arguments)),))


def kept(call: Call) -> dict[str, Value]:
    """The arguments of an earlier call, as the model sees them there."""
    tool, arguments = call
    if not any(name in AMOUNTS for name in arguments):
        return dict(arguments)
    return to_wire(from_wire(arguments, schemas()[tool], DEFAULT_NOW), schemas()[tool])


def _items(value: Value | None) -> list[Any]:
    if isinstance(value, str):
        return value.split(",") if "-" not in value else []
    return list(value) if isinstance(value, list) else []


def _another(key: str, rng: Random) -> Value:
    """Another value for a setting."""
    match key:
        case "interval_s":
            return rng.choice(("15s", "45s", "2m", "4m", "20m", "2h", "90s"))
        case "port":
            return rng.randint(1, 65000)
        case "retries":
            return rng.randint(0, 9)
        case "endpoint":
            return rng.choice(("icmp", "https", "http", "dns", "smtp", "tcp"))
        case _:
            return values.agent(rng)


def _in_words(key: str, value: Value) -> str:
    return {"icmp": "ping"}.get(str(value), str(value))
