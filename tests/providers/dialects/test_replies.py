"""Replies as models of each family write them: `replies.jsonl` has a reply, its calls, and what is said and thought."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from providers.dialects.registry import DIALECTS
from tests.providers.dialects.support import (
    INTEGER,
    NULL,
    TEXT,
    calls_in,
    cut,
    form_tools,
    read,
    text_in,
    thoughts_in,
    tool_of,
)

_NUMBER, _TEXTS = {"type": "number"}, {"type": "array", "items": TEXT}
TOOLS = (
    *form_tools(
        ns={"type": ["string", "null"]},
        so={"type": ["string", "object"]},
        si={"type": ["string", "integer"]},
        n=_NUMBER,
        z=NULL,
        en={"enum": ["x", "y"]},
    ),
    tool_of("edit", file=TEXT, old=TEXT, new=TEXT),
    tool_of("Cal.create", title=TEXT, who=_TEXTS, meta={"type": "object"}),
    tool_of(
        "nest",
        tags=_TEXTS,
        rows={
            "type": "array",
            "items": {"type": "object", "properties": {"id": INTEGER, "label": TEXT}},
        },
        num={"type": "object", "properties": {"re": _NUMBER, "im": _NUMBER}},
        filt={"anyOf": [_TEXTS, {"type": "object", "properties": {"field": TEXT}}]},
        lim={"oneOf": [INTEGER, {"type": "object", "properties": {"max": INTEGER}}]},
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
