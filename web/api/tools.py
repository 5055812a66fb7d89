"""Tools for models that run in the visitor's browser: what there is, and calls of them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, Field

from providers.serve.disconnect import ClientGone, while_connected
from tools.context import Limits
from tools.registry import Effect
from tools.results import ToolResult, clipped
from web.accounts.people import Person
from web.api.forms import Flag, Form, Id
from web.api.who import Anyone, Parts, Somebody
from web.errors import ApiError, responses
from web.runs.calls import CallOutcome, CallState, Rejection
from web.runs.toolbox import tools_of
from web.security.addresses import site

router = APIRouter(tags=["tools"])


def _writable(arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("every value must be JSON, and every text Unicode") from None
    return arguments


class ToolAnswer(BaseModel):
    """A tool, as models see it."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema of the arguments.")
    effect: Effect
    polling: bool = Field(description="Whether calling it again with the same arguments is its ordinary use.")


class CallForm(Form):
    """A call, as a model made it."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: Annotated[dict[str, Any], AfterValidator(_writable)] = Field(default_factory=dict)


class DecisionForm(Form):
    """A person's word on a call; `remembered`: they said so before, of all calls of this tool in this turn."""

    approve: Flag
    remembered: Flag = False


class ApprovalAnswer(BaseModel):
    """What a person is asked; `arguments` is the JSON text that will run."""

    id: str
    tool: str
    arguments: str
    effect: Effect
    ttl_s: float


class ResultAnswer(BaseModel):
    """What a tool found."""

    success: bool
    message: str
    data: dict[str, Any]
    truncated: bool
    next_page: int | None


class ToolCallAnswer(BaseModel):
    """What became of a call."""

    id: str
    name: str
    arguments: dict[str, Any]
    effect: Effect | None = Field(description="Null: there is no such tool.")
    state: CallState
    approval: ApprovalAnswer | None = Field(description="Of a call that waits for a person.")
    reason: Rejection | None = Field(description="Why it was not run.")
    result: ResultAnswer | None
    content: str | None = Field(description="The result as the model is told it.")
    seconds: float


def _answer(call: CallOutcome) -> ToolCallAnswer:
    result = None if call.result is None else clipped(call.result, Limits().max_bytes)
    asked = call.approval
    return ToolCallAnswer(
        id=call.id,
        name=call.name,
        arguments=call.arguments,
        effect=call.effect,
        state=call.state,
        approval=asked
        and ApprovalAnswer(
            id=asked.id, tool=asked.tool, arguments=asked.arguments, effect=asked.effect, ttl_s=asked.ttl_s
        ),
        reason=call.reason,
        result=result and _result(result),
        content=result and result.to_json(),
        seconds=round(call.seconds, 3),
    )


def _result(result: ToolResult) -> ResultAnswer:
    return ResultAnswer(**result.as_dict())


def _counted(person: Person) -> str:
    """Visitors begin sessions as they like, so theirs count by where they come from."""
    return person.account.owner if person.account else site(person.peer.address)


@router.get("/api/tools", responses=responses(401))
async def tools(parts: Parts, person: Anyone) -> list[ToolAnswer]:
    """The tools of the asker's plan."""
    terms = await parts.quotas.terms(person)
    return [
        ToolAnswer(
            name=tool.name,
            description=tool.description,
            parameters=tool.parameters,
            effect=tool.effect,
            polling=tool.polling,
        )
        for tool in tools_of(terms.effects)
    ]


@router.post("/api/tool-calls", responses=responses(400, 401, 403, 422, 429))
async def call(parts: Parts, person: Somebody, request: Request, form: CallForm) -> ToolCallAnswer:
    """Runs a call that only reads; any other waits for the person's word. Costs no tokens.

    What a model did wrong is no error here: `result` tells it. Who goes away stops what only reads.
    """
    await parts.rates.count("tool", _counted(person))
    terms = await parts.quotas.terms(person)
    try:
        return _answer(await while_connected(request, parts.calls.call(terms, form.name, form.arguments)))
    except ClientGone as error:
        raise ApiError(400, "bad-request", "Nobody waits for the answer any more.") from error


@router.post("/api/tool-calls/{call}/decision", responses=responses(400, 401, 403, 404, 409, 422, 429))
async def decide(parts: Parts, person: Somebody, call: Id, form: DecisionForm) -> ToolCallAnswer:
    """Takes the person's word on a call that waits; what they were shown runs, once."""
    terms = await parts.quotas.terms(person)
    by = person.account.email if person.account else "visitor"
    return _answer(await parts.calls.decide(terms, call, form.approve, by, remembered=form.remembered))
