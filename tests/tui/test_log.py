"""A long conversation: only what is near is drawn, and what is read stays in its place."""

from __future__ import annotations

from pathlib import Path

from textual.widget import Widget

from tests.tui.support import make_app, press, screen_text, settled, started, until
from tui.chat.fold import Fold
from tui.chat.markdown import AnswerView
from tui.chat.parts import Answer, CallPart, Note, Thought, Turn
from tui.chat.turn_view import measured_lines


def long_talk(turns: int) -> list[Turn]:
    body = "\n\n".join(
        f"line {n} of an answer that is long enough to wrap at eighty columns, or nearly" for n in range(6)
    )
    return [Turn(f"question {n}", [Answer(f"answer {n}\n\n{body}", streaming=False)]) for n in range(turns)]


async def test_only_what_is_near_is_drawn(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(long_talk(300))
        await settled(app)
        assert (log.at_end and "answer 299" in screen_text(app)) or "line 5" in screen_text(app)
        most = 0
        for _ in range(15):
            log.scroll_relative(y=-70, animate=False, force=True)
            log.release_anchor()
            await settled(app)
            most = max(most, len(log.views))
            assert "line" in screen_text(app) or "question" in screen_text(app)
        assert 0 < most < 25
        assert len(list(log.walk_children(Widget))) < 200


async def test_all_of_a_long_conversation_is_one_scroll_away(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(long_talk(2000))
        await settled(app)
        assert "line 5" in screen_text(app) and log.virtual_size.height > 20_000
        await press(app, "ctrl+home")
        await until(lambda: "question 0" in screen_text(app), pilot)
        log.scroll_to(y=log.max_scroll_y // 2, animate=False)
        await until(lambda: "line 3" in screen_text(app), pilot)
        await settled(app)
        assert 900 < int(log.views[0].turn.question.split()[1]) < 1100
        await press(app, "ctrl+end")
        await until(lambda: log.at_end and "line 5" in screen_text(app), pilot)
        assert len(log.views) < 25


async def test_a_turn_is_as_tall_as_was_measured(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    talk = [
        Turn("a question that is so long that it needs more than one line, and then some more words " * n, [
            Thought("so", streaming=False),
            CallPart("ping_host", state="done"),
            Answer("", streaming=False),
            Answer(f"# Head\n\n{'words ' * 40 * n}\n\n- a\n- b\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|",
                   streaming=False, partial=n == 2),
            Note("a note of several words that is longer than one line of this terminal is wide, surely"),
        ])
        for n in range(1, 5)
    ]  # fmt: skip
    async with app.run_test(size=(60, 80)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(talk)
        await settled(app)
        await press(app, "ctrl+home")
        await until(lambda: len(log.views) == 4, pilot)
        await settled(app)
        for view in log.views:
            assert view.outer_size.height == view.lines == measured_lines(view.turn, view.outer_size.width)


async def test_what_was_opened_is_open_again_when_it_comes_back(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        talk = long_talk(60)
        for turn in talk:
            turn.parts.insert(0, Thought("the reason is here", streaming=False))
        await log.show(talk)
        await settled(app)
        last = log.views[-1]
        last.query_one(Fold).is_open = True
        await settled(app)
        assert last.opened == frozenset({0})
        await press(app, "ctrl+home")
        await until(lambda: "question 0" in screen_text(app), pilot)
        await until(lambda: last not in log.views, pilot)
        await press(app, "ctrl+end")
        await until(lambda: log.views[-1].turn is talk[-1] and log.views[-1].opened == {0}, pilot)
        # All at once, those without widgets too.
        log.fold_all(True)
        await press(app, "ctrl+home")
        await until(lambda: "the reason is here" in screen_text(app), pilot)


async def test_what_is_selected_stays_and_is_copied_without_the_breaks_of_the_width(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    words = "a paragraph of an answer that does not fit into one line of sixty cells, and is wrapped"
    async with app.run_test(size=(60, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show([*long_talk(30), Turn("q", [Answer(f"{words}\n\n- item", streaming=False)])])
        await settled(app)
        answer = log.views[-1].query_one(AnswerView)
        answer.text_select_all()
        await settled(app)
        assert app.screen.get_selected_text() == f"{words}\n\n• item"
        await press(app, "ctrl+home")
        await until(lambda: "question 0" in screen_text(app), pilot)
        assert answer.is_attached and app.screen.get_selected_text() == f"{words}\n\n• item"


async def test_another_theme_colours_answers_anew(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await app.chat.log_view.show([Turn("q", [Answer("# Head\n\n`code`", streaming=False)])])
        await settled(app)

        def looks() -> set[str]:
            answer = app.chat.query_one(AnswerView)
            return {str(segment.style) for y in range(3) for segment in answer.render_line(y)}

        dark = looks()
        app.theme = "light"
        await settled(app)
        assert not dark & looks()


async def test_what_is_read_stays_while_what_is_above_is_drawn(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(long_talk(60))
        await settled(app)
        for _ in range(5):
            await press(app, "pageup")
            seen = [row.strip() for row in screen_text(app).split("\n")[1:-4] if row.strip()]
            await settled(app)
            await settled(app)
            after = [row.strip() for row in screen_text(app).split("\n")[1:-4] if row.strip()]
            assert set(seen) & set(after), (seen, after)


async def test_another_width(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(long_talk(100))
        await settled(app)
        await pilot.resize_terminal(120, 40)
        await settled(app)
        assert log.at_end
        assert log.views[-1].turn.question == "question 99"
