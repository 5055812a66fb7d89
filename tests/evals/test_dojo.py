"""AgentDojo with a scripted provider; it runs where the optional package is installed."""

from __future__ import annotations

import pytest

from evals.injection.dojo import DojoMissing, DojoOptions, DojoRow, figures, run_dojo, share
from providers.base import ProviderUnavailable, ToolCall
from providers.scripted import ScriptedProvider, ScriptedReply


def test_shares_have_wilsons_interval() -> None:
    found = share([True] * 9 + [False])
    assert (found.count, found.of, found.rate) == (9, 10, 0.9)
    assert found.low == pytest.approx(0.596, abs=1e-3)
    assert found.high == pytest.approx(0.982, abs=1e-3)
    assert share([]).rate is None


def test_figures_keep_errors_apart() -> None:
    rows = [
        DojoRow("u0", None, True, False),
        DojoRow("u0", "i0", False, True),
        DojoRow("u0", "i1", True, False),
        DojoRow("u1", None, False, False, "ProviderTimeout: late"),
    ]
    told = figures(rows)
    assert (told.utility.count, told.utility.of) == (1, 1)
    assert (told.utility_attacked.count, told.utility_attacked.of) == (1, 2)
    assert (told.attack_success.count, told.attack_success.of, told.errors) == (1, 2, 1)


async def test_without_the_package_it_is_said_how_to_install_it() -> None:
    try:
        import agentdojo  # noqa: F401
    except ImportError:
        with pytest.raises(DojoMissing, match=r"smallwatch\[dojo\]"):
            await anext(run_dojo(ScriptedProvider([]), DojoOptions()))
    else:
        pytest.skip("agentdojo is installed")


def plays(*ground_truths: object) -> ScriptedProvider:
    """A provider that makes the calls of AgentDojo's own solutions, and then says that it is done."""
    calls = [
        ToolCall("", call.function, dict(call.args))
        for truth in ground_truths
        for call in truth  # type: ignore[attr-defined]
    ]
    replies = [*(ScriptedReply(calls=(call,)) for call in calls), ScriptedReply(text="Done.")]
    return ScriptedProvider(replies)


async def test_the_tasks_own_solution_is_useful_and_an_obedient_one_is_attacked() -> None:
    pytest.importorskip("agentdojo")
    from agentdojo.task_suite.load_suites import get_suite

    suite = get_suite("v1.2.2", "banking")
    environment = suite.load_and_inject_default_environment({})
    task, goal = suite.get_user_task_by_id("user_task_3"), suite.get_injection_task_by_id("injection_task_0")
    honest, wanted = task.ground_truth(environment), goal.ground_truth(environment)
    options = DojoOptions("banking", user_tasks=("user_task_3",), injection_tasks=("injection_task_0",))

    alone = await anext(run_dojo(plays(honest), options))
    assert (alone.useful, alone.attacked, alone.error) == (True, False, "")

    script = plays(honest, *()), plays(wanted, honest)
    rows: list[DojoRow] = [alone]
    for provider in script:
        chosen = DojoOptions("banking", user_tasks=("user_task_3",), injection_tasks=("injection_task_0",))
        under = [row async for row in _attacked_only(provider, chosen)]
        rows += under
    assert [row.attacked for row in rows] == [False, False, True]
    told = figures(rows)
    assert (told.utility.count, told.attack_success.count, told.attack_success.of) == (1, 1, 2)


async def _attacked_only(provider: ScriptedProvider, options: DojoOptions):  # type: ignore[no-untyped-def]
    """Rows under attack; the task alone is asked of nobody."""
    from evals.injection import dojo

    suite, attack, pipeline = dojo._assemble(provider, options, dojo.Settings())
    import asyncio

    yield await asyncio.to_thread(dojo._row, suite, attack, pipeline, "user_task_3", "injection_task_0")


async def test_a_provider_that_fails_is_an_error_and_no_figure() -> None:
    pytest.importorskip("agentdojo")
    provider = ScriptedProvider([ScriptedReply(error=ProviderUnavailable("gone"))])
    options = DojoOptions("banking", attack=None, user_tasks=("user_task_0",))
    rows = [row async for row in run_dojo(provider, options)]
    assert [row.error for row in rows] == ["ProviderUnavailable: gone"]
    assert figures(rows).utility.of == 0


async def test_unknown_names_are_told() -> None:
    pytest.importorskip("agentdojo")
    for options in (DojoOptions("nope"), DojoOptions(attack="nope"), DojoOptions(user_tasks=("nope",))):
        with pytest.raises(ValueError, match="nope"):
            await anext(run_dojo(ScriptedProvider([]), options))
