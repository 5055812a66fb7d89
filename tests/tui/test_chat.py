"""Each action of the conversation, by its key, on the real loop, store and gate."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Button

from settings.schema import Config
from tests.tui.support import ask, make_app, press, screen_text, send, settled, started, until
from tui.chat import approval_view
from tui.chat.approval_view import GRACE_S, ApprovalView
from tui.chat.call_view import CallView
from tui.chat.composer import Composer
from tui.chat.fold import Fold
from tui.chat.parts import Answer, Note, Thought, Turn


async def test_a_question_a_call_and_an_answer(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan")
        text = screen_text(app)
        assert "gw1.lan answered 4 of 4 pings" in text
        assert "✓ ping_host  target=gw1.lan" in text
        assert re.search(r"in \d+ out ~\d+  ~\d+ tok/s  first [\d.]+ s", text) and "quota 151.2k/200k" in text
        call = app.session.turns[0].calls[0]
        assert call.state == "done" and call.result is not None and call.seconds is not None


async def test_a_model_that_is_loading_does_not_block_typing(tmp_path: Path) -> None:
    ready = asyncio.Event()

    async def slow(name, progress):
        from models.progress import Progress
        from providers.script_file import load_script

        progress(Progress("fetch", "weights.gguf", 25, 100))
        await ready.wait()
        return load_script()

    app = make_app(tmp_path, open_model=slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.slot.progress is not None and app.account is not None, pilot)
        await press(app, *"ping gw1.lan")
        assert app.chat.query_one(Composer).text == "ping gw1.lan"
        assert "loading scripted, fetching 25%" in screen_text(app)
        await press(app, "enter")
        assert app.session.turns == []
        ready.set()
        await until(lambda: bool(app.session.turns) and not app.session.running, pilot)
        assert app.session.turns[0].answer


async def test_a_question_comes_back_where_the_model_cannot_be_loaded(tmp_path: Path) -> None:
    async def never(name, progress):
        from providers.base import ProviderRejected

        raise ProviderRejected("no model is named 'x'; pick another")

    app = make_app(tmp_path, open_model=never)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: bool(app.slot.problem) and app.account is not None, pilot)
        await send(app, "ping gw1.lan")
        await until(lambda: app.chat.query_one(Composer).text == "ping gw1.lan", pilot)
        assert app.session.turns == []


async def test_escape_stops_and_keeps_what_had_come(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await send(app, "slow")
        await until(lambda: bool(app.session.turns) and bool(app.session.turns[0].answer), pilot)
        await press(app, "escape")
        await until(lambda: not app.session.running, pilot)
        await settled(app)
        turn = app.session.turns[0]
        answer = next(part for part in turn.parts if isinstance(part, Answer))
        assert answer.partial and "This takes its time"[: len(answer.text)] == answer.text[:19]
        assert any(isinstance(part, Note) and "Stopped" in part.text for part in turn.parts)
        stored = await app.store.load(app.session.conversation.id)
        assert stored.entries[-1].note == "partial"
        assert stored.entries[-1].message.content == answer.text


async def _asked(app, pilot, question="add new.acme.org") -> ApprovalView:
    await send(app, question)
    await until(lambda: bool(app.chat.query(ApprovalView)), pilot)
    await until(lambda: isinstance(app.focused, Button), pilot)
    await asyncio.sleep(GRACE_S)
    return app.chat.query_one(ApprovalView)


async def test_an_approval_shows_what_will_run_and_its_default_is_no(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await _asked(app, pilot)
        text = screen_text(app)
        assert 'address = "new.acme.org"' in text and 'endpoint = "icmp"' in text
        assert isinstance(app.focused, Button) and app.focused.id == "no"
        await press(app, "enter")
        await until(lambda: not app.session.running, pilot)
        assert app.session.turns[0].calls[0].state == "refused"
        assert not app.chat.query(ApprovalView)


async def test_once_is_for_one_call_and_always_for_the_conversation(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await _asked(app, pilot, "add one.acme.org")
        await press(app, "y")
        await until(lambda: not app.session.running, pilot)
        assert app.session.turns[0].calls[0].state == "done"
        await _asked(app, pilot, "add two.acme.org")
        await press(app, "a")
        await until(lambda: not app.session.running, pilot)
        await ask(app, pilot, "add three.acme.org")
        assert [turn.calls[0].state for turn in app.session.turns] == ["done"] * 3
        await _asked(app, pilot, "delete three.acme.org")
        await press(app, "n")
        await until(lambda: not app.session.running, pilot)
        await press(app, "ctrl+n")
        assert app.session.always == set()
    records = [json.loads(line) for line in (tmp_path / "approvals.jsonl").read_text().splitlines()]
    by = [record["by"] for record in records if record["action"] == "approved"]
    assert by == ["the user, at the terminal"] * 2 + ["the user, for the whole conversation"]


async def test_a_question_that_is_just_being_taken_away_is_not_gone_to(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        view = await _asked(app, pilot)
        assert view.ask()
        await view.remove_children()
        app.chat.query_one(Composer).focus()
        await press(app, "ctrl+g")
        assert not view.ask()
        assert isinstance(app.focused, Composer)


async def test_what_is_being_typed_never_answers_an_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        app.chat.ask("add new.acme.org")
        app.chat.query_one(Composer).put("ya")
        await until(lambda: bool(app.chat.query(ApprovalView)), pilot)
        await press(app, "y", "a")
        assert app.chat.query_one(Composer).text == "yaya"
        assert app.session.running
        before = events.Key("y", "y")
        await press(app, "ctrl+g")
        assert isinstance(app.focused, Button)
        # A letter that comes with the focus was meant for the composer.
        monkeypatch.setattr(approval_view, "GRACE_S", 3600.0)
        await press(app, "y")
        assert app.session.running
        # So was one that was typed before, however late it is read.
        monkeypatch.setattr(approval_view, "GRACE_S", 0.0)
        app.post_message(before)
        await settled(app)
        assert app.session.running
        await press(app, "n")
        await until(lambda: not app.session.running, pilot)
        assert app.session.turns[0].calls[0].state == "refused"


async def test_retry_asks_again_and_the_former_version_stays(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "hosts")
        await ask(app, pilot, "ping gw1.lan")
        former = app.session.conversation.id
        await press(app, "ctrl+r")
        await until(lambda: len(app.session.turns) == 2 and not app.session.running, pilot)
        assert [turn.question for turn in app.session.turns] == ["hosts", "ping gw1.lan"]
        assert app.session.conversation.id != former
        titles = {each.title for each in await app.store.summaries()}
        assert titles == {"hosts", "Before a retry: hosts"}


async def test_edit_last_takes_the_question_back(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan")
        await press(app, "alt+up")
        assert app.chat.query_one(Composer).text == "ping gw1.lan"
        assert app.session.turns == []


async def test_copying(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await press(app, "alt+a")
        assert app.clipboard == ""
        await ask(app, pilot, "ping gw1.lan")
        await press(app, "alt+a")
        assert "gw1.lan answered 4 of 4 pings" in app.clipboard
        await press(app, "alt+c")
        call = json.loads(app.clipboard)
        assert call["name"] == "ping_host" and call["arguments"] == {"target": "gw1.lan"}
        assert call["result"]["success"] is True
        await press(app, "alt+w")
        assert app.clipboard.startswith("# ping gw1.lan\n\n**You:** ping gw1.lan")
        # What a terminal sends for alt and a letter has a character, which must not be written.
        app.post_message(events.Key("alt+a", "a"))
        await until(lambda: "gw1.lan answered 4 of 4 pings" in app.clipboard[:60], pilot)
        assert app.chat.query_one(Composer).text == ""


async def test_folds_open_and_close_together(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan and db-01")
        folds = list(app.chat.query(Fold))
        assert len(folds) == 2 and not any(fold.is_open for fold in folds)
        await press(app, "ctrl+t")
        assert all(fold.is_open for fold in folds)
        text = screen_text(app)
        assert 'target = "gw1.lan"' in text and "received  4" in text
        await press(app, "ctrl+t")
        assert 'target = "gw1.lan"' not in screen_text(app)
        folds[0].query_one(".fold-title").focus()
        await press(app, "enter")
        assert folds[0].is_open and not folds[1].is_open


async def test_the_end_is_followed_only_from_the_end(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        for _ in range(4):
            await ask(app, pilot, "hosts")
        log = app.chat.log_view
        assert log.at_end
        await press(app, "pageup", "pageup")
        place = log.scroll_y
        assert not log.at_end
        turn = app.session.turns[-1]
        turn.parts.append(Answer("more\n\n" * 20, streaming=False))
        await log.views[-1].changed()
        await settled(app)
        assert log.scroll_y == place
        await press(app, "ctrl+end")
        await settled(app)
        assert log.at_end
        await press(app, "ctrl+home")
        assert log.scroll_y == 0


async def test_new_lines_recalled_questions_and_busy(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        composer = app.chat.query_one(Composer)
        await press(app, "a", "ctrl+j", "b")
        assert composer.text == "a\nb"
        composer.put("")
        await ask(app, pilot, "ping gw1.lan")
        await ask(app, pilot, "hosts")
        await press(app, "up")
        assert composer.text == "hosts"
        await press(app, "up")
        assert composer.text == "ping gw1.lan"
        composer.put("")
        await send(app, "slow")
        await until(lambda: app.session.running, pilot)
        await send(app, "hosts")
        assert composer.text == "hosts"
        await press(app, "escape")
        await until(lambda: not app.session.running, pilot)


async def test_trouble_is_shown_where_it_happens(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "broken")
        assert "A call could not be read" in screen_text(app)
        await ask(app, pilot, "fail")
        assert app.session.turns[-1].ending == "failed"
        await ask(app, pilot, "loop")
        assert "round in circles" in screen_text(app)


async def test_thinking_is_folded(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        turn = Turn(
            "why?", [Thought("because it is so", streaming=False), Answer("It is so.", streaming=False)]
        )
        await app.chat.log_view.show([turn])
        await settled(app)
        text = screen_text(app)
        assert "thought, 4 words" in text and "because it is so" not in text
        await press(app, "ctrl+t")
        assert "because it is so" in screen_text(app)


async def test_a_result_that_was_cut_says_so(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "hosts")
        call = app.session.turns[0].calls[0]
        call.result = replace(call.result, truncated=True, next_page=2)
        view = app.chat.query_one(CallView)
        view.changed()
        view.is_open = True
        await settled(app)
        assert view.label().plain.endswith("cut")
        assert "Page 2 goes on." in "\n".join(str(part.render()) for part in view.query(".call-cut"))


@pytest.mark.parametrize("conversation", ["last", None])
async def test_a_conversation_is_opened_again(tmp_path: Path, conversation: str | None) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await ask(app, pilot, "ping gw1.lan")
    again = make_app(tmp_path, conversation=conversation)
    async with again.run_test(size=(80, 24)) as pilot:
        await started(again, pilot)
        await settled(again)
        # A whole conversation is only opened where it is asked for.
        assert ("gw1.lan answered" in screen_text(again)) == (conversation == "last")


async def test_another_key_map(tmp_path: Path) -> None:
    config = Config.model_validate({"tui": {"keys": {"new": "f9", "send": "ctrl+s"}, "theme": "light"}})
    app = make_app(tmp_path, config=config)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        assert app.theme == "light"
        composer = app.chat.query_one(Composer)
        composer.put("ping gw1.lan")
        await press(app, "ctrl+s")
        await until(lambda: bool(app.session.turns) and not app.session.running, pilot)
        await press(app, "f9")
        assert app.session.turns == []


async def test_what_keeps_it_from_starting_is_said_at_the_end(tmp_path: Path) -> None:
    app = make_app(tmp_path, conversation="nobody-knows")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: bool(app.problem), pilot)
    assert app.return_code == 1
    assert "there is no conversation 'nobody-knows'" in app.problem
