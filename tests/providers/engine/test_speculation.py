"""Drafts from the conversation: found where they are, taken only where they pay, and without effect on the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Generate, Sampling
from providers.engine.speculation import DRAFT, Drafter, Payoff
from tests.providers.engine.support import SHIPPED, answer, ask
from tests.providers.engine.tiny import write_tiny


@given(st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(1, 5), max_size=20))
def test_a_draft_is_what_followed_the_last_time(tokens: list[int], steps: list[int]) -> None:
    drafter, length = Drafter(), 0
    for step in [*steps, 60]:
        length = min(length + step, len(tokens))
        known = tokens[:length]
        places = [n for n in range(3, length) if known[n - 3 : n] == known[-3:]]
        expected = known[places[-1] : places[-1] + DRAFT] if places else []
        assert drafter.draft(known) == expected


def test_drafts_stop_where_they_do_not_pay() -> None:
    payoff = Payoff()
    assert not payoff.worth()
    payoff.record(drafted=False, seconds=1.0, tokens=1)
    taken = 0
    for _ in range(500):
        if payoff.worth():
            taken += 1
            payoff.record(drafted=True, seconds=2.0, tokens=1)
        else:
            payoff.record(drafted=False, seconds=1.0, tokens=1)
    assert taken < 50


def test_drafts_go_on_where_they_pay() -> None:
    payoff = Payoff()
    payoff.record(drafted=False, seconds=1.0, tokens=1)
    taken = 0
    for _ in range(100):
        taken += payoff.worth()
        payoff.record(drafted=True, seconds=1.5, tokens=3)
    assert taken == 100


async def drafts(path: Path, request: Generate, *, speculate: bool) -> tuple[str, int, int]:
    engine = Engine(path, EngineOptions(threads=1, slots=1, context=512, speculate=speculate))
    found = []
    for _ in range(3):
        text, done = await answer(engine, request)
        found.append((text, done.drafted, done.drafts_kept))
    await engine.aclose()
    assert len({text for text, _, _ in found}) == 1
    return found[0][0], sum(each[1] for each in found), sum(each[2] for each in found)


async def test_the_reply_of_a_recurrent_model_is_the_same_with_drafts() -> None:
    rest = "ping db-03 db-03 db-03 db-03 and db-03 db-03 db-03 db-03 again"
    request = ask(rest, max_tokens=120, stop=(), sampling=Sampling(temperature=0.5, seed=3))
    plain = await drafts(SHIPPED, request, speculate=False)
    drafted = await drafts(SHIPPED, request, speculate=True)
    assert drafted[0] == plain[0]
    assert plain[1:] == (0, 0)
    assert drafted[1] > 0


@pytest.mark.parametrize(("arch", "seed"), [("qwen2", 2), ("gemma3", 0)])
async def test_the_reply_of_an_attention_model_is_the_same_with_drafts(
    arch: str, seed: int, tmp_path: Path
) -> None:
    """The drafts of the one are mostly wrong and trimmed away, those of the other, which repeats itself, are right."""
    path = write_tiny(arch, tmp_path / "tiny.gguf", seed)
    request = ask("the host in the host in", fixed="", max_tokens=200, stop=())
    plain = await drafts(path, request, speculate=False)
    drafted = await drafts(path, request, speculate=True)
    assert drafted[0] == plain[0]
    assert drafted[1] > 0
