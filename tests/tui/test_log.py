"""A long conversation: only what is near is drawn, and what is read stays in its place."""

from __future__ import annotations

from pathlib import Path

from textual.widget import Widget

from tests.tui.support import make_app, press, screen_text, settled, started, until
from tui.chat.log import WINDOW
from tui.chat.parts import Answer, Turn


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
            most = max(most, sum(view.drawn for view in log.views))
            assert "line" in screen_text(app) or "question" in screen_text(app)
        assert 0 < most < 25
        assert len(list(log.walk_children(Widget))) < 1000


async def test_older_turns_come_by_a_button_and_the_place_is_kept(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        log = app.chat.log_view
        await log.show(long_talk(WINDOW + 30))
        await settled(app)
        assert len(log.views) == WINDOW
        await press(app, "ctrl+home")
        await settled(app)
        assert "30 earlier turns" in screen_text(app)
        log.query_one("#earlier").press()
        await settled(app)
        assert log.views[0].turn.question == "question 0"
        assert len(log.views) == WINDOW
        # What was at the top is there again, where the former turns end.
        await until(lambda: "question 30" in screen_text(app), pilot)
        log.query_one("#later").press()
        await settled(app)
        assert log.views[-1].turn.question == f"question {WINDOW + 29}"


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
        assert all(view.drawn for view in log.views[-2:])
