"""Forms in which models write calls, whole and recoverable: `forms.jsonl` has a reply and its calls on each line."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from providers.base import Malformed, ToolSpec
from providers.dialects.registry import DIALECTS
from tests.providers.dialects.support import broken_in, calls_in, cut, form_tools, read, text_in

TOOLS = form_tools()
FORMS = [json.loads(line) for line in Path(__file__).with_name("forms.jsonl").read_text("utf-8").splitlines()]


def _offered(form: dict[str, Any]) -> tuple[ToolSpec, ...]:
    names = form.get("tools", True)
    return tuple(tool for tool in TOOLS if names is True or (names and tool.name in names))


SHARED = [
    json.loads(line)
    for line in Path(__file__).with_name("forms_shared.jsonl").read_text("utf-8").splitlines()
]


def test_every_general_dialect_has_forms() -> None:
    assert {name for form in SHARED for name in form["dialects"]} == set(DIALECTS) - {"netmon"}


@pytest.mark.parametrize("form", SHARED, ids=[f["form"] for f in SHARED])
def test_shared_form(form: dict[str, Any]) -> None:
    chance = random.Random(form["form"])
    closely = chance.sample(form["dialects"], min(5, len(form["dialects"])))
    for name in form["dialects"]:
        whole = read(name, form["text"], tools=TOOLS)
        assert json.dumps(calls_in(whole)) == json.dumps(form["calls"]), name
        if name in closely:
            assert read(name, *form["text"], tools=TOOLS) == whole, name
            assert read(name, *cut(form["text"], chance, 9), tools=TOOLS) == whole, name


@pytest.mark.parametrize("form", FORMS, ids=[f"{f['dialect']}-{i}" for i, f in enumerate(FORMS)])
def test_form(form: dict[str, Any]) -> None:
    tools = _offered(form)
    whole = read(form["dialect"], form["text"], tools=tools)
    assert json.dumps(calls_in(whole)) == json.dumps(form["calls"])
    assert read(form["dialect"], *form["text"], tools=tools) == whole
    chance = random.Random(0)
    for _ in range(5):
        assert read(form["dialect"], *cut(form["text"], chance, 9), tools=tools) == whole


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("kimi", "<|tool_call_begin|>functions.bad.0<|tool_call_argument_begin|>{}<|tool_call_end|>"),
        ("kimi", "<|tool_call_begin|>0<|tool_call_argument_begin|>{}<|tool_call_end|>"),
        ("deepseek", "<\uff5ctool\u2581call\u2581begin\uff5c>one two<\uff5ctool\u2581call\u2581end\uff5c>"),
        ("qwen_coder", "<tool_call>\n<function=bad\n</function>\n</tool_call>"),
    ],
)
def test_what_cannot_be_a_call_is_reported_and_does_not_show(dialect: str, text: str) -> None:
    events = read(dialect, text, tools=TOOLS)
    assert [type(event) for event in broken_in(events)] == [Malformed]
    assert text_in(events) == ""


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("hermes", "To call, write get_weather(city='x') between tags."),
        ("functiongemma", "I would call:now{} but need not."),
        ("glm", "now that I think of it\n{no}"),
        ("pythonic", "Try ```python\nprint(1)\n``` at home."),
        ("pythonic", "```python\nfor x in y:\n    now()\n```"),
        ("llama3", "Use <function=name> tags."),
        ("rwkv_world", "**Tool Call:** nothing\n```json\n{}\n```"),
    ],
)
def test_what_only_looks_like_a_call_is_text(dialect: str, text: str) -> None:
    events = read(dialect, text, tools=TOOLS)
    assert calls_in(events) == []
    assert not broken_in(events)
    assert text_in(events) == text
