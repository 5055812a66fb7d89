"""The fuzzer of the dialects finds what it looks for, goes on where it was stopped, and finds nothing now."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import fuzz_dialects
from bench.mutations import damaged
from providers.base import Call, CallStart, DialectEvent, Text, ToolCall
from providers.dialects.registry import DIALECTS


def test_damaged_replies_are_read_alike_in_pieces() -> None:
    found = [finding for number in range(600) if (finding := fuzz_dialects.check(7, number)) is not None]
    assert found == []


def test_an_input_is_the_same_every_time_and_every_dialect_has_its_turn() -> None:
    first = [damaged(3, number) for number in range(200)]
    assert first == [damaged(3, number) for number in range(200)]
    assert {name for name, _ in first} == set(DIALECTS)
    assert len({text for _, text in first}) > 180
    assert first != [damaged(4, number) for number in range(200)]


class Odd:
    """A parser that does what a broken one would."""

    def __init__(self, feed: Callable[[str], list[DialectEvent]]) -> None:
        self.feed = feed

    def finish(self) -> list[DialectEvent]:
        return []


def crash(text: str) -> list[DialectEvent]:
    raise IndexError("beyond the end")


def hang(text: str) -> list[DialectEvent]:
    until = time.process_time() + 60
    while time.process_time() < until:
        pass
    return []


@pytest.mark.parametrize(
    ("kind", "feed"),
    [
        ("crash", crash),
        ("hang", hang),
        ("chunking", lambda text: [Text(text[:1])]),
        ("order", lambda text: [Call(0, ToolCall("a", "f", {}))]),
        ("order", lambda text: [CallStart(1, "f")]),
        ("crash", lambda text: [CallStart(0, "f"), Call(0, ToolCall("a", "f", {"a": float("nan")}))]),
    ],
)
def test_each_kind_of_finding(kind: str, feed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def parser(self, tools: object, settings: object) -> Odd:
            return Odd(feed)

    monkeypatch.setattr(fuzz_dialects, "dialect", lambda name: Broken())
    monkeypatch.setattr(fuzz_dialects, "HANG_S", 0.2)
    fuzz_dialects.block(1, 0, 0)
    found = fuzz_dialects.check(1, 0)
    assert found is not None
    assert found.kind == kind


def test_it_goes_on_where_it_was_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fuzz.jsonl"
    block = {"seed": 1, "first": 0, "end": 250, "findings": []}
    found = {"number": 7, "dialect": "hermes", "kind": "hang", "detail": "over 5 s", "text": "<"}
    done = [block, {**block, "first": 250, "end": 500, "findings": [found]}, {**block, "seed": 2}]
    path.write_text("".join(json.dumps(row) + "\n" for row in done) + '{"seed": 1, "fir', "utf-8")
    command = ["--count", "540", "--jobs", "1", "--resume", str(path), "--json"]
    assert fuzz_dialects.main(command) == 1
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == found
    assert printed[1] | {"seconds": 0} == {
        "seed": 1, "inputs": 540, "crash": 0, "hang": 1, "chunking": 0, "order": 0, "seconds": 0,
    }  # fmt: skip
    assert fuzz_dialects.main(command) == 1
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) == 5
    assert json.loads(lines[4])["end"] == 540
