"""Requests about pasted text: an alert, a log line or a mail, and what the person wants of a host in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training import values
from training.aspects import Aspects, Clause, Kind, named
from training.bank import BANK, BankError
from training.template import Part, parse_text
from training.writer import Call, Writer

_ASKS = (
    "{}", "{}", "{}", "^^ {}", "can you {}", "please {}", "pls {}", "{} please", "so: {}", "what now? {}", "got this. {}", "from my inbox. {}", "saw this: {}",
    "-> {}", "is this real? {}", "hm. {}", "{} and tell me", "need to know: {}", "could you {}", "just in: {}", "false alarm? {}", "{} thx",
)  # fmt: skip
_QUESTIONS = (
    "{}?",
    "{}?",
    "^^ {}?",
    "so, {}?",
    "hm, {}?",
    "{}??",
    "tell me, {}?",
    "and now, {}?",
    "my question: {}?",
)


@dataclass(frozen=True, slots=True)
class Paste:
    """A pasted text and, by slot, the words that point at its hosts."""

    text: tuple[Part, ...]
    pointers: dict[str, tuple[str, ...]]


def load_pastes(root: Path = BANK) -> list[Paste]:
    """Reads `paste/*.txt`.

    Raises:
        BankError: A line cannot be read.
    """
    found: list[Paste] = []
    for path in sorted((root / "paste").glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            text, arrow, pointing = line.partition(" => ")
            pointers = {
                name.strip(): tuple(word.strip() for word in words.split(","))
                for name, _, words in (part.partition(":") for part in pointing.split(";"))
            }
            if not arrow or any(f"{{{name}}}" not in text for name in pointers):
                raise BankError(
                    f"{path}:{number}: expected text with {{a}} or {{b}} => a: words, words; b: words"
                )
            source = re.sub(r" /(?= |$)", r"\\n", text).replace("\\n ", "\\n")
            known = frozenset({"a", "b", "day", "time", "x:num", "x:host", "x:person", "x:company"})
            found.append(Paste(parse_text(source, known=known, choices=False), pointers))
    return found


def pasted_request(pastes: list[Paste], aspects: Aspects, rng: Random) -> tuple[str, list[Call]]:
    """Draws a pasted text with a request about one host in it."""
    paste = rng.choice(pastes)
    writer = Writer(rng)
    numeric = rng.random() < 0.3
    for name in ("a", "b"):
        writer.put(
            name,
            values.ip(rng)
            if numeric or rng.random() < 0.15
            else values.fqdn(rng)
            if rng.random() < 0.75
            else values.machine(rng),
        )
    writer.put("day", str(rng.randint(10, 22)))
    writer.put(
        "time",
        f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"[: rng.choice((5, 8))],
    )
    text = writer.text(paste.text, literal=True)
    slot = rng.choice(sorted(paste.pointers))
    host = writer.slot(slot, "").text
    kind: Kind = (
        rng.choice(("host", "host", "name", "watched"))
        if not numeric
        else rng.choice(("host", "host", "watched"))
    )
    form = rng.choice(("do", "do", "q"))
    clause = Clause(rng.choice(aspects[kind, form]), Writer(rng))  # type: ignore[index]
    said = clause.text(rng.choice(paste.pointers[slot]) if rng.random() < 0.8 else host).strip()
    asked = rng.choice(_QUESTIONS if form == "q" else _ASKS).format(said)
    quoted = text if rng.random() < 0.7 else rng.choice(('"{}"', "```\n{}\n```", "> {}", "[{}]")).format(text)
    whole = (
        f"{asked}\n\n{quoted}"
        if rng.random() < 0.25
        else f"{quoted}{rng.choice((chr(10), chr(10) * 2, ' ', ' - '))}{asked}"
    )
    return whole, [clause.call(named(host))]
