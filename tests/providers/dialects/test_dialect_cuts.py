"""What is read never depends on where a reply is cut, least of all where a marker is begun, guarded or nearly one."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.dialects.distinct import Distinct
from providers.dialects.reader import Reader
from providers.dialects.registry import DIALECTS, dialect
from providers.dialects.source import Source, markers_of
from tests.providers.dialects.support import SETTINGS, TOOLS, cut, read

SIGNS = (
    *("{", "}", "{{", "[", "]", "(", ")", "()", "```", "````", "`", "```json\n", "```tool_code\n", "```python\nx = "),
    *("\n", "\r\n", "\n\n", " ", "  ", "\u2028", '"', "'", "\\", ",", ":", "=", "<", ">", "/>", "</", "<|", "|>", "//"),
    *("call:", "print(", "await ", "Action:", "Action Input:", "Observation:", "Tool call: ", "name: ", "**", "#"),
    *('{"name": "', '", "arguments": {', '{"target": "a"}', "}}", "city=", "a", "Hm. ", "functions.", "1", "null"),
)  # fmt: skip


@cache
def pieces(name: str) -> tuple[str, ...]:
    """The markers of a dialect, what is nearly one, names of tools, and the signs between them."""
    parser = dialect(name).parser(TOOLS, SETTINGS)
    if isinstance(parser, Distinct):
        parser = parser.parser
    assert isinstance(parser, Reader)
    own = sorted(parser.markers.all)
    near = [odd for marker in own for odd in (marker[:-1], marker[1:], marker + marker[-1]) if odd]
    names = [
        form for tool in TOOLS for form in (tool.name, f"{tool.name}(", f"[{tool.name}", f"{tool.name}\n")
    ]
    return (*own, *near, *names * 8, *SIGNS * 4)


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_read_does_not_depend_on_the_cuts(name: str) -> None:
    @settings(max_examples=120, deadline=None)
    @given(st.lists(st.sampled_from(pieces(name)), max_size=14), st.randoms(use_true_random=False))
    def holds(parts: list[str], chance: random.Random) -> None:
        text = "".join(parts)
        whole = read(name, text)
        assert read(name, *text) == whole
        assert read(name, *parts) == whole
        assert read(name, *cut(text, chance, 9)) == whole

    holds()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("functiongemma", "call:ping<end_of_turn>{}"),
        ("functiongemma", "call:ping call:now{}"),
        ("functiongemma", "call:" + "a" * 90 + "<end_of_turn>{"),
        ("hermes", 'Tool call: ````json\n{"name": "now", "arguments": {}}\n```'),
        ("hermes", 'Tool call: ```json``````\n{"name": "now", "arguments": {}}\n```'),
        ("react", "Action: [ping\nAction Input: {}"),
        ("react", "Action: ping(5 of them)\nObservation: none"),
        ("react", "Action: {no call}\nObservation: none"),
        ("hermes", "<tool_call>print(now(\n)</tool_call>"),
        ("hermes", "<tool_call>print(now and then)</tool_call>"),
        ("hermes", "<now/>>"),
        ("hermes", "A. <now ></now> B."),
        ("qwen_coder", "<tool_call><function=ping><parameter=target>a</parameter></function></tool_call> B."),
        (
            "phi4",
            "<|open|>call tool=ping<|sep|><|open|>argument key=target<|sep|>a<|close|>argument<|sep|> B.",
        ),
        ("hermes", "```python\nnow();now()\n```"),
    ],
)
def test_what_may_yet_open_a_call_is_waited_for(name: str, text: str) -> None:
    whole = read(name, text)
    assert read(name, *text) == whole
    for at in range(1, len(text)):
        assert read(name, text[:at], text[at:]) == whole


def test_a_guarded_marker_is_decided_by_what_follows() -> None:
    markers = markers_of(("call:", "call"), guards={"call:": r"(?=\w{0,8}(?:\Z|\{))"})
    source = Source()
    for piece, found in (
        ("a call", (2, "call", False)),
        (":", (2, "call:", False)),
        ("me", (2, "call:", False)),
        ("{", (2, "call:", True)),
    ):
        source.push(piece)
        assert markers.find(source) == found
    source.at = 2
    assert markers.here(source) == ("whole", "call:")


def test_a_marker_may_stand_where_the_text_has_not_come_yet() -> None:
    markers, source = markers_of(("</tool_call>",)), Source()
    assert markers.here(source) == ("begun", "")
    source.ended = True
    assert markers.here(source) == ("none", "")


def test_a_guard_that_nothing_met_leaves_what_follows_to_be_found() -> None:
    markers = markers_of(("call:", "now("), guards={"call:": r"(?=[\w(]{0,8}(?:\Z|\{))"})
    source = Source()
    source.push("call:now(")
    assert markers.find(source) == (0, "call:", False)
    source.ended = True
    assert markers.find(source) == (5, "now(", True)
    assert markers.here(source) == ("none", "")
