"""Conversations and tools in the form of the OpenAI chat API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from providers.base import Message, ProviderRejected, Settings, ToolSpec
from providers.dialects.base import Dialect
from providers.dialects.family import Family
from providers.dialects.layout import Layout, Result, Safe, described
from providers.dialects.registry import dialect

#: What the API has no word for; asking for it is refused, not ignored.
_UNSUPPORTED = ("top_k", "min_p", "repeat_penalty", "constrained")
_DEFAULTS = {field.name: field.default for field in fields(Settings)}


def body(
    model: str,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    settings: Settings,
    family: Family | None,
) -> dict[str, Any]:
    """Makes the parameters of a streamed chat completion.

    Args:
        model: The model's name at the server.
        messages: The conversation.
        tools: The tools on offer.
        settings: How the reply is made.
        family: Writes tools, calls and results as text; None leaves them to the API.

    Raises:
        ProviderRejected: The settings ask for what the API cannot do.
    """
    for name in _UNSUPPORTED:
        if getattr(settings, name) != _DEFAULTS[name]:
            said = f"a hosted model cannot be held to `{name}`; leave it out, or ask testllm"
            raise ProviderRejected(said)
    content = native_messages(messages) if family is None else text_messages(messages, tools, family.layout)
    made: dict[str, Any] = {
        "model": model,
        "messages": _told_the_time(content, settings),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": settings.max_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
    }
    if settings.stop:
        made["stop"] = list(settings.stop)
    if tools and family is None:
        made["tools"] = [described(tool) for tool in tools]
    return made


def text_format(tool_format: str) -> Family | None:
    """Finds what writes tools as text, by name; None for `native`.

    Raises:
        ProviderRejected: There is no such dialect, or it cannot be written into chat messages.
    """
    if tool_format == "native":
        return None
    try:
        found: Dialect = dialect(tool_format)
    except ValueError as error:
        raise ProviderRejected(f"tool_format: {error}") from None
    if not isinstance(found, Family) or found.thinks:
        raise ProviderRejected(
            f"tool_format: {tool_format!r} needs its own prompt; choose `native` or a family such as `hermes`"
        )
    return found


def native_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Writes messages with the API's own calls and results."""
    written: list[dict[str, Any]] = []
    for message in messages:
        each: dict[str, Any] = {"role": message.role, "content": message.content or ""}
        if message.tool_calls:
            each["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": json.dumps(call.arguments, ensure_ascii=False),
                    },
                }
                for call in message.tool_calls
            ]
        if message.role == "tool":
            each["tool_call_id"] = message.tool_call_id or ""
        written.append(each)
    return written


def text_messages(
    messages: Sequence[Message], tools: Sequence[ToolSpec], layout: Layout
) -> list[dict[str, Any]]:
    """Writes messages in which tools, calls and results are plain text, for APIs without tools.

    The family's markers are broken up in what users and tools say, as in its own prompts; the results of
    one step share one message of the user, since many templates refuse any other role there.
    """
    safe = Safe(layout)
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    leading = 0
    while leading < len(messages) and messages[leading].role == "system":
        leading += 1
    said = [safe.text(message.content) for message in messages[:leading] if message.content]
    system = "\n\n".join([*said, layout.offer(tools, safe)] if tools else said)
    written: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    results: list[str] = []
    for message in messages[leading:]:
        if message.role == "tool":
            call_id = message.tool_call_id or ""
            results.append(
                layout.result(
                    Result(
                        safe.result(message.content or ""),
                        safe.text(call_id),
                        safe.text(names.get(call_id, "tool")),
                    )
                )
            )
            continue
        if results:
            written.append({"role": "user", "content": layout.between.join(results)})
            results = []
        content = safe.text(message.content or "")
        if message.tool_calls:
            calls = layout.calls(message.tool_calls, safe)
            content = content + layout.joint + calls if content else calls
        written.append({"role": message.role, "content": content})
    if results:
        written.append({"role": "user", "content": layout.between.join(results)})
    return written


def time_line(now: datetime) -> str:
    """The sentence that tells a general model the time, so that it can work out times as people say them."""
    return f"It is {now:%A, %Y-%m-%d %H:%M} {now.tzname() or 'UTC'}."


def _told_the_time(messages: list[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Ends the system message with the time."""
    line = time_line(settings.now)
    if messages and messages[0]["role"] == "system":
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{line}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": line}, *messages]
