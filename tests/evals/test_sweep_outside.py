"""A sweep with outside models: those that can be had are asked, in every way that holds them; the others are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.evals.support import copy_code, entries, line_of, write_suite
from tests.models.support import hub_server
from tests.providers.engine.tiny import write_tiny

PUBLISHED = "unsloth/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf"


def test_outside_models_are_swept_by_their_names(tmp_path: Path) -> None:
    """A file of random weights stands in for Qwen3-0.6B on a server that answers as the Hugging Face Hub does."""
    suite = write_suite(
        tmp_path / "suite.jsonl",
        [
            line_of(
                id=f"p{number}",
                tools=["ping_host"],
                messages=[{"role": "user", "content": f"ping h{number}"}],
                expect=entries([("ping_host", {"target": [f"h{number}"]})]),
            )
            for number in range(2)
        ],
    )
    body = write_tiny("qwen3", tmp_path / "tiny.gguf").read_bytes()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "SMALLWATCH_"))}
    env |= {
        "PYTHONPATH": str(copy_code(tmp_path / "code")),
        "HF_HOME": str(tmp_path / "hf"),
        "SMALLWATCH_CACHE": str(tmp_path / "cache"),
        "SMALLWATCH_REPLY__MAX_TOKENS": "24",
    }
    with hub_server() as hub:
        hub.files[PUBLISHED] = body
        done = subprocess.run(
            [
                sys.executable, "-m", "evals", "sweep", "--model", "qwen3-0.6b", "--model", "rwkv7-g1-0.1b",
                "--constrained", "none,schema,copy", "--suite", str(suite), "--out", "sweep", "--json", "--no-cache",
            ],
            cwd=tmp_path, env=env | {"HF_ENDPOINT": hub.address}, capture_output=True, text=True, timeout=280,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [(r["model"], r["constrained"], r["n"], r["infra_errors"]) for r in said["results"]] == [
        ("qwen3-0.6b", "none", 2, 0),
        ("qwen3-0.6b", "schema", 2, 0),
    ]
    (missing, held) = said["skipped"]
    assert missing.startswith("rwkv7-g1-0.1b: ") and "zhiyuan8/RWKV-v7-0.1B-G1-GGUF" in missing
    assert held == "qwen3-0.6b cannot be held to copy"
