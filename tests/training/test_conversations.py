"""Conversations that point, change and go on in two steps: their calls are right, and can be known."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from providers.base import DEFAULT_NOW
from providers.dialects.netmon_pieces import show_result
from providers.dialects.netmon_wire import from_wire
from tools.arguments import validate
from tools.catalogue import default_registry
from training.generate import Bank, load_bank
from training.stories import Storyteller
from training.telling import Story

WAYS = (
    "_row",
    "_other_row",
    "_value_row",
    "_two",
    "_changed",
    "_list_changed",
    "_undone",
    "_renamed",
    "_resolver",
    "_condition",
    "_two_steps",
    "_job",
    "_two_jobs",
    "_sibling",
    "_next_aspect",
    "amended",
)
NAMES = ("target", "host", "query", "name", "message_id", "agent_location", "resolver", "address")


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank()


def visible(story: Story) -> str:
    parts = [story.said]
    for exchange in story.past:
        parts += [exchange.said, exchange.answer, *map(show_result, exchange.results), repr(exchange.calls)]
    parts += [part for call, result in story.pending for part in (repr(call), show_result(result))]
    return "\n".join(parts).lower()


@pytest.mark.parametrize("way", WAYS)
def test_each_kind_of_conversation_ends_in_a_right_call(bank: Bank, way: str) -> None:
    registry = default_registry()
    draw: Callable[[], Story] = getattr(Storyteller(bank.aspects, bank.singles, Random(21)), way)
    values = unseen = 0
    for _ in range(250):
        story = draw()
        assert story.said.strip()
        assert bool(story.calls) != bool(story.say)
        seen = visible(story)
        for tool, arguments in story.calls:
            definition = registry.get(tool)
            taken = from_wire(arguments, definition.parameters["properties"], DEFAULT_NOW)
            validate(definition, taken)
            for name in NAMES:
                if name in arguments:
                    values += 1
                    unseen += str(arguments[name]).lower() not in seen
            if "host_id" in arguments:
                assert str(arguments["host_id"]) in seen
    # `the .net` and `.5` of a sibling stand for whole names that nobody wrote out.
    assert unseen <= (0.3 if way == "_sibling" else 0.02) * values


def test_the_same_seed_tells_the_same_stories(bank: Bank) -> None:
    one, two = (Storyteller(bank.aspects, bank.singles, Random(9)) for _ in range(2))
    assert [one.draw() for _ in range(200)] == [two.draw() for _ in range(200)]


def test_the_second_step_waits_for_the_first(bank: Bank) -> None:
    teller = Storyteller(bank.aspects, bank.singles, Random(31))
    first = second = words = several = 0
    for _ in range(600):
        story = teller._two_steps()
        first += not story.pending
        second += bool(story.pending and story.calls)
        words += bool(story.say)
        several += len(story.calls) > 1
    assert first > 60
    assert second > 250
    assert words > 15
    assert several > 80


def test_a_change_keeps_what_was_not_changed(bank: Bank) -> None:
    teller = Storyteller(bank.aspects, bank.singles, Random(32))
    kept = 0
    for _ in range(400):
        story = teller._changed()
        (old_tool, old), (new_tool, new) = story.past[0].calls[0], story.calls[0]
        if old_tool == new_tool:
            assert set(old) <= set(new)
            kept += len(old) > 2
    assert kept > 60


def test_an_order_in_a_result_is_not_obeyed_in_two_steps(bank: Bank) -> None:
    """What is called after a result with an order is what would be called without it."""
    teller = Storyteller(bank.aspects, bank.singles, Random(33))
    for _ in range(400):
        story = teller._list_then()
        if story.pending and story.calls:
            tools = {tool for tool, _ in story.calls}
            assert len(tools) == 1
