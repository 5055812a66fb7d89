"""Hosts, models, eval runs, history, the palette: every action by its key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import DataTable, Input, OptionList

from evals.cli import main as evals
from providers.base import ProviderRejected
from settings.schema import Config
from settings.terminal import DEFAULT_KEYS
from tests.tui.support import ask, make_app, open_scripted, press, screen_text, settled, started, until
from tools.records import HostFilter
from tui.chat.screen import ChatScreen
from tui.dialogs import ChoiceDialog, ConfirmDialog, TextDialog
from tui.evals.case_screen import CaseScreen
from tui.evals.run_screen import RunScreen
from tui.history.screen import HistoryScreen
from tui.hosts.detail import HostScreen
from tui.hosts.form import HostForm
from tui.keys_dialog import KeysDialog
from tui.models.screen import ModelsScreen
from tui.page import PlaceTab


async def _hosts(app, pilot) -> DataTable:
    await started(app, pilot)
    await press(app, "f3")
    await until(lambda: app.screen.query_one(DataTable).row_count > 0, pilot)
    await settled(app)
    return app.screen.query_one(DataTable)


async def test_hosts_are_listed_with_state_chart_uptime_and_certificate(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        table = await _hosts(app, pilot)
        assert table.row_count == 15
        text = screen_text(app)
        assert "▼! " in text and "db-02" in text and "-12 d" in text and "86.11 %" in text
        assert "10 up" in text and "1 maintenance" in text


async def test_a_host_is_added_paused_put_into_maintenance_and_deleted(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        table = await _hosts(app, pilot)
        hosts = (await app.network()).context.backend.hosts

        await press(app, "a")
        await until(lambda: isinstance(app.screen, HostForm), pilot)
        app.screen.query_one("#address", Input).value = "new.acme.org"
        app.screen.query_one("#port", Input).value = "8443"
        app.screen.query_one("#address", Input).focus()
        await press(app, "enter")
        await until(lambda: table.row_count == 16, pilot)
        new = (await hosts.find(HostFilter(address="new.acme.org")))[0]
        assert (new.endpoint, new.port) == ("https", 8443)

        table.move_cursor(row=15)
        await press(app, "p")
        await until(lambda: app.screen.chosen().status == "paused", pilot)
        await press(app, "p")
        await until(lambda: app.screen.chosen().enabled, pilot)

        await press(app, "m")
        await until(lambda: isinstance(app.screen, ChoiceDialog), pilot)
        app.screen.query_one(OptionList).focus()
        await press(app, "down", "enter")
        await until(
            lambda: app.screen.query(DataTable) and app.screen.chosen().status == "maintenance", pilot
        )
        await press(app, "m")
        await until(lambda: isinstance(app.screen, ChoiceDialog), pilot)
        app.screen.query_one(OptionList).focus()
        await press(app, "end", "enter")
        await until(
            lambda: app.screen.query(DataTable) and app.screen.chosen().status != "maintenance", pilot
        )

        for key, rows in (("escape", 16), ("enter", 16)):
            await press(app, "d")
            await until(lambda: isinstance(app.screen, ConfirmDialog), pilot)
            await press(app, key)
            await until(lambda: not isinstance(app.screen, ConfirmDialog), pilot)
            assert table.row_count == rows
        await press(app, "d")
        await until(lambda: isinstance(app.screen, ConfirmDialog), pilot)
        app.screen.query_one("#yes").press()
        await until(lambda: table.row_count == 15, pilot)


async def test_what_cannot_be_done_with_a_host_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await _hosts(app, pilot)
        await press(app, "a")
        await until(lambda: isinstance(app.screen, HostForm), pilot)
        await press(app, "enter")
        assert isinstance(app.screen, HostForm)
        app.screen.query_one("#address", Input).value = "https://shop.acme.org"
        app.screen.query_one("#address", Input).focus()
        await press(app, "enter")
        await until(lambda: bool(app._notifications), pilot)
        assert "already" in next(iter(app._notifications)).message


async def test_a_host_at_close_range(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        table = await _hosts(app, pilot)
        table.move_cursor(row=5)
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, HostScreen), pilot)
        await until(lambda: "24 hours:" in screen_text(app), pilot)
        text = screen_text(app)
        assert "db-02" in text and "goes on" in text and "response time, ms" in text and "-24 h" in text
        await press(app, "t")
        await until(lambda: "7 days:" in screen_text(app), pilot)
        await press(app, "escape")
        await until(lambda: not isinstance(app.screen, HostScreen), pilot)


async def test_changes_from_elsewhere_show_up(tmp_path: Path) -> None:
    from tools.records import NewHost

    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        table = await _hosts(app, pilot)
        network = await app.network()
        await network.context.backend.hosts.add(NewHost("elsewhere.acme.org", "icmp"))
        await press(app, "r")
        await until(lambda: table.row_count == 16, pilot)
        assert "elsewhere.acme.org" in str([table.get_row_at(row) for row in range(16)])


async def test_models_are_listed_filtered_and_chosen(tmp_path: Path) -> None:
    app = make_app(tmp_path, config=Config(cache=str(tmp_path)))
    async with app.run_test(size=(120, 90)) as pilot:
        await started(app, pilot)
        await press(app, "f7")
        await until(lambda: isinstance(app.screen, ModelsScreen), pilot)
        await until(lambda: app.screen.query_one(DataTable).row_count > 20, pilot)
        await settled(app)
        text = screen_text(app)
        assert "netmon-7m:bf16" in text and "shipped" in text and "made on use" in text and "to fetch" in text
        await press(app, "/", *"huggl", "backspace", "backspace", "l")
        await until(lambda: app.screen.query_one(DataTable).row_count == 1, pilot)
        await press(app, "enter")
        await until(lambda: app.slot.name == "hugllm", pilot)
        assert app.screen is app.chat


async def test_one_key_goes_round_the_three_kinds_of_model(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        seen = []
        for _ in range(4):
            await press(app, "f6")
            await until(lambda: not app.slot.loading, pilot)
            seen.append(app.slot.name)
        assert seen == ["netmon-7m", "turbollm", "hugllm", "netmon-7m"]


async def test_the_key_goes_on_where_a_model_cannot_be_loaded(tmp_path: Path) -> None:
    async def no_key(name, progress):
        if name == "turbollm":
            raise ProviderRejected("there is no key for OpenAI")
        return await open_scripted(name, progress)

    app = make_app(tmp_path, open_model=no_key)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        seen = []
        for _ in range(4):
            await press(app, "f6")
            await until(lambda: not app.slot.loading, pilot)
            seen.append((app.slot.name, bool(app.slot.problem)))
        assert seen == [("netmon-7m", False), ("netmon-7m", True), ("hugllm", False), ("netmon-7m", False)]


async def test_a_model_that_cannot_be_loaded_leaves_the_one_there_is(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        app.slot.choose("missing")
        await until(lambda: bool(app.slot.problem), pilot)
        assert app.slot.name == "scripted"
        await ask(app, pilot, "ping gw1.lan")
        assert app.session.turns[0].answer


async def test_history_finds_opens_renames_and_deletes(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan")
        await press(app, "ctrl+n")
        await ask(app, pilot, "hosts")
        await press(app, "f5")
        table = app.screen.query_one(DataTable)
        await until(lambda: table.row_count == 2, pilot)
        await press(app, *"pings")
        await until(lambda: table.row_count == 1, pilot)
        assert "gw1.lan answered 4 of 4 pings" in screen_text(app)

        await press(app, "ctrl+o")
        await until(lambda: isinstance(app.screen, TextDialog), pilot)
        app.screen.query_one(Input).value = "The gateway"
        await press(app, "enter")
        await until(lambda: not isinstance(app.screen, TextDialog), pilot)
        await until(lambda: "The gateway" in screen_text(app), pilot)

        await press(app, "enter")
        await until(lambda: app.screen is app.chat, pilot)
        await settled(app)
        assert app.session.title == "The gateway"
        assert "gw1.lan answered 4 of 4 pings" in screen_text(app)

        await press(app, "f5", "ctrl+d")
        await until(lambda: isinstance(app.screen, ConfirmDialog), pilot)
        app.screen.query_one("#yes").press()
        await until(lambda: len(app.session.turns) == 0, pilot)
        assert [each.title for each in await app.store.summaries()] == ["hosts"]


async def test_runs_failures_and_a_case_side_by_side(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    out = str(runs / "one")
    arguments = ["run", "--model", "scripted", "--suite", "netmon-smoke", "--limit", "6", "--out", out]
    with pytest.raises(SystemExit, match="0"):
        await asyncio.to_thread(lambda: evals.main(arguments, prog_name="evals"))
    app = make_app(tmp_path, runs=runs)
    async with app.run_test(size=(140, 40)) as pilot:
        await started(app, pilot)
        await press(app, "f4")
        table = app.screen.query_one(DataTable)
        await until(lambda: "6 of 6" in screen_text(app), pilot)
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, RunScreen), pilot)
        table = app.screen.query_one(DataTable)
        await until(lambda: table.row_count > 0, pilot)
        failures = table.row_count
        await press(app, "f")
        assert table.row_count == 6 >= failures
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, CaseScreen), pilot)
        await until(lambda: "what was expected" in screen_text(app) and "user:" in screen_text(app), pilot)
        await press(app, "escape")
        await until(lambda: isinstance(app.screen, RunScreen), pilot)
        await press(app, "escape")
        await until(lambda: not isinstance(app.screen, RunScreen), pilot)


async def test_the_palette_holds_every_action(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan")
        bound: set[str] = set()
        for place in ("chat", "hosts", "evals", "history"):
            app.switch_mode(place)
            await settled(app)
            bound |= {each.binding.id for each in app.screen.active_bindings.values() if each.binding.id}
            titles = {command.title for command in app.get_system_commands(app.screen)}
            assert {"Models", "Next model", "Keys", "Quit", "Dark or light"} <= titles
        app.switch_mode("chat")
        await settled(app)
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {
            "Stop",
            "New",
            "Retry",
            "Edit last",
            "Copy answer",
            "Copy call",
            "Copy conversation",
            "Fold",
        } <= titles
        only_inside = {"host_period", "case_filter", "model_fetch", "back", "reload"}
        assert set(DEFAULT_KEYS) - bound <= only_inside
        await press(app, "ctrl+p")
        await until(lambda: isinstance(app.screen, CommandPalette), pilot)
        await press(app, *"copy ans")
        await until(lambda: app.screen.query_one(OptionList).option_count > 0, pilot)
        await asyncio.sleep(0.3)
        await press(app, "enter")
        await until(lambda: "4 of 4 pings" in app.clipboard, pilot)


async def test_a_click_goes_to_a_place(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await started(app, pilot)
        list(app.screen.query(PlaceTab))[3].on_click()
        await until(lambda: app.current_mode == "history", pilot)
        assert isinstance(app.screen, HistoryScreen)


async def test_keys_and_themes(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await started(app, pilot)
        await press(app, "f8")
        assert app.theme == "light"
        await press(app, "f1")
        assert isinstance(app.screen, KeysDialog)
        text = screen_text(app)
        assert (
            "Copy conversation" in text and "alt+w" in text and "Everywhere" in text and "Next model" in text
        )
        await press(app, "f1")
        assert isinstance(app.screen, ChatScreen)


async def test_a_format_is_made_from_the_list(tmp_path: Path) -> None:
    app = make_app(tmp_path, config=Config(cache=str(tmp_path)))
    async with app.run_test(size=(120, 30)) as pilot:
        await started(app, pilot)
        await press(app, "f7")
        await until(lambda: isinstance(app.screen, ModelsScreen), pilot)
        await until(lambda: app.screen.query_one(DataTable).row_count > 20, pilot)
        table = app.screen.query_one(DataTable)
        table.move_cursor(row=table.get_row_index("netmon-7m:q4_0"))
        await press(app, "f")
        await until(lambda: "netmon-7m:q4_0 is on this machine" in _notified(app), pilot, seconds=120)
        await until(lambda: "on disk" in screen_text(app), pilot)
        assert app.slot.name == "scripted"


def _notified(app) -> str:
    return " ".join(each.message for each in app._notifications)
