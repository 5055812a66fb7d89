"""Requests that are laid out: a table, a list or a snippet with a call a row, and a sentence that says what to do.

What each row asks for is its own cells, what the sentence says of all rows, and what it says of that row alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from training.asks import Ask, Form, asks_of, load_asks, pick
from training.aspects import Aspects, Clause, Kind, draw_subject
from training.columns import EXTRAS, Column, new_column, subject_cell
from training.layouts import Cell, Table, lay_out, tasks
from training.names import person
from training.options import (
    SUBJECT_HEADS,
    draw_option,
    draw_subjects,
    merge,
    open_to,
    options_of,
    say,
    subject_of,
    worded,
)
from training.table_words import (
    ABOVE,
    ALL,
    ALL_AFTER,
    BELOW,
    BETWEEN,
    EMPTY,
    FENCES,
    LEADS,
    ONE_ABOVE,
    ONE_BELOW,
    ONLY,
    TAILS,
    TASKS,
)  # fmt: skip
from training.values import Filled
from training.writer import Call, Writer

#: Bytes of a request and its calls: what is longer is not trained on.
_LONGEST = 700


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was drawn for one table: what a call is made of is in `parts`, later ones before earlier ones."""

    tool: str
    fixed: Filled
    shared: dict[str, Filled]
    columns: list[Column]
    subjects: list[Filled]
    grid: list[list[Filled | None]]
    parts: list[list[Filled]]

    def calls(self) -> list[Call]:
        """A call a row; none where one says too little: a change that changes nothing, a TCP check without a port."""
        calls = [(self.tool, merge(self.tool, *parts)) for parts in self.parts]
        for tool, given in calls:
            if (tool == "edit_host" and len(given) < 2) or (
                given.get("endpoint") == "tcp" and "port" not in given
            ):
                return []
        return calls


class Tabler:
    """Draws requests that are laid out."""

    def __init__(self, aspects: Aspects, rng: Random) -> None:
        """Takes the aspects, which give clauses and asks, and the source of chance."""
        self._aspects = aspects
        self._rng = rng
        self._asks = load_asks()
        self._more = asks_of(aspects)
        self._tools = sorted(self._asks)
        self._weights = [1 + len(options_of(tool)) for tool in self._tools]
        kinds: tuple[Kind, ...] = ("name", "host", "watched", "new")
        self._kinds: list[Kind] = [kind for kind in kinds if (kind, "do") in aspects]

    def draw(self) -> tuple[str, list[Call]]:
        """Draws a request for one to five calls, and the calls in the order of the rows."""
        while True:
            text, calls = self._tasks() if self._rng.random() < 0.2 else self._table()
            size = len(text.encode("utf-8")) + sum(
                len(json.dumps(c[1], ensure_ascii=False).encode()) for c in calls
            )
            if calls and size < _LONGEST and all(call not in calls[:i] for i, call in enumerate(calls)):
                return text, calls

    def _tasks(self) -> tuple[str, list[Call]]:
        """Different tasks on different hosts, one a line."""
        rng = self._rng
        writer = Writer(rng)
        items: list[str] = []
        calls: list[Call] = []
        named = rng.random() < 0.25
        for _ in range(rng.choices((2, 3, 4, 5), (0.3, 0.35, 0.22, 0.13))[0]):
            kind: Kind = rng.choice(self._kinds)
            form = "np" if named and (kind, "np") in self._aspects else "do"
            clause = Clause(rng.choice(self._aspects[kind, form]), writer)
            subject = draw_subject(kind, rng)
            while subject.host_id is not None and not clause.takes_id:
                subject = draw_subject(kind, rng)
            said = clause.text("it" if form == "np" else subject.text).strip()
            items.append(f"{subject.text}: {said}" if form == "np" else said)
            calls.append(clause.call(subject))
        head = worded(writer, rng.choice(TASKS), {"x": person(rng), "n": f"{rng.randint(100, 99999)}"})
        head += rng.choice((":\n", ":\n", "\n", ":\n\n", " -\n"))
        return head + tasks(items, rng) + self._tail(writer), calls

    def _tail(self, writer: Writer) -> str:
        return worded(writer, self._rng.choice(TAILS), {"x": person(self._rng)})

    def _table(self) -> tuple[str, list[Call]]:
        """One tool, a call a row."""
        rng = self._rng
        writer = Writer(rng)
        tool = rng.choices(self._tools, self._weights)[0]
        below = rng.random() < 0.78
        forms: tuple[Form, ...] = ("do", "say", "title") if below else ("do", "say")
        ask = pick(self._asks, self._more, tool, rng, forms=forms)
        fixed = Filled("", {name: writer.value(tool, name, value) for name, value in ask.fixed})
        count = rng.choices((1, 2, 3, 4, 5), (0.1, 0.32, 0.33, 0.17, 0.08))[0]
        rows = self._draft(tool, fixed, count)
        table = self._laid(rows)
        text, headed = lay_out(table, rng)
        head = self._head(writer, ask, count, below=below)
        for name, filled in rows.shared.items():
            form, said = say(name, filled.text, rng)
            head += worded(
                writer, self._wrap(count, head).replace("{v}", form.replace("{}", "{v}")), {"v": said}
            )
        head += self._exception(writer, rows)
        if headed:
            head += self._default(writer, rows)
        text = self._fenced(text)
        if below:
            text = head.rstrip(" :") + self._between(head) + text
        else:
            text += rng.choice(("\n", "\n\n", "\n\n")) + head
        return text + self._tail(writer), rows.calls()

    def _wrap(self, count: int, head: str) -> str:
        """How an option of all rows joins what was said."""
        if count == 1:
            return " {v}"
        return self._rng.choice(ALL_AFTER if head.endswith("?") else ALL)

    def _between(self, head: str) -> str:
        return self._rng.choice(("\n", "\n\n") if head[-1] in ".?!" else BETWEEN)

    def _fenced(self, text: str) -> str:
        fence = self._rng.choice(FENCES)
        return text if fence is None else f"```{fence}\n{text}\n```"

    def _draft(self, tool: str, fixed: Filled, count: int) -> _Rows:
        """Draws which parameters are said once for all rows and which have a column, and all values."""
        rng = self._rng
        needed, others = open_to(tool, fixed.values)
        more = min(len(others), rng.choices((0, 1, 2, 3), (0.2, 0.42, 0.28, 0.1))[0])
        if tool == "edit_host" and not fixed.values:
            more = max(more, 1)
        chosen = rng.sample(others, more)
        once = [name for name in (*needed, *chosen) if rng.random() < (0.12 if name in needed else 0.25)]
        shared = {name: draw_option(name, tool, rng) for name in once[:2] if name != "enabled"}
        names = [name for name in (*needed, *chosen) if name not in shared]
        used: set[str] = set()
        columns = [new_column(n, used, rng, optional=n in chosen and count > 1) for n in names]
        subjects = draw_subjects(tool, count, rng)
        if count > 1 and "port" in names and rng.random() < 0.15:
            subjects[-1] = subjects[0]
        grid = [[column.draw(tool, rng) for column in columns] for _ in range(count)]
        parts = [
            [subject, fixed, *shared.values(), *(filled for filled in row if filled)]
            for subject, row in zip(subjects, grid, strict=True)
        ]
        return _Rows(tool, fixed, shared, columns, subjects, grid, parts)

    def _laid(self, rows: _Rows) -> Table:
        """The table in a random order of columns, one of which may be no parameter."""
        rng = self._rng
        by_id = "host_id" in rows.subjects[0].values
        heads = SUBJECT_HEADS.get("host_id" if by_id else subject_of(rows.tool), SUBJECT_HEADS[""])
        used = {column.head.lower() for column in rows.columns}
        head = rng.choice([head for head in heads if head.lower() not in used] or ["row"])
        key: tuple[str, list[Cell | None]] = (head, [subject_cell(s, rng) for s in rows.subjects])
        parts = [key]
        for index, column in enumerate(rows.columns):
            cells = [row[index] for row in rows.grid]
            parts.append((column.head, [column.cell(f, rng) if f else None for f in cells]))
        if rng.random() < (0.22 if rows.columns else 0.6):
            head, draw, words = rng.choice(EXTRAS)
            texts = [draw(rng) for _ in rows.subjects]
            parts.append((head, [Cell(text, words.format(text), text) for text in texts]))
        if rng.random() < 0.4:
            rng.shuffle(parts)
        cells_by_row = tuple(zip(*(cells for _, cells in parts), strict=True))
        return Table(tuple(head for head, _ in parts), cells_by_row, parts.index(key))

    def _head(self, writer: Writer, ask: Ask, count: int, *, below: bool) -> str:
        rng = self._rng
        options = (BELOW if count > 1 else ONE_BELOW) if below else (ABOVE if count > 1 else ONE_ABOVE)
        said = ask.said(writer, rng.choice(options)).strip()
        if ask.form != "do":
            return said[0].upper() + said[1:] if rng.random() < 0.3 else said
        said = worded(writer, rng.choice(LEADS), {"x": person(rng)}) + said
        return said[0].upper() + said[1:] if rng.random() < 0.25 else said

    def _exception(self, writer: Writer, rows: _Rows) -> str:
        """Says an option of one row alone; it stands even against what is said of all."""
        rng = self._rng
        taken = {*rows.fixed.values, *(column.name for column in rows.columns), "enabled", "endpoint"}
        free = [
            name for name in (*rows.shared, *open_to(rows.tool, rows.fixed.values)[1]) if name not in taken
        ]
        if len(rows.subjects) < 2 or not free or rng.random() > 0.16:
            return ""
        name = rng.choice([n for n in free if n in rows.shared] or free)
        filled = draw_option(name, rows.tool, rng)
        index = rng.randrange(len(rows.subjects))
        rows.parts[index].append(filled)
        subject = rows.subjects[index]
        ordinal = ("first", "second", "third", "fourth", "fifth")[index]
        end = "the last one" if index == len(rows.subjects) - 1 else f"line {index + 1}"
        row = rng.choice(
            (subject.text, subject.text, f"the {ordinal}", f"row {index + 1}", f"number {index + 1}", end)
        )
        if rows.subjects.count(subject) > 1 or "host_id" in subject.values:
            row = f"row {index + 1}"
        form, said = say(name, filled.text, rng)
        return worded(
            writer, rng.choice(ONLY).replace("{v}", form.replace("{}", "{v}")), {"row": row, "v": said}
        )

    def _default(self, writer: Writer, rows: _Rows) -> str:
        """Says what the empty cells of a column mean."""
        rng = self._rng
        gappy = [
            index
            for index, column in enumerate(rows.columns)
            if column.name != "enabled" and any(row[index] is None for row in rows.grid)
        ]
        if not gappy or rng.random() > 0.35:
            return ""
        index = rng.choice(gappy)
        column = rows.columns[index]
        filled = column.value(rows.tool, rng)
        for parts, row in zip(rows.parts, rows.grid, strict=True):
            if row[index] is None:
                parts.append(filled)
        return worded(writer, rng.choice(EMPTY), {"head": column.head, "v": column.cell(filled, rng).text})
