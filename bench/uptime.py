"""Fills a database with a year of one host's results and prints how long reports about it take.

    python -m bench.uptime
    python -m bench.uptime --database postgresql://… --json

The year holds 525,600 results, one a minute, of which the last seven days are kept singly, as retention leaves
them, unless `--keep-all` is given; hours and days are summed up; there are some 900 incidents.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.database.tables import coverage, incidents, marks, results, rollups, states
from monitoring.history.rollups import DAY, HOUR, RESULTS_FROM, ROLLED
from monitoring.history.summary import Summary
from monitoring.hosts.backend import WatchedHosts
from settings.schema import MonitoringSettings
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import ToolContext
from tools.policy import operator_policy
from tools.real import RealBackend
from tools.records import NewHost
from tools.resolve import Resolver
from tools.run import run_tool

_NOW: Final = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
_DAYS: Final = 365
_BATCH: Final = 5000


def main() -> None:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", help="URL of an empty database; a new SQLite file if not given")
    parser.add_argument("--keep-all", action="store_true", help="keep the whole year's single results")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'year.sqlite3'}"
        rows = asyncio.run(_measure(url, options.keep_all, options.repeat))
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['call']:<46} median {row['median_ms']:>6.1f} ms   slowest {row['slowest_ms']:>6.1f} ms")


async def _measure(url: str, keep_all: bool, repeat: int) -> list[dict[str, Any]]:
    clock = SetClock(_NOW)
    resolver = Resolver(operator_policy(["127.0.0.0/8"]))
    async with await open_database(url) as database:
        hosts = WatchedHosts(database, 1, resolver, MonitoringSettings(), clock)
        host = await hosts.add(NewHost("127.0.0.1", "http"))
        await _fill(database, host.id, timedelta(days=_DAYS if keep_all else 7))
        context = ToolContext(RealBackend(resolver.policy, hosts=hosts), clock, default_registry())
        calls: list[tuple[str, dict[str, Any]]] = [
            ("get_uptime_report", {"host_id": host.id, "period": period})
            for period in ("24h", "7d", "30d", "90d")
        ]
        year = {"date_start": (_NOW - timedelta(days=_DAYS)).isoformat(), "detail_response": True}
        calls += [("get_host_data", {"host_id": host.id}), ("get_host_data", {"host_id": host.id, **year})]
        calls += [("get_incidents", {"host_id": host.id})]
        return [await _time(context, name, arguments, repeat) for name, arguments in calls]


async def _time(context: ToolContext, name: str, arguments: dict[str, Any], repeat: int) -> dict[str, Any]:
    taken: list[float] = []
    for _ in range(repeat):
        begun = time.perf_counter()
        result = await run_tool(name, arguments, context)
        taken.append((time.perf_counter() - begun) * 1000)
        if not result.success:
            raise SystemExit(result.message)
    about = arguments.get("period") or ("365d" if "date_start" in arguments else "")
    return {
        "call": f"{name} {about}".strip(),
        "median_ms": round(statistics.median(taken), 1),
        "slowest_ms": round(max(taken), 1),
        "message": result.message,
    }


async def _fill(database: Database, host_id: int, kept: timedelta) -> None:
    chance = random.Random(0)
    begin = (_NOW - timedelta(days=_DAYS)).replace(minute=0, second=0)
    outages = [begin + timedelta(minutes=chance.randrange(_DAYS * 1440)) for _ in range(900)]
    down = {minute for start in outages for minute in (start + timedelta(minutes=n) for n in range(5))}
    single: list[dict[str, Any]] = []
    summed: list[dict[str, Any]] = []
    hour, day_summary = begin, Summary()
    while hour < _NOW:
        rows = [_result(chance, hour + timedelta(minutes=minute), down) for minute in range(60)]
        rows = [row for row in rows if row.at < _NOW]
        if hour + HOUR >= _NOW - kept:
            single += [{"host_id": host_id, "cause": None, "maintenance": False, **vars(row)} for row in rows]
        if hour + HOUR <= _NOW:
            of_hour = Summary()
            of_hour.add_results(rows)
            summed.append({"host_id": host_id, "length_s": 3600, "start": hour, **of_hour.to_row()})
            day_summary.add_results(rows)
            if (hour + HOUR).hour == 0:
                start = hour + HOUR - DAY
                summed.append({"host_id": host_id, "length_s": 86400, "start": start, **day_summary.to_row()})
                day_summary = Summary()
        hour += HOUR
    rolled = hour - HOUR
    found = sorted(outages)
    apart = [
        start
        for before, start in zip([None, *found], found, strict=False)
        if before is None or start - before > timedelta(minutes=5)
    ]
    async with database.writing() as connection:
        for table, values in (
            (results, single),
            (rollups, summed),
            (
                incidents,
                [
                    {"host_id": host_id, "began": start, "ended": start + timedelta(minutes=5), "cause": "no answer"}
                    for start in apart
                ],
            ),
            (coverage, [{"host_id": host_id, "start": begin, "end": _NOW - timedelta(days=1)}]),
            (
                states,
                [
                    {
                        "host_id": host_id, "status": "up", "last_check": _NOW, "response_ms": 20.0, "alert": False,
                        "watched_since": _NOW - timedelta(days=1), "memory": {"settled": "up"},
                    }
                ],
            ),
            (marks, [{"name": ROLLED, "at": rolled}, {"name": RESULTS_FROM, "at": _NOW - kept}]),
        ):  # fmt: skip
            for first in range(0, len(values), _BATCH):
                await connection.execute(table.insert(), values[first : first + _BATCH])


def _result(chance: random.Random, at: datetime, down: set[datetime]) -> SimpleNamespace:
    ok = at not in down
    took = round(chance.lognormvariate(3, 0.5), 1) if ok else None
    return SimpleNamespace(at=at, ok=ok, response_ms=took, sent=1, received=int(ok))


if __name__ == "__main__":
    main()
