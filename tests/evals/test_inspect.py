import asyncio
import gc
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval_async
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_async
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model
from inspect_ai.tool import ToolCall as InspectCall

from evals.inspect_logs import write_log
from evals.loaded import load_runs
from evals.scenarios.form import ReplyForm, calls_of
from evals.scenarios.suite import load_scenarios
from providers.base import DEFAULT_NOW
from smallwatch.inspect_task import suite as suite_task
from tests.evals.support import RuleProvider, line_of, ping_row, ping_suite, stored_run, write_suite
from tests.providers.serving import served

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("default")  # Inspect's own are not ours to mend


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    """Takes back what Inspect changes in its process, and what it leaves open is closed in its own test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    gc.collect()
    # Then `asyncio.run` would close no loop any more, in any test after these.
    assert not hasattr(asyncio, "_nest_patched"), (
        "Inspect has replaced asyncio.run: a log was read inside a loop"
    )


def mock(answer: Callable[[list[Any], list[Any]], ModelOutput]) -> Model:
    """A model of Inspect's that a function answers for; `answer` takes messages and tools."""

    def output(messages: list[Any], tools: list[Any], *_: Any) -> ModelOutput:
        made = answer(messages, tools)
        # Else Inspect counts tokens with a vocabulary that it fetches.
        made.usage = ModelUsage(input_tokens=10, output_tokens=5, total_tokens=15)
        return made

    return get_model("mockllm/model", custom_outputs=output)


def calling(*calls: tuple[str, dict[str, Any]]) -> ModelOutput:
    output = ModelOutput.from_content("mockllm", "")
    output.message.tool_calls = [
        InspectCall(f"call_{number}", name, arguments) for number, (name, arguments) in enumerate(calls)
    ]
    return output


def pinging(messages: list[Any], tools: list[Any]) -> ModelOutput:
    """Pings what it is told to, but never `h1.lan`."""
    verb, _, target = messages[-1].text.partition(" ")
    if verb != "ping":
        return ModelOutput.from_content("mockllm", "I only ping.")
    return calling(("ping_host", {"target": "other.lan" if target == "h1.lan" else target}))


async def evaluated(model: Model, folder: Path, **options: Any) -> EvalLog:
    """The log of an evaluation, as it is on disk.

    The one that Inspect returns reads its samples when they are first looked at, and to do that inside a loop Inspect
    replaces `asyncio.run` for the whole process.
    """
    (log,) = await eval_async(suite_task(**options), model=model, log_dir=str(folder), log_realtime=False)
    return await read_eval_log_async(log.location)


async def test_a_suite_runs_inside_inspect_with_our_scores(tmp_path: Path) -> None:
    path = ping_suite(tmp_path / "s.jsonl", 4)
    log = await evaluated(mock(pinging), tmp_path, suite=str(path))
    assert log.status == "success" and log.samples is not None and log.results is not None
    assert len(log.samples) == 4
    scores = {sample.id: (sample.scores or {})["verdict"] for sample in log.samples}
    assert {name: score.value for name, score in scores.items()} == {
        "p0": "C",
        "p1": "I",
        "p2": "C",
        "p3": "C",
    }
    assert scores["p1"].metadata is not None and scores["p1"].metadata["label"] == "wrong_value"
    assert 'gives target "other.lan"' in (scores["p1"].explanation or "")
    metrics = log.results.scores[0].metrics
    assert metrics["accuracy"].value == 0.75 and metrics["simple"].value == 0.75
    first = log.samples[0]
    assert first.target == ['ping_host target "h0.lan"']
    assert first.messages[-1].role == "assistant" and first.messages[-1].tool_calls


async def test_a_call_that_cannot_be_read_is_malformed_there_too(tmp_path: Path) -> None:
    def broken(messages: list[Any], tools: list[Any]) -> ModelOutput:
        output = calling(("ping_host", {}))
        assert output.message.tool_calls
        output.message.tool_calls[0].parse_error = "no JSON"
        return output

    path = write_suite(tmp_path / "s.jsonl", [line_of(id="a", category="irrelevant", expect=[])])
    log = await evaluated(mock(broken), tmp_path, suite=str(path))
    assert log.samples is not None
    score = (log.samples[0].scores or {})["verdict"]
    assert score.value == "I" and score.metadata is not None and score.metadata["label"] == "malformed"


async def test_scenarios_and_bfcl_run_inside_inspect(tmp_path: Path) -> None:
    loaded = load_scenarios()
    case = next(case for case in loaded.cases if case.id == "shop-pages")
    left: Iterator[ReplyForm] = iter(case.task.solution)

    def solving(messages: list[Any], tools: list[Any]) -> ModelOutput:
        reply = next(left)
        if isinstance(reply, str):
            said = [json.loads(m.text)["message"] for m in messages if m.role == "tool"]
            return ModelOutput.from_content("mockllm", " ".join(said))
        return calling(*calls_of(reply))

    log = await evaluated(mock(solving), tmp_path, suite="scenarios", cases="shop-pages")
    assert log.samples is not None
    sample = log.samples[0]
    assert (sample.scores or {})["verdict"].value == "C", (sample.scores or {})["verdict"].explanation
    assert [m.role for m in sample.messages].count("user") == 2
    log = await evaluated(mock(pinging), tmp_path, suite="bfcl:live_relevance", cases="live_relevance_0-0-0")
    assert log.samples is not None
    assert (log.samples[0].scores or {})["verdict"].metadata["ast_checker"]["valid"] is False  # type: ignore[index]


async def test_it_runs_with_a_model_that_we_serve(tmp_path: Path) -> None:
    path, provider = ping_suite(tmp_path / "s.jsonl", 2), RuleProvider()
    async with served(rule=provider) as url:
        model = get_model("openai-api/smallwatch/rule", base_url=url, api_key="none", memoize=False)
        log = await evaluated(model, tmp_path, suite=str(path), send_now=True)
    assert log.samples is not None, log.error
    messages, settings = provider.asked[0]
    assert settings.now == DEFAULT_NOW and messages[0].content == "It is Sunday, 2026-11-22 12:00 UTC."
    assert [(sample.scores or {})["verdict"].value for sample in log.samples] == ["C", "C"]


def exported(folder: Path) -> Path:
    suite = ping_suite(folder / "s.jsonl", 3)
    rows = [
        ping_row(0),
        ping_row(1, False, reason="it pings another host", repaired=True, repairs=("end tag",)),
        ping_row(2, label="infra_error", calls=(), raw="", reason="ProviderTimeout: too slow"),
    ]
    (run,) = load_runs([str(stored_run(folder / "run", suite, rows))])
    path = folder / "logs" / "run.eval"
    path.parent.mkdir()
    write_log(run, path)
    return path


def test_an_exported_run_is_read_back_by_inspect(tmp_path: Path) -> None:
    log = read_eval_log(exported(tmp_path))
    assert (log.status, log.eval.task, log.eval.model) == ("success", "smallwatch-s", "smallwatch/rule:f16")
    assert log.samples is not None and log.results is not None
    right, wrong, failed = log.samples
    assert (right.scores or {})["verdict"].value == "C"
    score = (wrong.scores or {})["verdict"]
    assert (score.value, score.explanation) == ("I", "it pings another host")
    assert score.metadata is not None and score.metadata["repairs"] == ["end tag"]
    assert failed.scores is None and failed.error is not None and "too slow" in failed.error.message
    assert right.input[0].text == "ping h0.lan" and right.target == ['ping_host target "h0.lan"']  # type: ignore[union-attr]
    assert right.messages[-1].tool_calls[0].function == "ping_host"  # type: ignore[union-attr]
    (found,) = log.results.scores
    assert found.metrics["accuracy"].value == 0.5 and found.unscored_samples == 1
    assert log.eval.metadata is not None and log.eval.metadata["model"]["weights_sha256"] == "ab"


def test_the_command_writes_it_and_refuses_other_names(tmp_path: Path) -> None:
    exported(tmp_path)
    done = command(tmp_path, "export", "run", "--to", "inspect")
    assert done.returncode == 0 and done.stdout == "log run/inspect.eval\n", done.stderr
    assert read_eval_log(tmp_path / "run" / "inspect.eval").status == "success"
    refused = command(tmp_path, "export", "run", "--to", "inspect", "-o", "run.json")
    assert refused.returncode == 2 and "must end with .eval" in refused.stderr


def command(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evals", *arguments],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetched(url: str, process: subprocess.Popen[bytes]) -> bytes:
    """What a server answers, once it does."""
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.read()
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)


def test_inspect_view_serves_an_exported_run(tmp_path: Path) -> None:
    path, port = exported(tmp_path), free_port()
    inspect = Path(sys.executable).with_name("inspect")
    process = subprocess.Popen(
        [inspect, "view", "start", "--log-dir", path.parent, "--port", str(port), "--host", "127.0.0.1"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        base = f"http://127.0.0.1:{port}"
        assert b"<html" in fetched(base, process).lower()
        (file,) = json.loads(fetched(f"{base}/api/logs", process))["files"]
        assert file["name"].endswith("run.eval") and file["task"] == "smallwatch-s"
        headers = json.loads(fetched(f"{base}/api/log-headers?file={file['name']}", process))
        assert headers[0]["eval"]["model"] == "smallwatch/rule:f16"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
def test_the_shipped_model_runs_inside_inspect_through_engine_serve(tmp_path: Path) -> None:
    """The same replies, and so the same scores, as `evals run` has from the same server's model."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("smallwatch"), "engine", "serve", "--model", "q4_k", "--port", str(port)],
        cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        served_models = json.loads(fetched(f"http://127.0.0.1:{port}/v1/models", process))
        name = served_models["data"][0]["id"]
        model = get_model(
            f"openai-api/smallwatch/{name}", base_url=f"http://127.0.0.1:{port}/v1", api_key="none"
        )
        log = asyncio.run(evaluated(model, tmp_path, suite="netmon-smoke", send_now=True))
    finally:
        process.terminate()
        process.wait(60)
    assert log.status == "success", log.error
    assert log.results is not None and re.fullmatch(r"netmon-7m[:.-].*", name)
    direct = command(
        tmp_path, "run", "--model", "q4_k", "--suite", "netmon-smoke", "--constrained", "none", "--json"
    )
    accuracy = json.loads(direct.stdout.splitlines()[-1])["accuracy"]
    assert abs(log.results.scores[0].metrics["accuracy"].value - accuracy) < 0.15
