"""Messages, tools and replies between Smallwatch and Inspect."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
)
from inspect_ai.tool import ToolCall as InspectCall
from inspect_ai.tool import ToolInfo, ToolParams

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    Chunk,
    Finish,
    FinishReason,
    Malformed,
    Message,
    ProviderIncomplete,
    Reasoning,
    Settings,
    Text,
    Timing,
    ToolCall,
    ToolSpec,
    Usage,
)
from providers.hosted_request import time_line

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop", "tool_calls": "tool_calls", "max_tokens": "length", "model_length": "length",
}  # fmt: skip


def chat_message(message: Message) -> ChatMessage:
    """A message as Inspect has it."""
    content = message.content or ""
    match message.role:
        case "system":
            return ChatMessageSystem(content=content)
        case "user":
            return ChatMessageUser(content=content)
        case "tool":
            return ChatMessageTool(content=content, tool_call_id=message.tool_call_id)
        case "assistant":
            calls = [InspectCall(call.id, call.name, call.arguments) for call in message.tool_calls]
            return ChatMessageAssistant(content=content, tool_calls=calls or None)


def tool_info(spec: ToolSpec) -> ToolInfo:
    """A tool as Inspect has it."""
    return ToolInfo(
        name=spec.name,
        description=spec.description,
        parameters=ToolParams.model_validate({"type": "object", **spec.parameters}),
    )


class InspectProvider:
    """Inspect's model as a provider, so that whatever runs with a provider runs inside Inspect.

    Inspect retries, caches, limits and records each request as it does for its own tasks.
    """

    name: str = "inspect"

    def __init__(self, model: Model, *, send_now: bool = False) -> None:
        """Takes the model that Inspect was started with.

        Args:
            model: The model.
            send_now: Whether the time is also sent beside the messages, as `smallwatch engine serve` takes it;
                other servers may refuse a key that they do not know.
        """
        self._model = model
        self._send_now = send_now

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        """Makes one reply; see `providers.base.Provider`.

        What the user of Inspect has set for generation counts before `settings`.

        Raises:
            ProviderIncomplete: The model ended its reply without one.
        """
        ours = GenerateConfig(
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            seed=settings.seed,
            stop_seqs=list(settings.stop) or None,
            extra_body={"now": settings.now.isoformat()} if self._send_now else None,
        )
        output = await self._model.generate(
            [chat_message(message) for message in _told_the_time(messages, settings)],
            tools=[tool_info(tool) for tool in tools],
            config=ours.merge(self._model.config),
        )
        for chunk in chunks_of(output):
            yield chunk

    async def aclose(self) -> None:
        """Does nothing: the model is Inspect's."""


def _told_the_time(messages: Sequence[Message], settings: Settings) -> list[Message]:
    """Ends the system message with the time, as our own hosted providers do."""
    line = time_line(settings.now)
    if messages and messages[0].role == "system":
        return [Message("system", f"{messages[0].content}\n\n{line}"), *messages[1:]]
    return [Message("system", line), *messages]


def chunks_of(output: ModelOutput) -> Iterator[Chunk]:
    """A whole reply of Inspect's as chunks.

    Raises:
        ProviderIncomplete: There is none.
    """
    if output.error or not output.choices:
        raise ProviderIncomplete(output.error or "the model made no reply")
    message, called = output.message, False
    if message.text:
        yield Text(message.text)
    for part in message.content if isinstance(message.content, list) else ():
        if part.type == "reasoning":
            yield Reasoning(part.reasoning)
    for index, call in enumerate(message.tool_calls or ()):
        called = True
        if call.parse_error:
            yield Malformed(json.dumps(call.arguments), call.parse_error)
            continue
        yield CallStart(index, call.function)
        yield CallArguments(index, json.dumps(call.arguments, ensure_ascii=False))
        yield Call(index, ToolCall(call.id, call.function, call.arguments))
    used = output.usage
    usage = Usage(
        used.input_tokens + (used.input_tokens_cache_read or 0) if used else 0,
        (used.input_tokens_cache_read or 0) if used else 0,
        used.output_tokens if used else 0,
        estimated=used is None,
    )
    reason = "tool_calls" if called else _REASONS.get(output.stop_reason, "stop")
    yield Finish(reason, usage, _raw(message), Timing(total_s=output.time or 0.0))


def _raw(message: ChatMessageAssistant) -> str:
    """The reply as text; of calls, which Inspect has parsed, their JSON."""
    calls: list[dict[str, Any]] = [
        {"name": call.function, "arguments": call.arguments} for call in message.tool_calls or ()
    ]
    written = "\n".join(json.dumps(call, ensure_ascii=False) for call in calls)
    return "\n".join(part for part in (message.text, written) if part)
