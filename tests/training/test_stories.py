"""Requests for several calls and conversations: what is asked for can be known from what was said."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.netmon_pieces import show_result
from training.aspects import load_aspects
from training.bank import BankError
from training.combine import Combiner
from training.generate import Bank, load_bank
from training.listing import sibling
from training.pasting import load_pastes, pasted_request
from training.results import outcome, shown
from training.stories import Storyteller
from training.telling import Story
from training.vague import vague_request
from training.writer import Call

_COPIED = ("target", "host", "query", "name", "message_id")


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank()


def copied(calls: tuple[Call, ...] | list[Call]) -> list[str]:
    return [str(arguments[name]) for _, arguments in calls for name in _COPIED if name in arguments]


def test_every_value_of_a_request_stands_in_it(bank: Bank) -> None:
    combiner = Combiner(bank.aspects, bank.singles, Random(3))
    several = 0
    for _ in range(3000):
        text, calls = combiner.draw()
        several += len(calls) > 1
        assert len(calls) == len({repr(call) for call in calls})
        for value in copied(calls):
            assert value.lower() in text.lower(), (text, calls)
    assert several > 2700


def visible(story: Story) -> str:
    parts = [story.said]
    for exchange in story.past:
        parts += [exchange.said, exchange.answer, *map(show_result, exchange.results), repr(exchange.calls)]
    for call, result in story.pending:
        parts += [repr(call), show_result(result)]
    return "\n".join(parts).lower()


def test_every_value_of_a_story_can_be_known(bank: Bank) -> None:
    teller = Storyteller(bank.aspects, bank.singles, Random(4))
    calls = words = unseen = 0
    for _ in range(4000):
        story = teller.draw()
        assert bool(story.calls) != bool(story.say)
        calls += bool(story.calls)
        words += bool(story.say)
        seen = visible(story)
        # `.4`, `the .net` and `www` stand for whole names that nobody wrote out.
        unseen += sum(value.lower() not in seen for value in copied(story.calls))
        for _, arguments in story.calls:
            if "host_id" in arguments:
                assert str(arguments["host_id"]) in seen
    assert calls > 1500
    assert words > 900
    assert unseen < 0.05 * calls


def test_injected_orders_are_never_followed(bank: Bank) -> None:
    teller = Storyteller(bank.aspects, bank.singles, Random(5))
    for _ in range(500):
        story = teller.injected()
        assert story.say
        assert not story.calls


def test_a_request_without_its_subject_names_what_is_missing(bank: Bank) -> None:
    rng = Random(6)
    for _ in range(300):
        text, missing = vague_request(bank.aspects, rng)
        assert text.strip()
        tool, _, parameter = missing.partition(".")
        assert tool in bank.singles
        assert parameter


@given(
    st.integers(0, 10**9),
    st.sampled_from(["ping_host", "check_http", "get_host_list", "dns_lookup", "run_nmap"]),
)
def test_a_shown_result_holds_what_can_be_pointed_at(seed: int, tool: str) -> None:
    rng = Random(seed)
    arguments = {
        "ping_host": {"target": "db-1"}, "check_http": {"url": "https://a.example"}, "get_host_list": {},
        "dns_lookup": {"name": "a.example", "record_type": "MX"},
        "run_nmap": {"target": "10.0.0.0/24", "profile": "ping"},
    }[tool]  # fmt: skip
    found = outcome(tool, arguments, rng)
    text = shown(found, rng)
    assert found.message
    for row in found.rows:
        assert row.name in text or row.name in found.message


@given(st.integers(0, 10**9))
def test_a_sibling_is_another_host_beside_it(seed: int) -> None:
    for host, beside in (
        ("10.0.0.7", "10.0.0."),
        ("web-09.acme.example", ".acme.example"),
        ("mail.acme.example", ".acme.example"),
    ):
        other = sibling(host, Random(seed))
        assert other is None or beside in other


def test_a_request_about_a_paste_is_about_a_host_in_it(bank: Bank) -> None:
    rng = Random(8)
    for _ in range(500):
        text, calls = pasted_request(bank.pastes, bank.aspects, rng)
        assert len(calls) == 1
        for value in copied(calls):
            assert value.lower() in text.lower(), (text, calls)


def test_a_broken_paste_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "paste").mkdir()
    (tmp_path / "paste" / "x.txt").write_text("host {a} is down => b: it\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"x\.txt:1: expected text with"):
        load_pastes(tmp_path)


def test_a_broken_aspect_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "aspect").mkdir()
    path = tmp_path / "aspect" / "host.x.txt"
    for line, problem in (
        ("do: ping @ => ping_host(host=@)", "no parameter 'host'"),
        ("ping @ => ping_host(target=@)", "expected one of"),
        ("each: ping @ => ping_host(target=@)", "between its head"),
        ("do: ping @", "one call"),
    ):
        path.write_text(f"# words\n{line}\n", encoding="utf-8")
        with pytest.raises(BankError, match=rf"host\.x\.txt:2: .*{problem}"):
            load_aspects(tmp_path)


def test_aspects_are_grouped(bank: Bank) -> None:
    assert {kind for kind, _ in bank.aspects} == {"name", "host", "watched", "new", "none"}
    assert sum(len(found) for found in bank.aspects.values()) > 200
