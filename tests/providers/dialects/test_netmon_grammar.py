"""Grammars of replies: what may be said can be said, what may not cannot. Real llguidance, real vocabulary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import llama_cpp
import pytest
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab

from providers.base import Message, ToolSpec
from providers.dialects.marks import MARKS, Marks, unmarked
from providers.dialects.netmon_grammar import grammar
from providers.dialects.netmon_pieces import ASSISTANT, RESULT, USER
from training.bank import SCHEMA
from training.generate import Generator, load_bank
from training.vocabulary import Vocabulary

SHIPPED = Path(__file__).parents[3] / "models" / "netmon-7m-bf16.gguf"
TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def tokenizer() -> object:
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(SHIPPED).encode(), params)
    return lltokenizer_from_vocab(llama_cpp.llama_model_get_vocab(model))


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load()


def accepts(
    tokenizer: object,
    vocabulary: Vocabulary,
    text: str,
    *,
    said: str,
    copy: bool,
    names: Mapping[str, str] | None = None,
) -> bool:
    written = grammar(TOOLS, [Message("user", said)], copy=copy, names=names)
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(written))
    assert not matcher.is_error(), matcher.get_error()
    ids = vocabulary.encode(text)
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()


@pytest.mark.parametrize("copy", [False, True])
def test_every_reply_that_the_model_is_taught_can_be_said(
    tokenizer: object, vocabulary: Vocabulary, copy: bool
) -> None:
    generator = Generator(load_bank(), seed=4)
    refused: list[str] = []
    asked = 0
    for _ in range(400):
        document = generator.draw()
        reply = document[-1][0].rstrip("\0")
        said = "\n".join(text[1:] for text, _ in document if text[:1] in (USER, RESULT, ASSISTANT))
        asked += 1
        marks = Marks()
        for text, _ in document:
            if text[:1] in (USER, RESULT):
                marks.read(unmarked(text))
        if not accepts(tokenizer, vocabulary, reply, said=said, copy=copy, names=marks.names):
            refused.append(reply)
    # What a person spells differently from its value (`shop-` for `shop-*`) cannot be copied: it is rare.
    assert len(refused) <= (asked * 0.03 if copy else 0), refused[:5]


CALL = '<tool_call>{"name":"check_port","arguments":{"target":"gw1.lan","port":80}}</tool_call>'


@pytest.mark.parametrize(
    ("text", "schema", "copy"),
    [
        (CALL, True, True),
        (CALL.replace("gw1.lan", "gw2.lan"), True, False),
        (CALL.replace("gw1.lan", "w1.lan"), True, False),
        (CALL.replace("80", '"80"'), False, False),
        (CALL.replace(',"port":80', ""), False, False),
        (CALL.replace('"port":80', '"port":80,"speed":1'), False, False),
        (CALL.replace("check_port", "check_ports"), False, False),
        (CALL.replace('"target":"gw1.lan","port":80', '"port":80,"target":"gw1.lan"'), False, False),
        (CALL + CALL, True, True),
        ("Which port should I check?", True, True),
        ("", False, False),
    ],
)
def test_what_a_grammar_allows(
    tokenizer: object, vocabulary: Vocabulary, text: str, schema: bool, copy: bool
) -> None:
    said = "is 80 open on gw1.lan?"
    assert accepts(tokenizer, vocabulary, text, said=said, copy=False) == schema
    assert accepts(tokenizer, vocabulary, text, said=said, copy=True) == copy


@pytest.mark.parametrize("copy", [False, True])
def test_a_whole_number_takes_only_marks_of_such_within_its_bounds(
    tokenizer: object, vocabulary: Vocabulary, copy: bool
) -> None:
    said = "is 80, 70000 or 080 open on gw1.lan?"
    names = dict(zip(MARKS, ("80", "70000", "080", "gw1.lan"), strict=False))
    for mark, may in zip(MARKS, (True, False, False, False, False), strict=False):
        for call in (CALL.replace("80", mark), CALL.replace("80", f"{mark}0")):
            allowed = accepts(tokenizer, vocabulary, call, said=said, copy=copy, names=names)
            assert allowed == (may and not call.endswith(f"{mark}0}}}}</tool_call>")), call
    assert accepts(
        tokenizer, vocabulary, CALL.replace("gw1.lan", MARKS[3]), said=said, copy=copy, names=names
    )
    scan = '<tool_call>{"name":"scan_quantum_ports","arguments":{"target":"gw1.lan","ports":[443,%s]}}</tool_call>'
    for mark, may in ((MARKS[0], True), (MARKS[3], False)):
        assert accepts(tokenizer, vocabulary, scan % mark, said=said, copy=copy, names=names) == may


def test_a_scheme_may_stand_before_a_copied_host(tokenizer: object, vocabulary: Vocabulary) -> None:
    call = '<tool_call>{"name":"check_http","arguments":{"url":"https://shop.acme.org"}}</tool_call>'
    assert accepts(tokenizer, vocabulary, call, said="is shop.acme.org up", copy=True)


def test_without_tools_there_are_only_words(tokenizer: object, vocabulary: Vocabulary) -> None:
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar([], [], copy=True)))
    assert matcher.try_consume_tokens(vocabulary.encode("Hello.")) > 0
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar([], [], copy=True)))
    assert matcher.try_consume_tokens(vocabulary.encode(CALL)) == 0
