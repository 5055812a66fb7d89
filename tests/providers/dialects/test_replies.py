"""Replies as models of each family write them: `replies.jsonl` has a reply, its calls, and what is said and thought."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from providers.base import ToolSpec
from providers.dialects.registry import DIALECTS
from tests.providers.dialects.support import calls_in, cut, read, text_in, thoughts_in


def _tool(name: str, **parameters: dict[str, Any]) -> ToolSpec:
    return ToolSpec(name, "", {"type": "object", "properties": parameters})


_TEXT, _INTEGER, _NUMBER, _NULL = ({"type": kind} for kind in ("string", "integer", "number", "null"))
_TEXTS = {"type": "array", "items": _TEXT}
TOOLS = (
    _tool(
        "get_weather", city=_TEXT, state=_TEXT, unit={**_TEXT, "enum": ["c", "f"]}, days=_INTEGER, date=_TEXT
    ),
    _tool("area", shape=_TEXT, dims={"type": "object"}, prec=_INTEGER),
    _tool(
        "types",
        i=_INTEGER,
        f={"type": "float"},
        b={"type": "boolean"},
        s=_TEXT,
        o={"type": "object"},
        a={"anyOf": [{"type": "array"}, _NULL]},
        mi={"anyOf": [_INTEGER, _NULL]},
        u={"anyOf": [_TEXT, _INTEGER, _NULL]},
        ta={"type": ["integer", "null"]},
        ns={"type": ["string", "null"]},
        so={"type": ["string", "object"]},
        si={"type": ["string", "integer"]},
        n=_NUMBER,
        z=_NULL,
        en={"enum": ["x", "y"]},
    ),
    _tool("todo", todos={"type": "array"}),
    _tool("now"),
    _tool("python", code=_TEXT),
    _tool("bash", command=_TEXT),
    _tool("edit", file=_TEXT, old=_TEXT, new=_TEXT),
    _tool("Cal.create", title=_TEXT, who=_TEXTS, meta={"type": "object"}),
    _tool(
        "nest",
        tags=_TEXTS,
        rows={
            "type": "array",
            "items": {"type": "object", "properties": {"id": _INTEGER, "label": _TEXT}},
        },
        num={"type": "object", "properties": {"re": _NUMBER, "im": _NUMBER}},
        filt={"anyOf": [_TEXTS, {"type": "object", "properties": {"field": _TEXT}}]},
        lim={"oneOf": [_INTEGER, {"type": "object", "properties": {"max": _INTEGER}}]},
    ),
)
REPLIES = [
    json.loads(line) for line in Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("reply", REPLIES, ids=[f"{r['dialect']}-{i}" for i, r in enumerate(REPLIES)])
def test_reply(reply: dict[str, Any]) -> None:
    name, text = reply["dialect"], reply["text"]
    tools = TOOLS if reply.get("tools", True) else ()
    whole = read(name, text, tools=tools)
    assert json.dumps(calls_in(whole)) == json.dumps(reply["calls"])
    assert text_in(whole).strip() == reply.get("says", text_in(whole).strip())
    assert thoughts_in(whole).strip() == reply.get("thinks", thoughts_in(whole).strip())
    assert read(name, *text, tools=tools) == whole
    chance = random.Random(0)
    for _ in range(5):
        assert read(name, *cut(text, chance, 9), tools=tools) == whole


THOUGHT = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'


@pytest.mark.parametrize("name", [n for n in DIALECTS if n not in ("netmon", "harmony", "muse")])
def test_calls_end_a_thought_that_nothing_closes(name: str) -> None:
    whole = read(name, f"<think>I look.\n{THOUGHT}\n", tools=TOOLS)
    assert calls_in(whole) == [("now", {})]
    assert thoughts_in(whole).strip() == "I look."


@pytest.mark.parametrize("name", [n for n in DIALECTS if n not in ("harmony", "muse")])
@pytest.mark.parametrize(
    "reply",
    [
        f"<think>I could write {THOUGHT} now.</think>It is noon.",
        f"<think>I could write {THOUGHT}</think>It is noon.",
        f"<think>I could write {THOUGHT} but",
        f"<think>I could write {THOUGHT[:40]}",
    ],
)
def test_what_is_only_thought_of_is_not_called(name: str, reply: str) -> None:
    whole = read(name, reply, tools=TOOLS)
    assert calls_in(whole) == []
    assert "tool_call" not in text_in(whole)
    assert read(name, *reply, tools=TOOLS) == whole
