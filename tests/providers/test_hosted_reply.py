"""Calls put together from pieces, however they are cut, and whatever the pieces hold."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from providers.base import Call, CallArguments, CallStart, Malformed, ProviderIncomplete, ToolCall
from providers.hosted_reply import CallAssembler, CallForm, ChunkForm, FunctionForm, finish_reason

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(TEXT, VALUES, max_size=4)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "content", "tool_calls", "index", "id", "function", "name", "arguments", "usage",
             "finish_reason", "prompt_tokens", "completion_tokens"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


def cut(text: str, places: list[int]) -> list[str]:
    marks = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(marks)]


@given(st.lists(ARGUMENTS, min_size=1, max_size=3), st.lists(st.integers(0, 1000), max_size=6), st.booleans())
def test_calls_come_out_as_they_went_in(
    calls: list[dict[str, Any]], places: list[int], ascii_only: bool
) -> None:
    assembler = CallAssembler()
    started = 0
    for index, arguments in enumerate(calls):
        function = FunctionForm(name=f"tool{index}", arguments="")
        started += len(assembler.feed(CallForm(index=index, id=f"c{index}", function=function)))
        for piece in cut(json.dumps(arguments, ensure_ascii=ascii_only), places):
            events = assembler.feed(CallForm(index=index, function=FunctionForm(arguments=piece)))
            assert events == [CallArguments(index, piece)]
    whole = [Call(index, ToolCall(f"c{index}", f"tool{index}", each)) for index, each in enumerate(calls)]
    assert assembler.finish() == whole
    assert started == len(calls)


@given(ARGUMENTS)
def test_arguments_that_are_an_object_already(arguments: dict[str, Any]) -> None:
    assembler = CallAssembler()
    events = assembler.feed(CallForm(function=FunctionForm(name="ping", arguments=arguments)))
    assert events[0] == CallStart(0, "ping")
    assert assembler.finish() == [Call(0, ToolCall("", "ping", arguments))]


def test_no_arguments_are_an_empty_object() -> None:
    assembler = CallAssembler()
    assembler.feed(CallForm(index=0, function=FunctionForm(name="now")))
    assert assembler.finish() == [Call(0, ToolCall("", "now", {}))]


@given(st.text())
def test_any_text_is_a_call_or_malformed(arguments: str) -> None:
    assembler = CallAssembler()
    assembler.feed(CallForm(index=0, function=FunctionForm(name="ping", arguments=arguments)))
    (event,) = assembler.finish()
    assert isinstance(event, Call | Malformed)
    if isinstance(event, Malformed):
        assert event.raw == arguments and 0 <= event.position <= len(arguments)


@given(JUNK)
def test_any_event_is_read_or_refused(data: Any) -> None:
    assembler = CallAssembler()
    try:
        chunk = ChunkForm.model_validate(data)
    except ValidationError:
        return
    for choice in chunk.choices:
        for piece in (choice.delta.tool_calls if choice.delta else None) or ():
            assembler.feed(piece)
    assert all(isinstance(event, Call | Malformed) for event in assembler.finish())


def test_finish_reasons() -> None:
    assert finish_reason("stop", called=True) == "tool_calls"
    assert finish_reason("eos_token", called=False) == "stop"
    assert finish_reason("length", called=True) == "length"
    with pytest.raises(ProviderIncomplete, match="abort"):
        finish_reason("abort", called=False)
