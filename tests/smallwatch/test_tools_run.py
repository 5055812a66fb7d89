"""Each of the 25 tools as a command, on a database of its own; agents and their tokens from the command line."""

from __future__ import annotations

import json
import shlex
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from typer.testing import CliRunner as TyperRunner

from smallwatch.agent import agent
from smallwatch.agents import agents, parse_listen
from smallwatch.tools import app
from tools.catalogue import default_registry

#: A command line for each tool, in an order that gives each something to work on; and whether it succeeds.
_LINES = [
    ("add_host 127.0.0.1 tcp --port {port} --interval-s 60 --retries 1", True),
    ("get_host_list --endpoint tcp --no-enabled", True),
    ("get_host_list --address 127.*", True),
    ("get_host_data --host-id 1 --date-start 2026-01-01T00:00:00Z --detail-response", True),
    ("get_uptime_report 7d", True),
    ("get_incidents", True),
    ("get_user_info --detail-response", True),
    ("get_agents --detail-response", True),
    ("get_available_endpoints --agent-location local", True),
    ("edit_host --host-id 1 --no-enabled", True),
    ("set_maintenance 127.0.0.1 30", True),
    ("reset_alerts --host-id 1", True),
    ("check_http http://127.0.0.1:{port}/ --timeout-ms 300", False),
    ("check_ssl_certificate 127.0.0.1 --port {port}", False),
    ("ping_host 127.0.0.1 --count 1", True),
    ("dns_lookup shop.test --resolver 10.9.9.9", False),
    ("traceroute 127.0.0.1", True),
    ("check_port 127.0.0.1 {port}", True),
    ("whois_lookup 127.0.0.1", False),
    ("test_quantum_safety 127.0.0.1 --port {port}", False),
    ("compare_locations 127.0.0.1 ping local nowhere", False),
    ("compare_locations 127.0.0.1 ping local", True),
    ("run_nmap 127.0.0.1 quick --ports {port}", True),
    ("scan_quantum_ports 127.0.0.1 --ports {port}", True),
    ("get_function_status m-00000000", False),
    ("cancel_function m-00000000", False),
    ("delete_host --host-id 1", True),
]


@pytest.fixture
def listening() -> Iterator[int]:
    """A port that takes connections, says that it speaks no TLS, and hangs up."""

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"220 no TLS here\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HangUp) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def test_every_tool_runs_from_the_command_line(
    listening: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMALLWATCH_MONITORING__DATABASE", f"sqlite:///{tmp_path / 'run.sqlite3'}")
    run = TyperRunner()
    assert {line.split()[0] for line, _ in _LINES} == set(default_registry().names)
    for line, good in _LINES:
        words = shlex.split(line.format(port=listening))
        done = run.invoke(app, ["run", *words, "--allow", "127.0.0.0/8", "--json"])
        assert done.stdout.startswith("{"), (line, done.output)
        result: dict[str, Any] = json.loads(done.stdout)
        assert result["success"] is good and done.exit_code == (0 if good else 1), (line, done.output)
    shown = run.invoke(app, ["run", "get_agents"])
    assert "local" in shown.stdout and "┃" in shown.stdout


def test_help_is_made_from_the_schema() -> None:
    run = TyperRunner()
    for definition in default_registry():
        shown = " ".join(
            run.invoke(app, ["run", definition.name, "--help"], env={"COLUMNS": "300"}).stdout.split()
        )
        for name in definition.parameters["properties"]:
            required = name in definition.parameters["required"]
            assert (name if required else f"--{name.replace('_', '-')}") in shown, (definition.name, name)


def test_an_agents_token_is_shown_once(tmp_path: Path) -> None:
    run = CliRunner()
    database = ["--database", f"sqlite:///{tmp_path / 'agents.sqlite3'}"]
    token = run.invoke(agents, ["add", "oslo", "--city", "Oslo", *database]).stdout.strip()
    assert token.startswith("swa_") and len(token) > 40
    listed = run.invoke(agents, ["list", "--json", *database]).stdout
    assert token not in listed and json.loads(listed)[0]["state"] == "offline"
    assert run.invoke(agents, ["revoke", "oslo", *database]).exit_code == 0
    assert json.loads(run.invoke(agents, ["list", "--json", *database]).stdout)[0]["state"] == "revoked"
    assert "Nearest: oslo" in run.invoke(agents, ["remove", "os1o", *database]).output
    assert run.invoke(agents, ["remove", "oslo", *database]).exit_code == 0
    assert "a-z, 0-9 and -" in run.invoke(agents, ["add", "A b", *database]).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--server", "http://x/"], "write it as wss://"),
        (["--server", "ws://watch.example.org/agents"], "the token travels openly"),
        (["--server", "ws://127.0.0.1:1/", "--allow", "10.0.0.1/8"], "write it as 10.20.0.0/16"),
        ([], "Missing option '--server'"),
    ],
)
def test_a_wrong_agent_command_is_misuse(words: list[str], said: str) -> None:
    done = CliRunner().invoke(agent, [*words, "--token", "swa_x"])
    assert done.exit_code == 2 and said in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("text", "place"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:0", ("::1", 0)), (":80", None), ("a:b", None)],
)
def test_addresses_to_listen_on(text: str, place: tuple[str, int] | None) -> None:
    if place is not None:
        assert parse_listen(text) == place
        return
    with pytest.raises(Exception, match=r"write it as 127\.0\.0\.1:8765"):
        parse_listen(text)
