"""Watches 1,000 local hosts and prints missed ticks, processor time and memory of `smallwatch watch`.

    python -m bench.watch --minutes 5
    python -m bench.watch --minutes 1 --hosts 200 --database postgresql://… --json

Half of the hosts are pages over http, 15 % over https, 20 % are TCP ports and 15 % are pinged; their servers run in
a process of their own, which does not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from monitoring.database.migrate import open_database
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.options import HostOptions
from settings.schema import MonitoringSettings
from tools.clock import system_clock
from tools.policy import operator_policy
from tools.records import Endpoint, NewHost
from tools.resolve import Resolver

_MIX: Final[tuple[tuple[Endpoint, int], ...]] = (("http", 50), ("https", 15), ("tcp", 20), ("icmp", 15))
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = b"<html><title>fine</title></html>"
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_PAGE), _PAGE)


def main() -> None:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--interval", type=int, default=60, help="seconds between checks of a host")
    parser.add_argument("--database", help="URL of an empty database; a new SQLite file if not given")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve(Path(options.serve)))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), options)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<36} {value}")


def _measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    database: str = options.database or f"sqlite:///{folder / 'watch.sqlite3'}"
    ports = folder / "ports"
    serving = subprocess.Popen([sys.executable, "-m", "bench.watch", "--serve", str(ports)])
    try:
        while not ports.exists():
            time.sleep(0.05)
        http, https, tcp = json.loads(ports.read_text())
        begun = time.perf_counter()
        asyncio.run(_add(database, options, {"http": http, "https": https, "tcp": tcp}))
        added_s = time.perf_counter() - begun
        return {"added_s": round(added_s, 1), **_watch(folder, database, options)}
    finally:
        serving.terminate()
        serving.wait()


async def _add(database: str, options: argparse.Namespace, ports: dict[str, int]) -> None:
    policy = operator_policy(["127.0.0.0/8"])
    async with await open_database(database) as opened:
        hosts = WatchedHosts(opened, 1, Resolver(policy), MonitoringSettings(), system_clock)
        for number, endpoint in enumerate(_endpoints(options.hosts)):
            new = NewHost(
                address=f"{endpoint}://127.0.0.1:{ports[endpoint]}/{number}"
                if endpoint in ("http", "https")
                else _loopback(number),
                endpoint=endpoint,
                port=ports[endpoint] if endpoint == "tcp" else None,
                interval_s=options.interval,
            )
            await hosts.add_with(new, HostOptions(verify_tls=False))


def _watch(folder: Path, database: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("smallwatch")), "watch", "--database", database, "--json"]
    environment = {**os.environ, "SMALLWATCH_ALLOW": "127.0.0.0/8"}
    with (folder / "out.jsonl").open("w+") as output:
        watching = subprocess.Popen(command, stdout=output, env=environment)
        try:
            processor, memory = _sample(watching.pid, options.minutes * 60)
        finally:
            watching.send_signal(signal.SIGINT)
            status = watching.wait()
        output.seek(0)
        lines = [json.loads(line) for line in output]
    last = [line for line in lines if line["kind"] == "summary"][-1]
    file = folder / "watch.sqlite3"
    return {
        "hosts": options.hosts,
        "interval_s": options.interval,
        "minutes": options.minutes,
        "checks": last["started"],
        "results_kept": last["recorded"],
        "missed_ticks": last["missed"],
        "latest_start_s": last["latest_s"],
        "hosts_up": last["hosts"].get("up", 0),
        "cpu_percent_of_one_core": round(processor, 1),
        "memory_peak_mib": round(memory, 1),
        "database_mib": round(file.stat().st_size / 2**20, 1) if file.exists() else None,
        "exit_status": status,
    }


def _sample(pid: int, seconds: float) -> tuple[float, float]:
    """Waits; returns percent of one core used meanwhile, without the start of Python, and peak MiB."""
    time.sleep(min(3.0, seconds / 4))
    begun, before = time.perf_counter(), _ticks(pid)
    time.sleep(seconds)
    used = (_ticks(pid) - before) / _TICKS_A_SECOND
    share = 100 * used / (time.perf_counter() - begun)
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return share, int(peak.split()[1]) / 1024


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _endpoints(hosts: int) -> Iterator[Endpoint]:
    hundred = [endpoint for endpoint, share in _MIX for _ in range(share)]
    for number in range(hosts):
        yield hundred[number * 37 % 100]


def _loopback(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def _serve(ports: Path) -> None:
    """Serves pages over http and https, and an open port on every address that hosts may have."""
    import trustme

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER)
            await writer.drain()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    http = await asyncio.start_server(page, "127.0.0.1", 0)
    https = await asyncio.start_server(page, "127.0.0.1", 0, ssl=context)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        tcp = free.getsockname()[1]
    await asyncio.start_server(hang_up, [_loopback(number) for number in range(1000)], tcp)
    found = [http.sockets[0].getsockname()[1], https.sockets[0].getsockname()[1], tcp]
    written = ports.with_suffix(".part")
    written.write_text(json.dumps(found))
    written.rename(ports)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
