"""Aspects: small things that can be asked of one subject, and whole requests put together out of them.

An aspect is a clause with `@` for its subject and the call that it asks for. Because clauses combine freely (several
aspects of one subject, one aspect of several subjects, each subject with its own), a few hundred of them give more
ways of asking for several calls than could be written out. The format is in `training/bank/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, cast, get_args

from training import values
from training.bank import BANK, check_call, read_lines, schemas
from training.template import CallTemplate, Choice, Part, Slot, parse_calls, parse_text
from training.values import Value
from training.writer import Call, Writer, in_order

Kind = Literal["name", "host", "watched", "new", "none"]
Form = Literal["np", "do", "q", "v", "each"]


@dataclass(frozen=True, slots=True)
class Aspect:
    """One clause: `text` holds `@`, `head` is what an `each` list opens with."""

    kind: Kind
    form: Form
    head: tuple[Part, ...]
    text: tuple[Part, ...]
    call: CallTemplate


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: `text` as typed, and what stands for it in calls."""

    text: str
    host: str
    url: str
    host_id: int | None = None


Aspects = dict[tuple[Kind, Form], list[Aspect]]


def load_aspects(root: Path = BANK) -> Aspects:
    """Reads `aspect/<kind>.<author>.txt`, grouped by kind and form.

    Raises:
        BankError: A line cannot be read.
    """
    found: Aspects = {}
    for aspect in read_lines(root, "aspect", _aspect):
        found.setdefault((aspect.kind, aspect.form), []).append(aspect)
    return found


def _aspect(kind: str, line: str) -> Aspect:
    form, _, rest = line.partition(":")
    if kind not in get_args(Kind) or form not in get_args(Form):
        raise ValueError(f"expected one of {', '.join(get_args(Form))} and a colon, got {line[:20]!r}")
    words, arrow, target = rest.partition(" => ")
    calls = parse_calls(target)
    if not arrow or len(calls) != 1:
        raise ValueError("expected text => one call")
    if "://@" in target:
        raise ValueError("a URL is written url=@: its scheme is added where it has none")
    check_call(
        CallTemplate(calls[0].tool, tuple((n, v if "@" not in v else "{x}") for n, v in calls[0].arguments))
    )
    head, bar, text = words.partition(" | ") if form == "each" else ("", "|", words)
    if not bar:
        raise ValueError("an `each` line has ` | ` between its head and its items")
    return Aspect(
        cast(Kind, kind), cast(Form, form), parse_text(head.strip()), parse_text(text.strip()), calls[0]
    )


def draw_subject(kind: Kind, rng: Random, *, site: bool = False) -> Subject:
    """Draws something to ask about; `site` allows a whole URL."""
    if kind == "watched" and rng.random() < 0.3:
        number = rng.choice((rng.randint(1, 99), rng.randint(1, 999), rng.randint(100, 9999)))
        return Subject(
            rng.choice(("host ", "host ", "#", "id ", "number ", "no. ", "host #")) + str(number),
            "",
            "",
            number,
        )
    if (site and rng.random() < 0.2) or (kind in ("new", "watched") and rng.random() < 0.12):
        where = values.fqdn(rng)
        url = f"http{rng.choice(('s', 's', 's', ''))}://{where}{values.path(rng)}"
        return Subject(url, where if kind == "name" else url, url)
    host = values.fqdn(rng) if kind == "name" else values.host(rng)
    if kind in ("watched",) and rng.random() < 0.05:
        host = values.pattern(rng)
    return Subject(host, host, _page_of(host))


def named(host: str) -> Subject:
    """The subject that is a host of that name."""
    return Subject(host, host, host if "://" in host else _page_of(host))


def _page_of(host: str) -> str:
    """The URL of a host's page; in a URL an IPv6 address stands in brackets."""
    return f"https://[{host}]" if host.count(":") > 1 else f"https://{host}"


class Clause:
    """One aspect, drawn: its choices and slots are decided once, its subject may still change."""

    def __init__(self, aspect: Aspect, writer: Writer) -> None:
        """Draws with a writer of its own, so that two clauses have amounts of their own."""
        self.aspect = aspect
        self._writer = writer.fresh()
        self._writer.keep(aspect.call.arguments)
        rng = self._writer.rng
        self._parts = settle(aspect.text, rng)

    def text(self, subject: str) -> str:
        """The clause about a subject, or about `it`."""
        out: list[Part] = []
        for part in self._parts:
            if isinstance(part, str):
                for index, piece in enumerate(re.split(r"(@'s|@)", part)):
                    if index % 2 == 0:
                        out.append(piece)
                    else:
                        out.append(Slot("@"))
                        self._writer.put("@", _possessive(subject) if piece == "@'s" else subject)
            else:
                out.append(part)
        return self._writer.text([p for p in out if p != ""], self.aspect.call.tool)

    def call(self, subject: Subject | None) -> Call:
        """The call that the clause asks for."""
        tool = self.aspect.call.tool
        found: dict[str, Value] = {}
        for name, value in self.aspect.call.arguments:
            match value:
                case "@" if subject is not None and name == "url":
                    found[name] = subject.url
                case "@" if subject is not None and name == "address" and subject.host_id is not None:
                    found["host_id"] = subject.host_id
                case "@" if subject is not None and name == "address":
                    found[name] = subject.text if tool == "add_host" else subject.host
                case "@" if subject is not None:
                    found[name] = _bare(subject.host)
                case "[@]" if subject is not None:
                    found[name] = [subject.host]
                case _:
                    found[name] = self._value(tool, name, value)
        return tool, in_order(tool, found)

    def _value(self, tool: str, name: str, value: str) -> Value:
        if value.startswith("{window."):
            return self._writer.slot("window", tool).values[name]
        if value == "-{ago}":
            return next(iter(self._writer.slot("ago", tool).values.values()))
        return self._writer.value(tool, name, value)

    @property
    def takes_id(self) -> bool:
        """Whether its subject may be the id of a monitored host."""
        arguments = self.aspect.call.arguments
        return (
            any(name == "address" for name, _ in arguments) and "host_id" in schemas()[self.aspect.call.tool]
        )


def _bare(host: str) -> str:
    """The host of a URL; another text as it is."""
    return host.partition("://")[2].partition("/")[0] if "://" in host else host


def _possessive(subject: str) -> str:
    if subject in ("it", "its"):
        return "its"
    return {"them": "their", "both": "both their", "that one": "that one's", "this one": "this one's"}.get(
        subject, f"{subject}'s"
    )


def settle(parts: Sequence[Part], rng: Random) -> list[Part]:
    """Decides every choice of a template, so that it can be rendered twice alike."""
    out: list[Part] = []
    for part in parts:
        if isinstance(part, Choice):
            out.extend(settle(rng.choice(part.options), rng))
        else:
            out.append(part)
    return out
