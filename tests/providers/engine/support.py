"""Requests to the engine and what comes back, for its tests."""

from __future__ import annotations

from pathlib import Path

from providers.dialects.netmon_pieces import ASSISTANT, END, USER, offer
from providers.engine.client import Engine
from providers.engine.protocol import Done, Generate, Piece

SHIPPED = Path(__file__).parents[3] / "models" / "netmon-7m-bf16.gguf"
FIXED = offer(["ping_host", "check_port"])
#: A fixed prompt that is long enough to be worth a file.
LONG_FIXED = FIXED + "".join(
    f"{USER}ping web-{n:02}{ASSISTANT}web-{n:02} answered 4 of 4 pings.{END}" for n in range(4)
)


def ask(text: str, **changes: object) -> Generate:
    """A request in the shipped model's own words."""
    values: dict[str, object] = {
        "id": 0,
        "fixed": FIXED,
        "rest": USER + text + ASSISTANT,
        "max_tokens": 64,
        "stop": (END,),
    }
    return Generate(**{**values, **changes})  # type: ignore[arg-type]


async def answer(engine: Engine, request: Generate) -> tuple[str, Done]:
    """The whole answer."""
    text: list[str] = []
    async for message in engine.generate(request):
        if isinstance(message, Piece):
            text.append(message.text)
        elif isinstance(message, Done):
            return "".join(text), message
    raise AssertionError("no end")


def call_of(name: str) -> str:
    """What the shipped model says to `ping NAME`."""
    return f'<tool_call>{{"name":"ping_host","arguments":{{"target":"{name}"}}}}</tool_call>'
