"""kill -9 at random moments: no token is lost, none is charged twice, no run is left open."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from web.database.migrate import open_web_database
from web.database.tables import events, ledger, reservations, runs, wallets

HERE = Path(__file__).parent
PIECE_CHARS = 4


async def live_and_die(url: str, counts: Path, kills: int) -> dict[str, int]:
    """Kills a server so often, and compares its books with what the model counted."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "killed.py"), url, str(counts), str(kills), "1",
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )  # fmt: skip
    assert await process.wait() == 0
    pieces: Counter[str] = Counter()
    prompt: dict[str, int] = {}
    for line in counts.read_text().splitlines():  # noqa: ASYNC240 - nothing else waits
        words = line.split()
        if words[1] == "piece":
            pieces[words[0]] += 1
        else:
            prompt[words[0]] = int(words[2])
    async with await open_web_database(url) as database, database.reading() as connection:
        found = (await connection.execute(select(runs))).all()
        charges = (await connection.execute(select(ledger).where(ledger.c.kind == "charge"))).all()
        total = (await connection.execute(select(func.sum(ledger.c.amount)))).scalar_one()
        wallet = (await connection.execute(select(wallets))).one()
        still_open = (
            await connection.execute(
                select(func.count()).select_from(reservations).where(reservations.c.open)
            )
        ).scalar_one()
        log = (await connection.execute(select(events).order_by(events.c.run, events.c.seq))).all()
    assert (wallet.balance, wallet.held, still_open) == (total, 0, 0)
    charged: dict[str, int] = {}
    for charge in charges:
        assert charge.run not in charged, "charged twice"
        charged[charge.run] = -charge.amount
    types: dict[str, list[str]] = {}
    shown: Counter[str] = Counter()
    for event in log:
        types.setdefault(event.run, []).append(event.type)
        if event.type == "text-delta":
            shown[event.run] += event.data.count("abcd")
    acknowledged = counts.with_suffix(".runs").read_text().split()
    assert set(acknowledged) <= {run.id for run in found}
    states: Counter[str] = Counter()
    for run in found:
        states[run.state] += 1
        assert types[run.id][-1] == "run-ended" and types[run.id].count("run-ended") == 1
        cost = charged.get(run.id, 0)
        assert run.charged == cost
        written = pieces[run.text]
        if run.state == "finished":
            assert cost == prompt[run.text] + 8 * written and shown[run.id] == written
        elif cost:
            assert shown[run.id] <= (cost - prompt[run.text]) / 8 <= written
        else:
            assert shown[run.id] == 0
    return {"runs": len(found), **states}


async def test_killed_20_times(sqlite_url: str, tmp_path: Path) -> None:
    counted = await live_and_die(sqlite_url, tmp_path / "counts", 20)
    assert counted["finished"] > 0 and counted["interrupted"] > 0


@pytest.mark.slow
async def test_killed_200_times(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = await live_and_die(sqlite_url, tmp_path / "counts", 200)
    with capsys.disabled():
        print(f"\n200 kills: {counted}")
    assert counted["interrupted"] >= 100
