"""Makes training documents out of the phrase bank.

A document is one conversation: a list of `(text, weight)` stretches, where the weight is that of the loss on the
stretch's tokens (low on what people and tools say, 1 on what the model says).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from providers.base import ToolCall
from providers.dialects.netmon_pieces import (
    ASSISTANT,
    END,
    EVERY_TOOL,
    TOOL_NAMES,
    TOOLS,
    USER,
    clean,
    show_result,
    write_call,
    write_calls,
)
from providers.dialects.netmon_wire import from_wire, kind_of
from training import noise, rephrase, replies, values
from training.bank import (
    CallTemplate,
    Choice,
    Dialogue,
    NoCall,
    Part,
    Single,
    Slot,
    load_dialogues,
    load_no_calls,
    load_singles,
    required,
    schemas,
)
from training.slots import fill
from training.values import Value

PROMPT_WEIGHT = 0.1
REPLY_WEIGHT = 1.0

Document = list[tuple[str, float]]

_TOUCHING_HEAD = re.compile(r"\S*")
_TOUCHING_TAIL = re.compile(r"\S*$")
_TRAILING = re.compile(r"\d+$")
_SLOT_IN_VALUE = re.compile(r"\{([a-z][a-z_]*(?::[a-z]+)?\d*)\}")


@dataclass(frozen=True, slots=True)
class Bank:
    """The whole phrase bank, grouped for drawing."""

    singles: dict[str, list[Single]]
    no_calls: dict[str, list[NoCall]]
    dialogues: dict[str, list[Dialogue]]


def load_bank() -> Bank:
    """Reads the phrase bank.

    Raises:
        BankError: A line cannot be read.
    """
    singles: dict[str, list[Single]] = {}
    for template in load_singles():
        singles.setdefault(template.tool, []).append(template)
    no_calls: dict[str, list[NoCall]] = {}
    for line in load_no_calls():
        no_calls.setdefault(line.kind, []).append(line)
    dialogues: dict[str, list[Dialogue]] = {}
    for block in load_dialogues():
        dialogues.setdefault(block.topic, []).append(block)
    return Bank(singles, no_calls, dialogues)


Call = tuple[str, dict[str, Value]]


class Writer:
    """Renders templates with one draw of noise; slots keep their values within one document."""

    def __init__(self, rng: Random, *, noisy: bool = True) -> None:
        self._rng = rng
        self._filled: dict[str, values.Filled] = {}
        draw = rng.random()
        self._slips = 0 if not noisy or draw < 0.72 else 1 if draw < 0.9 else 3
        case = rng.random()
        self._case = "keep" if not noisy or case < 0.6 else "lower" if case < 0.97 else "upper"
        self._slang = noisy and rng.random() < 0.12
        self._swap = rng.choice((0.0, 0.15, 0.4)) if noisy else 0.0
        self._lose = rng.choice((0.0, 0.0, 0.0, 0.1, 0.5)) if noisy else 0.0

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
        if template.tool == "dns_lookup" and fixed.get("record_type") == "PTR":
            self._put("name", values.ip(self._rng))
        if template.tool == "add_host":
            endpoint, draw = fixed.get("endpoint", ""), self._rng.random()
            if endpoint in ("http", "https", "httphtml") and draw < 0.3:
                scheme = endpoint if endpoint != "httphtml" else "https"
                self._put("address", f"{scheme}://{values.fqdn(self._rng)}{values.path(self._rng)}")
            elif endpoint in ("http", "https", "httphtml", "dns", "smtp") and draw < 0.85:
                self._put("address", values.fqdn(self._rng))
            else:
                self._put("address", values.host(self._rng))

    def _put(self, name: str, text: str) -> None:
        self._filled[name] = values.Filled(text, {name: text})

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
            found[name] = self._value(template.tool, name, value)
        return template.tool, _in_order(template.tool, found)

    def call(self, template: CallTemplate) -> Call:
        """A call of a dialogue."""
        found = {name: self._value(template.tool, name, value) for name, value in template.arguments}
        return template.tool, _in_order(template.tool, found)

    def _value(self, tool: str, name: str, value: str) -> Value:
        """Turns a value of the bank into one on the wire, by the parameter's schema."""
        kind = kind_of(name, schemas()[tool][name])
        whole = _SLOT_IN_VALUE.fullmatch(value)
        if whole:
            filled = self.slot(whole[1], "")
            slot_name = _TRAILING.sub("", whole[1])
            slot_value = filled.values.get(slot_name, filled.text)
            if kind in ("texts", "integers") and not isinstance(slot_value, list):
                return [slot_value]  # type: ignore[list-item]
            return str(slot_value) if kind == "text" else slot_value
        value = _SLOT_IN_VALUE.sub(lambda m: self.slot(m[1], "").text, value)
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


def _in_order(tool: str, arguments: dict[str, Value]) -> dict[str, Value]:
    return {name: arguments[name] for name in schemas()[tool] if name in arguments}


_BEFORE = (
    "hi, ", "hey ", "hello, ", "please ", "pls ", "ok ", "so ", "um, ", "quick question: ", "hi there! ", "good morning, ",
    "yo ", "ok so ", "also, ", "and ", "now ", "Hi team, ", "btw ", "sorry, ", "one more thing: ", "hey, ", "ok, ", "alright, ",
)  # fmt: skip
_AFTER = (
    " please", " thanks", " thx", " asap", " pls", ", thank you", "!", "?", "??", " ?", "...", ".", "!!", " now", " quickly",
    " when you can", ", ok?", " for me", " if possible", " :)", " cheers", ", thanks!", " thanks in advance",
)  # fmt: skip


def _decorate(text: str, rng: Random) -> str:
    """Adds or drops what stands around a sentence: greeting, thanks, final mark."""
    if rng.random() < 0.1:
        text = rephrase.surround(text, rng)
    draw = rng.random()
    if draw < 0.12:
        before = rng.choice(_BEFORE)
        text = before + (text[0].lower() + text[1:] if rng.random() < 0.7 and text[1:2].islower() else text)
    if rng.random() < 0.15 and text[-1:] in ".?!":
        text = text[:-1]
    if rng.random() < 0.12 and text[-1:] not in ".?!":
        text += rng.choice(_AFTER)
    return text


def _offer(rng: Random, needed: Sequence[str]) -> tuple[str, bool]:
    """The list of tools on offer, and whether what is needed is in it."""
    draw = rng.random()
    if draw < 0.9:
        return TOOLS + EVERY_TOOL, True
    count = rng.randint(1, 12)
    chosen = set(rng.sample(TOOL_NAMES, count))
    if draw < 0.965 or not needed:
        chosen |= set(needed)
    else:
        chosen -= set(needed)
    names = [n for n in TOOL_NAMES if n in chosen]
    return TOOLS + " ".join(names), set(needed) <= chosen


class Generator:
    """Draws documents. The same bank and seed give the same documents."""

    def __init__(self, bank: Bank, seed: int) -> None:
        self._bank = bank
        self._rng = Random(seed)
        self._tools = sorted(bank.singles)
        self._kinds: list[tuple[float, Callable[[], Document]]] = [
            (0.46, self._single),
            (0.18, self._silent),
            (0.06, self._combined),
        ]
        for share, topic in ((0.08, "parallel"), (0.14, "followup"), (0.05, "result"), (0.03, "injected")):
            if bank.dialogues.get(topic):
                self._kinds.append((share, partial(self._dialogue, topic)))

    def draw(self) -> Document:
        """Draws one document."""
        weights = [weight for weight, _ in self._kinds]
        return self._rng.choices(self._kinds, weights)[0][1]()

    def _draw_single(self) -> tuple[str, Call]:
        rng = self._rng
        while True:
            template = rng.choice(self._bank.singles[rng.choice(self._tools)])
            writer = Writer(rng)
            writer.prepare(template)
            text = writer.text(template.text, template.tool)
            tool, arguments = writer.single_call(template)
            if all(name in arguments for name in required()[tool]):
                return text, (tool, arguments)

    def _history(self) -> Document:
        """An earlier, finished exchange, so that the model learns what is over."""
        rng = self._rng
        if rng.random() < 0.8:
            return []
        if rng.random() < 0.25:
            text, reply = self._draw_silent()
            return [(USER + clean(text), PROMPT_WEIGHT), (ASSISTANT + clean(reply) + END, PROMPT_WEIGHT)]
        text, (tool, arguments) = self._draw_single()
        subject = next((v for v in arguments.values() if isinstance(v, str)), tool)
        message = f"{subject}: {rng.choice(('ok', 'done', 'no problems found', 'failed', 'answered in ' + str(rng.randint(2, 900)) + ' ms'))}"
        result = json.dumps({"success": True, "message": message, "data": {}})
        return [
            (USER + clean(text), PROMPT_WEIGHT),
            (ASSISTANT + _in_history([(tool, arguments)]) + END, PROMPT_WEIGHT),
            (show_result(result), PROMPT_WEIGHT),
            (ASSISTANT + message + END, REPLY_WEIGHT),
        ]

    def _single(self) -> Document:
        text, call = self._draw_single()
        return self._finish(self._history(), _decorate(text, self._rng), [call])

    def _finish(self, history: Document, text: str, calls: list[Call]) -> Document:
        offer, present = _offer(self._rng, [tool for tool, _ in calls])
        reply = "".join(write_call(*call) for call in calls) if present else replies.NOT_OFFERED
        return [
            (offer, 0.0),
            *history,
            (USER + clean(text), PROMPT_WEIGHT),
            (ASSISTANT, PROMPT_WEIGHT),
            (reply + END, REPLY_WEIGHT),
        ]

    def _combined(self) -> Document:
        """Two requests in one message, in the order said."""
        rng = self._rng
        first, first_call = self._draw_single()
        second, second_call = self._draw_single()
        while second_call == first_call:
            second, second_call = self._draw_single()
        join = rng.choice((" and ", ". ", ", then ", " and also ", "; ", "\n", ", and ", ". Also ", " plus ", " / ", "? and "))
        first = first.rstrip(".?!") if join.strip() not in (".", "") else first
        calls = [first_call, second_call]
        if rng.random() < 0.15:
            third, third_call = self._draw_single()
            if third_call not in calls:
                second = f"{second.rstrip('.?!')}{rng.choice((' and ', ', and ', '. Also ', ', then '))}{third}"
                calls.append(third_call)
        return self._finish([], _decorate(first + join + second, rng), calls)

    def _draw_silent(self) -> tuple[str, str]:
        rng = self._rng
        kinds = [k for k in ("irrelevant", "clarify", "refuse", "smalltalk") if k in self._bank.no_calls]
        weights = {"irrelevant": 0.45, "clarify": 0.27, "refuse": 0.2, "smalltalk": 0.08}
        kind = rng.choices(kinds, [weights[k] for k in kinds])[0]
        line = rng.choice(self._bank.no_calls[kind])
        text = _decorate(Writer(rng).text(line.text), rng)
        if line.say.startswith("ask:"):
            return text, replies.ask(line.say.removeprefix("ask:").strip())
        if line.say:
            return text, line.say
        usual = {"irrelevant": replies.IRRELEVANT, "refuse": replies.REFUSE, "smalltalk": replies.SMALLTALK}
        return text, usual[kind]

    def _silent(self) -> Document:
        text, reply = self._draw_silent()
        # A question back only makes sense where nothing before could answer it.
        history = self._history() if not reply.endswith("?") else []
        offer, _ = _offer(self._rng, ())
        if reply.endswith("?"):
            offer = TOOLS + EVERY_TOOL
        return [
            (offer, 0.0),
            *history,
            (USER + clean(text), PROMPT_WEIGHT),
            (ASSISTANT, PROMPT_WEIGHT),
            (reply + END, REPLY_WEIGHT),
        ]

    def _dialogue(self, topic: str) -> Document:
        rng = self._rng
        block = rng.choice(self._bank.dialogues[topic])
        writer = Writer(rng)
        calls = [writer.call(c) for c in block.calls]
        offer, present = _offer(rng, [tool for tool, _ in calls])
        document: Document = [(offer, 0.0)]
        for index, (role, body) in enumerate(block.turns):
            last_user = index == len(block.turns) - 1
            if role == "C":
                earlier = [writer.call(c) for c in body if isinstance(c, CallTemplate)]
                document.append((ASSISTANT + _in_history(earlier) + END, PROMPT_WEIGHT))
                continue
            parts = [part for part in body if not isinstance(part, CallTemplate)]
            if role == "U":
                text = writer.text(parts)
                document.append((USER + clean(_decorate(text, rng) if last_user else text), PROMPT_WEIGHT))
            elif role == "A":
                document.append((ASSISTANT + clean(writer.text(parts, literal=True)) + END, PROMPT_WEIGHT))
            else:
                document.append((show_result(writer.text(parts, literal=True)), PROMPT_WEIGHT))
        document.append((ASSISTANT, PROMPT_WEIGHT))
        if calls:
            reply = "".join(write_call(*c) for c in calls) if present else replies.NOT_OFFERED
        else:
            reply = _words(block, writer)
        document.append((reply + END, REPLY_WEIGHT))
        return document


def _words(block: Dialogue, writer: Writer) -> str:
    said = writer.text(block.say, literal=True)
    if said == "refuse":
        return replies.REFUSE
    return replies.ask(said.removeprefix("ask:").strip()) if said.startswith("ask:") else clean(said)


def _in_history(calls: Sequence[Call]) -> str:
    """Earlier calls as the dialect shows them: taken as the tools take them, and spelled again."""
    from providers.base import DEFAULT_NOW

    taken = [ToolCall("", tool, from_wire(arguments, schemas()[tool], DEFAULT_NOW)) for tool, arguments in calls]
    return write_calls(taken, schemas())
