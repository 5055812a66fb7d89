"""The engine's benchmark: parts can be chosen, figures are written, and aims are judged by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.engine.__main__ import main
from bench.engine.aims import verdicts
from bench.engine.plan import OURS, PARTS, PYTHON, SERVER, Plan, first_tokens, throughputs
from bench.engine.report import spread


def rate(system: str, clients: int, value: float) -> dict[str, Any]:
    return {"system": system, "slots": 16, "clients": clients, "cases_per_s": spread([value])}


def waits(system: str, clients: int, p95: float, longest: float, lost: int = 0) -> dict[str, Any]:
    return {
        "system": system,
        "clients": clients,
        "first_p95_s": spread([p95]),
        "longest_to_median": spread([longest]),
        "lost": lost,
    }


def test_the_best_setting_of_each_stands_for_it() -> None:
    rows = [rate(OURS, 4, 10), rate(OURS, 16, 40), rate(SERVER, 1, 4), rate(SERVER, 4, 5), rate(PYTHON, 1, 2)]
    found = {v.what: (v.figure, v.met) for v in verdicts({"eval": rows, "long": rows})}
    assert found == {
        "cases/s: times the best peer": (8, True),
        f"cases/s behind 3,000 tokens: times {SERVER}": (8, True),
        f"cases/s behind 3,000 tokens: times {PYTHON}": (20, True),
    }


def test_waits_are_judged_by_the_best_peer() -> None:
    rows = [
        waits(OURS, 16, 0.3, 9),
        waits(OURS, 64, 2, 3.5, 1),
        waits(SERVER, 16, 1, 2),
        waits(SERVER, 16, 2, 2),
    ]
    found = {v.what: (v.figure, v.met) for v in verdicts({"first": rows})}
    assert found == {
        "p95 of 16 clients: share of the best peer's": (0.3, False),
        "64 clients: longest wait / median": (3.5, False),
        "64 clients: lost": (1, False),
    }


def test_what_was_not_measured_is_not_judged() -> None:
    assert verdicts({"eval": [rate(OURS, 16, 40)], "settings": {}, "seconds": 1.0}) == []


def test_without_peers_none_are_asked() -> None:
    plan = Plan(quick=True, rounds=1, threads=1, peers=False)
    rows = [*first_tokens(plan), *throughputs(plan, 8, 4, served=True)]
    assert not {SERVER, PYTHON} & {row.system for row in rows}


def test_an_unknown_part_is_refused_with_those_there_are() -> None:
    result = CliRunner().invoke(main, ["--only", "cold,warm"])
    assert result.exit_code == 2
    assert "'warm' is no part" in result.output
    assert all(name in result.output for name in PARTS)


def test_a_run_of_one_part_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "figures.json"
    result = CliRunner().invoke(main, ["--quick", "--only", "cold", "--no-peers", "--json", str(target)])
    assert result.exit_code == 0, result.output
    figures = json.loads(target.read_text("utf-8"))
    assert set(figures) == {"plan", "cold", "settings", "seconds", "aims"}
    assert 0 < figures["cold"]["kept_s"]["median"] < figures["cold"]["first_s"]["median"]
    [aim] = figures["aims"]
    assert (aim["part"], aim["aim"]) == ("cold", 1.0)
    with capsys.disabled():
        print(f" [start to first token: {aim['figure']:.2f} s]", end="")
