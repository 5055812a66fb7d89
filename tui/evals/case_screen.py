"""A case of a run: what was asked, what the model wrote, what was expected, side by side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from evals.cases import Case
from evals.questions import expected_lines
from evals.record import RunRecord
from evals.rows import Row
from evals.show import ShownCase, read_case
from evals.store import StoreError
from tui.keys import binding
from tui.page import Page
from tui.safe import exact, line

_TITLES = (("prompt", "prompt"), ("raw", "what the model wrote"), ("expected", "what was expected"))


class CaseScreen(Page):
    """Three columns, or one below the other where there is no room.

    Attributes:
        read_in: Whether the case is shown.
    """

    PLACE = "evals"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    AUTO_FOCUS = "#sides"
    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "Back", show=True)]

    def __init__(self, directory: Path, record: RunRecord, case_id: str) -> None:
        """Takes the case."""
        super().__init__()
        self._directory = directory
        self._record = record
        self._case_id = case_id
        self.read_in = False

    def content(self) -> ComposeResult:
        """The verdict, and the sides."""
        yield Static(Content("reading …"), id="verdict", markup=False)
        with VerticalScroll(id="sides", can_focus=True), Container(id="grid"):
            for id, title in _TITLES:
                side = Static(Content(""), id=id, classes="side", markup=False)
                side.border_title = Content(title)  # pyright: ignore[reportAttributeAccessIssue]
                yield side

    def on_mount(self) -> None:
        """Reads the case."""
        self.say(self._case_id)
        # What is inside containers is mounted after the screen itself.
        self.call_after_refresh(self.read)

    @work(exclusive=True, group="read")
    async def read(self) -> None:
        """Reads the case."""
        try:
            shown = await asyncio.to_thread(read_case, self._directory, self._record, self._case_id)
        except StoreError as error:
            self.query_one("#verdict", Static).update(Content(line(str(error), 400)))
            return
        if not self.is_attached:
            return
        row = shown.rows[0]
        colour = "$text-success" if row.correct else "$text-error"
        self.query_one("#verdict", Static).update(
            Content.assemble(
                (f"{line(row.id, 40)}  ", "bold"), (row.label, colour), f"  {line(row.reason, 300)}"
            )
        )
        sides = {
            "prompt": prompt_text(shown),
            "raw": "\n\n".join(raw_text(each) for each in shown.rows),
            "expected": expected_text(shown.case),
        }
        for id, text in sides.items():
            self.query_one(f"#{id}", Static).update(Content(exact(text)))
        self.read_in = True

    def action_back(self) -> None:
        """Goes back to the run."""
        self.dismiss()


def prompt_text(shown: ShownCase) -> str:
    """What was asked."""
    if shown.case is None:
        return shown.note
    case = shown.case
    lines = [f"now {case.now.isoformat()}", f"{len(case.tools)} tools on offer"]
    for message in case.messages:
        if message.content is not None:
            lines += ["", f"{message.role}: {message.content}"]
        for call in message.tool_calls:
            lines += ["", f"{message.role} calls {call.name} {_json(call.arguments)}"]
    return "\n".join(lines)


def raw_text(row: Row) -> str:
    """What the model wrote, and what was read from it."""
    lines = [row.raw, "", "read as:"]
    lines += [f"  {call['name']} {_json(call['arguments'])}" for call in row.calls] or ["  no call"]
    if row.repairs:
        lines.append(f"repaired: {', '.join(row.repairs)}")
    usage = row.usage
    lines.append(f"{usage.prompt_tokens} tokens in, {usage.completion_tokens} out, {row.seconds:.2f} s")
    return "\n".join(lines)


def expected_text(case: Case | None) -> str:
    """Every way to be right."""
    return "\n".join(_expected(case)) if case is not None else "not known"


def _expected(case: Case) -> Iterator[str]:
    for number, calls in enumerate(expected_lines(case)):
        if number:
            yield "or"
        if case.ordered and len(calls) > 1:
            yield "in this order:"
        yield from (calls or ["no call"])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
