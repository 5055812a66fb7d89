from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import Call, CallArguments, CallStart, Malformed, Reasoning, Text
from providers.dialects.events import merge_adjacent
from providers.dialects.registry import DIALECTS, dialect
from providers.dialects.repairs import REPAIRS
from tests.providers.dialects.support import SETTINGS, TOOLS, cut, read
from tests.providers.dialects.test_corpus import CORPORA

REPLIES = {name: [c.text for c in corpus.values() if len(c.text) < 800] for name, corpus in CORPORA.items()}
EVERY_REPLY = [text for texts in REPLIES.values() for text in texts]
SIGNS = [*list("{}[]()\"'\\,: \n<>|`=/#-_1aé😀"), "```", "\\_", '\\"', "null", "NaN", "1e9", "\x00"]


@st.composite
def odd_replies(draw: st.DrawFn, name: str) -> str:
    """A reply of the dialect, with parts taken out, doubled, or put in from other replies."""
    text = draw(st.sampled_from(REPLIES[name]))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(EVERY_REPLY))
        begins = draw(st.integers(0, len(other)))
        put = draw(
            st.sampled_from(["", text[at:end] * 2, draw(st.sampled_from(SIGNS)), other[begins : begins + 30]])
        )
        text = text[:at] + put + text[end:]
    return text


@pytest.mark.parametrize("name", DIALECTS)
def test_odd_replies_read_alike_however_they_are_cut(name: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(odd_replies(name), st.randoms(use_true_random=False))
    def holds(text: str, chance: random.Random) -> None:
        whole = read(name, text)
        assert read(name, *text) == whole
        assert read(name, *cut(text, chance, 9)) == whole
        for event in whole:
            if isinstance(event, Call):
                assert set(event.repairs) <= set(REPAIRS)
            if isinstance(event, Malformed):
                assert 0 <= event.position <= len(event.raw)

    holds()


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_read(name: str, text: str) -> None:
    assert read(name, *text) == read(name, text)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_call_is_announced_before_it_is_whole(name: str) -> None:
    for text in REPLIES[name]:
        started: set[int] = set()
        for event in read(name, text):
            match event:
                case CallStart(index, _):
                    assert index not in started
                    started.add(index)
                case CallArguments(index, _):
                    assert index == max(started)
                case Call(index, _, _):
                    assert index in started
                case Text() | Reasoning() | Malformed():
                    pass


@pytest.mark.parametrize("name", DIALECTS)
def test_text_is_not_held_back(name: str) -> None:
    parser = dialect(name).parser(TOOLS, SETTINGS)
    prose = "The host answers, and its certificate (valid until May) is fine: no calls < 3 were needed. " * 4
    shown = 0
    for count, letter in enumerate("all\n" * (name == "functionary") + prose):
        shown += sum(len(e.text) for e in parser.feed(letter) if isinstance(e, Text))
        assert count - shown <= 48


@pytest.mark.parametrize("name", ["hermes", "netmon", "llama3", "rwkv_world"])
def test_arguments_are_not_held_back(name: str) -> None:
    before = {
        "hermes": "<tool_call>",
        "netmon": "<tool_call>",
        "rwkv_world": "**Tool Call:**\n```json\n",
        "llama3": "",
    }
    parser = dialect(name).parser(TOOLS, SETTINGS)
    opening = (
        before[name] + '{"name": "ping", "parameters": '
        if name == "llama3"
        else before[name] + '{"name": "ping", "arguments": '
    )
    parser.feed(opening)
    arguments = '{"target": "' + "some value, with { and } " * 20 + '", "count": 3}'
    shown = 0
    for count, letter in enumerate(arguments):
        shown += sum(len(e.text) for e in parser.feed(letter) if isinstance(e, CallArguments))
        assert count - shown <= 32


def test_nothing_comes_after_the_end() -> None:
    parser = dialect("hermes").parser(TOOLS, SETTINGS)
    assert parser.feed("a") == [Text("a")]
    assert parser.feed("") == []
    assert parser.finish() == []
    assert parser.feed("b") == []
    assert parser.finish() == []


def test_neighbouring_pieces_merge() -> None:
    pieces = [
        Text("a"),
        Text("b"),
        Reasoning("c"),
        Reasoning("d"),
        CallArguments(0, "e"),
        CallArguments(0, "f"),
    ]
    assert merge_adjacent([*pieces, CallArguments(1, "g")]) == [
        Text("ab"),
        Reasoning("cd"),
        CallArguments(0, "ef"),
        CallArguments(1, "g"),
    ]


def steps_of(work: Callable[[], object]) -> int:
    """Counts function calls, which unlike time is the same on every run."""
    count = 0

    def count_call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


UNITS = {
    "prose": "Hello there. ",
    "braces": "{",
    "brackets": "[",
    "keys": '\n{"name"',
    "fences": "```\n",
    "tags": "<tool_call>",
    "open strings": '<tool_call>{"a',
    "escaped strings": '<tool_call>{\\"a</tool_call>',
    "escaped escapes": '<tool_call>{\\\\\\"</tool_call>',
    "single strings": "<tool_call>{'a</tool_call>",
    "calls": '<tool_call>{"name":"now","arguments":{}}</tool_call>\n',
    "Python calls": "[f(a=1),",
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
    "half keys": '{"name":"a" "',
    "tags and braces": "<tool_call>{",
    "elements": "<ping ",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("name", DIALECTS)
def test_work_grows_with_the_text_and_no_faster(name: str, unit: str) -> None:
    def of(size: int) -> Callable[[], object]:
        return lambda: read(name, unit * (size // len(unit)))

    of(500)()
    small, large = steps_of(of(2_000)), steps_of(of(8_000))
    assert large <= 4.6 * small + 2_000


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"ping","arguments":{"a":"' + "x" * 200_000 + '"}}',
        '{"name":"ping","arguments":{"a":"' + "\\n" * 100_000 + '"}}',
        '{"name":"ping","arguments":{"a":[' + "{}," * 60_000 + "1]}}",
        "{'name':'ping','arguments':{'a':[" + "'a'," * 40_000 + "1]}}",
        '{"name":"ping","arguments":{"a":"' + "</tool_call>" * 15_000 + '"}}',
        '{"name":"ping","arguments":{"a":"' + '" ' * 60_000 + '"}}',
    ],
    ids=["long string", "escapes", "objects", "single quotes", "tags", "inner quotes"],
)
def test_large_calls_are_read_whole(text: str) -> None:
    events = read("hermes", f"<tool_call>{text}</tool_call>")
    assert [type(e) for e in events] == [CallStart, CallArguments, Call]


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("name", DIALECTS)
def test_large_replies_take_no_long_time(name: str, unit: str) -> None:
    # Work that is not linear in the text takes minutes here; the bound leaves room for a busy machine.
    begun = time.process_time()
    read(name, unit * (300_000 // len(unit)))
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "text",
    [
        "[f(a='x', b=37, c={'d': 'e'}, g[1, 2.5]}, g=None, h=True, k=-1)'], k=-1)]",
        '[f(a="x"}, 1, "never closed',
        "[f(a='x', c={'d' 'f': [1, 2]) h=True, i=['j'], k=-1)]",
    ],
)
def test_what_cannot_be_read_is_passed_over(text: str) -> None:
    """A reader that stays where it is would never end."""
    events = read("pythonic", text)
    assert any(isinstance(event, Malformed | Call | Text) for event in events)
    assert read("pythonic", *text) == events
