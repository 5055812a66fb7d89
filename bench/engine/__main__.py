"""`python -m bench.engine`: this engine beside llama.cpp's server and llama_cpp.server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click


@click.command(
    epilog="""\b
Examples:
  python -m bench.engine --quick
  python -m bench.engine --json bench.json
  python -m bench.engine --skip big --rounds 5"""
)
@click.option(
    "--quick", is_flag=True, help="One round of fewer cases: shows that it works, not how fast it is."
)
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--threads", type=click.IntRange(1, 256), help="As many as there are processors if not given.")
@click.option("--skip", multiple=True, type=click.Choice(["peers", "long", "turns", "cold", "arms", "big"]))
@click.option(
    "--json", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures here."
)
def main(quick: bool, rounds: int, threads: int | None, skip: tuple[str, ...], target: Path | None) -> None:
    """Measures throughput, first tokens, memory and starts; medians of rounds in which the systems take turns."""
    try:
        import sse_starlette  # noqa: F401 # pyright: ignore[reportUnusedImport] - llama_cpp.server needs it
        import xllamacpp  # noqa: F401 # pyright: ignore[reportUnusedImport] - it is there, or the extra is not
    except ImportError:
        raise click.ClickException("the peers are missing; install them: pip install -e '.[bench]'") from None
    from bench.engine.run import Plan, run
    from bench.engine.systems import processors
    from bench.engine.tables import show

    plan = Plan(
        quick=quick, rounds=1 if quick else rounds, threads=threads or processors(), skip=frozenset(skip)
    )
    figures: dict[str, Any] = asyncio.run(run(plan, lambda said: click.echo(said, err=True)))
    show(figures)
    if target is not None:
        target.write_text(
            json.dumps({"plan": {**asdict(plan), "skip": sorted(plan.skip)}, **figures}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
