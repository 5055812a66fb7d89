"""The `tools` commands."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files

from typer.testing import CliRunner

from tools.catalogue import default_registry
from tools.cli import app

runner = CliRunner()


def test_list_names_every_tool_with_its_effect() -> None:
    lines = runner.invoke(app, ["list"]).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[d.name, d.effect] for d in default_registry()]


def test_list_as_json_is_the_contract() -> None:
    shown = runner.invoke(app, ["list", "--json"]).stdout
    assert shown.strip() == files("tools").joinpath("schema.json").read_text(encoding="utf-8").strip()


def test_show_one_tool() -> None:
    shown = runner.invoke(app, ["show", "check_port"]).stdout
    assert "port (required): TCP port." in shown
    assert "a whole number from 1 to 65535" in shown
    as_json = json.loads(runner.invoke(app, ["show", "check_port", "--json"]).stdout)
    assert as_json == default_registry().get("check_port").openai()


def test_an_unknown_tool_is_an_error_with_the_nearest() -> None:
    result = runner.invoke(app, ["show", "chek_port"])
    assert result.exit_code == 2
    assert "Nearest: check_port" in result.stderr


def test_importing_the_commands_loads_no_tools() -> None:
    code = "import sys, tools.cli; print('pydantic' in sys.modules, 'tools.catalogue' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["False", "False"]
