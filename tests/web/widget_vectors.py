"""What the Python dialect says, for the widget's own copy of it to say too: web/widget/src/local/vectors.json.

`python -m tests.web.widget_vectors` writes the file; a test compares it with what is true now.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from llguidance import LLMatcher, LLTokenizer

from providers.base import Call, Malformed, Message, Settings, Text, ToolCall, ToolSpec
from providers.dialects import spoken_words
from providers.dialects.answering import quote_of
from providers.dialects.marks import MARKS, Marks, Naming
from providers.dialects.netmon import NETMON, parameter_schemas
from providers.dialects.netmon_grammar import grammar
from providers.dialects.netmon_pieces import write_call
from providers.dialects.netmon_results import plain
from providers.dialects.netmon_wire import kind_of
from providers.dialects.quantities import ZONES, iso, resolve_amount, resolve_point, spell_amount
from providers.dialects.spoken import written
from providers.dialects.unsaid import completed
from tests.providers.dialects.result_cases import RESULTS, drawn
from tests.providers.dialects.spoken_cases import SPOKEN, STAY, mixtures
from tests.providers.dialects.unsaid_cases import HALF_SAID, WHOLE
from tools.catalogue import default_registry

PLACE = Path(__file__).parents[2] / "web" / "widget" / "src" / "local" / "vectors.json"

_NOWS = (
    datetime(2026, 11, 23, 7, 40, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 0, 0, 0, tzinfo=UTC),
    datetime(2027, 1, 1, 23, 59, 59, tzinfo=UTC),
)
_DAYS = (
    "today", "tonight", "tomorrow", "yesterday", "week", "month", "year", "mon", "sun", "last wed", "last mon",
    "+3d", "+120d", "2026-12-24", "2027-02-30", "0000-01-01", "12-24", "02-29", "02-30", "11-23", "13-01",
)  # fmt: skip
_CLOCKS = ("", "02:00", "7:30", "23:59:59", "24:00", "24:01", "12:60", "00:00", "07:40")
_ODD_POINTS = (
    "now", "\x85now\x1c", "\ufeffnow",
    "+2h", "-1.5d", "+0.29h", "+5", "-90m", "+1.000001s", "+999999999w", "soon", "", "+", "until 3",
    "2026-11-24T02:00:00Z", "2026-11-24T02:00:00+02:00", "2026-11-24 02:00", "2026-11-24T25:00", "2026-02-30T00:00",
    "2026-11-24T02:00:00.5Z", "9999-12-31 23:59 PST", "0001-01-01 00:00 JST", "10:00 XYZ", "10:00 +05:30",
    "10:00+25:00", "24.11.2026 20:15", "3.1. 07:00 CET", "29.2. 08:00", "31.2.2026", "1.13.", "24.11 20:15",
)  # fmt: skip
_AMOUNTS = (
    "5m",
    "1.5h",
    "90",
    "0.5s",
    "2.5m",
    "2 h",
    " 3D ",
    "250ms",
    "1w",
    "x",
    "",
    "5 minutes",
    "0.0005s",
    "1.5ms",
    "1m30s",
    "1h 30m",
    "2d12h",
    "30s1m",
    "1m30m",
    "\x851h\u300030m\x1f",
    "\ufeff5m",
    "5\ufeffm",
)
_TEXTS = (
    "db-03", "10.20.0.13", "shop.example.org", "mail.example.org:8443", "*.lan", "Grüße aus Köln", "监控", "fra1",
    "a\x85b", "a\ufeffb",
)  # fmt: skip
_WIRE_AMOUNTS = (
    "5m", "0.5h", "1.5h", "30", "250ms", "1m30s", "1h30m", "99h59m", "2d24h",
    "1d", "2w", "0s", "99999h", "until 03:00", "until fri 03:00 CET", "0.25m",
)  # fmt: skip
_WIRE_POINTS = (
    "now", "-2h", "tomorrow 02:00", "last mon", "12-24 10:00 CET", "2026-11-23", "10:00", "noon", "+7d 10:00",
    "24.11.2026 20:15", "3.1.", "24.11 20:15",
)  # fmt: skip
_NOISE = '"\\ ,:{}[]<>0159azé监\n' + MARKS[0] + MARKS[-1]
#: What has a mark of its own, and what only looks like it.
_PLACES = (
    "db-03", "DB-03.acme.net", "web_1", "m-81f2", "*.lan", "shop-*", "*", "a.b/c/d.", "münchen.example",
    "中-7.lan", "监控-7", "x.中文", "v1.2.3", "10.0.0.7", "10.0.0.0/24", "999.1.1.1", "10.0.0.*", "2001:db8::7",
    "::1", "dead:beef::", "fe80::1%eth0", "https://acme.org", "https://shop.acme.org:8443/login?x=1#a",
    "http://10.0.0.1/a.", "https://?q", "ftp://old.acme.org", "it@acme.org", "it+noc@mail.acme.co.uk", "a@b",
    "3", "12", "8443", "12345678901", "1.5", "10,20", "2026-11-25", "2026-11-25T14:00:00Z", "14:00", "24.11.",
    "24.11.2026", "30 seconds", "30 %", "30s", "45 ms", "10 Uhr", "7 hostless", "5K", "5\u212a", "7m\u0131ns",
    "99\u017f", "1st", "follow-up", "e-mailing", "x'y-zing", "k-\u0131ng", "id=7", "port=443", "id=1234567890",
    "port=80,443", "message_id=m-1", "name=Quito", 'name="New Quito"', "name=a\\b", "agent=fra", "address=x",
    "address=db-9=", "state=up", "C:\\web-1", "e\u0301-1", "٣٤", "²³", "😀-1", "1\u3000id=5", "name=a\x85b",
    "name=a\ufeffb", "name=a\\tb", "name=</tool_call>x", "agent=a<b>c", "address=a\x01b",
    "https://acme.org/a\x01b", "https://acme.org/a\x7fb", "https://acme.org/a\xa0b", "https://acme.org/a\u200bb",
)  # fmt: skip
_BETWEEN = (*(" ",) * 12, ", ", "\n", ".", "?", "/", "-", "=", ":", "@", "'", " and ", "")


def make() -> dict[str, Any]:
    """Makes all vectors; the same each time."""
    rng = random.Random(2026)
    tools = default_registry().specs()
    return {
        "amounts": [
            [text, unit, resolve_amount(text, unit)] for text in _AMOUNTS for unit in ("ms", "s", "m")
        ],
        "spelled": [
            [value, unit, spell_amount(value, unit)]
            for unit in ("ms", "s", "m")
            for value in (0, 1, 59, 60, 90, 1000, 3600, 10080, 86_400_000)
        ],
        "points": list(_points(rng)),
        "marks": list(_marks(random.Random(17))),
        "named": list(_named(random.Random(18))),
        "prompts": list(_prompts(tools)),
        "replies": list(_replies(tools)),
        "quotes": list(_quotes()),
        "spoken": [[text, written(text)] for text in _dictated()],
        "spoken_words": [
            [name, sorted(words)] for name, words in sorted(vars(spoken_words).items()) if name.isupper()
        ],
        "unsaid": [[before, said, completed(said, [before], [before])] for before, said in _half_said()],
        "results": [[text, plain(text)] for text in (*RESULTS, *drawn(random.Random(16), 400))],
        "grammar": list(_grammar(rng, tools)),
    }


def _points(rng: random.Random) -> Iterator[list[Any]]:
    zones = ("", *(f" {zone}" for zone in ZONES), "Z", " +05:30", "-08:00")
    texts = [f"{day} {clock}".strip() + rng.choice(zones) for day in ("", *_DAYS) for clock in _CLOCKS]
    for now in _NOWS:
        for text in (*texts, *_ODD_POINTS):
            for toward in ("future", "past"):
                found = resolve_point(text, now, toward)
                yield [text, iso(now), toward, iso(found) if found else None]


def _marks(rng: random.Random) -> Iterator[list[Any]]:
    """What a text becomes where nothing was said before, and its names."""
    many = " ".join(f"db-{number}" for number in range(40))
    texts = (*_PLACES, many, many + " db-3 db-35", "ping db-03: db-03, web-1, db-03", *RESULTS.values())
    dictated = (written(text) for text in mixtures(rng, 100))
    results = (plain(text) for text in drawn(rng, 60))
    for text in (*texts, *dictated, *results, *(_mixed(rng) for _ in range(400))):
        marks = Marks()
        marked = marks.read(text)
        yield [text, marked, list(marks.names.values())]


def _named(rng: random.Random) -> Iterator[list[str]]:
    """What words and calls become after a text."""
    for _ in range(80):
        heard = _mixed(rng)
        marks = Marks()
        marks.read(heard)
        known = [*marks.names.values()] * 4 + ["db-99", "12", "https://acme.org"]
        said = " ".join(rng.choice(known) + rng.choice(("", ".", "/x")) for _ in range(3))
        hosts = [rng.choice(("", "https://")) + rng.choice(known) for _ in range(3)]
        ports = [int(name) if name.isascii() and name.isdigit() else 22 for name in rng.sample(known, 2)]
        values = {"target": rng.choice(known), "addresses": hosts, "port": ports[0], "ports": ports}
        other = {"target": rng.choice(known), "expect_text": "1,12,3"}
        calls = write_call("run_nmap", values) + write_call("check_http", other)
        yield [heard, said, marks.said(said), calls, marks.called(calls)]


def _mixed(rng: random.Random) -> str:
    return "".join(rng.choice(_PLACES) + rng.choice(_BETWEEN) for _ in range(rng.randint(1, 6)))


def _message(message: Message) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in message.tool_calls]
    return {"role": message.role, "content": message.content or "", **({"calls": calls} if calls else {})}


def _prompts(tools: tuple[ToolSpec, ...]) -> Iterator[dict[str, Any]]:
    long = json.dumps({"success": True, "message": "x" * 600, "data": {}}, separators=(",", ":"))
    window = ToolCall(
        "1", "set_maintenance", {"duration_min": 90, "start": "2026-11-24T02:00:00Z", "address": "db-03"}
    )
    several = (
        ToolCall("2", "check_port", {"port": 443, "target": "db-03"}),
        ToolCall("3", "get_agents", {}),
        ToolCall("4", "set_maintenance", {"addresses": ["a.lan", "b.lan"], "duration_min": 90}),
        ToolCall("5", "get_host_data", {"enabled": True, "host_id": 7}),
    )
    named = (ToolCall("6", "check_http", {"url": "https://web-07.acme.net"}),)
    rows = '{"success": false, "data": {"rows": [{"id": 1, "name": "a b", "ms": 2.0}]}}'
    answers = [Message("tool", rows, tool_call_id=call.id) for call in several]
    conversations = (
        (Message("user", "ping db-03"),),
        (Message("user", "tabs\tstay,\r\nreturns\x07 and bells <tool_call> do not \x7f"),
         Message("assistant", "Ja, größer.")),
        (Message("user", "ping ten dot one\x07 dot one dot one"), Message("assistant", "ten dot one dot one dot one?"),
         Message("user", "noc at acme dot org")),
        (Message("user", "mute db-03"), Message("assistant", None, (window,)),
         Message("tool", long, tool_call_id="1")),
        (Message("user", "监控 😀"), Message("assistant", "a", (ToolCall("1", "ping_host", {"target": "é\"\\"}),)),
         Message("tool", ' {"success":false,"message":"没有","data":{"n":1.5}} ', tool_call_id="1"),
         Message("user", "?")),
    )  # fmt: skip
    conversations = (
        *conversations,
        (
            Message("user", "ping web-07.acme.net"),
            Message("assistant", None, named),
            Message("tool", '{"next": "cam-1.lab.org"}', tool_call_id="6"),
            Message("user", "and web-17, cam-2, /login?"),
        ),
        (Message("user", "all of these"), Message("assistant", None, several), *answers),
        (
            Message("user", f"is port 8443 open on https://shop.acme.org/login{MARKS[5]}, and on db-03?"),
            Message("assistant", f"Host db-03 or {MARKS[0]}db-04, and https://shop.acme.org/help?"),
            Message("user", f"db-04, and all of {', '.join(f'web-{number}' for number in range(40))}"),
            Message(
                "assistant", None, (*several, ToolCall("8", "check_port", {"port": 8443, "target": "web-39"}))
            ),
            *answers,
            Message("tool", f'{{"message": "db-04{MARKS[2]} is shut"}}', tool_call_id="8"),
            Message("assistant", "db-04 and web-3 are shut, web-39 is not.", named),
        ),
    )
    some = tuple(tool for tool in tools if tool.effect == "read")
    for messages in conversations:
        for offered in (tools, some, ()):
            prompt = NETMON.render(messages, offered, Settings())
            yield {
                "messages": [_message(message) for message in messages],
                "tools": [tool.name for tool in offered],
                "prompt": prompt.fixed + prompt.rest,
                "names": list(prompt.names.items()),
            }


def _replies(tools: tuple[ToolSpec, ...]) -> Iterator[dict[str, Any]]:
    said = "db-03 and db-04 of example.org; münchen.example, 10.0.0.7, port 8443, https://shop.acme.org/login"
    prompt = NETMON.render((Message("user", said),), tools, Settings())
    marks = Marks()
    marks.read(said)
    call = write_call("ping_host", {"target": "db-03", "timeout_ms": "2s"})
    replies = (
        "All is well.",
        call,
        call + write_call("dns_lookup", {"name": "example.org", "record_type": "MX"}),
        write_call(
            "set_maintenance", {"address": "db-03", "start": "tomorrow 02:00", "duration_min": "until 03:00"}
        ),
        write_call("set_maintenance", {"address": "db-03", "duration_min": "until fri 03:00 CET"}),
        write_call("set_maintenance", {"address": "db-03", "duration_min": "until never"}),
        write_call("get_incidents", {"start": "last mon", "end": "now", "limit": 3}),
        call + write_call("ping_host", {"target": "db-04"}) + call + call,
        write_call(
            "add_host",
            {"address": "münchen.example", "endpoint": "https", "interval_s": "5m", "enabled": True},
        ),
        f"db-03 answers{MARKS[-1]}; 8443 is shut on https://shop.acme.org/login.",
        write_call("check_port", {"target": "10.0.0.7", "port": 8443}),
        write_call("check_http", {"url": "https://shop.acme.org"}) + call,
        write_call("ping_host", {"target": MARKS[-1]}),
    )
    for reply in replies:
        marked = marks.called(reply) if reply.startswith("<") else marks.said(reply)
        for one, now in product(dict.fromkeys((reply, marked)), _NOWS):
            parser = Naming(NETMON.parser(tools, Settings(now=now)), prompt.names)
            pieces = [_piece(event) for event in (*parser.feed(one), *parser.finish())]
            joined = _joined([piece for piece in pieces if piece])
            yield {"said": said, "reply": one, "now": iso(now), "pieces": joined}


def _quotes() -> Iterator[dict[str, Any]]:
    asked = Message("user", "ping a and b")
    said, more = (Message("tool", json.dumps({"message": text})) for text in ("a answers.", " b is down. "))
    silent = [Message("tool", content) for content in ('{"data": {}}', '{"message": 3}', "[1]", "null", "?")]
    for messages in ((asked,), (asked, said), (asked, said, more), *((asked, said, one) for one in silent)):
        shown = [{"role": message.role, "content": message.content} for message in messages]
        yield {"messages": shown, "quote": quote_of(messages)}


def _half_said() -> Iterator[tuple[str, str]]:
    said = [text for _, text, _ in HALF_SAID] + [text for _, text in WHOLE]
    for before in (*(before for before, _, _ in HALF_SAID), *(before for before, _ in WHOLE)):
        for text in said:
            yield before, text


def _dictated() -> Iterator[str]:
    yield from (said for said, _ in SPOKEN)
    yield from STAY
    yield from mixtures(random.Random(15), 400)


def _piece(event: object) -> dict[str, Any] | None:
    match event:
        case Text(text):
            return {"kind": "text", "text": text}
        case Call(call=call):
            return {"kind": "call", "name": call.name, "arguments": dict(call.arguments)}
        case Malformed():
            return {"kind": "malformed"}
        case _:
            return None


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for piece in pieces:
        if found and piece["kind"] == found[-1]["kind"] == "text":
            found[-1] = {"kind": "text", "text": found[-1]["text"] + piece["text"]}
        else:
            found.append(piece)
    return found


def _grammar(rng: random.Random, tools: tuple[ToolSpec, ...]) -> Iterator[dict[str, Any]]:
    """Calls of every tool, whole and damaged: how many bytes may stand, and whether the reply may end there."""
    tokenizer = LLTokenizer("byte")
    schemas = parameter_schemas(tools)
    names = " , ".join((*_TEXTS, "12 , 8443 , 70000 , 080", MARKS[-1]))
    nameless = [tool for tool in tools if tool.name in ("check_port", "get_host_data")]
    for tool, about in (*product(tools, (names,)), *product(nameless, ("nothing by name",))):
        messages = (Message("user", f"about {tool.name.replace('_', ' ')}: {about}"),)
        marks = Marks()
        marks.read(messages[0].content or "")
        written = grammar(tools, messages, copy=True, names=marks.names)
        matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(written), log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        replies: list[list[Any]] = []
        for _ in range(8):
            whole = write_call(
                tool.name, _arguments(rng, schemas[tool.name], tool.parameters.get("required", ()))
            )
            marked = marks.called(whole)
            wrong = re.sub(f"[{MARKS}]", rng.choice(MARKS), marked)
            for reply in dict.fromkeys((whole, marked, wrong, _damaged(rng, whole), _damaged(rng, marked))):
                replies.append([reply, *_judged(matcher.deep_copy(), reply)])
        yield {"said": messages[0].content, "replies": replies}


def _judged(matcher: LLMatcher, reply: str) -> tuple[int, bool]:
    data = reply.encode()
    for at, byte in enumerate(data):
        if not matcher.consume_tokens([byte]):
            return at, False
    return len(data), bool(matcher.is_accepting())


def _damaged(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(("", rng.choice(_NOISE), rng.choice(_NOISE) + text[at])) + text[at + 1 :]


def _arguments(rng: random.Random, schemas: Mapping[str, Any], required: Any) -> dict[str, Any]:
    chosen = [name for name in schemas if name in required or rng.random() < 0.4]
    return {name: _value(rng, name, schemas[name]) for name in chosen}


def _value(rng: random.Random, name: str, schema: Mapping[str, Any]) -> Any:
    words = " , ".join(_TEXTS)
    match kind_of(name, schema):
        case "choice":
            return rng.choice([*schema["enum"], "other"])
        case "boolean":
            return rng.random() < 0.5
        case "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 70_000)
            return rng.choice((low, high, low - 1, high + 1, rng.randint(low, high), 12, 8443))
        case "integers":
            return [rng.choice((12, 8443, rng.randint(-1, 70_000))) for _ in range(rng.randint(1, 3))]
        case "amount":
            return rng.choice(_WIRE_AMOUNTS)
        case "point":
            return rng.choice(_WIRE_POINTS)
        case "texts":
            return [_copied(rng, words) for _ in range(rng.randint(1, 3))]
        case "text" if name == "ports":
            return rng.choice(("80,443", "1-1024", "22", "80-", "1-2-3", "100000"))
        case "text":
            return (
                rng.choice(("https://", "")) + _copied(rng, words)
                if schema.get("format") == "uri"
                else _copied(rng, words)
            )


def _copied(rng: random.Random, words: str) -> str:
    if rng.random() < 0.6:
        return rng.choice(_TEXTS)
    start = rng.randrange(len(words))
    return words[start : start + rng.randint(1, 20)]


def text_of_vectors() -> str:
    """The file's content."""
    lines = ",\n".join(
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
        for name, rows in make().items()
    )
    return "{\n" + lines + "\n}\n"


if __name__ == "__main__":
    PLACE.write_text(text_of_vectors(), encoding="utf-8")
