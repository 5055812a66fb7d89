"""Values copied from the conversation: what our own check allows is what llguidance's `substring_chunks` allows."""

from __future__ import annotations

import json
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab
from llguidance.numpy import fill_next_token_bitmask

from providers.base import Message, ToolSpec
from providers.dialects.marks import MARKS, Marks
from providers.dialects.netmon_grammar import grammar
from providers.engine.constrain import Constraints, Matcher
from providers.engine.copying import Copies, Rules
from providers.engine.llama import Llama
from providers.engine.protocol import Sampling
from providers.engine.sampling import Sampler
from providers.engine.sequence import held_to
from tests.providers.engine.support import SHIPPED
from training.bank import SCHEMA

TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
]
SAID = (
    'is "gw1.lan" up? http://shop.example.org/a?b=c and db-03, db-03.lan; ports 22,443 über straße-1 , , -- '
    "fw fw fw https://x.y\nall good"
)
OPENING = '<tool_call>{"name":"ping_host","arguments":{'
RULES: Rules = {OPENING.encode(): {b"target": "text", b"url": "uri"}}


@pytest.fixture(scope="module")
def llama() -> Llama:
    return Llama(SHIPPED, threads=1, slots=1, context=512)


@pytest.fixture(scope="module")
def constraints(llama: Llama) -> Constraints:
    return Constraints(llama)


def follows(value: str, chunks: list[str], key: str) -> bool:
    """Whether a value may be written whole."""
    copies = Copies(RULES, chunks)
    return copies.after(copies.start(), f'{OPENING}"{key}":"{value}"}}}}</tool_call>'.encode()) is not None


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["a", "ab", "ba", "-", ".", "é", "aé"]), max_size=8), st.data())
def test_a_piece_is_a_run_of_adjacent_chunks(chunks: list[str], data: st.DataObject) -> None:
    value = data.draw(
        st.one_of(st.text("ab-.é", min_size=1, max_size=5), st.sampled_from(["".join(chunks) or "a"]))
    )
    runs = {
        "".join(chunks[start:end])
        for start in range(len(chunks))
        for end in range(start + 1, len(chunks) + 1)
    }
    assert follows(value, chunks, "target") == (value in runs)
    assert follows(value, chunks, "url") == (value in runs)
    assert follows("https://" + value, chunks, "url") == (value in runs)
    assert not follows("https://" + value, chunks, "target")


def test_only_the_values_that_are_said_to_be_are_copied() -> None:
    copies = Copies(RULES, ["db-03"])
    for text, may in (
        ("Anything may be said, even http://other.", True),
        (OPENING + '"count":4,"mode":"fast \\" one","target":"db-03"}}</tool_call>', True),
        (OPENING + '"target":["db-03","db-03"],"count":1}}</tool_call>', True),
        (OPENING + '"target":["db-03","db-04"]', False),
        (OPENING + '"target":"db-03"}}</tool_call>' + OPENING + '"target":"db-04"', False),
        (OPENING + '"target":[],"url":"db-0"', False),
    ):
        assert (copies.after(copies.start(), text.encode()) is not None) == may, text


def masks(reference: LLMatcher, matcher: Matcher, size: int) -> tuple[np.ndarray, np.ndarray]:
    bits = np.zeros((1, (size + 31) // 32), np.int32)
    fill_next_token_bitmask(reference, bits)
    logits = np.zeros(size, np.float32)
    matcher.restrict(logits)
    expected = np.unpackbits(bits[0].view(np.uint8), bitorder="little")[:size].astype(bool)
    return expected, np.isfinite(logits)


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_masks_are_those_of_llguidance(llama: Llama, constraints: Constraints, seed: int, copy: bool) -> None:
    """Random walks through calls: after each token both allow the same tokens."""
    chance = random.Random(seed)
    names = Marks()
    names.read(SAID)
    written = grammar(TOOLS, [Message("user", SAID)], copy=copy, names=names.names)
    lark = LLMatcher.grammar_from_lark(written)
    tokenizer = lltokenizer_from_vocab(llama.vocab_pointer)
    compiled = LLMatcher(tokenizer, lark)
    for _ in range(8):
        reference, matcher = compiled.deep_copy(), constraints.matcher(written)
        said = b""
        for step in range(60):
            expected, found = masks(reference, matcher, llama.vocabulary)
            # Where only one text may follow, llguidance allows only one way to cut it into tokens.
            only = reference.compute_ff_bytes()
            differ = {llama.piece(t) for t in np.flatnonzero(expected != found).tolist()}
            assert all(only.startswith(p) or p.startswith(only) for p in differ) and (only or not differ), (
                said
            )
            assert not (expected & ~found).any(), said
            tokens = np.flatnonzero(found).tolist()
            if not step:
                tokens = [token for token in tokens if llama.piece(token).startswith(b"<tool_call>")]
            token = chance.choice(tokens)
            refused = np.flatnonzero(~found).tolist()
            assert not refused or not matcher.take(chance.choice(refused))
            said += llama.piece(token)
            assert matcher.take(token)
            reference.consume_token(token)
            if llama.ends(token) or matcher.finished:
                break


@pytest.mark.parametrize("how", [Sampling(temperature=1.0), Sampling(temperature=1.0, top_k=2, seed=1)])
def test_draws_among_what_is_allowed_keep_their_odds(constraints: Constraints, how: Sampling) -> None:
    """Most of the weight lies on tokens that the grammar forbids."""
    letters = [ord(letter) for letter in "abcd"]
    vocabulary = constraints.matcher("start: /[a-d]/").vocabulary
    tokens = [next(t for t in range(vocabulary.size) if vocabulary.piece(t) == bytes([c])) for c in letters]
    logits = np.full(vocabulary.size, -1.0, np.float32)
    logits[tokens] = np.log([0.5, 0.3, 0.15, 0.05])
    sampler, drawn = Sampler(how), Counter[int]()
    for _ in range(4000):
        drawn[
            held_to(constraints.matcher("start: /[a-d]/"), sampler, logits.copy(), int(logits.argmax()))
        ] += 1
    expected = [0.625, 0.375, 0, 0] if how.top_k else [0.5, 0.3, 0.15, 0.05]
    assert [drawn[token] / 4000 for token in tokens] == pytest.approx(expected, abs=0.04)


def test_one_grammar_serves_all_conversations(llama: Llama) -> None:
    for copy in (False, True):
        constraints = Constraints(llama)
        for name, count in (("gw1.lan", "4"), ("gw2.lan", "12"), ("gw1.lan", None)):
            names = {MARKS[0]: name, MARKS[1]: count} if count else {}
            said = [Message("user", f"ping {name}")]
            matcher = constraints.matcher(grammar(TOOLS, said, copy=copy, names=names))
            call = f'{OPENING}"target":"{name}"}}}}</tool_call>'
            assert all(matcher.take(token) for token in llama.tokenize(call))
        assert len(constraints.compiled) == 1


def test_a_mark_stands_for_a_whole_number_of_its_kind() -> None:
    rules: Rules = {OPENING.encode(): {b"count": "INTEGER_0", b"ports": "INTEGER_1"}}
    copies = Copies(rules, [], {"INTEGER_0": MARKS[:2], "INTEGER_1": MARKS[2]})
    for text, may in (
        (f'"count":{MARKS[1]},"ports":[{MARKS[2]},80,{MARKS[2]}],"count":9}}}}</tool_call>', True),
        (f'"name":"{MARKS[9]}\\"{MARKS[8]}","count":{MARKS[0]}', True),
        (f'"count":{MARKS[2]}', False),
        (f'"ports":[80,{MARKS[0]}', False),
        (f'"enabled":{MARKS[0]}', False),
    ):
        assert (copies.after(copies.start(), (OPENING + text).encode()) is not None) == may, text
