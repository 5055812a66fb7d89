"""`python -m bench.engine`: this engine beside llama.cpp's server and llama_cpp.server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from bench.engine.plan import PARTS, Plan

#: What the peers are made of; llama_cpp.server needs the second.
_PEERS = ("xllamacpp", "sse_starlette")


class _Parts(click.ParamType[tuple[str, ...]]):
    """Names of parts, separated by commas."""

    name = "parts"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(value.replace(",", " ").split())
        for name in names:
            if name not in PARTS:
                self.fail(f"{name!r} is no part; parts are {', '.join(PARTS)}", param, ctx)
        # In the order in which they are measured.
        return tuple(name for name in PARTS if name in names)


@click.command(
    epilog="""\b
Examples:
  python -m bench.engine --quick
  python -m bench.engine --json bench.json
  python -m bench.engine --only cold,turns --no-peers --json cold.json
  python -m bench.engine --skip big --rounds 5

\b
Parts:
"""
    + "".join(f"  {name:<7}{what}\n" for name, what in PARTS.items())
)
@click.option(
    "--quick", is_flag=True, help="One round of fewer cases: shows that it works, not how fast it is."
)
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--threads", type=click.IntRange(1, 256), help="As many as there are processors if not given.")
@click.option("--only", type=_Parts(), metavar="PARTS", help="Measure these parts, separated by commas.")
@click.option("--skip", type=_Parts(), metavar="PARTS", default=(), help="Leave these parts out.")
@click.option("--peers/--no-peers", default=True, show_default=True, help="Measure the peers, too.")
@click.option(
    "--json", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures here."
)
def main(
    quick: bool,
    rounds: int,
    threads: int | None,
    only: tuple[str, ...] | None,
    skip: tuple[str, ...],
    peers: bool,
    target: Path | None,
) -> None:
    """Measures throughput, first tokens, memory and starts; medians of rounds in which the systems take turns.

    At the end stands what the engine is meant to reach; that it does not is no error.
    """
    if peers and any(find_spec(name) is None for name in _PEERS):
        raise click.ClickException(
            "the peers are missing; install them: pip install -e '.[bench]', or give --no-peers"
        )
    from bench.engine.aims import verdicts
    from bench.engine.run import run
    from bench.engine.systems import processors
    from bench.engine.tables import show

    parts = tuple(name for name in only or PARTS if name not in skip)
    plan = Plan(quick, 1 if quick else rounds, threads or processors(), parts, peers)
    figures = asyncio.run(run(plan, lambda said: click.echo(said, err=True)))
    show(figures)
    if target is not None:
        aims = [{**asdict(verdict), "met": verdict.met} for verdict in verdicts(figures)]
        target.write_text(json.dumps({"plan": asdict(plan), **figures, "aims": aims}, indent=2) + "\n")


if __name__ == "__main__":
    main()
