"""Grammars of replies: what may be said can be said, what may not cannot. Real llguidance, real vocabulary."""

from __future__ import annotations

import json
from pathlib import Path

import llama_cpp
import pytest
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab

from providers.base import Message, ToolSpec
from providers.dialects.marks import MARKS
from providers.dialects.netmon_grammar import grammar
from providers.dialects.netmon_pieces import ASSISTANT, RESULT, USER
from training.bank import SCHEMA
from training.generate import Generator, load_bank
from training.vocabulary import Vocabulary

_MARKS = {mark.encode().decode("latin-1") for mark in MARKS}
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
    # The shipped weights know no marks, and spell them by their bytes.
    return Vocabulary([token for token in Vocabulary.load().tokens if token.decode("latin-1") not in _MARKS])


def accepts(
    tokenizer: object, vocabulary: Vocabulary, text: str, *, said: str, copy: bool, marks: str = ""
) -> bool:
    written = grammar(TOOLS, [Message("user", said)], copy=copy, marks=marks)
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(written))
    assert not matcher.is_error(), matcher.get_error()
    ids = vocabulary.encode(text)
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("copy", [False, True])
def test_every_reply_that_the_model_is_taught_can_be_said(
    tokenizer: object, vocabulary: Vocabulary, copy: bool, marked: bool
) -> None:
    generator = Generator(load_bank(), seed=4)
    refused: list[str] = []
    asked = 0
    for _ in range(400):
        document = generator.draw() if marked else generator.spelled()
        reply = document[-1][0].rstrip("\0")
        said = "\n".join(text[1:] for text, _ in document if text[:1] in (USER, RESULT, ASSISTANT))
        asked += 1
        marks = "".join(sorted(set(said) & set(MARKS)))
        if not accepts(tokenizer, vocabulary, reply, said=said, copy=copy, marks=marks):
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


def test_a_scheme_may_stand_before_a_copied_host(tokenizer: object, vocabulary: Vocabulary) -> None:
    call = '<tool_call>{"name":"check_http","arguments":{"url":"https://shop.acme.org"}}</tool_call>'
    assert accepts(tokenizer, vocabulary, call, said="is shop.acme.org up", copy=True)


def test_without_tools_there_are_only_words(tokenizer: object, vocabulary: Vocabulary) -> None:
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar([], [], copy=True)))
    assert matcher.try_consume_tokens(vocabulary.encode("Hello.")) > 0
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar([], [], copy=True)))
    assert matcher.try_consume_tokens(vocabulary.encode(CALL)) == 0
