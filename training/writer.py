"""Renders templates: fills slots, once a document, and makes the noise of typing around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from random import Random

from providers.dialects.netmon_wire import kind_of
from training import noise, rephrase, thesaurus, values
from training.bank import schemas
from training.slots import fill
from training.template import CallTemplate, Choice, Part, Single, Slot
from training.values import Value

_TOUCHING_HEAD = re.compile(r"\S*")
_TOUCHING_TAIL = re.compile(r"\S*\Z")
_TRAILING = re.compile(r"\d+$")
_SLOT_IN_VALUE = re.compile(r"\{([a-z][a-z_]*(?::[a-z]+)?\d*)\}")

#: Parameters whose values are words of the request, to be copied as they stand.
_COPIED = frozenset((
    "expect_text", "agent_location", "locations", "address", "addresses", "target", "host", "name", "query", "url",
    "email", "message_id", "algorithms",
))  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")

#: A call as the model is to write it: the tool, and its arguments on the wire.
Call = tuple[str, dict[str, Value]]


class Writer:
    """Renders templates with one draw of noise; slots keep their values within one document."""

    def __init__(self, rng: Random, *, noisy: bool = True) -> None:
        self._rng = rng
        self._filled: dict[str, values.Filled] = {}
        self._kept: frozenset[str] = frozenset()
        draw = rng.random()
        self._slips = 0 if not noisy or draw < 0.72 else 1 if draw < 0.9 else 3
        case = rng.random()
        self._case = "keep" if not noisy or case < 0.6 else "lower" if case < 0.97 else "upper"
        self._slang = noisy and rng.random() < 0.12
        self._swap = rng.choice((0.0, 0.15, 0.4)) if noisy else 0.0
        self._reword = rng.choice((0.0, 0.0, 0.15, 0.4, 0.8)) if noisy else 0.0
        self._lose = rng.choice((0.0, 0.0, 0.0, 0.1, 0.5)) if noisy else 0.0

    @property
    def rng(self) -> Random:
        """The source of chance."""
        return self._rng

    def fresh(self) -> Writer:
        """A writer with the same habits whose slots are not filled yet."""
        other = copy(self)
        other._filled = {}
        return other

    def keep(self, arguments: Iterable[tuple[str, str]]) -> None:
        """Leaves the words of values that are copied out of the text as they are."""
        found = {
            word for name, value in arguments if name in _COPIED for word in _WORD.findall(value.lower())
        }
        self._kept |= found

    def put(self, name: str, text: str) -> None:
        """Fills a slot with a text that is its value."""
        self.fill(name, values.Filled(text, {name: text}))

    def fill(self, name: str, filled: values.Filled) -> None:
        """Fills a slot."""
        self._filled[name] = filled

    def text(self, parts: Sequence[Part], tool: str = "", *, literal: bool = False) -> str:
        """Renders a template; `literal` switches the noise off."""
        out: list[str] = []
        for index, part in enumerate(parts):
            if isinstance(part, Slot):
                out.append(self.slot(part.name, tool).text)
            elif isinstance(part, Choice):
                out.append(self.text(self._rng.choice(part.options), tool, literal=literal))
            elif literal:
                out.append(part)
            else:
                # What touches a slot (`www.{domain}`) belongs to its value and stays as it is.
                after = index > 0 and isinstance(parts[index - 1], Slot)
                before = index + 1 < len(parts) and isinstance(parts[index + 1], Slot)
                head = _TOUCHING_HEAD.match(part)[0] if after else ""
                tail = _TOUCHING_TAIL.search(part[len(head) :])[0] if before else ""
                middle = part[len(head) : len(part) - len(tail)]
                out.append(head + self._noise(middle) + tail)
        return "".join(out)

    def prepare(self, template: Single) -> None:
        """Draws the slots whose kind depends on what else the line says."""
        fixed = dict(template.fixed)
        self.keep(template.fixed)
        if template.tool == "dns_lookup" and fixed.get("record_type") == "PTR":
            self.put("name", values.ip(self._rng))
        if template.tool == "add_host":
            endpoint, draw = fixed.get("endpoint", ""), self._rng.random()
            if endpoint in ("http", "https", "httphtml") and draw < 0.3:
                scheme = endpoint if endpoint != "httphtml" else "https"
                self.put("address", f"{scheme}://{values.fqdn(self._rng)}{values.path(self._rng)}")
            elif endpoint in ("http", "https", "httphtml", "dns", "smtp") and draw < 0.85:
                self.put("address", values.fqdn(self._rng))
            else:
                self.put("address", values.host(self._rng))

    def slot(self, name: str, tool: str) -> values.Filled:
        """The value of a slot, drawn once."""
        if name not in self._filled:
            base = name if name.startswith("x:") else _TRAILING.sub("", name)
            filled = fill(base, tool, self._rng)
            while not name.startswith("x:") and any(filled.text == f.text for f in self._filled.values()):
                filled = fill(base, tool, self._rng)
                if base in ("page", "limit", "retries", "period", "state", "check", "profile", "endpoint"):
                    break
            self._filled[name] = filled
        return self._filled[name]

    def _noise(self, text: str) -> str:
        if self._reword:
            text = thesaurus.load().rewrite(text, self._rng, self._reword, self._kept)
        if self._swap:
            text = rephrase.substitute(text, self._rng, self._swap)
        if self._lose:
            text = rephrase.lose(text, self._rng, self._lose)
        if self._slang:
            text = noise.slang(text, self._rng)
        text = noise.recase(text, self._case)
        if self._slips and self._rng.random() < 0.7:
            text = noise.misspell(text, self._rng, self._rng.randint(1, self._slips))
        return text

    def single_call(self, template: Single) -> Call:
        """The call of a single template that `text` has rendered."""
        found: dict[str, Value] = {}
        used = _used_slots(template.text, self._filled)
        for name in used:
            found.update(self._filled[name].values)
        for name, value in template.fixed:
            found[name] = self.value(template.tool, name, value)
        return template.tool, in_order(template.tool, found)

    def call(self, template: CallTemplate) -> Call:
        """A call of a dialogue."""
        found = {name: self.value(template.tool, name, value) for name, value in template.arguments}
        return template.tool, in_order(template.tool, found)

    def value(self, tool: str, name: str, value: str) -> Value:
        """Turns a value of the bank into one on the wire, by the parameter's schema."""
        kind = kind_of(name, schemas()[tool][name])
        whole = _SLOT_IN_VALUE.fullmatch(value)
        if whole:
            filled = self.slot(whole[1], tool)
            slot_name = _TRAILING.sub("", whole[1])
            slot_value = filled.values.get(slot_name, filled.text)
            if kind in ("texts", "integers") and not isinstance(slot_value, list):
                return [slot_value]  # type: ignore[list-item]
            return str(slot_value) if kind == "text" else slot_value
        value = _SLOT_IN_VALUE.sub(lambda m: self.slot(m[1], tool).text, value)
        value = value.strip("\"'")
        match kind:
            case "integer":
                return int(value)
            case "boolean":
                return value == "true"
            case "texts" | "integers":
                items = [item.strip().strip("\"'") for item in value.strip("[]").split(",") if item.strip()]
                return [int(item) for item in items] if kind == "integers" else items
            case _:
                return value


def _used_slots(parts: Sequence[Part], filled: dict[str, values.Filled]) -> list[str]:
    names: list[str] = []
    for part in parts:
        if isinstance(part, Slot) and part.name in filled:
            names.append(part.name)
        elif isinstance(part, Choice):
            for option in part.options:
                names.extend(_used_slots(option, filled))
    return names


def in_order(tool: str, arguments: dict[str, Value]) -> dict[str, Value]:
    """Arguments in the order of the tool's schema."""
    return {name: arguments[name] for name in schemas()[tool] if name in arguments}
