"""The columns of a table: those that give a parameter, the one that names the rows, and those that say nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.layouts import Cell
from training.names import person
from training.options import UNITS, WORDINGS, draw_option, say
from training.places import CODES
from training.values import Filled, domain, label


@dataclass(frozen=True, slots=True)
class Column:
    """A column that gives a parameter; `unit` stands in its header, so that its cells are bare numbers."""

    name: str
    head: str
    unit: tuple[str, tuple[int, int, int]] | None
    gaps: float

    def draw(self, tool: str, rng: Random) -> Filled | None:
        """Draws what a cell holds, None where it is empty."""
        return None if rng.random() < self.gaps else self.value(tool, rng)

    def value(self, tool: str, rng: Random) -> Filled:
        """Draws a value as cells hold it: numbers in digits."""
        if self.unit is None:
            filled = draw_option(self.name, tool, rng)
            value = filled.values.get(self.name)
            digits = isinstance(value, int) and not isinstance(value, bool)
            return Filled(str(value), filled.values) if digits else filled
        unit, (low, high, step) = self.unit
        number = rng.randrange(low, high + 1, step)
        return Filled(str(number), {self.name: f"{number}{unit}"})

    def cell(self, filled: Filled, rng: Random) -> Cell:
        """The cell that holds a value."""
        text = filled.text
        value = filled.values[self.name]
        if isinstance(value, list) and rng.random() < 0.7:
            text = rng.choice((" ", ", ", "; ", "+", ",", " / ")).join(map(str, value))
            if any(" " in str(item) for item in value):
                text = rng.choice((", ", "; ", " + ", " / ")).join(map(str, value))
        said = text
        if self.unit is not None:
            said = f"{text} {'min' if self.unit[0] == 'm' else self.unit[0]}"
        form, said = say(self.name, said, rng, short=True)
        raw = value if isinstance(value, list | bool) else int(text) if text.isdecimal() else text
        return Cell(text, form.replace("{}", said), raw)


def new_column(name: str, used: set[str], rng: Random, *, optional: bool) -> Column:
    """Draws the header of a parameter, other than those in `used`, and how often its cells are empty."""
    word = rng.choice([head for head in WORDINGS[name].heads if head.lower() not in used])
    used.add(word.lower())
    unit: tuple[str, tuple[int, int, int]] | None = None
    if name in UNITS and rng.random() < 0.35:
        symbol, names, span = rng.choice(UNITS[name])
        unit = (symbol, span)
        word = rng.choice(("{} ({})", "{} ({})", "{} {}", "{} [{}]", "{}_{}", "{}, {}", "{} in {}")).format(
            word, rng.choice(names)
        )
        word = word.replace(", ", " / ")
    return Column(name, word, unit, rng.choice((0.0, 0.3, 0.5)) if optional else 0.0)


def subject_cell(subject: Filled, rng: Random) -> Cell:
    """The cell of what a row is about."""
    by_id = "host_id" in subject.values
    words = (
        rng.choice(("host {}", "#{}", "id {}", "host #{}")).format(subject.text) if by_id else subject.text
    )
    return Cell(subject.text, words, int(subject.text) if by_id else subject.text)


_NOTES = (
    "new",
    "slow",
    "critical",
    "old box",
    "test",
    "asked twice",
    "moved",
    "VIP",
    "unclear",
    "spare",
    "flaky",
)


def _note(rng: Random) -> str:
    if rng.random() < 0.3:
        return f"{rng.choice(('see', 'ask', 'told'))} {person(rng)}"
    return rng.choice(_NOTES)


#: Columns that are no parameter: header, cells, how a line without a header says them.
EXTRAS: tuple[tuple[str, Callable[[Random], str], str], ...] = (
    ("owner", person, "(owner {})"),
    ("contact", person, "(contact {})"),
    ("room", lambda rng: f"{rng.choice('ABCDEF')}{rng.randint(0, 4)}.{rng.randint(1, 40):02d}", "room {}"),
    (
        "ticket",
        lambda rng: f"{rng.choice(('OPS', 'NET', 'INC', 'CHG', 'REQ'))}-{rng.randint(10, 99999)}",
        "[{}]",
    ),
    ("rack", lambda rng: f"{rng.choice('ABCDEFGHR')}{rng.randint(1, 48)}", "rack {}"),
    ("note", _note, "({})"),
    ("comment", _note, "// {}"),
    ("customer", lambda rng: label(rng).capitalize(), "({})"),
    ("team", lambda rng: rng.choice(("net", "sys", "db", "web", "sec", "voice", "shop", "core")), "team {}"),
    ("prio", lambda rng: f"P{rng.randint(1, 4)}", "P-level {}"),
    ("asset", lambda rng: f"{rng.choice(CODES).upper()}{rng.randint(1000, 99999)}", "asset {}"),
    ("vlan", lambda rng: str(rng.randint(2, 4094)), "vlan {}"),
    (
        "os",
        lambda rng: rng.choice(("debian 12", "rhel9", "win2022", "freebsd", "ios-xe", "junos", "esxi 8")),
        "({})",
    ),
    ("site owner", lambda rng: f"{person(rng)}@{domain(rng)}", "(asked by {})"),
    ("serial", lambda rng: f"SN{rng.getrandbits(32):08X}", "s/n {}"),
    ("done", lambda rng: rng.choice(("no", "x", "open", "todo")), "[{}]"),
)
