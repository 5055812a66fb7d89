"""Replies as models write them, for each dialect, and texts that are hard to read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from providers.base import Message, Settings, ToolCall, ToolSpec
from providers.dialects.base import Dialect
from providers.dialects.registry import dialect
from tools.catalogue import default_registry

PROSE = "The host answers, and its certificate (valid until May) is fine: no calls < 3 were needed. "
CALLS = (
    ToolCall("functions.ping_host:0", "ping_host", {"target": "gw1.lan"}),
    ToolCall(
        "b", "check_http", {"url": "https://shop.acme.example/a?b=c", "method": "GET", "timeout_ms": 5000}
    ),
    ToolCall("c", "scan_quantum_ports", {"target": "10.0.0.7", "ports": [443, 8443]}),
    ToolCall("d", "get_agents", {}),
)
#: Pieces that open what is never closed, or are read wrongly by careless parsers; repeated, they fill a text.
HARD: Mapping[str, str] = {
    "prose": PROSE,
    "braces": "{",
    "brackets": "[",
    "keys": '\n{"name"',
    "fences": "```\n",
    "tags": "<tool_call>",
    "open strings": '<tool_call>{"a',
    "single strings": "<tool_call>{'a</tool_call>",
    "calls": '<tool_call>{"name":"get_agents","arguments":{}}</tool_call>\n',
    "Python calls": "[f(a=1),",
    "tiny Python calls": "f(),",
    "open Python calls": "[f(",
    "nested arguments": '{"arguments":',
    "functions": "<function=f><parameter=a>",
    "values": "<tool_call>f<arg_key>a</arg_key><arg_value>b",
    "sections": "<\uff5ctool\u2581calls\u2581begin\uff5c>",
    "numbered": "<|tool_call_begin|>functions.f:0",
    "named": '[TOOL_CALLS]f{"a":',
    "headers": "<|start|>assistant<|channel|>analysis",
    "recipients": ">>>f\n",
    "escape marks": "<start_function_call>call:f{a:<escape>",
}


def tools() -> tuple[ToolSpec, ...]:
    """The 25 tools, as they are offered."""
    return default_registry().specs()


def reply(name: str, calls: tuple[ToolCall, ...] = CALLS) -> str:
    """Returns what a model of this dialect would have written to make calls."""
    found: Dialect = dialect(name)
    asked = [Message("user", "Go.")]
    before = found.render(asked, tools(), Settings()).rest
    after = found.render([*asked, Message("assistant", None, calls)], tools(), Settings()).rest
    written = after.removeprefix(before)
    return written if after.startswith(before) else json.dumps([call.arguments for call in calls])


def filled(unit: str, size: int) -> str:
    """Repeats a text up to a number of characters."""
    return (unit * (size // len(unit) + 1))[:size]
