"""What is asked: cases of netmon-dev in the shipped model's own words, alone or behind a long fixed prompt."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from bench.engine.systems import Ask
from evals.cases import load_suite
from providers.base import Settings
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_pieces import ASSISTANT, END, USER
from providers.hosted_request import body

#: Tokens of a reply at most; the longest right one of netmon-dev has fewer.
_REPLY = 75


def cases(count: int) -> list[Ask]:
    """The first cases of the suite, as `evals run` asks them."""
    asks: list[Ask] = []
    for case in load_suite("netmon-dev").cases[:count]:
        prompt = NETMON.render(case.messages, case.tools, Settings())
        how = Settings(max_tokens=_REPLY, now=case.now)
        chat = body("", case.messages, case.tools, how, None)
        # Usage comes with streams only.
        del chat["stream_options"]
        asks.append(Ask(prompt.fixed, prompt.rest, _REPLY, prompt.stop, chat))
    return asks


def schemas() -> str:
    """The 25 tools' schemas as text, as general models are shown them."""
    return json.dumps(json.loads((files("tools") / "schema.json").read_text("utf-8")), ensure_ascii=False)


def long_prompt(tokens: int, count: Callable[[str], int]) -> str:
    """The beginning of the schemas that has so many tokens, as near as characters allow.

    Args:
        tokens: How many.
        count: Counts the tokens of a text.
    """
    text = schemas()
    while count(text) < tokens:
        text += text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(text[:middle]) <= tokens else (low, middle)
    return text[:low]


def behind(fixed: str, asks: list[Ask]) -> list[Ask]:
    """The same questions behind a fixed prompt."""
    return [Ask(fixed, ask.fixed + ask.rest, ask.max_tokens, ask.stop) for ask in asks]


def turn(number: int) -> str:
    """A person's message, as the model is shown it."""
    return f"{USER}is web-{number:02} up? then check the certificate of shop{number}.example.org{ASSISTANT}"


def ended(reply: str) -> str:
    """A reply, as the model is shown it in the next turn."""
    return reply + END


def token_counter(model: Path) -> Callable[[str], int]:
    """Counts tokens with a model's own tokenizer."""
    from providers.engine.llama import Llama

    llama = Llama(model, threads=1, slots=1, context=512)
    return lambda text: len(llama.tokenize(text))
