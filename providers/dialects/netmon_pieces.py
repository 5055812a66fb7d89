"""How the shipped family writes a conversation, and which pieces of that are single tokens.

A conversation is a run of turns, each opened by one control character; content never holds them::

    TOOLS names-or-* ( USER text | ASSISTANT text-or-calls END | RESULT json )* ASSISTANT

A call is ``<tool_call>{"name":"ping_host","arguments":{"target":"db-03"}}</tool_call>``, without white space, so
that its whole frame is a handful of tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from providers.base import Message, ToolCall
from providers.dialects.netmon_results import plain
from providers.dialects.netmon_wire import to_wire
from providers.dialects.spoken import written
from providers.dialects.unsaid import completed

END, USER, ASSISTANT, RESULT, TOOLS = "\x00", "\x01", "\x02", "\x03", "\x04"

#: Stands for the whole family's tools in the list of tools on offer.
EVERY_TOOL = "*"

#: The tools that the family was trained on.
TOOL_NAMES = (
    "get_host_list", "get_host_data", "get_uptime_report", "get_incidents", "get_user_info", "get_agents",
    "get_available_endpoints", "get_function_status", "check_http", "check_ssl_certificate", "ping_host",
    "dns_lookup", "traceroute", "check_port", "whois_lookup", "test_quantum_safety", "compare_locations",
    "add_host", "edit_host", "delete_host", "set_maintenance", "reset_alerts", "cancel_function", "run_nmap",
    "scan_quantum_ports",
)  # fmt: skip

#: Characters of a tool result that the model is shown; the rest is cut, and it says so.
RESULT_CHARS = 450
CUT = "… (cut)"

_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)} | {127: None, 13: None}


def clean(text: str) -> str:
    """Makes text harmless as content: no control characters, nothing that opens a call."""
    return text.translate(_CONTROLS).replace("<tool_call>", "<tool call>")


def read_texts(messages: Sequence[Message]) -> list[str]:
    """Returns what the model reads and copies of each message, without its calls.

    Content is made harmless; in what users say, dictated and half unsaid names are written out.
    """
    found: list[str] = []
    before: list[str] = []
    asked: list[str] = []
    for message in messages:
        content = clean(message.content or "")
        match message.role:
            case "user":
                content = completed(written(content), before, asked)
                asked.append(content)
            case "tool":
                content = clean(plain(message.content or ""))
            case _:
                pass
        found.append(content)
        if message.role != "system":
            values = copied_values(message.tool_calls)
            before += [content[:RESULT_CHARS] if message.role == "tool" else content, *values]
            asked += values
    return found


def copied_values(calls: Sequence[ToolCall]) -> list[str]:
    """The texts among the arguments of calls."""
    return [
        value
        for call in calls
        for held in call.arguments.values()
        for value in (cast(list[Any], held) if isinstance(held, list) else [held])
        if isinstance(value, str)
    ]


def open_call(name: str) -> str:
    """Returns the text that opens a call of `name`."""
    return f'<tool_call>{{"name":"{name}","arguments":{{'


CLOSE_CALL = "}}</tool_call>"


def offer(names: Sequence[str]) -> str:
    """Writes the list of tools on offer."""
    return TOOLS + (
        EVERY_TOOL if set(names) >= set(TOOL_NAMES) else " ".join(n for n in TOOL_NAMES if n in names)
    )


def write_calls(calls: Sequence[ToolCall], schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """Writes calls whose arguments are as the tools take them."""
    return "".join(write_call(c.name, to_wire(c.arguments, schemas.get(c.name, {}))) for c in calls)


def write_call(name: str, arguments: Mapping[str, Any]) -> str:
    """Writes one call whose arguments are already as the model writes them."""
    return (
        open_call(name) + json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))[1:-1] + CLOSE_CALL
    )


def show_result(content: str, about: str = "") -> str:
    """Writes a tool's result in the family's plain form, cut to what the model can use.

    Args:
        content: What the tool gave.
        about: What was asked, where several calls were made at once: the result is headed by it.
    """
    shown = plain(content)
    if about:
        shown = f"({about}) {shown}"
    if len(shown) > RESULT_CHARS:
        shown = shown[:RESULT_CHARS] + CUT
    return RESULT + clean(shown)


def about_call(arguments: Mapping[str, Any]) -> str:
    """What heads the result of one of several calls: the values that it was made with."""
    return " ".join(
        ",".join(map(_argument, cast(list[Any], value))) if isinstance(value, list) else _argument(value)
        for value in arguments.values()
    )


def _argument(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pieces(schemas: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Returns the texts that are single tokens besides bytes and words.

    Args:
        schemas: JSON Schema of each parameter, by tool and parameter name.
    """
    found: dict[str, None] = {}
    for name, parameters in schemas.items():
        found[name] = None
        found[open_call(name)] = None
        for parameter, schema in parameters.items():
            for before in ("", ",", '",', "],", '"],'):
                if schema["type"] == "array":
                    item = '"' if schema["items"]["type"] == "string" else ""
                    found[f'{before}"{parameter}":[{item}'] = None
                else:
                    found[f'{before}"{parameter}":'] = None
                    found[f'{before}"{parameter}":"'] = None
            for value in schema.get("enum", ()):
                found[f'{value}"'] = None
    for end in ("", '"', "]", '"]'):
        found[end + CLOSE_CALL] = None
    for text in (
        *('","', '"]', '"],"', "],", "true", "false", "none", "yes", "failed", "(most)", "(least)"),
        *(
            " id=",
            " address=",
            " state=",
            "state=",
            " ms=",
            "ms=",
            " loss=",
            " endpoint=",
            " enabled=",
            " port=",
        ),
        *(
            " agent=",
            " interval_s=",
            "message_id=",
            " began=",
            " cause=",
            " error=",
            " name=",
            " type=",
            " value=",
        ),
        *(
            "before.",
            "after.",
            " note=",
            " url=",
            " hop=",
            " days_left=",
            " retries=",
            " country=",
            " city=",
            "\n1.",
            "\n2.",
            "\n3.",
            "\n4.",
            "\n5.",
            "\n6.",
            " open_ports=",
        ),
        *("state=up", "state=down", "enabled=yes", "enabled=no", " since=", "status=", "sent=", " received="),
        *("https://", "http://", "last ", "until ", "today ", "tomorrow ", "tonight ", "yesterday "),
        CUT,
    ):
        found[text] = None
    return list(found)
