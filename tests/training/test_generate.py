"""What the generator draws is what the tools take, and never what the suites ask."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import ToolCall
from providers.dialects.netmon_wire import from_wire
from tools.arguments import validate
from tools.catalogue import default_registry
from training import phrases, rephrase, times, values
from training.asks import load_asks
from training.aspects import load_aspects
from training.bank import BankError, load_dialogues, load_no_calls, load_singles
from training.chance import Chance
from training.data import encode, held_out
from training.generate import Generator, load_bank
from training.template import Choice, Slot, parse_text
from training.vocabulary import Vocabulary

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUITES = Path(__file__).parents[2] / "evals" / "suites"


def drawn_calls(reply: str) -> list[ToolCall]:
    found = [json.loads(text) for text in re.findall(r"<tool_call>(.*?)</tool_call>", reply)]
    return [ToolCall("", call["name"], call["arguments"]) for call in found]


def test_every_drawn_call_passes_the_tools_own_validation() -> None:
    registry = default_registry()
    generator = Generator(load_bank(), seed=12)
    count = 0
    for _ in range(4000):
        for call in drawn_calls(generator.spelled()[-1][0]):
            definition = registry.get(call.name)
            validate(definition, from_wire(call.arguments, definition.parameters["properties"], NOW))
            count += 1
    assert count > 2500


def test_the_same_seed_draws_the_same() -> None:
    bank = load_bank()
    one, two, other = Generator(bank, 5), Generator(bank, 5), Generator(bank, 6)
    first = [one.draw() for _ in range(50)]
    assert first == [two.draw() for _ in range(50)]
    assert first != [other.draw() for _ in range(50)]


@given(st.integers(0, 10**9), st.integers(-50, 50), st.integers(0, 10**12))
def test_chance_draws_within_its_bounds(seed: int, low: int, width: int) -> None:
    chance = Chance(seed)
    assert all(low <= chance.randint(low, low + width) <= low + width for _ in range(20))
    assert {chance.choice("abc") for _ in range(200)} == set("abc")
    assert sorted(chance.sample(range(9), 9)) == list(range(9))
    assert Chance(seed).randrange(0, width + 10, 5) % 5 == 0


def test_the_bank_is_as_wide_as_it_says() -> None:
    singles: dict[str, int] = {}
    for template in load_singles():
        singles[template.tool] = singles.get(template.tool, 0) + 1
    assert len(singles) == 25
    assert min(singles.values()) >= 300
    assert len(load_no_calls()) >= 1500
    assert len(load_dialogues()) >= 1500


def test_no_suite_says_what_the_bank_says() -> None:
    """No run of eight words that a person types in a suite stands in the bank."""
    known: set[tuple[str, ...]] = set()
    for text in _bank_texts():
        known |= _grams(text)
    for suite in SUITES.glob("*.jsonl"):
        for line in suite.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            for message in case["messages"]:
                if message["role"] == "user":
                    common = _grams(message["content"]) & known
                    assert not common, (suite.name, case["id"], common)


def test_no_suite_holds_a_phrase_of_the_stories() -> None:
    """What people say in one breath (`thanks`, `is it done?`) is common; a longer phrase is somebody's own."""
    said = {
        tuple(re.findall(r"[^\W_]+", message["content"].lower()))
        for suite in SUITES.glob("*.jsonl")
        for line in suite.read_text(encoding="utf-8").splitlines()
        for message in json.loads(line).get("messages", ())
        if message["role"] == "user"
    }
    stock = (*phrases.CLOSINGS, *phrases.CANCEL, *phrases.DONE_YET, *phrases.REDIRECT)
    for phrase in stock:
        words = tuple(re.findall(r"[^\W_]+", phrase.lower()))
        assert len(words) < 5 or words not in said, phrase


def _bank_texts() -> list[str]:
    texts = [template.text for template in load_singles()] + [line.text for line in load_no_calls()]
    texts += [(*aspect.head, " \0 ", *aspect.text) for found in load_aspects().values() for aspect in found]
    texts += [ask.text for found in load_asks().values() for ask in found]
    texts += [parse_text(words) for changes in phrases.CHANGES.values() for words, _, _ in changes]
    for block in load_dialogues():
        texts += [
            tuple(p for p in body if isinstance(p, str | Slot | Choice))
            for role, body in block.turns
            if role == "U"
        ]
    return [option for parts in texts for option in _spelled(parts)]


def _spelled(parts: tuple[object, ...]) -> list[str]:
    """Each alternative of a template once; a slot breaks a run of words."""
    longest = max((len(p.options) for p in parts if isinstance(p, Choice)), default=1)
    found: list[str] = []
    for index in range(longest):
        words: list[str] = []
        for part in parts:
            if isinstance(part, str):
                words.append(part)
            elif isinstance(part, Choice):
                words += _spelled(part.options[index % len(part.options)])[:1]
            else:
                words.append(" \0 ")
        found.append("".join(words))
    return found


def _grams(text: str) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for stretch in text.split("\0"):
        words = re.findall(r"[^\W_]+", stretch.lower())
        found |= {tuple(words[i : i + 8]) for i in range(len(words) - 7)}
    return found


def test_a_broken_line_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "single").mkdir()
    (tmp_path / "single" / "ping_host.x.txt").write_text("ping {target}\nping {host}\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"ping_host\.x\.txt:2: ping_host has no parameter 'host'"):
        load_singles(tmp_path)


def test_templates_parse() -> None:
    assert parse_text("[a|b {port}|] \\[x\\] {target}!") == (
        Choice((("a",), ("b ", Slot("port")), ())), " [x] ", Slot("target"), "!",
    )  # fmt: skip
    with pytest.raises(ValueError, match="not closed"):
        parse_text("[a|b")


def test_about_one_template_in_n_is_held_out() -> None:
    singles = load_singles()
    share = sum(held_out(template, 16) for template in singles) / len(singles)
    assert 0.04 < share < 0.09


@given(st.integers(0, 10**9))
def test_drawn_times_mean_something(seed: int) -> None:
    rng = Random(seed)
    _, start, length = times.window(rng)
    taken = from_wire(
        {"start": start, "duration_min": length},
        {"start": {"format": "date-time"}, "duration_min": {"type": "integer"}},
        NOW,
    )
    assert taken["start"].endswith("Z")
    assert 0 < taken["duration_min"] <= 1440
    for past in (False, True):
        _, point = times.point(rng, past=past)
        schema = {"since": {"format": "date-time"}}
        assert from_wire({"since": point}, schema, NOW)["since"].endswith("Z")


@given(st.integers(0, 10**9))
def test_rephrasing_leaves_values_alone(seed: int) -> None:
    rng = Random(seed)
    host = values.fqdn(rng)
    text = rephrase.surround(f"could you please check the server {host}", rng)
    assert host in text


@given(st.text(max_size=300))
def test_the_vocabulary_spells_every_text(text: str) -> None:
    vocabulary = Vocabulary.load()
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.lists(st.one_of(st.integers(0, 1023), st.text(max_size=6)), max_size=30))
def test_encoding_takes_the_longest_token_at_each_place(parts: list[int | str]) -> None:
    vocabulary = Vocabulary.load()
    tokens = [token.decode("utf-8", "ignore") for token in vocabulary.tokens]
    text = "".join(part if isinstance(part, str) else tokens[part % len(tokens)] for part in parts)
    ids, data, found = {t: i for i, t in enumerate(vocabulary.tokens)}, text.encode("utf-8"), []
    longest = max(map(len, ids))
    while data:
        size = next(n for n in range(min(longest, len(data)), 0, -1) if data[:n] in ids)
        found.append(ids[data[:size]])
        data = data[size:]
    assert vocabulary.encode(text) == found


def test_a_document_is_weighted_where_the_model_speaks() -> None:
    vocabulary = Vocabulary.load()
    document = Generator(load_bank(), seed=1).draw()
    tokens, weights = encode(document, vocabulary)
    assert len(tokens) == len(weights)
    said = [token for token, weight in zip(tokens, weights, strict=True) if weight == 1]
    assert vocabulary.decode(said).endswith(document[-1][0])
