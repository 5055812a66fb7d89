"""Dictated addresses are written out; all else stays."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import Message, Settings
from providers.dialects.marks import MARKS
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_grammar import grammar
from providers.dialects.netmon_pieces import USER
from providers.dialects.spoken import written
from providers.dialects.spoken_numbers import digits_of
from tests.providers.dialects.spoken_cases import SPOKEN, STAY, mixtures
from tools.catalogue import default_registry
from training.generate import Generator, load_bank

_JOINING = re.compile(r"dot|point|dash|hyphen|slash|colon", re.IGNORECASE)


@pytest.mark.parametrize(("said", "expected"), SPOKEN)
def test_a_dictated_address_is_written_out(said: str, expected: str) -> None:
    assert written(said) == expected
    assert written(expected) == expected


@pytest.mark.parametrize("text", STAY)
def test_what_is_no_address_stays(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("said", "digits"),
    [("one ninety two", "192"), ("one six eight", "168"), ("two fifty five", "255"), ("one oh one", "101"),
     ("two hundred and fifty five", "255"), ("oh", "0"), ("eighty eighty", "8080"), ("triple seven", "777"),
     ("eight thousand four hundred forty three", "8443"), ("sixty three seventy nine", "6379"), ("1 92", ""),
     ("80 80", "8080"), ("one hundred thousand", ""), ("thirty three hundred", "3300"), ("double", ""), ("and", ""),
     ("hundred", ""), ("twenty oh five", "2005"), ("ten thousand and one", "10001")],
)  # fmt: skip
def test_numbers(said: str, digits: str) -> None:
    assert digits_of(said.split()) == digits


@given(st.text())
def test_text_without_the_joining_words_stays(text: str) -> None:
    calm = _JOINING.sub("", text)
    while _JOINING.search(calm):
        calm = _JOINING.sub("", calm)
    assert written(calm) == calm


@given(st.randoms(use_true_random=False))
def test_text_of_its_words_without_those_that_join_stays(rng: random.Random) -> None:
    (text,) = mixtures(rng, 1)
    calm = _JOINING.sub("ditto", text)
    assert written(calm) == calm


@settings(derandomize=True)
@given(st.randoms(use_true_random=False))
def test_twice_is_once(rng: random.Random) -> None:
    for text in mixtures(rng, 10):
        once = written(text)
        assert written(once) == once


@given(st.randoms(use_true_random=False), st.sampled_from(SPOKEN))
def test_words_around_an_address_stay(rng: random.Random, case: tuple[str, str]) -> None:
    said, expected = case
    talk = " ".join(rng.choice(("well", "tell", "Müller", "監視", "uptime", "7.5")) for _ in range(5))
    assert written(f"{talk}; {said.strip()}; {talk}").startswith(f"{talk}; {expected.strip()[:-1]}")


@pytest.mark.parametrize(
    "unit",
    ["a dot ", "aa dash ", "one ", "one dot ", "x dot com boom dot ", "http colon slash slash ", "port ", "w ",
     "acme dot org slash a ", "ping ten dot one dot one dot one and shop dot acme dot org. ", "db one dash ",
     "hundred and ", "noc at ", "v one slash ", "email of to for x at a ", "a-", "a.", "the quick brown fox; "],
)  # fmt: skip
def test_time_grows_with_length(unit: str) -> None:
    # Ten times for linear time, a hundred for quadratic; the short one is long enough to be measured.
    assert _seconds(unit, 100_000) < 30 * _seconds(unit, 10_000) + 0.2


@pytest.mark.parametrize("unit", ["a dot ", "the quick brown fox dot "])
def test_a_megabyte_takes_fifty_times_that_of_twenty_kilobytes(unit: str) -> None:
    assert _seconds(unit, 1_000_000) < 150 * _seconds(unit, 20_000) + 0.5


def _seconds(unit: str, length: int) -> float:
    """The least of three runs: others on the machine only ever make one longer."""
    text = (unit * (length // len(unit) + 1))[:length] + " acme dot com"
    taken: list[float] = []
    for _ in range(3):
        start = time.process_time()
        written(text)
        taken.append(time.process_time() - start)
    return min(taken)


def test_what_the_models_are_taught_stays() -> None:
    generator = Generator(load_bank(), seed=9)
    said = [text for _ in range(500) for text, _ in generator.spelled() if text.startswith(USER)]
    assert len(said) > 400 and [text for text in said if written(text) != text] == []


def test_the_model_reads_and_copies_the_same_text() -> None:
    tools = default_registry().specs()
    messages = [
        Message("user", "ping ten dot twenty dot thirty dot forty"),
        Message("assistant", "files dot acme dot org? <tool_call>"),
        Message("tool", '{"message":"files dot acme dot org"}', tool_call_id="1"),
        Message("user", "no comma files\x07 dot acme dot org"),
    ]
    rest = NETMON.render(messages, tools, Settings()).rest
    assert f"{USER}ping {MARKS[0]}10.20.30.40" in rest
    assert f"{USER}no comma {MARKS[1]}files.acme.org" in rest
    assert rest.count("files dot acme dot org") == 2
    rules = grammar(tools, messages, copy=True)
    assert '"10.", "20.", "30.", "40"' in rules and '"files.", "acme.", "org"' in rules
    assert "twenty" not in rules
