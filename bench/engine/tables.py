"""The figures as tables, and what follows from them."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.engine.aims import best, verdicts
from bench.engine.plan import OURS, PARTS, PYTHON, SERVER

_WIDTH = 120


def show(found: dict[str, Any]) -> None:
    """Prints everything, and at last what the engine is meant to reach."""
    console = Console(soft_wrap=True)
    # Written to a file, a table is as wide as it has to be.
    console.width = max(console.width, _WIDTH)
    for name in ("eval", "long"):
        if name in found:
            console.print(_throughput(PARTS[name], found[name]))
            console.print(_ratios(found[name]))
    if "first" in found:
        console.print(_first_tokens(found["first"]))
    if "turns" in found:
        console.print(_turns(found["turns"]))
    for name in ("cold", "arms", "big"):
        if name in found:
            console.print(_plain(PARTS[name], found[name]))
    console.print(_plain("settings", found["settings"]))
    console.print(_aims(found))
    console.print(f"{found['seconds']:.0f} s")


def _aims(found: dict[str, Any]) -> Table:
    table = Table("part", "what", "measured", "aim", "", title="aims")
    for each in verdicts(found):
        sign = "≥" if each.at_least else "≤"
        table.add_row(
            each.part,
            each.what,
            _number(each.figure),
            f"{sign} {each.aim:g}",
            "met" if each.met else "missed",
        )
    return table


def _range(value: dict[str, float], scale: float = 1.0, digits: int = 1) -> str:
    middle, least, most = (value[key] * scale for key in ("median", "least", "most"))
    return f"{middle:.{digits}f} ({least:.{digits}f} … {most:.{digits}f})"


def _throughput(name: str, rows: list[dict[str, Any]]) -> Table:
    table = Table("system", "slots", "clients", "cases/s, median (spread)", "lost", "peak MB", title=name)
    for row in rows:
        table.add_row(
            row["system"], str(row["slots"]), str(row["clients"]), _range(row["cases_per_s"], digits=2),
            str(row["lost"]), f"{row['peak_bytes'] / 1e6:.0f}",
        )  # fmt: skip
    return table


def _ratios(rows: list[dict[str, Any]]) -> str:
    top = {system: best(rows, system, "cases_per_s", most=True) or 0.0 for system in (OURS, SERVER, PYTHON)}
    peers = [f"{top[OURS] / top[peer]:.1f} times {peer}" for peer in (SERVER, PYTHON) if top[peer]]
    return f"best against best: {', '.join(peers) or 'no peers were measured'}"


def _first_tokens(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        "system",
        "slots",
        "clients",
        "p50 ms",
        "p95 ms",
        "longest / median",
        "lost",
        title="time to the first token",
    )
    for row in rows:
        table.add_row(
            row["system"], str(row["slots"]), str(row["clients"]), _range(row["first_p50_s"], 1000, 0),
            _range(row["first_p95_s"], 1000, 0), _range(row["longest_to_median"]), str(row["lost"]),
        )  # fmt: skip
    return table


def _turns(rows: list[dict[str, Any]]) -> Table:
    table = Table("system", "10th turn, 25 schemas, ms", "bare prompt, ms", "ratio", title="conversations")
    for row in rows:
        ratio = row["tenth_first_s"]["median"] / row["bare_first_s"]["median"]
        table.add_row(
            row["system"],
            _range(row["tenth_first_s"], 1000, 0),
            _range(row["bare_first_s"], 1000, 0),
            f"{ratio:.2f}",
        )
    return table


def _plain(name: str, figures: dict[str, Any]) -> Table:
    table = Table("what", "figure", title=name)
    for key, value in figures.items():
        text = (
            value if not isinstance(value, dict) else ", ".join(f"{k} {_number(v)}" for k, v in value.items())
        )
        table.add_row(key, _number(text))
    return table


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
