"""Commands that hold suites and their judges to account."""

from __future__ import annotations

import json
import sys

import click

from evals.commands.refusal import Refused
from evals.options import json_option
from evals.text import visible

_FOUND = 1


@click.command(
    name="bfcl-agreement",
    epilog="""\b
Examples:
  evals bfcl-agreement
  evals bfcl-agreement --suite bfcl:live --pairs 20000 --seed 7 --json

\b
Exit status:
  0  the port agrees with ast_checker on 99.9 % of the pairs or more
  1  it does not""",
)
@click.option("--suite", default="bfcl:all", show_default=True, metavar="bfcl:CATEGORY", help="Whose cases.")
@click.option(
    "--pairs", type=click.IntRange(min=1), default=5000, show_default=True, metavar="N",
    help="Pairs of a case and an answer; a third of the answers are right, the others spoiled.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, metavar="N", help="Another seed draws other answers.")
@json_option
def bfcl_agreement(suite: str, pairs: int, seed: int, as_json: bool) -> None:
    """Hold our port of BFCL's rules, and our own judgement, against its ast_checker; list all differences."""
    from evals.bfcl.agreement import agreement_object, agreement_text, measure
    from evals.bfcl.data import BfclError, categories_of, read_entries

    try:
        entries, _ = read_entries(categories_of(suite.removeprefix("bfcl:")))
        entries = tuple(entry for entry in entries if entry.compared)
        if not entries:
            raise BfclError(f"{suite} has no answers to compare: any call is right there, or none")
        found = measure(entries, pairs, seed)
    except BfclError as error:
        raise Refused(visible(str(error))) from error
    click.echo(json.dumps(agreement_object(found)) if as_json else visible(agreement_text(found)))
    sys.exit(0 if found.rate >= 0.999 else _FOUND)


@click.command(
    name="check-scenarios",
    epilog="""\b
Examples:
  evals check-scenarios
  evals check-scenarios my-scenarios.yaml --case pause-printer --transcripts

\b
Exit status:
  0  every solution succeeds, and every other script fails as it must
  1  some do not""",
)
@click.argument("suite", metavar="[NAME|FILE]", default="scenarios")
@click.option(
    "--case", "only", multiple=True, metavar="ID", help="Check only this scenario; may be repeated."
)
@click.option("--transcripts", is_flag=True, help="Also print what was said and done.")
@json_option
def check_scenarios(suite: str, only: tuple[str, ...], transcripts: bool, as_json: bool) -> None:
    """Play the scripts that scenarios come with: the solution must succeed, every other one must fail."""
    import asyncio
    from dataclasses import asdict

    from evals.cases import SuiteError, select
    from evals.kinds import open_suite
    from evals.scenarios.scenario import Scenario, ScenarioError
    from evals.scenarios.solutions import Attempt, attempts

    async def play(scenarios: list[Scenario]) -> list[Attempt]:
        return [each async for each in attempts(scenarios)]

    try:
        loaded = select(open_suite(suite), only)
        if loaded.kind != "scenarios":
            raise Refused(f"{visible(suite)} is no suite of scenarios")
        made = asyncio.run(play([case.task for case in loaded.cases]))
    except (SuiteError, ScenarioError) as error:
        raise Refused(visible(str(error))) from error
    bad = [each for each in made if not each.as_it_must]
    if as_json:
        click.echo(json.dumps([{**asdict(each), "as_it_must": each.as_it_must} for each in made]))
    else:
        for each in made if transcripts else bad:
            wanted = each.wanted or "any failure"
            click.echo(
                visible(f"{each.scenario} · {each.script}: {each.label} (must be: {wanted}): {each.reason}")
            )
            click.echo(visible("".join(f"    {line}\n" for line in each.transcript)))
        click.echo(
            f"{len(loaded.cases)} scenarios, {len(made)} scripts: {len(made) - len(bad)} end as they must"
        )
    sys.exit(_FOUND if bad else 0)
