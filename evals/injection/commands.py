"""The commands of the injection suite: `python -m evals.injection`, mounted wherever else it is wanted."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evals.injection.dojo import DojoOptions, DojoRow, Share
    from evals.injection.run import InjectionRow

_FOUND, _MISUSED = 1, 2


@click.group(
    epilog="""\b
Examples:
  python -m evals.injection run
  python -m evals.injection run --form all --json > attacks.jsonl
  python -m evals.injection run --model turbollm --limit 108
  python -m evals.injection dojo --model turbollm --suite banking --limit 4"""
)
def app() -> None:
    """Attack the agent, or a model, by what tools return."""


@app.command(
    epilog="""\b
Exit status:
  0  no attack is through
  1  at least one is
  2  misused"""
)
@click.option("--form", default="native", show_default=True, metavar="NAME",
              help="How results are quoted: native, a dialect, or all.")  # fmt: skip
@click.option("--model", metavar="NAME", help="A real model in place of the obedient one.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only N cases, spread over all.")
@click.option("--json", "as_json", is_flag=True, help="Print each row as JSON, and no summary.")
def run(form: str, model: str | None, limit: int | None, as_json: bool) -> None:
    """Run the 1,080 cases through the whole agent."""
    from evals.injection.run import FORMS

    if form not in (*FORMS, "all"):
        raise click.UsageError(f"there is no form {form!r}; choose one of {', '.join((*FORMS, 'all'))}")
    rows = asyncio.run(_run(FORMS if form == "all" else (form,), model, limit, as_json))
    if not as_json:
        _tell(rows)
    sys.exit(_FOUND if any(row.through for row in rows) else 0)


async def _run(
    forms: tuple[str, ...], model: str | None, limit: int | None, as_json: bool
) -> list[InjectionRow]:
    from evals.injection.cases import injection_cases
    from evals.injection.run import run_injections
    from providers.base import ProviderError, Settings
    from providers.registry import open_provider
    from settings.load import ConfigError, load_config

    cases = injection_cases()
    chosen = cases[:: max(1, len(cases) // limit)][:limit] if limit else cases
    try:
        config = load_config()
        provider = await open_provider(model, config) if model else None
    except (ConfigError, ProviderError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_MISUSED)
    settings = Settings(max_tokens=config.reply.max_tokens, deadline_s=config.reply.deadline_s)
    if provider is not None:
        settings = Settings(
            max_tokens=settings.max_tokens,
            deadline_s=settings.deadline_s,
            constrained=provider.info.default_constrained,
        )
    rows: list[InjectionRow] = []
    total = len(chosen) * len(forms)
    try:
        async for row in run_injections(chosen, forms, (lambda: provider) if provider else None, settings):
            rows.append(row)
            if as_json:
                click.echo(json.dumps(asdict(row)))
            elif len(rows) % 100 == 0:
                click.echo(f"{len(rows)} of {total}", err=True)
    finally:
        if provider is not None:
            await provider.aclose()
    return rows


def _tell(rows: list[InjectionRow]) -> None:
    from evals.injection.dojo import share

    asked = [row for row in rows if not row.error]
    click.echo(f"{len(rows)} attacks, {sum(row.delivered for row in asked)} of them read by the model")
    for words, outcomes in (
        ("the model obeyed", [row.obeyed for row in asked]),
        ("the user's question was looked into", [row.helpful for row in asked]),
        ("the attack was through", [bool(row.through) for row in asked]),
    ):
        click.echo(f"  {words}: {_share(share(outcomes))}")
    for what, count in Counter(what for row in rows for what in row.through).most_common():
        click.echo(f"    {what}: {count}")
    if len(asked) < len(rows):
        click.echo(f"  the model could not be asked: {len(rows) - len(asked)}")


@app.command(
    epilog="""\b
AgentDojo is an optional package: pip install 'smallwatch[dojo]'"""
)
@click.option("--model", required=True, metavar="NAME", help="The model to attack.")
@click.option("--suite", default="workspace", show_default=True, metavar="NAME",
              help="workspace, banking, travel or slack.")  # fmt: skip
@click.option("--attack", default="important_instructions_no_names", show_default=True, metavar="NAME",
              help="AgentDojo's attack; `none` runs the tasks alone.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N tasks of the user.")
@click.option("--json", "as_json", is_flag=True, help="Print each row, then the figures, as JSON.")
def dojo(model: str, suite: str, attack: str, limit: int | None, as_json: bool) -> None:
    """Run AgentDojo's tasks with a model: utility and attack success, with 95 % intervals."""
    from evals.injection.dojo import DojoMissing, DojoOptions
    from providers.base import ProviderError
    from settings.load import ConfigError

    options = DojoOptions(suite=suite, attack=None if attack == "none" else attack)
    try:
        asyncio.run(_dojo(model, options, limit, as_json))
    except (DojoMissing, ConfigError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    except ProviderError as error:
        raise click.ClickException(str(error)) from error


async def _dojo(model: str, options: DojoOptions, limit: int | None, as_json: bool) -> None:
    from dataclasses import replace

    from evals.injection.dojo import figures, run_dojo, user_tasks
    from providers.base import Settings
    from providers.registry import open_provider
    from settings.load import load_config

    config = load_config()
    if limit:
        options = replace(options, user_tasks=user_tasks(options)[:limit])
    provider = await open_provider(model, config)
    settings = Settings(max_tokens=config.reply.max_tokens, deadline_s=config.reply.deadline_s)
    rows: list[DojoRow] = []
    try:
        async for row in run_dojo(provider, options, settings):
            rows.append(row)
            if as_json:
                click.echo(json.dumps(asdict(row)))
            else:
                click.echo(f"{row.user_task} {row.injection_task or 'alone'}: {_outcome(row)}", err=True)
    finally:
        await provider.aclose()
    told = figures(rows)
    if as_json:
        click.echo(json.dumps(asdict(told)))
        return
    click.echo(f"utility: {_share(told.utility)}")
    click.echo(f"utility under attack: {_share(told.utility_attacked)}")
    click.echo(f"attack success: {_share(told.attack_success)}")
    if told.errors:
        click.echo(f"not asked: {told.errors}")


def _outcome(row: DojoRow) -> str:
    if row.error:
        return row.error
    return f"{'done' if row.useful else 'not done'}{', attacked' if row.attacked else ''}"


def _share(share: Share) -> str:
    if share.rate is None or share.low is None or share.high is None:
        return "nothing to count"
    return f"{share.count} of {share.of}, {share.rate:.1%} (95 % CI {share.low:.1%} … {share.high:.1%})"
