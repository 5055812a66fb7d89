from __future__ import annotations

import pytest

from providers.base import Call, Malformed
from providers.dialects.registry import DIALECTS
from tests.providers.dialects import corpus_json, corpus_other, corpus_shared
from tests.providers.dialects.support import (
    Case,
    broken_in,
    calls_in,
    cuts,
    read,
    repairs_in,
    text_in,
    thoughts_in,
)

CORPORA = {
    "hermes": corpus_json.HERMES,
    "smollm2": corpus_json.HERMES | corpus_json.SMOLLM2,
    "granite": corpus_json.GRANITE,
    "xlam": corpus_json.XLAM,
    "phi4": corpus_json.PHI4,
    "llama3": corpus_json.LLAMA3,
    "rwkv_world": corpus_json.RWKV,
    "netmon": corpus_json.NETMON,
    "pythonic": corpus_other.PYTHONIC,
    "lfm2": corpus_other.LFM2,
    "mistral_nemo": corpus_other.MISTRAL,
    "mistral_small": corpus_other.MISTRAL,
    "qwen_coder": corpus_other.QWEN_CODER,
    "glm": corpus_other.GLM,
    "deepseek": corpus_other.DEEPSEEK,
    "kimi": corpus_other.KIMI,
    "functionary": corpus_other.FUNCTIONARY,
    "functionary_3_1": corpus_other.FUNCTIONARY_31,
    "functiongemma": corpus_other.FUNCTIONGEMMA,
    "harmony": corpus_other.HARMONY,
    "cohere": corpus_shared.COHERE,
    "apertus": corpus_shared.APERTUS,
    "minimax": corpus_shared.MINIMAX,
    "seed_oss": corpus_shared.SEED_OSS,
    "step3": corpus_shared.STEP3,
    "gigachat": corpus_shared.GIGACHAT,
    "nemotron": corpus_shared.NEMOTRON,
    "internlm": corpus_shared.INTERNLM,
    "jamba": corpus_shared.JAMBA,
    "hunyuan": corpus_shared.HUNYUAN,
    "gemma": corpus_shared.GEMMA,
    "react": corpus_shared.REACT,
    "inkling": corpus_shared.INKLING,
    "muse": corpus_shared.MUSE,
}
CASES = [
    pytest.param(name, expected, id=f"{name}: {title}")
    for name, corpus in CORPORA.items()
    for title, expected in corpus.items()
]


def test_every_dialect_has_a_corpus() -> None:
    assert set(CORPORA) == set(DIALECTS)


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_case(name: str, expected: Case) -> None:
    events = read(name, expected.text)
    assert calls_in(events) == list(expected.calls)
    assert text_in(events).strip() == expected.says
    assert len(broken_in(events)) == expected.broken
    assert thoughts_in(events).strip() == expected.thinks
    if expected.repairs is not None:
        assert repairs_in(events) == expected.repairs


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_case_reads_alike_however_it_is_cut(name: str, expected: Case) -> None:
    text = expected.text if len(expected.text) < 2000 else expected.text[:300]
    whole = read(name, text)
    for pieces in cuts(text, tries=10):
        assert read(name, *pieces) == whole, pieces


@pytest.mark.parametrize("name", DIALECTS)
def test_no_corpus_of_another_dialect_breaks_a_parser(name: str) -> None:
    for corpus in CORPORA.values():
        for expected in corpus.values():
            for event in read(name, expected.text):
                assert not isinstance(event, Malformed) or 0 <= event.position <= len(event.raw)
                assert not isinstance(event, Call) or event.call.name


def test_broken_calls_say_where_they_broke() -> None:
    text = '<tool_call>{"name": "ping", "arguments": {"target": "a", "count": }}</tool_call>'
    (broken,) = broken_in(read("hermes", text))
    assert broken.raw == text.removesuffix("</tool_call>")
    assert broken.raw[broken.position] == "}"
    assert broken.raw[: broken.position].endswith('"count": ')
    assert "value was expected" in broken.reason


def test_ids_that_models_give_are_kept() -> None:
    events = read("mistral_nemo", '[TOOL_CALLS][{"name": "now", "arguments": {}, "id": "abcdefghi"}]')
    assert [e.call.id for e in events if isinstance(e, Call)] == ["abcdefghi"]
    events = read("kimi", "<|tool_call_begin|>functions.now:3<|tool_call_argument_begin|>{}<|tool_call_end|>")
    assert [e.call.id for e in events if isinstance(e, Call)] == ["functions.now:3"]
    events = read("mistral_small", "[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}")
    assert [e.call.id for e in events if isinstance(e, Call)] == ["123456789"]


def test_indices_of_calls_count_up_also_past_broken_ones() -> None:
    good, bad = '{"name":"now","arguments":{}}', '{"name":"now","arguments":{"a":}}'
    events = read("hermes", "".join(f"<tool_call>{c}</tool_call>" for c in (good, bad, good)))
    assert [e.index for e in events if isinstance(e, Call)] == [0, 2]
    assert len(broken_in(events)) == 1
