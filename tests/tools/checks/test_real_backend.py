"""The real backend behind the tools and the command line, on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from rich.console import Console
from typer.testing import CliRunner

from tests.tools.checks.loopback import Serve, server_context
from tools.backend import Backend
from tools.catalogue import default_registry
from tools.check_cli import app
from tools.check_commands import COMMANDS, run_check
from tools.check_table import print_result
from tools.clock import system_clock
from tools.context import ToolContext
from tools.policy import Address, operator_policy, public_policy
from tools.real import LocalOperator, RealBackend, RealSettings
from tools.resolve import unresolved
from tools.results import ToolResult
from tools.run import run_tool

runner = CliRunner()
_ALLOW = ["--allow", "127.0.0.0/8"]


async def _lookup(host: str) -> Sequence[Address]:
    if host != "shop.test":
        raise unresolved(host)
    return [ip_address("127.0.0.1")]


@pytest.fixture
async def backend(authority: trustme.CA, names: object) -> AsyncIterator[RealBackend]:
    settings = RealSettings(extra_roots=authority.cert_pem.bytes().decode())
    policy = operator_policy(["127.0.0.0/8"])
    accounts = LocalOperator()
    async with RealBackend(policy, accounts=accounts, lookup=_lookup, settings=settings) as made:
        yield made


@pytest.fixture
def context(backend: RealBackend) -> ToolContext:
    return ToolContext(backend, system_clock, default_registry())


async def test_it_is_a_backend(backend: RealBackend) -> None:
    seen: Backend = backend
    assert (await seen.accounts.current()).logged_in


async def test_each_check_runs_through_its_tool(
    context: ToolContext, serve_http: Serve, authority: trustme.CA
) -> None:
    tls = server_context(authority.issue_cert("shop.test"))
    server = await serve_http({"/": (200, {}, b"<title>Shop</title>hello")}, tls=tls)
    url = f"https://shop.test:{server.port}/"
    calls: dict[str, dict[str, object]] = {
        "check_http": {"url": url, "expect_text": "hello"},
        "check_ssl_certificate": {"host": "shop.test", "port": server.port},
        "ping_host": {"target": "shop.test", "count": 1},
        "traceroute": {"target": "shop.test"},
        "check_port": {"target": "shop.test", "port": server.port},
        "test_quantum_safety": {"target": "shop.test", "port": server.port},
        "run_nmap": {"target": "shop.test", "profile": "quick", "ports": str(server.port)},
        "scan_quantum_ports": {"target": "shop.test", "ports": [server.port, 1]},
    }
    results = {name: await run_tool(name, arguments, context) for name, arguments in calls.items()}
    assert {name: result.message for name, result in results.items() if not result.success} == {}
    assert results["check_http"].data["text_found"] is True
    assert results["ping_host"].data["method"]
    assert results["traceroute"].data["reached"] is True
    assert results["check_port"].data["state"] == "open"
    assert results["run_nmap"].data["hosts"][0]["ports"][0]["port"] == server.port
    assert "1 TLS port found" in results["scan_quantum_ports"].message


async def test_every_check_refuses_what_the_policy_forbids() -> None:
    calls: dict[str, dict[str, object]] = {
        "check_http": {"url": "http://127.0.0.1/"},
        "check_ssl_certificate": {"host": "127.0.0.1"},
        "ping_host": {"target": "127.0.0.1"},
        "dns_lookup": {"name": "shop.test", "resolver": "127.0.0.1"},
        "traceroute": {"target": "127.0.0.1"},
        "check_port": {"target": "127.0.0.1", "port": 80},
        "test_quantum_safety": {"target": "127.0.0.1"},
        "run_nmap": {"target": "127.0.0.1", "profile": "ping"},
        "scan_quantum_ports": {"target": "127.0.0.1"},
    }
    async with RealBackend(public_policy(), accounts=LocalOperator()) as backend:
        context = ToolContext(backend, system_clock, default_registry())
        for name, arguments in calls.items():
            result = await run_tool(name, arguments, context)
            assert not result.success and "is a loopback address" in result.message, (name, result.message)


async def test_what_is_not_here_says_so() -> None:
    async with RealBackend(public_policy()) as backend:
        context = ToolContext(backend, system_clock, default_registry())
        hosts = await run_tool("get_host_list", {}, context)
        agents = await run_tool("get_agents", {}, context)
        scan = await run_tool("run_nmap", {"target": "127.0.0.1", "profile": "ping"}, context)
        far = await run_tool("ping_host", {"target": "shop.test", "agent_location": "tokyo"}, context)
    told = [result.message for result in (hosts, agents, scan, far) if not result.success]
    assert len(told) == 4 and all("not available here" in message for message in told)


async def _slow_scan(context: ToolContext, serve: Serve) -> tuple[str, int]:
    """Starts a scan that runs for minutes; returns its id and the port that it looks at."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve(hold)
    arguments = {"target": "shop.test", "profile": "service", "ports": str(server.port)}
    result = await run_tool("run_nmap", arguments, context)
    assert result.data["state"] == "running", result.message
    return result.data["message_id"], server.port


def _processes(port: int) -> list[str]:
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"\0-p\0{port}\0".encode() in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
    return found


async def test_a_long_scan_is_followed_and_cancelled(context: ToolContext, serve: Serve) -> None:
    message_id, port = await _slow_scan(context, serve)
    status = await run_tool("get_function_status", {"message_id": message_id}, context)
    assert status.data["state"] == "running" and _processes(port)
    began = time.perf_counter()
    cancelled = await run_tool("cancel_function", {"message_id": message_id}, context)
    assert cancelled.success and time.perf_counter() - began < 2
    assert _processes(port) == []
    again = await run_tool("cancel_function", {"message_id": message_id}, context)
    assert "was already cancelled" in again.message
    after = await run_tool("get_function_status", {"message_id": message_id}, context)
    assert after.data["state"] == "cancelled"


async def test_closing_the_backend_stops_its_scans(
    backend: RealBackend, context: ToolContext, serve: Serve
) -> None:
    _, port = await _slow_scan(context, serve)
    await backend.aclose()
    assert _processes(port) == []


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
async def test_ending_the_command_ends_its_scan(serve: Serve, signal_number: signal.Signals) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve(hold)
    code = "from tools.check_cli import app; app()"
    arguments = ["nmap", "127.0.0.1", "service", "--ports", str(server.port), *_ALLOW]
    # Where the tests were started in the background, SIGINT is ignored, and a program inherits that.
    command = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        *arguments,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(500):
        await asyncio.sleep(0.05)
        if _processes(server.port):
            break
    command.send_signal(signal_number)
    began = time.perf_counter()
    assert await command.wait() != 0
    assert time.perf_counter() - began < 2
    assert _processes(server.port) == []


async def test_a_scan_that_fails_is_a_failed_job() -> None:
    settings = RealSettings(nmap="no-such-nmap")
    policy = operator_policy(["127.0.0.1"])
    async with RealBackend(policy, accounts=LocalOperator(), settings=settings) as backend:
        context = ToolContext(backend, system_clock, default_registry())
        result = await run_tool("run_nmap", {"target": "127.0.0.1", "profile": "ping"}, context)
    assert not result.success and result.data["state"] == "failed"
    assert "apt-get install nmap" in result.message


async def test_an_unknown_job_is_not_found(context: ToolContext) -> None:
    result = await run_tool("get_function_status", {"message_id": "m-0"}, context)
    assert not result.success and "No long-running call has the message_id m-0" in result.message


async def test_run_check_waits_for_a_scan() -> None:
    arguments = {"target": "127.0.0.1", "profile": "ping"}
    result = await run_check("run_nmap", arguments, operator_policy(["127.0.0.1"]))
    assert result.success and result.data["state"] == "finished"


def test_every_command_shows_the_parameters_of_its_tool() -> None:
    for command, tool in COMMANDS.items():
        shown = " ".join(runner.invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout.split())
        schema = default_registry().get(tool).parameters
        for name in schema["properties"]:
            spelled = name if name in schema["required"] else f"--{name.replace('_', '-')}"
            assert (spelled in shown) == (name != "agent_location"), (command, name)


def test_the_json_of_a_command_is_the_tools_result() -> None:
    done = runner.invoke(app, ["ping", "127.0.0.1", "--count", "1", "--json", *_ALLOW])
    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(result) == ["success", "message", "data", "truncated", "next_page"]
    assert (result["success"], result["data"]["sent"], result["data"]["received"]) == (True, 1, 1)


def test_people_get_a_sentence_and_a_table() -> None:
    done = runner.invoke(app, ["trace", "127.0.0.1", *_ALLOW])
    assert done.exit_code == 0
    assert "✓ 127.0.0.1 was reached in 1 hop" in done.stdout
    assert "hops" in done.stdout and "127.0.0.1" in done.stdout.splitlines()[-2]


def test_the_policy_is_operator_unless_public_is_chosen() -> None:
    refused = runner.invoke(app, ["ping", "127.0.0.1"])
    assert refused.exit_code == 1 and "operator allows public addresses" in " ".join(refused.stdout.split())
    public = runner.invoke(app, ["ping", "127.0.0.1", "--policy", "public", *_ALLOW])
    assert public.exit_code == 1 and "only public internet" in " ".join(public.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ping", "a,b", *_ALLOW], "must be a host name or IP address"),
        (["ping", "127.0.0.1", "--count", "1000", *_ALLOW], "from 1 to 100"),
        (["http", "ftp://x/"], "must begin with http:// or https://"),
        (["ping", "127.0.0.1", "--allow", "127.0.0.1/8"], "write it as 10.20.0.0/16"),
        (["nmap", "127.0.0.1", "loud", *_ALLOW], "loud"),
        (["tls", "shop.test", "--starttls", "xmpp"], "xmpp"),
    ],
)
def test_wrong_values_are_misuse(arguments: list[str], words: str) -> None:
    done = runner.invoke(app, arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


def test_hostile_texts_are_printed_as_they_are() -> None:
    console = Console(record=True, width=100)
    hostile = "[red]x[/red] [link=http://evil]y[/link]"
    print_result(ToolResult(True, hostile, {"name": hostile, "rows": [{"[b]k": hostile}]}), console)
    shown = console.export_text()
    assert shown.count(hostile) == 3 and "[b]k" in shown


def test_importing_the_commands_loads_no_tools() -> None:
    code = (
        "import sys, tools.check_cli; print(*(n in sys.modules for n in ('pydantic', 'httpx', 'tools.real')))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["False", "False", "False"]
