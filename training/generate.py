"""Makes training documents out of the phrase bank.

A document is one conversation: a list of `(text, weight)` stretches, where the weight is that of the loss on the
stretch's tokens (low on what people and tools say, 1 on what the model says).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, zip_longest
from random import Random
from typing import Any

from providers.base import DEFAULT_NOW
from providers.dialects.marks import Marks
from providers.dialects.netmon_pieces import (
    ASSISTANT,
    END,
    EVERY_TOOL,
    RESULT,
    TOOL_NAMES,
    TOOLS,
    USER,
    about_call,
    clean,
    show_result,
    write_call,
)
from providers.dialects.netmon_wire import from_wire, to_wire
from providers.dialects.unsaid import completed
from training import rephrase, replies
from training.aspects import Aspects, load_aspects
from training.bank import load_dialogues, load_no_calls, load_singles, required, schemas
from training.chance import Chance
from training.combine import Combiner
from training.pasting import Paste, load_pastes, pasted_request
from training.stories import Storyteller
from training.tabling import Tabler
from training.telling import Exchange, Story
from training.template import CallTemplate, Dialogue, NoCall, Single, variants
from training.vague import vague_request
from training.writer import Call, Writer

PROMPT_WEIGHT = 0.1
REPLY_WEIGHT = 1.0
#: A text among a call's arguments.
_VALUE = re.compile(r'(?<=[:\[,])"([^"]+)"(?=[\],}])')

Document = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Bank:
    """The whole phrase bank, grouped for drawing."""

    singles: dict[str, list[Single]]
    no_calls: dict[str, list[NoCall]]
    dialogues: dict[str, list[Dialogue]]
    aspects: Aspects
    pastes: list[Paste]


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
    return Bank(singles, no_calls, dialogues, load_aspects(), load_pastes())


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
        self._rng = Chance(seed)
        self._tools = sorted(bank.singles)
        # A line with many variants is worth several draws.
        self._no_call_weights = {
            kind: list(accumulate(1 + math.log2(variants(line.text)) for line in lines))
            for kind, lines in bank.no_calls.items()
        }
        self._combiner = Combiner(bank.aspects, bank.singles, self._rng)
        self._storyteller = Storyteller(bank.aspects, bank.singles, self._rng)
        self._tabler = Tabler(bank.aspects, self._rng)
        self._kinds: list[tuple[float, Callable[[], Document]]] = [
            (0.22, self._single),
            (0.06, self._pasted),
            (0.15, self._silent),
            (0.03, self._vague),
            (0.03, self._combined),
            (0.12, self._several),
            (0.05, self._tabled),
            (0.13, self._story),
        ]
        for share, topic in ((0.1, "parallel"), (0.22, "followup"), (0.02, "result"), (0.03, "injected")):
            if bank.dialogues.get(topic):
                self._kinds.append((share, partial(self._dialogue, topic)))
        self._shares = list(accumulate(share for share, _ in self._kinds))

    def draw(self) -> Document:
        """Draws one document, with marks in place of names."""
        return marked(self.spelled())

    def spelled(self) -> Document:
        """Draws one document whose names are written out."""
        return _completed(self._rng.choices(self._kinds, cum_weights=self._shares)[0][1]())

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
            return [
                (USER + clean(text), PROMPT_WEIGHT),
                (ASSISTANT, PROMPT_WEIGHT),
                (clean(reply) + END, REPLY_WEIGHT),
            ]
        text, (tool, arguments) = self._draw_single()
        subject = next((v for v in arguments.values() if isinstance(v, str)), tool)
        outcome = rng.choice(
            ("ok", "done", "no problems found", "failed", f"answered in {rng.randint(2, 900)} ms")
        )
        message = f"{subject}: {outcome}"
        result = json.dumps({"success": True, "message": message, "data": {}})
        return [
            (USER + clean(text), PROMPT_WEIGHT),
            *_made([(tool, arguments)]),
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
        join = rng.choice(
            (
                " and ",
                ". ",
                ", then ",
                " and also ",
                "; ",
                "\n",
                ", and ",
                ". Also ",
                " plus ",
                " / ",
                "? and ",
            )
        )
        first = first.rstrip(".?!") if join.strip() not in (".", "") else first
        calls = [first_call, second_call]
        if rng.random() < 0.15:
            third, third_call = self._draw_single()
            if third_call not in calls:
                second = (
                    f"{second.rstrip('.?!')}{rng.choice((' and ', ', and ', '. Also ', ', then '))}{third}"
                )
                calls.append(third_call)
        return self._finish([], _decorate(first + join + second, rng), calls)

    def _several(self) -> Document:
        """Several calls for one request, put together out of aspects and lists."""
        text, calls = self._combiner.draw()
        return self._finish(
            [] if self._rng.random() < 0.9 else self._history(), _decorate(text, self._rng), calls
        )

    def _tabled(self) -> Document:
        """A table, a list or a snippet, and what to do with its rows."""
        return self._finish([], *self._tabler.draw())

    def _pasted(self) -> Document:
        """A request about a pasted alert, log line or mail."""
        text, calls = pasted_request(self._bank.pastes, self._bank.aspects, self._rng)
        return self._finish([], text, calls)

    def _vague(self) -> Document:
        """A request without its subject."""
        text, missing = vague_request(self._bank.aspects, self._rng)
        return [
            (TOOLS + EVERY_TOOL, 0.0),
            (USER + clean(_decorate(text, self._rng)), PROMPT_WEIGHT),
            (ASSISTANT, PROMPT_WEIGHT),
            (replies.ask(missing) + END, REPLY_WEIGHT),
        ]

    def _story(self) -> Document:
        """A conversation with results in it."""
        story = self._storyteller.draw()
        needed = [tool for tool, _ in story.calls]
        offer, present = _offer(self._rng, needed)
        document: Document = [(offer, 0.0)]
        for exchange in story.past:
            document += _told(exchange)
        said = story.said if story.pending else _decorate(story.said, self._rng)
        document.append((USER + clean(said), PROMPT_WEIGHT))
        if story.pending:
            document += _made([call for call, _ in story.pending])
            document += _results([call for call, _ in story.pending], [result for _, result in story.pending])
        document.append((ASSISTANT, PROMPT_WEIGHT))
        return [*document, (_reply(story, present) + END, REPLY_WEIGHT)]

    def _draw_silent(self) -> tuple[str, str]:
        rng = self._rng
        kinds = [k for k in ("irrelevant", "clarify", "refuse", "smalltalk") if k in self._bank.no_calls]
        weights = {"irrelevant": 0.45, "clarify": 0.27, "refuse": 0.2, "smalltalk": 0.08}
        kind = rng.choices(kinds, [weights[k] for k in kinds])[0]
        line = rng.choices(self._bank.no_calls[kind], cum_weights=self._no_call_weights[kind])[0]
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
        for call in block.calls:
            writer.keep(call.arguments)
        calls = [writer.call(c) for c in block.calls]
        offer, present = _offer(rng, [tool for tool, _ in calls])
        # Something else may have gone before: what is pointed at is not always in the first exchange.
        earlier = self._history() if topic != "result" and rng.random() < 0.6 else []
        document: Document = [(offer, 0.0), *earlier]
        abouts: list[str] = []
        for index, (role, body) in enumerate(block.turns):
            last_user = index == len(block.turns) - 1
            if role == "C":
                earlier_calls = [writer.call(c) for c in body if isinstance(c, CallTemplate)]
                document += _made(earlier_calls)
                abouts = _abouts(earlier_calls)
                continue
            parts = [part for part in body if not isinstance(part, CallTemplate)]
            if role == "U":
                text = writer.text(parts)
                document.append((USER + clean(_decorate(text, rng) if last_user else text), PROMPT_WEIGHT))
            elif role == "A":
                document.append((ASSISTANT + clean(writer.text(parts, literal=True)) + END, PROMPT_WEIGHT))
            else:
                about = abouts.pop(0) if abouts else ""
                document.append((show_result(writer.text(parts, literal=True), about), PROMPT_WEIGHT))
        document.append((ASSISTANT, PROMPT_WEIGHT))
        if calls:
            reply = "".join(write_call(*c) for c in calls) if present else replies.NOT_OFFERED
        else:
            reply = _words(block, writer)
        document.append((reply + END, REPLY_WEIGHT))
        return document


def _completed(document: Document) -> Document:
    """Writes out names that are half unsaid, as the dialect does, unless the calls want them as they were said."""
    texts = [text for text, _ in document]
    done: Document = []
    for index, (text, weight) in enumerate(document):
        if text.startswith(USER):
            before = [t for t, _ in done[1:]]
            full = completed(text[1:], before, [t for t in before if t.startswith((USER, "<tool_call>"))])
            if full != text[1:] and _copies(texts[index + 1 :], full) >= _copies(
                texts[index + 1 :], text[1:]
            ):
                text = USER + full
        done.append((text, weight))
    return done


def marked(document: Document) -> Document:
    """Marks names as the dialect does."""
    marks = Marks()
    done: Document = []
    for text, weight in document:
        if text.startswith((USER, RESULT)):
            text = marks.read(text)
        elif "<tool_call>" in text:
            text = marks.called(text)
        elif not text.startswith(TOOLS):
            text = marks.said(text)
        done.append((text, weight))
    return done


def _copies(after: Sequence[str], said: str) -> int:
    """How many values of the calls that follow are copied out of what was said."""
    return sum(value in said for text in after for value in _VALUE.findall(text))


def _reply(story: Story, present: bool) -> str:
    if not story.calls:
        return clean(story.say)
    return "".join(write_call(*call) for call in story.calls) if present else replies.NOT_OFFERED


def _told(exchange: Exchange) -> Document:
    """An exchange that is over."""
    return [
        (USER + clean(exchange.said), PROMPT_WEIGHT),
        *_made(exchange.calls),
        *_results(exchange.calls, exchange.results),
        (ASSISTANT + clean(exchange.answer) + END, PROMPT_WEIGHT),
    ]


def _results(calls: Sequence[Call], results: Sequence[str]) -> Document:
    """What the tools gave; of several calls, each result is headed by what was asked."""
    return [
        (show_result(result, about), PROMPT_WEIGHT)
        for result, about in zip_longest(results, _abouts(calls)[: len(results)], fillvalue="")
    ]


def _abouts(calls: Sequence[Call]) -> list[str]:
    return [about_call(_shown(call)) for call in calls] if len(calls) > 1 else []


def _made(calls: Sequence[Call]) -> Document:
    """Earlier calls; the model learns from them where they stand as it would have written them."""
    shown = _in_history(calls)
    as_written = shown == "".join(write_call(*call) for call in calls)
    return [(ASSISTANT, PROMPT_WEIGHT), (shown + END, REPLY_WEIGHT if as_written else PROMPT_WEIGHT)]


def _words(block: Dialogue, writer: Writer) -> str:
    said = writer.text(block.say, literal=True)
    if said == "refuse":
        return replies.REFUSE
    return replies.ask(said.removeprefix("ask:").strip()) if said.startswith("ask:") else clean(said)


def _in_history(calls: Sequence[Call]) -> str:
    """Earlier calls as the dialect shows them: taken as the tools take them, and spelled again."""
    return "".join(write_call(tool, _shown((tool, arguments))) for tool, arguments in calls)


def _shown(call: Call) -> dict[str, Any]:
    """The arguments of an earlier call as the dialect spells them again."""
    tool, arguments = call
    return to_wire(from_wire(arguments, schemas()[tool], DEFAULT_NOW), schemas()[tool])
