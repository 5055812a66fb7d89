"""Answers in the tools' own words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from providers.base import Call, Message, Settings, Text
from providers.dialects.answering import Quoting, quote_of
from providers.dialects.events import read_all
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_pieces import write_call
from tools.catalogue import default_registry

TOOLS = default_registry().specs()
QUOTE = "db-03 answered 4 of 4 pings, 23 ms on average."


def result(**fields: object) -> Message:
    return Message("tool", json.dumps(fields))


def read(reply: str, size: int = 1000) -> list[object]:
    parser = Quoting(NETMON.parser(TOOLS, Settings()), QUOTE)
    return list(read_all(parser, [reply[at : at + size] for at in range(0, len(reply), size)]))


def test_the_results_at_the_end_are_quoted_in_order():
    earlier = (Message("user", "ping a"), result(message="a is down."), Message("assistant", "a is down."))
    now = (Message("user", "ping b and c"), result(message="b answers."), result(message=" c answers. "))
    assert quote_of((*earlier, *now)) == "b answers. c answers."


def test_nothing_is_quoted_where_a_result_says_nothing_in_words():
    asked = Message("user", "ping b and c")
    for silent in (
        result(data={}),
        result(message=""),
        result(message=3),
        Message("tool", "[1]"),
        Message("tool", "?"),
    ):
        assert quote_of((asked, result(message="b answers."), silent)) is None
    assert quote_of((asked,)) is None
    assert quote_of(()) is None


@given(st.integers(1, 9))
def test_words_are_replaced_once_however_they_come(size: int):
    assert read("2 ms, or so. Really.", size) == [Text(QUOTE)]


def test_calls_stay():
    (call,) = (
        event for event in read(write_call("ping_host", {"target": "db-04"})) if isinstance(event, Call)
    )
    assert call.call.arguments == {"target": "db-04"}
    assert not any(isinstance(event, Text) for event in read(write_call("ping_host", {"target": "db-04"})))
