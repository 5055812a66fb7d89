"""The real `smallwatch` command, in a process of its own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import openai
import pytest

SMALLWATCH = Path(sys.executable).with_name("smallwatch")
SCHEMA = Path(__file__).parents[2] / "tools" / "schema.json"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SMALLWATCH, *words], capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command_with_examples() -> None:
    said = run("--help").stdout
    assert all(word in said for word in ("check", "engine", "models", "tools", "Examples:"))


def test_the_tools_are_printed_as_the_contract_has_them() -> None:
    assert json.loads(run("tools", "list", "--json").stdout) == json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_an_unknown_command_is_an_error() -> None:
    done = run("serv")
    assert done.returncode == 2
    assert "No such command 'serv'" in done.stderr


def test_help_of_every_command_ends_well() -> None:
    for words in (["check"], ["check", "port"], ["engine", "serve"], ["models", "list"], ["tools", "show"]):
        done = run(*words, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "--" in done.stdout


def test_a_real_check_tells_the_truth() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run("check", "port", "127.0.0.1", str(port), "--allow", "127.0.0.0/8", "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["data"]["state"] == "open"
    refused = run("check", "port", "127.0.0.1", str(port))
    assert refused.returncode == 1
    assert "127.0.0.1" in refused.stdout + refused.stderr


def test_a_port_in_use_is_told() -> None:
    with subprocess.Popen(
        [SMALLWATCH, "engine", "serve", "--model", "scripted", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            port = _address(server).rsplit(":", 1)[1]
            done = run("engine", "serve", "--model", "scripted", "--port", port)
            assert done.returncode == 1
            assert "choose another port" in done.stderr
        finally:
            server.terminate()


def test_the_openai_client_uses_the_shipped_model() -> None:
    with subprocess.Popen(
        [SMALLWATCH, "engine", "serve", "--model", "bf16", "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            client = openai.OpenAI(base_url=f"{_address(server)}/v1", api_key="none")
            reply = client.chat.completions.create(
                model="netmon-7m:bf16",
                messages=[{"role": "user", "content": "ping db-03"}],
                tools=json.loads(SCHEMA.read_text(encoding="utf-8")),
            )
            client.close()
            calls = reply.choices[0].message.tool_calls
            assert calls is not None
            assert calls[0].type == "function"
            assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == (
                "ping_host",
                {"target": "db-03"},
            )
        finally:
            server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if found := re.search(r"on (http://[^/]+)/v1", line):
            return found[1]
    pytest.fail("the server did not start")
