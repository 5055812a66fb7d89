"""Commands that set runs side by side."""

from __future__ import annotations

import gc
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.commands.refusal import Refused, refusing
from evals.options import cluster_option, json_option, percentage
from evals.text import visible

if TYPE_CHECKING:
    from evals.prompts import Renderer
    from settings.schema import Config

_NOTHING_SCORED = 1
_DIFFERENT = 1
_WORSE = 3


@click.command(
    epilog="""\b
Examples:
  evals compare runs/f16 runs/q8_0 runs/q4_k
  evals compare runs/f16 runs/q4_k --cluster '^(.*)-[0-9]+$' --json"""
)
@click.argument("runs", metavar="BASELINE RUN...", nargs=-1, required=True)
@cluster_option
@json_option
def compare(runs: tuple[str, ...], cluster: str | None, as_json: bool) -> None:
    """Compare runs of one suite, case by case, with the first of them."""
    if len(runs) < 2:
        raise click.UsageError("expected at least two runs, the baseline first")
    with refusing():
        from rich.console import Console

        from evals.compare import as_object, compare_runs, print_comparisons
        from evals.comparison import Grouping
        from evals.loaded import load_runs

        grouping, loaded = Grouping(cluster), load_runs(runs)
        comparisons = compare_runs(loaded, grouping)
        if as_json:
            click.echo(json.dumps(as_object(loaded, comparisons, grouping)))
        else:
            print_comparisons(Console(highlight=False), loaded, comparisons, grouping)


@click.command(
    epilog="""\b
Examples:
  evals gate runs/q4_k --baseline runs/f16 --max-drop 2%

\b
Exit status:
  0  kept, or the sample cannot show a greater drop (the text says which)
  1  there is nothing to compare
  3  worse: the whole 95 % interval is a greater drop than is allowed"""
)
@click.argument("run", metavar="RUN")
@click.option("--baseline", metavar="RUN", required=True, help="What RUN is compared with.")
@click.option(
    "--max-drop", type=percentage, metavar="N%", default="0%", show_default=True,
    help="How many points of accuracy RUN may lose.",
)  # fmt: skip
@cluster_option
@json_option
def gate(run: str, baseline: str, max_drop: float, cluster: str | None, as_json: bool) -> None:
    """Fail where RUN is shown to be worse than a baseline."""
    with refusing():
        from evals.comparison import Grouping
        from evals.comparison import compare as compare_pair
        from evals.gate import gate_object, gate_text, judge
        from evals.loaded import load_runs

        grouping = Grouping(cluster)
        before, after = load_runs([baseline, run])
        judged = judge(compare_pair(before, after, grouping), max_drop)
    click.echo(json.dumps(gate_object(judged)) if as_json else visible(gate_text(judged)))
    sys.exit({"worse": _WORSE, "nothing to compare": _NOTHING_SCORED}.get(judged.outcome, 0))


@click.command(
    epilog="""\b
Examples:
  evals report runs/q4_k
  evals report runs/f16 runs/q8_0 runs/q4_k -o quants.html"""
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True,
    metavar="FILE", help="The file to write.",
)  # fmt: skip
@cluster_option
def report(runs: tuple[str, ...], out: Path, cluster: str | None) -> None:
    """Write one HTML file, which needs no other, about runs of one suite; the first is the baseline."""
    with refusing():
        from evals.comparison import Grouping
        from evals.loaded import load_runs
        from evals.report.page import write_report

        # What is made here lives until the end: looking for what could be given up costs a quarter of the time.
        gc.disable()
        write_report(out, load_runs(runs), Grouping(cluster))
    click.echo(f"report {out}")


@click.command(
    name="diff-prompt",
    epilog="""\b
Examples:
  evals diff-prompt runs/before runs/after
  evals diff-prompt netmon-7m rwkv7-2.9b-world --case nd-017
  evals diff-prompt netmon hermes --suite netmon-smoke
  evals diff-prompt old-cases.jsonl new-cases.jsonl --dialect hermes

\b
Exit status:
  0  the prompts are the same
  1  they differ""",
)
@click.argument("left", metavar="LEFT")
@click.argument("right", metavar="RIGHT")
@click.option("--suite", default="netmon-dev", show_default=True, metavar="NAME|PATH",
              help="What is asked where a side is a model or a dialect.")  # fmt: skip
@click.option("--dialect", default="netmon", show_default=True, metavar="NAME",
              help="How prompts are written where a side is the file of a suite.")  # fmt: skip
@click.option("--case", "only", multiple=True, metavar="ID", help="Only this case; may be repeated.")
@click.option("--limit", type=click.IntRange(min=0), default=3, show_default=True, metavar="N",
              help="Cases that are shown in full.")  # fmt: skip
@json_option
def diff_prompt(
    left: str, right: str, suite: str, dialect: str, only: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Show how prompts differ between LEFT and RIGHT: runs, models, dialects, or files of a suite.

    Between runs it also shows whose outcome changed, with and without another prompt.
    """
    from settings.load import ConfigError, load_config

    with refusing():
        from evals.prompt_diff import diff_object, diff_prompts, diff_text, find_side

        try:
            config = load_config()
        except ConfigError as error:
            raise Refused(str(error)) from error
        dialect_of = partial(_renderer_of, config)
        before, after = (find_side(spec, suite, dialect, dialect_of) for spec in (left, right))
        diff = diff_prompts(before, after, only)
    click.echo(json.dumps(diff_object(diff)) if as_json else diff_text(diff, max(limit, len(only))))
    sys.exit(_DIFFERENT if diff.fixed or diff.different else 0)


def _renderer_of(config: Config, spec: str) -> Renderer:
    """How the prompts of a model are written; its weights are not loaded."""
    from evals.prompts import NATIVE, Renderer
    from models.catalogue import HubFile, NamedModel, parse
    from models.errors import ModelError
    from models.gguf import check
    from providers.base import ProviderRejected
    from providers.dialects.registry import choose
    from providers.registry import HUGLLM, TURBOLLM

    kind, _, rest = spec.partition(":")
    if kind in (TURBOLLM, HUGLLM):
        configured = config.turbollm if kind == TURBOLLM else config.hugllm
        return Renderer(
            rest.rpartition("@")[2] if "@" in rest else configured.tool_format or NATIVE, hosted=True
        )
    try:
        ref = parse(spec, config.model)
        if isinstance(ref, NamedModel):
            return Renderer(ref.entry.dialect)
        if isinstance(ref, HubFile):
            raise ProviderRejected(
                f"{spec} is not in the catalogue; fetch it, then name its file or its dialect"
            )
        info = check(ref.path)
        return Renderer(choose(info.architecture, info.chat_template, info.dialect).name)
    except (ModelError, ValueError) as error:
        raise ProviderRejected(str(error)) from error
