"""Files of random weights: of the exact shape, loadable, marked, and the same for the same seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.cli import app
from models.errors import UnknownModel
from models.gguf import check
from models.progress import Progress
from models.random_blocks import KINDS, random_tensor
from models.synth import FORMATS, SHAPES, synthesize


@pytest.mark.parametrize("kind", KINDS)
def test_weights_have_the_spread_that_was_asked_for(kind: str) -> None:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    data = random_tensor(kind, 256 * 256, 0.02, np.random.default_rng(1))
    values = dequantize(data, GGMLQuantizationType[kind.upper()])
    assert values.size == 256 * 256
    assert abs(float(values.mean())) < 0.003
    assert 0.016 < float(values.std()) < 0.024


@pytest.mark.parametrize("format_", FORMATS)
def test_llama_cpp_runs_them(format_: str, tmp_path: Path) -> None:
    from providers.engine.llama import Llama, Run

    path = tmp_path / "tiny.gguf"
    synthesize("rwkv7-tiny", format_, path)
    info = check(path)
    assert (info.random, info.architecture, info.vocabulary) == ("like rwkv7-tiny, seed 0", "rwkv7", 4096)
    llama = Llama(path, threads=1, slots=1, context=64)
    (logits,) = llama.decode([Run(0, 0, llama.tokenize("is the host up, said the other"), 1)])[0]
    assert np.isfinite(logits).all()
    assert 0.1 < logits.std() < 10


def test_the_big_one_has_the_published_shape() -> None:
    shape = SHAPES["rwkv7-2.9b-world"]
    assert (shape.layers, shape.width, shape.ffn, shape.vocabulary) == (32, 2560, 10240, 65536)
    assert (shape.decay, shape.rate, shape.value, shape.gate) == (96, 96, 64, 320)


def test_the_seed_decides_and_nothing_is_left_behind(tmp_path: Path) -> None:
    reports: list[Progress] = []
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        synthesize("rwkv7-tiny", "q4_0", path, seed=seed, on_progress=reports.append)
    one, same, other = (path.read_bytes() for path in paths)
    assert one == same
    assert one != other
    assert reports[-1].done == reports[-1].total
    with pytest.raises(InterruptedError):
        synthesize("rwkv7-tiny", "q4_0", tmp_path / "d", stopped=lambda: True)
    with pytest.raises(UnknownModel, match="rwkv7-tiny"):
        synthesize("rwkv7-tinny", "q4_0", tmp_path / "d")
    with pytest.raises(UnknownModel, match="q4_k"):
        synthesize("rwkv7-tiny", "q4_kk", tmp_path / "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_the_command(tmp_path: Path) -> None:
    target = tmp_path / "x.gguf"
    done = CliRunner().invoke(app, ["synth", "--like", "rwkv7-tiny", "--out", str(target), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "path": str(target),
        "file_bytes": target.stat().st_size,
        "random": True,
    }
    refused = CliRunner().invoke(app, ["synth", "--like", "nothing"])
    assert refused.exit_code == 2
    assert "known" in refused.output or "did you mean" in refused.output
