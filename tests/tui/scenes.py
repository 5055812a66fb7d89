"""Screens in a fixed state: what snapshots compare and what the README shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, TextArea

from agent.approval import Approval
from evals.cases import load_suite
from evals.provenance import Code, Hardware
from evals.record import RunRecord, SuiteRef
from evals.rows import Row
from evals.store import RunStore
from providers.base import Message, Timing, ToolCall, Usage
from providers.info import ModelInfo
from tests.tui.support import press, screen_text, settled, started, until
from tools.results import ToolResult
from tui.app import SmallwatchApp
from tui.chat.parts import Answer, CallPart, Note, Thought, Turn
from tui.hosts.detail import HostScreen
from tui.hosts.form import HostForm
from tui.models.screen import ModelsScreen

HOUR = timedelta(hours=1)
Scene = Callable[[SmallwatchApp, Pilot[None]], Awaitable[None]]

_PORTS = {
    "target": "shop.acme.org",
    "hosts_up": 1,
    "ports": [
        {"port": 22, "service": "ssh", "version": "OpenSSH 9.6", "quantum_safe": True},
        {"port": 80, "service": "http", "version": "nginx 1.25.3", "quantum_safe": None},
        {"port": 443, "service": "https", "version": "nginx 1.25.3", "quantum_safe": False},
        {"port": 5432, "service": "postgresql", "version": "16.1", "quantum_safe": False},
    ],
}


def _call(name: str, arguments: dict, message: str, data: dict, seconds: float, **more) -> CallPart:
    result = ToolResult(more.pop("success", True), message, data, **more)
    state = "done" if result.success else "failed"
    call = ToolCall("call_1", name, arguments)
    return CallPart(name, call=call, effect="read", state=state, result=result, seconds=seconds)


def talk() -> list[Turn]:
    """A conversation with everything that one can hold."""
    certificate = {"host": "shop.acme.org", "issuer": "Let's Encrypt R11", "days_left": 9, "chain_ok": True}
    return [
        Turn(
            "is the certificate of shop.acme.org all right?",
            [
                _call(
                    "check_ssl_certificate",
                    {"host": "shop.acme.org"},
                    "The certificate of shop.acme.org is valid for 9 more days.",
                    certificate,
                    0.182,
                ),
                Answer(
                    "The certificate of shop.acme.org is valid for **9 more days**. Renew it soon.", False
                ),
            ],
            model="netmon-7m:q4_k",
        ),
        Turn(
            "which of its ports are open, and are they quantum-safe?",
            [
                Thought("The user wants open ports. A quick scan shows them with their key exchange.", False),
                _call(
                    "run_nmap",
                    {"target": "shop.acme.org", "profile": "quick"},
                    "4 ports of shop.acme.org are open: 22, 80, 443 and 5432.",
                    _PORTS,
                    7.41,
                    truncated=True,
                    next_page=2,
                ),
                Answer(
                    "Four ports are open:\n\n"
                    "| port | service | quantum-safe |\n| --- | --- | --- |\n"
                    "| 22 | ssh | yes |\n| 443 | https | no |\n| 5432 | postgresql | no |\n\n"
                    "1. Move `nginx` to a TLS library with **X25519MLKEM768**.\n"
                    "2. Close 5432 to the outside.\n",
                    False,
                ),
            ],
            model="netmon-7m:q4_k",
        ),
        Turn(
            "ping db-02",
            [
                _call("ping_host", {"target": "db-02"}, "db-02 did not answer.", {}, 4.0, success=False),
                Answer("db-02 did not answer any of 4 pi", False, partial=True),
                Note("Stopped. What had come of the answer is kept.", "warning"),
            ],
            model="netmon-7m:q4_k",
        ),
    ]


async def _show(app: SmallwatchApp, turns: list[Turn], title: str) -> None:
    session = app.session
    session.turns, session.title = turns, title
    meter = session.meter
    meter.tokens_in, meter.tokens_out, meter.tokens_per_s, meter.first_token_s = 2148, 312, 118.0, 0.21
    await app.chat.show_session()
    await settled(app)


async def greeting(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)


async def chat(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    await _show(app, talk()[:2], "certificate of shop.acme.org")
    app.chat.log_view.views[1].fold_all(True)
    await settled(app)
    await press(app, "ctrl+end")


async def stopped(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    await _show(app, talk(), "certificate of shop.acme.org")


async def approval(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    arguments = {"address": "shop.acme.org", "endpoint": "https", "interval_s": 300}
    written = '{"address":"shop.acme.org","endpoint":"https","interval_s":300}'
    leave = Approval("0" * 32, "c", "add_host", written, "write", 120.0)
    call = ToolCall("call_1", "add_host", arguments)
    part = CallPart("add_host", call=call, effect="write", state="waiting", approval=leave)
    turn = Turn("watch shop.acme.org every five minutes", [Answer("I ask first.", False), part], running=True)
    await _show(app, [*talk()[:1], turn], "certificate of shop.acme.org")
    await press(app, "ctrl+g")


async def models(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    await press(app, "f7")
    await until(lambda: isinstance(app.screen, ModelsScreen), pilot)
    await until(lambda: app.screen.query_one(DataTable).row_count > 0, pilot)
    # What of the Hub is on this machine is not the same everywhere.
    await press(app, "/")
    app.screen.query_one(Input).value = "netmon-7m"
    await press(app, "down")


async def hosts(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    await press(app, "f3")
    await until(lambda: app.screen.query_one(DataTable).row_count > 0, pilot)


async def host(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await hosts(app, pilot)
    app.screen.query_one(DataTable).move_cursor(row=5)
    await press(app, "enter")
    await until(lambda: isinstance(app.screen, HostScreen) and "24 hours:" in screen_text(app), pilot)


async def host_form(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await hosts(app, pilot)
    await press(app, "a")
    await until(lambda: isinstance(app.screen, HostForm), pilot)


async def runs(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    make_run(app.services.runs / "20261122-115500-netmon-7m-q4_k")
    await press(app, "f4")
    await until(lambda: "24 of 24" in screen_text(app), pilot)


async def run(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await runs(app, pilot)
    await press(app, "enter")
    await until(lambda: "failures of" in screen_text(app), pilot)


async def case(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await run(app, pilot)
    await press(app, "enter")
    await until(lambda: "expected" in screen_text(app) and "offer" in screen_text(app), pilot)


async def history(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    for question, answer in (
        ("is the certificate of shop.acme.org all right?", "It is valid for 9 more days."),
        ("why is db-02 down?", "It has not answered pings since 08:40 UTC."),
        ("add new.acme.org", "new.acme.org is watched every 5 minutes."),
    ):
        conversation = app.store.new()
        await conversation.add(Message("user", question))
        await conversation.add(Message("assistant", answer), "partial" if "db-02" in question else "")
        app.services.clock.advance(HOUR)
    await press(app, "f5")
    await until(lambda: app.screen.query_one(DataTable).row_count == 3, pilot)


async def palette(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    offered = len(list(app.get_system_commands(app.screen)))
    await press(app, "ctrl+p")
    await until(lambda: isinstance(app.screen, CommandPalette), pilot)
    # It fills up bit by bit, and says that it is busy meanwhile.
    await until(lambda: app.screen.query_one(CommandList).option_count == offered, pilot)


async def keys(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    await started(app, pilot)
    await press(app, "f1")


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        greeting, chat, stopped, approval, models, hosts, host, host_form, runs, run, case, history, palette, keys,
    )
}  # fmt: skip


async def arrange(name: str, theme: str, app: SmallwatchApp, pilot: Pilot[None]) -> None:
    """Brings a screen into its state, with nothing that moves."""
    app.animation_level = "none"
    # The settings, which are read behind the first screen, have a theme too.
    await started(app, pilot)
    app.theme = theme
    _hold_cursors(app)
    await SCENES[name](app, pilot)
    _hold_cursors(app)
    await _still(app)


def _hold_cursors(app: SmallwatchApp) -> None:
    """Stops cursors from blinking, those of the screens below too."""
    for screen in app.screen_stack:
        for widget in screen.query("Input, TextArea"):
            if isinstance(widget, Input | TextArea):
                widget.cursor_blink = False


async def _still(app: SmallwatchApp) -> None:
    """Waits until the screen has not changed for a while: lists fill up behind it."""
    same, before = 0, ""
    while same < 4:
        await settled(app)
        await asyncio.sleep(0.1)
        shown = app.export_screenshot()
        same, before = (same + 1 if shown == before else 0), shown


def make_run(directory: Path) -> None:
    """Writes a run of 24 cases of which five failed."""
    suite = load_suite("netmon-smoke")
    record = RunRecord(
        created="2026-11-22T11:55:00+00:00",
        command="evals run --model q4_k",
        suite=SuiteRef(name=suite.name, path="netmon-smoke", sha256=suite.sha256, cases=24),
        limit=None,
        seed=0,
        repeats=1,
        constrained="copy",
        requested="q4_k",
        model=ModelInfo("netmon-7m:q4_k"),
        sampler={},
        tools_sha256="0" * 64,
        code=Code(revision=None, changed=None, sha256="0" * 64),
        packages={},
        hardware=Hardware(processor=None, processors=2, memory_bytes=None, machine="x86_64", system="Linux"),
    )
    failures = {
        3: ("wrong_value", "ping_host: target is db-2, expected db-02"),
        7: ("no_call", 'expected get_incidents(state="open")'),
        12: ("wrong_tool", "the call of check_http is of the wrong tool; expected check_ssl_certificate"),
        15: ("wrong_count", "one call more than expected: get_agents"),
        20: ("missing_required", "check_port: port is missing"),
    }
    with RunStore.create(directory, record) as store:
        for number, each in enumerate(suite.cases[:24]):
            label, reason = failures.get(number, ("correct", ""))
            call = {"name": "ping_host", "arguments": {"target": "db-2"}}
            store.append(
                Row(
                    each.id, 0, each.category, label, reason=reason, calls=(call,),
                    raw='<tool_call>{"name":"ping_host","arguments":{"target":"db-2"}}</tool_call>',
                    finish="tool_calls", usage=Usage(41, 0, 9), timing=Timing(0, 0.1, 0.2), seconds=0.21,
                    started=1.0 + number,
                )
            )  # fmt: skip
