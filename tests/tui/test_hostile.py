"""Whatever a tool, a model or a stranger wrote: it is shown, and nothing obeys it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable

from agent.approval import Approval
from agent.canonical import canonical
from evals.store import RunStore
from providers.base import Message, ToolCall
from tests.tui.hostile import strings
from tests.tui.scenes import make_run
from tests.tui.support import NOW, make_app, press, settled, started, until
from tools.records import Incident, MonitoredHost, Uptime
from tools.results import ToolResult
from tui.chat.approval_view import ApprovalView
from tui.chat.fold import FoldTitle
from tui.chat.markdown import AnswerView
from tui.chat.parts import Answer, CallPart, Note, Thought, Turn
from tui.hosts.detail import HostScreen
from tui.hosts.feed import HostDetail, HostRow

STRINGS = strings()
BATCH = 20
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_BAD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def leaks(strips: Iterable[Strip], colours: set[str] | None = None) -> list[str]:
    """What a terminal would obey, a link, an action, or a colour that is not ours."""
    console = Console(force_terminal=True, color_system="truecolor", legacy_windows=False)
    found: list[str] = []
    for strip in strips:
        for segment in strip:
            bad = [char for char in segment.text if unicodedata.category(char) in _BAD]
            style = segment.style
            if bad or segment.control is not None or (style is not None and _wrong(style, colours)):
                found.append(f"{segment.text[:80]!r} {bad[:5]} {style}")
        if "\x1b" in _SGR.sub("", strip.render(console)):
            found.append(f"an escape in {strip.text[:80]!r}")
    return found


def _wrong(style: Style, colours: set[str] | None) -> bool:
    return (
        style.link is not None
        or bool(style.blink or style.conceal)
        or "@click" in style.meta
        or "link" in style.meta
        or (colours is not None and str(style.color) not in colours)
    )


def drawn(widget: Widget) -> Iterable[Strip]:
    size = widget.outer_size
    return widget.render_lines(Region(0, 0, size.width, size.height))


def turn_of(texts: list[str]) -> Turn:
    """A turn that has every text in every place that shows one."""
    turn = Turn(texts[0], running=True)
    for text in texts:
        arguments = {text[:2000]: text, "list": [text[:100]], "deep": {"x": text[:100]}}
        call = ToolCall("c", text[:3000], arguments)
        data = {
            text[:500]: text,
            "fact": text,
            "facts": [text[:200], text],
            "rows": [{"a": text, text[:300]: text[:100]}, {"a": 1}],
            "mixed": [1, {"b": text[:100]}],
        }
        result = ToolResult(False, text, data, truncated=True)
        leave = Approval("0" * 32, "c", text[:200], canonical({"a": text[:4000]}), "intrusive", 120.0)
        turn.parts += [
            Thought(text, streaming=False),
            CallPart(text[:3000], written=text),
            CallPart(text[:3000], call=call, effect="read", state="failed", result=result, seconds=1.0),
            CallPart(text[:200], call=call, effect="write", state="waiting", approval=leave),
            Answer(text, streaming=False),
            Note(text, "error"),
        ]
    return turn


async def test_the_conversation(tmp_path: Path) -> None:
    """A part of them in all places; the slow test takes all."""
    assert await _converse(tmp_path, STRINGS[:80:2] + STRINGS[-6:]) == []


@pytest.mark.slow
async def test_all_500_in_the_conversation(tmp_path: Path) -> None:
    assert await _converse(tmp_path, STRINGS) == []


async def _converse(tmp_path: Path, strings: list[str]) -> list[str]:
    """Shows the texts in every place of a turn; returns what leaks."""
    found: list[str] = []
    app = make_app(tmp_path)
    async with app.run_test(size=(90, 50)) as pilot:
        await started(app, pilot)
        colours = await _colours(app)
        for first in range(0, len(strings), BATCH):
            texts = strings[first : first + BATCH]
            await _show(app, turn_of(texts))
            log = app.chat.log_view
            assert len(log.query(ApprovalView)) and len(log.query(AnswerView)) == len(texts)
            for widget in log.walk_children(Widget):
                found += leaks(drawn(widget), None if isinstance(widget, AnswerView) else colours)
            app.session.title = texts[-1]
            app.chat.refresh_status()
            await settled(app)
            found += leaks(app.screen._compositor.render_strips())
    return found


async def _show(app, turn: Turn) -> None:
    await app.chat.log_view.show([turn])
    app.chat.log_view.views[0].fold_all(True)
    await settled(app)


async def _colours(app) -> set[str]:
    """The colours that harmless words have in the same places; the long ones are too many to be allowed."""
    colours: set[str] = set()
    for words in ("plain words", "ж" * 4000, "plain words"):
        await _show(app, turn_of([words] * 2))
        colours |= {
            str(segment.style.color)
            for widget in app.chat.log_view.walk_children(Widget)
            for strip in drawn(widget)
            for segment in strip
            if segment.style is not None
        }
    return colours


async def test_an_answer_while_it_is_written(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(90, 50)) as pilot:
        await started(app, pilot)
        for text in STRINGS[:60:2]:
            answer = Answer("", streaming=True)
            turn = Turn("q", [answer], running=True)
            await _show(app, turn)
            view = app.chat.log_view.views[0]
            for place in range(0, min(len(text), 200), 7):
                answer.text += text[place : place + 7]
                await view.changed()
            await settled(app)
            for widget in view.walk_children(Widget):
                assert leaks(drawn(widget)) == []
            answer.streaming = turn.running = False
            await view.changed()


@pytest.mark.parametrize("first", [0, 250])
async def test_hosts_their_incidents_and_news(tmp_path: Path, first: int) -> None:
    app = make_app(tmp_path)
    texts = [text[:5000] for text in STRINGS[first : first + 250]]
    async with app.run_test(size=(120, 260)) as pilot:
        await started(app, pilot)
        network = await app.network()
        known = (await network.hosts.rows())[0]
        hosts = [replace(known.host, id=number, address=text) for number, text in enumerate(texts)]
        feed = _Feed([replace(known, host=host) for host in hosts])
        object.__setattr__(network, "hosts", feed)
        await press(app, "f3")
        await until(lambda: app.screen.query_one(DataTable).row_count == len(texts), pilot)
        await settled(app)
        assert leaks(app.screen._compositor.render_strips()) == []
        for text in texts[::25]:
            app.screen._hint(text)
            app.notify(text, markup=False)
        app.push_screen(HostScreen(hosts[1]))
        await until(lambda: isinstance(app.screen, HostScreen) and app.screen._shown is not None, pilot)
        app.screen.query_one(DataTable).styles.height = 220
        await settled(app)
        assert leaks(app.screen._compositor.render_strips()) == []


class _Feed:
    def __init__(self, rows: list[HostRow]) -> None:
        self._rows = rows

    async def rows(self) -> list[HostRow]:
        return self._rows

    async def detail(self, host_id: int, hours: int) -> HostDetail:
        host: MonitoredHost = self._rows[host_id].host
        uptime = Uptime(host, 99.0, 1, 60.0, 1.0, 2.0, 3.0)
        incidents = tuple(
            Incident(number, host_id, row.host.address, NOW - timedelta(hours=1), NOW, row.host.address)
            for number, row in enumerate(self._rows)
        )
        return HostDetail(self._rows[host_id], uptime, self._rows[host_id].recent, incidents)

    async def changes(self):
        return
        yield


async def test_history_and_the_model_line(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 130)) as pilot:
        await started(app, pilot)
        for text in STRINGS[:120]:
            conversation = app.store.new()
            await conversation.add(Message("user", f"needle {text[:3000]}"))
        await press(app, "f5", *"needle")
        await until(lambda: app.screen.query_one(DataTable).row_count == 120, pilot)
        await settled(app)
        assert leaks(app.screen._compositor.render_strips()) == []
        await press(app, "f2")
        await settled(app)
        for text in STRINGS[::40]:
            app.slot.loading = text[:500]
            app.chat.refresh_status()
            await settled(app)
            assert leaks(app.chat.query_one("#status").render_lines(Region(0, 0, 100, 1))) == []
        app.slot.loading = ""


async def test_eval_runs_and_cases(tmp_path: Path) -> None:
    directory = tmp_path / "runs" / "20261122-000000-hostile"
    make_run(directory)
    from evals.store import read_record, read_rows

    rows = list(read_rows(directory))
    (directory / "results.jsonl").unlink()
    with RunStore.resume(directory, read_record(directory)) as store:
        for number, text in enumerate(STRINGS[:120]):
            call = {"name": text[:100], "arguments": {text[:100]: text[:1000]}}
            hostile = replace(
                rows[0], id=f"{number}", repeat=number, label="wrong_value", reason=text, raw=text[:30_000],
                calls=(call,), repairs=(text[:100],),
            )  # fmt: skip
            store.append(hostile)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 140)) as pilot:
        await started(app, pilot)
        await press(app, "f4")
        await until(lambda: app.screen.query_one(DataTable).row_count == 1, pilot)
        await press(app, "enter")
        await until(
            lambda: len(app.screen_stack) == 2 and app.screen.query_one(DataTable).row_count == 120, pilot
        )
        await settled(app)
        assert leaks(app.screen._compositor.render_strips()) == []
        from tui.evals.case_screen import CaseScreen

        for number in range(0, 120, 6):
            screen = CaseScreen(directory, read_record(directory), f"{number}")
            app.push_screen(screen)
            await until(lambda screen=screen: screen.read_in, pilot)
            await settled(app)
            for widget in screen.query(".side, #verdict"):
                assert leaks(drawn(widget)) == []
            screen.dismiss()
            await settled(app)


def test_there_are_500_and_folds_are_no_markup() -> None:
    assert len(STRINGS) == 500 and len(set(STRINGS)) == 500
    assert FoldTitle("[bold]x[/]", markup=False).render().plain == "[bold]x[/]"
