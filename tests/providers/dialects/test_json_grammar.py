"""Grammars of calls in JSON between tags, by the real llguidance: what fits the schemas can be said, no other call."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from providers.base import Call, Malformed, Message, Settings, ToolCall, ToolSpec
from providers.dialects.events import read_all
from providers.dialects.json_grammar import FORMS, grammar_of
from providers.dialects.registry import dialect
from training.bank import SCHEMA

TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
]
BY_NAME = {tool.name: tool for tool in TOOLS}
SUITE = Path(__file__).parents[3] / "evals" / "suites" / "netmon-dev.jsonl"
BYTES = LLTokenizer("byte")
HELD = Settings(constrained="schema")
_QUOTE, _STOP = ord('"'), ord(">")


def matcher(name: str, tools: list[ToolSpec] = TOOLS) -> LLMatcher:
    writer = grammar_of(name)
    assert writer is not None
    made = LLMatcher(BYTES, LLMatcher.grammar_from_lark(writer(tools, (), copy=False)))
    assert not made.is_error(), made.get_error()
    return made


def accepts(made: LLMatcher, text: str) -> bool:
    made = made.deep_copy()
    data = list(text.encode())
    return made.try_consume_tokens(data) == len(data) and made.is_accepting()


def written(name: str, *calls: ToolCall) -> str:
    """The reply as the dialect shows it afterwards."""
    asked = Message("user", "Go.")
    before = dialect(name).render([asked], TOOLS, HELD).rest
    after = dialect(name).render([asked, Message("assistant", None, calls)], TOOLS, HELD).rest
    return after.removeprefix(before).removesuffix("<|im_end|>\n<|im_start|>assistant\n")


def in_order(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: arguments[key] for key in BY_NAME[name].parameters["properties"] if key in arguments}


def expected(call: Mapping[str, Any]) -> ToolCall:
    """A call that a case takes for right; a value of null leaves the parameter out."""
    first = {key: values[0] for key, values in call["arguments"].items()}
    plain = {key: value for key, value in first.items() if value is not None and not isinstance(value, dict)}
    return ToolCall("c", call["name"], in_order(call["name"], plain))


@pytest.mark.parametrize("name", FORMS)
def test_every_call_that_a_suite_expects_can_be_said(name: str) -> None:
    made = matcher(name)
    cases = [json.loads(line)["expect"] for line in SUITE.read_text("utf-8").splitlines()]
    replies = [written(name, *map(expected, calls)) for calls in cases if calls]
    assert len(replies) > 250
    assert [reply for reply in replies if not accepts(made, reply)] == []


CALL = '{"name": "check_port", "arguments": {"target": "gw1.lan", "port": 80}}'


@pytest.mark.parametrize(
    ("text", "may"),
    [
        (CALL, True),
        (CALL.replace("80", "80000"), False),
        (CALL.replace("80", '"80"'), False),
        (CALL.replace(', "port": 80', ""), False),
        (CALL.replace('"port": 80', '"port": 80, "speed": 1'), False),
        (CALL.replace("check_port", "check_ports"), False),
        (CALL.replace("gw1.lan", "gw1 lan"), False),
        (CALL.replace("gw1.lan", "2001:db8::1"), True),
        ('{"name": "dns_lookup", "arguments": {"name": "a.org", "resolver": "1.1.1.1"}}', True),
        ('{"name": "dns_lookup", "arguments": {"name": "a.org", "resolver": "::1"}}', True),
        ('{"name": "dns_lookup", "arguments": {"name": "a.org", "resolver": "gw1"}}', False),
        ('{"name": "check_http", "arguments": {"url": "https://a.org/x"}}', True),
        ('{"name": "check_http", "arguments": {"url": "a"}}', False),
        ('{"name": "check_http", "arguments": {"url": "https://a.org", "method": "HEAD"}}', True),
        ('{"name": "check_http", "arguments": {"url": "https://a.org", "method": "head"}}', False),
    ],
)
@pytest.mark.parametrize("name", FORMS)
def test_calls_fit_their_schemas(name: str, text: str, may: bool) -> None:
    form = FORMS[name]
    assert accepts(matcher(name), form.opening + text + form.closing) == may
    two = form.opening + CALL + form.between + text + form.closing
    assert accepts(matcher(name), two) == may


@pytest.mark.parametrize(
    ("name", "text", "may"),
    [
        ("smollm2", "<tool_call>[]</tool_call>", True),
        ("smollm2", "[]", False),
        ("smollm2", "I cannot do that.", False),
        ("smollm2", f"Sure. <tool_call>[{CALL}]</tool_call>", False),
        ("smollm2", f"<tool_call>{CALL}</tool_call>", False),
        ("hermes", "<tool_call>\n\n</tool_call>", False),
        ("hermes", f"<think>\nA port.\n</think>\n\n<tool_call>\n{CALL}\n</tool_call>", True),
        ("hermes", f"<tool_call>\n{CALL}\n</tool_call> Done.", False),
        ("hermes", "I can't do that: a < b, <<t<t", True),
        ("hermes", "The tag is <tool_call>", False),
    ],
)
def test_words_hold_no_call(name: str, text: str, may: bool) -> None:
    assert accepts(matcher(name), text) == may


def test_a_result_may_be_answered_in_words() -> None:
    said = [Message("user", "Is it up?"), Message("tool", "It is.", tool_call_id="a")]
    writer = grammar_of("smollm2")
    assert writer is not None
    made = LLMatcher(BYTES, LLMatcher.grammar_from_lark(writer(TOOLS, said, copy=False)))
    assert accepts(made, "Yes, it is up.")
    assert accepts(made, f"<tool_call>[{CALL}]</tool_call>")
    assert not accepts(made, f"Yes. <tool_call>[{CALL}]</tool_call>")


@pytest.mark.parametrize("name", FORMS)
def test_without_tools_there_are_words_alone(name: str) -> None:
    made = matcher(name, [])
    assert accepts(made, "Hello, a < b.")
    assert not accepts(made, FORMS[name].opening + CALL + FORMS[name].closing)


def drawn(made: LLMatcher, opening: str, chance: random.Random) -> str | None:
    """A reply of bytes that chance picks among those allowed; None where it gets too long."""
    made = made.deep_copy()
    data = list(opening.encode())
    assert made.try_consume_tokens(data) == len(data)
    mask = allocate_token_bitmask(1, 257)
    for _ in range(1500):
        if made.is_stopped() or (made.is_accepting() and data[-1] == _STOP):
            return bytes(data).decode(errors="replace")
        fill_next_token_bitmask(made, mask)
        allowed = np.flatnonzero(np.unpackbits(mask[0].view(np.uint8), bitorder="little"))
        # Strings end soon, and are of letters.
        near = [byte for byte in allowed.tolist() if byte == _QUOTE or chr(byte).isalnum()]
        byte = _QUOTE if _QUOTE in near and chance.random() < 0.2 else chance.choice(near or allowed.tolist())
        if byte > 255 or not made.try_consume_tokens([byte]):
            return None
        data.append(byte)
    return None


@pytest.mark.parametrize("name", FORMS)
def test_whatever_is_said_between_the_tags_is_a_valid_call(name: str) -> None:
    chance, made, read = random.Random(5), matcher(name), 0
    for _ in range(60):
        text = drawn(made, FORMS[name].opening, chance)
        if text is None:
            continue
        events = read_all(dialect(name).parser(TOOLS, HELD), [text])
        assert not [event for event in events if isinstance(event, Malformed)], text
        for event in events:
            if isinstance(event, Call):
                Draft202012Validator(BY_NAME[event.call.name].parameters).validate(event.call.arguments)
                assert not event.repairs
                read += 1
    assert read >= 20


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("text", [CALL, f"```json\n{CALL}\n```", 'check_port(target="gw1", port=80)'])
def test_what_no_grammar_held_is_no_call(name: str, text: str) -> None:
    held = read_all(dialect(name).parser(TOOLS, HELD), [text])
    assert not [event for event in held if isinstance(event, Call | Malformed)]
    free = read_all(dialect(name).parser(TOOLS, Settings()), [text])
    assert CALL not in text or [event for event in free if isinstance(event, Call)]


@pytest.mark.parametrize("name", ["netmon", "rwkv_world", "functiongemma", "hermes-thinking"])
def test_other_families_have_none(name: str) -> None:
    assert grammar_of(name) is None
