"""Kept states: what is restored is what was saved, and nothing else is ever served."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.netmon_pieces import ASSISTANT, END, USER
from providers.engine.client import Engine, EngineOptions
from providers.engine.llama import Llama, Run, State
from providers.engine.protocol import Generate
from providers.engine.state_files import StateFiles
from providers.engine.states import Kept, MemoryStates, StateCache, Tokens, beginnings, key_of
from tests.providers.engine.support import LONG_FIXED, SHIPPED, answer, ask

WORDS = "ping check host web-01 db-03 the of is now cert shop.example.org port 443 every 5 minutes Zürich 東京".split()


def tokens(*numbers: int) -> Tokens:
    return np.asarray(numbers, np.int32)


def blob(data: bytes) -> State:
    return np.frombuffer(data, np.uint8)


def kept(name: Tokens, size: int = 100) -> Kept:
    return Kept(name, np.zeros(size, np.uint8), None)


def files(
    folder: Path, said: list[str], *, weights: str = "w", build: str = "b", limit: int = 10**9
) -> StateFiles:
    return StateFiles(folder, weights=weights, build=build, limit=limit, warn=said.append)


def test_the_least_recently_used_state_is_given_up_first() -> None:
    memory = MemoryStates(3 * 104)
    for number in range(3):
        memory.put(key_of(tokens(number)), kept(tokens(number)))
    assert memory.get(key_of(tokens(0)), tokens(0)) is not None
    memory.put(key_of(tokens(3)), kept(tokens(3)))
    assert [memory.get(key_of(tokens(number)), tokens(number)) is not None for number in range(4)] == [
        True,
        False,
        True,
        True,
    ]
    assert memory.bytes <= 3 * 104
    memory.put(key_of(tokens(9)), kept(tokens(9), 10_000))
    assert memory.get(key_of(tokens(9)), tokens(9)) is None


@given(st.lists(st.integers(0, 2**31 - 1), max_size=40), st.lists(st.integers(1, 50), max_size=10))
def test_beginnings_are_named_as_whole_runs_are(numbers: list[int], lengths: list[int]) -> None:
    run = tokens(*numbers)
    expected = sorted({n for n in lengths if n <= len(run)}, reverse=True)
    assert list(beginnings(run, set(lengths))) == [(n, key_of(run[:n])) for n in expected]


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    said: list[str] = []
    run, logits = tokens(1, 2, 3), np.linspace(-3, 3, 7, dtype=np.float32)
    writer = files(tmp_path, said)
    writer.write(key_of(run), run, blob(b"state"), logits)
    writer.write(key_of(run[:2]), run[:2], blob(b"other"), None)
    writer.close()
    reader = files(tmp_path, said)
    assert reader.lengths() == {2, 3}
    found = reader.read(key_of(run), run)
    assert found is not None
    assert found[0].tobytes() == b"state"
    assert found[1] is not None
    assert np.array_equal(found[1], logits)
    other = reader.read(key_of(run[:2]), run[:2])
    assert other is not None
    assert (other[0].tobytes(), other[1]) == (b"other", None)
    assert said == []


def test_a_file_of_other_weights_or_another_build_is_not_found(tmp_path: Path) -> None:
    run = tokens(1, 2, 3)
    writer = files(tmp_path, [])
    writer.write(key_of(run), run, blob(b"state"), None)
    writer.close()
    assert files(tmp_path, [], weights="x").lengths() == set()
    assert files(tmp_path, [], build="x").lengths() == set()


def test_a_file_that_was_moved_to_other_weights_is_refused(tmp_path: Path) -> None:
    run, said = tokens(1, 2, 3), list[str]()
    for weights in ("w", "x"):
        writer = files(tmp_path, said, weights=weights)
        writer.write(key_of(run), run, blob(weights.encode()), None)
        writer.close()
    one, other = (next(folder.iterdir()) for folder in sorted(tmp_path.iterdir()))
    other.write_bytes(one.read_bytes())
    states = [files(tmp_path, said, weights=weights) for weights in ("w", "x")]
    for reader in states:
        reader.lengths()
    found = [reader.read(key_of(run), run) for reader in states]
    assert [each is None for each in found].count(True) == 1
    assert len(said) == 1
    assert "other weights" in said[0]


@given(data=st.data())
def test_no_damage_goes_unseen(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, said = tmp_path_factory.mktemp("states"), list[str]()
    run = tokens(1, 2, 3)
    writer = files(folder, said)
    writer.write(key_of(run), run, blob(bytes(range(200))), np.zeros(4, np.float32))
    writer.close()
    (path,) = folder.glob("*/*")
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        place = data.draw(st.integers(0, len(whole) - 1))
        damaged = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    path.write_bytes(damaged)
    reader = files(folder, said)
    assert reader.lengths() == {3}
    assert reader.read(key_of(run), run) is None
    assert len(said) == 1
    assert "computed again" in said[0]
    assert not path.exists()


def test_the_disk_is_kept_within_its_limit(tmp_path: Path) -> None:
    writer = files(tmp_path, [], limit=10_000)
    for number in range(20):
        run = tokens(number)
        writer.write(key_of(run), run, blob(bytes(1500)), None)
    writer.close()
    assert 0 < sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 10_000


def test_a_limit_that_is_passed_is_passed_rarely(tmp_path: Path) -> None:
    """Files are counted when a share of the limit was written, not at each write."""
    writer = files(tmp_path, [], limit=100_000)
    counts = list[int]()
    tidy = writer._tidy
    writer._tidy = lambda: (counts.append(1), tidy())[1]  # type: ignore[method-assign]
    for number in range(200):
        run = tokens(number)
        writer.write(key_of(run), run, blob(bytes(1500)), None)
    writer.close()
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 100_000
    assert 200 * 1500 // 100_000 < len(counts) < 80


def test_engines_that_share_a_folder_see_what_the_others_keep(tmp_path: Path) -> None:
    one, other, runs = files(tmp_path, []), files(tmp_path, []), [tokens(n, n, n) for n in range(1, 5)]
    for number, run in enumerate(runs):
        writer = (one, other)[number % 2]
        writer.write(key_of(run), run, blob(bytes([number])), None)
        writer._writer.submit(int).result()
        for reader in (one, other):
            assert reader.lengths() == {3}
            found = [reader.read(key_of(each), each) for each in runs[: number + 1]]
            assert [each[0].tobytes() for each in found if each] == [bytes([n]) for n in range(number + 1)]
    one.close()
    other.close()


def test_two_beginnings_of_one_key_are_not_taken_for_each_other(tmp_path: Path) -> None:
    said: list[str] = []
    run, other = tokens(1, 2, 3), tokens(4, 5, 6)
    memory = MemoryStates(1000)
    memory.put(key_of(run), kept(other))
    assert memory.get(key_of(run), run) is None
    writer = files(tmp_path, said)
    writer.write(key_of(run), other, blob(b"state"), None)
    writer.close()
    reader = files(tmp_path, said)
    assert reader.lengths() == {3}
    assert reader.read(key_of(run), run) is None
    assert "other tokens" in said[0]


@given(st.lists(st.lists(st.integers(0, 70_000), max_size=6), min_size=2, max_size=30, unique_by=tuple))
def test_keys_of_different_runs_differ(runs: list[list[int]]) -> None:
    keys = [key_of(tokens(*run)) for run in runs]
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**64 for key in keys)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "file").write_text("")
    writer = files(tmp_path / "file", said)
    writer.write(1, tokens(1), blob(b"state"), None)
    writer.close()
    assert "cannot be kept" in said[0]


def test_restored_states_are_those_of_a_full_prefill(capsys: pytest.CaptureFixture[str]) -> None:
    """200 prompts, each cut at random: after restoring, the logits are bit-equal to those without the detour."""
    llama = Llama(SHIPPED, threads=1, slots=3, context=2048)
    cache = StateCache(llama, MemoryStates(2**28), None)
    chance, largest = random.Random(7), 0.0
    for _ in range(200):
        text = USER + " ".join(chance.choices(WORDS, k=chance.randint(4, 24))) + ASSISTANT
        prompt = np.asarray(llama.tokenize(text), np.int32)
        cut = chance.randint(1, len(prompt) - 1)
        first, rest = prompt[:cut].tolist(), prompt[cut:].tolist()
        for sequence in range(3):
            llama.clear(sequence)
        llama.decode([Run(0, 0, first, 0)])
        cache.keep(prompt[:cut], 0, None, durable=False)
        straight = llama.decode([Run(0, cut, rest, 1)])[0][0]
        placed = cache.place(prompt, 1)
        assert placed.length >= cut
        if placed.length == cut:
            restored = llama.decode([Run(1, cut, rest, 1)])[0][0]
            assert np.array_equal(straight, restored)
        at_once = llama.decode([Run(2, 0, prompt.tolist(), 1)])[0][0]
        largest = max(largest, float(np.abs(at_once - straight).max()))
    with capsys.disabled():
        print(f" [restored: bit-equal; largest difference to a prefill in one piece: {largest:.2g}]", end="")
    # In another shape sums have another order; logits of this model go from about -20 to 20.
    assert largest < 0.5


def conversation(said: Sequence[str]) -> str:
    return "".join(f"{USER}ping db-{n:02}{ASSISTANT}{reply}{END}" for n, reply in enumerate(said))


def turn(said: Sequence[str]) -> Generate:
    """The next turn after those that were answered like this."""
    return ask("", fixed=LONG_FIXED, rest=f"{conversation(said)}{USER}ping db-{len(said):02}{ASSISTANT}")


async def test_a_turn_costs_only_its_new_tokens(engine: Engine) -> None:
    said: list[str] = []
    async with aclosing(Engine(SHIPPED, EngineOptions(threads=1, slots=1, state_bytes=0))) as forgetful:
        for _ in range(5):
            text, cold = await answer(forgetful, turn(said))
            assert cold.cached_tokens == 0
            said.append(text)
    for number in range(5):
        text, done = await answer(engine, turn(said[:number]))
        assert text == said[number]
        if number:
            # The last answer's end, and the new question.
            assert done.prompt_tokens - done.cached_tokens < 24
            assert done.source == "memory"
    elsewhere = ask(
        "", fixed=LONG_FIXED, rest=f"{conversation(said[:2])}{USER}check port 22 of fw-7{ASSISTANT}"
    )
    _, branch = await answer(engine, elsewhere)
    assert branch.prompt_tokens - branch.cached_tokens < 40
    again, retry = await answer(engine, turn(said[:4]))
    assert (again, retry.cached_tokens) == (said[4], retry.prompt_tokens)


def on_disk(folder: Path) -> Engine:
    options = EngineOptions(threads=1, slots=2, context=2048, state_dir=folder)
    return Engine(SHIPPED, options, "a" * 64)


async def converse(engine: Engine, turns: int, said: list[str]) -> tuple[int, str]:
    """Has some more turns; returns the tokens computed for the last answer, and where the others were kept."""
    left, source = 0, ""
    for _ in range(turns):
        text, done = await answer(engine, turn(said))
        said.append(text)
        left, source = done.prompt_tokens - done.cached_tokens, done.source
    await engine.aclose()
    return left, source


async def test_a_restart_goes_on_without_prefill(tmp_path: Path) -> None:
    whole: list[str] = []
    said: list[str] = []
    await converse(on_disk(tmp_path / "one"), 4, whole)
    await converse(on_disk(tmp_path / "two"), 3, said)
    left, source = await converse(on_disk(tmp_path / "two"), 1, said)
    assert (said, source) == (whole, "disk")
    assert left < 24


async def test_the_fixed_prompt_is_computed_once_for_ever(tmp_path: Path) -> None:
    await converse(on_disk(tmp_path), 1, [])
    engine = on_disk(tmp_path)
    _, done = await answer(engine, ask("ping gw-9", fixed=LONG_FIXED))
    await engine.aclose()
    assert (done.source, done.prompt_tokens - done.cached_tokens < 20) == ("disk", True)


def damage(folder: Path) -> None:
    stored = list(folder.glob("*/*.state"))
    assert stored
    for path in stored:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


async def test_damaged_states_are_computed_again_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    whole: list[str] = []
    await converse(on_disk(tmp_path), 3, said)
    damage(tmp_path)
    with caplog.at_level(logging.WARNING):
        left, source = await converse(on_disk(tmp_path), 1, said)
    await converse(on_disk(tmp_path / "new"), 4, whole)
    assert (said, source) == (whole, "none")
    assert left > 100
    assert "computed again" in caplog.text


@pytest.mark.parametrize("threads", [1, 2])
async def test_a_fixed_prompt_that_many_ask_at_once_is_read_once(threads: int) -> None:
    async with aclosing(Engine(SHIPPED, EngineOptions(threads=threads, slots=8))) as engine:
        asked = [ask(f"ping db-{n:02}", fixed=LONG_FIXED) for n in range(8)]
        together = await asyncio.gather(*(answer(engine, request) for request in asked))
    assert sorted(done.cached_tokens > 0 for _, done in together) == [False] + [True] * 7


async def test_who_waits_for_a_fixed_prompt_reads_it_where_the_first_is_cancelled() -> None:
    async with aclosing(Engine(SHIPPED, EngineOptions(threads=1, slots=4))) as engine:
        fixed = LONG_FIXED * 40
        tasks = [asyncio.create_task(answer(engine, ask(f"ping db-{n:02}", fixed=fixed))) for n in range(3)]
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        found = [await task for task in tasks[1:]]
    assert sorted(done.cached_tokens > 0 for _, done in found) == [False, True]
