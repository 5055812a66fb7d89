"""Requests of the OpenAI chat API, and what they mean to a provider."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from providers.base import Constraint, Message, Role, Settings, ToolCall, ToolSpec
from providers.serve.errors import Refusal

_SEEDS = 2**32
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
_Stop = Annotated[str, Field(min_length=1, max_length=256)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Form):
    """A part of a message; this server reads text only."""

    type: Literal["text"]
    text: str


class FunctionCallForm(_Form):
    """The function of an earlier call; its arguments are JSON text."""

    name: str
    arguments: str = "{}"


class ToolCallForm(_Form):
    """A call that the model made earlier."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCallForm


class MessageForm(_Form):
    """A message."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[ToolCallForm] | None = None
    tool_call_id: str | None = None


class FunctionForm(_Form):
    """A function that the model may call."""

    name: _Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolForm(_Form):
    """A tool; functions are the only kind."""

    type: Literal["function"]
    function: FunctionForm


class _ChosenFunction(_Form):
    name: str


class ChosenForm(_Form):
    """A choice of one tool by name."""

    type: Literal["function"] = "function"
    function: _ChosenFunction


class StreamOptionsForm(_Form):
    """How a stream is sent."""

    include_usage: bool = False


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | ChosenForm


class ChatForm(_Form):
    """A request for a chat completion.

    `top_k`, `min_p`, `repeat_penalty`, `constrained` and `now` are this server's own; they mean what
    `providers.base.Settings` says. Requests share the engine fairly by `user`. Fields that change nothing here are
    left alone.
    """

    model: str
    messages: list[MessageForm] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptionsForm | None = None
    tools: list[ToolForm] | None = None
    tool_choice: ToolChoice | None = None
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2, allow_inf_nan=False)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2, allow_inf_nan=False)
    user: str | None = Field(default=None, max_length=256)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: _Stop | Annotated[list[_Stop], Field(max_length=16)] | None = None
    top_k: int = Field(default=0, ge=0, le=1_000_000)
    min_p: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    repeat_penalty: float = Field(default=1.0, gt=0, le=10, allow_inf_nan=False)
    constrained: Constraint | None = None
    now: AwareDatetime | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    response_format: _TextFormat | None = None

    @model_validator(mode="before")
    @classmethod
    def _can_be_written(cls, data: object) -> object:
        """Refuses what Python's reader takes and no JSON writer after it: half characters, NaN, endless depth."""
        try:
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except (UnicodeEncodeError, RecursionError):
            raise ValueError("half of a surrogate pair, or too deep; send whole characters") from None
        return data


class _TextFormat(_Form):
    type: Literal["text"]


ChatForm.model_rebuild()


def messages(form: ChatForm) -> tuple[Message, ...]:
    """The conversation.

    Raises:
        Refusal: Arguments of a call are no JSON object, or a result answers no call.
    """
    made: list[Message] = []
    asked: set[str] = set()
    for index, each in enumerate(form.messages):
        calls = tuple(_call(call, index) for call in each.tool_calls or ())
        asked.update(call.id for call in calls)
        if each.role == "tool" and each.tool_call_id not in asked:
            said = (
                f"the result in messages.{index} answers no call; give it the tool_call_id of one before it"
            )
            raise Refusal(400, said, param="messages")
        content = each.content
        text = "".join(part.text for part in content) if isinstance(content, list) else content
        role: Role = "system" if each.role == "developer" else each.role
        made.append(Message(role, text, calls, each.tool_call_id if role == "tool" else None))
    return tuple(made)


def _call(form: ToolCallForm, index: int) -> ToolCall:
    try:
        arguments: Any = json.loads(form.function.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        said = f"the arguments of {form.function.name!r} in messages.{index} are no JSON object; send one"
        raise Refusal(400, said, param="messages")
    return ToolCall(form.id, form.function.name, cast("dict[str, Any]", arguments))


def offered(form: ChatForm) -> tuple[ToolSpec, ...]:
    """The tools that the choice leaves on offer.

    Raises:
        Refusal: The choice names a tool that is not there, or demands one where there is none.
    """
    tools = tuple(
        ToolSpec(
            tool.function.name,
            tool.function.description or "",
            tool.function.parameters or {"type": "object", "properties": {}},
        )
        for tool in form.tools or ()
    )
    choice = form.tool_choice
    if choice == "none":
        return ()
    if isinstance(choice, ChosenForm):
        tools = tuple(tool for tool in tools if tool.name == choice.function.name)
    if demanded(form) and not tools:
        raise Refusal(
            400, "tool_choice demands a tool that is not among `tools`; offer it", param="tool_choice"
        )
    return tools


def demanded(form: ChatForm) -> bool:
    """Whether the reply must be a call."""
    return form.tool_choice == "required" or isinstance(form.tool_choice, ChosenForm)


def settings(
    form: ChatForm, *, default: Constraint, now: datetime, deadline_s: float, user: str = ""
) -> Settings:
    """How the reply is made; what the request leaves open is greedy, as everywhere in this project.

    Args:
        form: The request.
        default: How calls are held to the schemas where the request does not say.
        now: The time that the model is told where the request does not say.
        deadline_s: Seconds that the reply may take.
        user: Whose request it is.
    """
    plain = Settings()
    stop: Sequence[str] = (form.stop,) if isinstance(form.stop, str) else form.stop or ()
    return Settings(
        max_tokens=form.max_completion_tokens or form.max_tokens or plain.max_tokens,
        temperature=plain.temperature if form.temperature is None else form.temperature,
        top_k=form.top_k,
        top_p=plain.top_p if form.top_p is None else form.top_p,
        min_p=form.min_p,
        repeat_penalty=form.repeat_penalty,
        seed=(form.seed or 0) % _SEEDS,
        stop=tuple(stop),
        constrained=default if form.constrained is None else form.constrained,
        now=form.now or now,
        deadline_s=deadline_s,
        frequency_penalty=form.frequency_penalty or 0.0,
        presence_penalty=form.presence_penalty or 0.0,
        user=user,
    )
