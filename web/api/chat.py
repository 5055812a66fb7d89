"""Conversations and runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from providers.base import ToolCall
from providers.serve.disconnect import EventStream
from web.api.forms import Flag, Form, Id, Name, Spoken, When
from web.api.who import Parts, Somebody
from web.errors import ApiError, not_found, responses
from web.runs.book import Run
from web.runs.conversations import Head, Said
from web.runs.events import ENDED, RunState, Stored
from web.runs.models import ModelName

router = APIRouter(tags=["chat"])

#: Seconds after which a stream that has nothing to say says so.
_HEARTBEAT_S = 15.0
_HEARTBEAT = ": still here\n\n"


class ConversationAnswer(BaseModel):
    """A conversation in a list; `active_run` is the run under way."""

    id: str
    title: str
    created: datetime
    updated: datetime
    messages: int
    active_run: str | None


class CallAnswer(BaseModel):
    """A call that a model made."""

    id: str
    name: str
    arguments: dict[str, Any]


class MessageAnswer(BaseModel):
    """A message; `note`: `partial` was cut short, `reask` and `agent` are the program's own words."""

    role: Literal["user", "assistant", "tool"]
    content: str | None
    calls: list[CallAnswer]
    call_id: str | None = Field(description="Of a tool's result: the call that it answers.")
    note: Literal["", "partial", "reask", "agent"]
    at: datetime


class WholeConversation(ConversationAnswer):
    """A conversation with its messages."""

    said: list[MessageAnswer]


class RunAnswer(BaseModel):
    """A run; `charged` are its tokens, once it has ended."""

    id: str
    conversation: str
    model: str
    text: str
    state: RunState
    charged: int
    created: datetime
    started: datetime | None
    ended: datetime | None


class RunForm(Form):
    """What a person says, and to which model."""

    text: Spoken
    model: ModelName


class TitleForm(Form):
    """A conversation's new title."""

    title: Name


class DecisionForm(Form):
    """The answer to an approval; `remember` allows that tool for the rest of the run."""

    approve: Flag
    remember: Flag = False


class DecisionAnswer(BaseModel):
    """What became of an approval."""

    verdict: Literal["approved", "denied", "expired", "withdrawn"]


def _head(head: Head) -> dict[str, Any]:
    return {name: getattr(head, name) for name in ConversationAnswer.model_fields}


def _call(call: ToolCall) -> CallAnswer:
    return CallAnswer(id=call.id, name=call.name, arguments=call.arguments)


def _message(said: Said) -> MessageAnswer:
    message = said.entry.message
    role: Any = message.role
    return MessageAnswer(
        role=role,
        content=message.content,
        calls=[_call(call) for call in message.tool_calls],
        call_id=message.tool_call_id,
        note=said.entry.note,
        at=said.created,
    )


def _run(run: Run) -> RunAnswer:
    return RunAnswer(**{name: getattr(run, name) for name in RunAnswer.model_fields})


@router.post("/api/conversations", status_code=201, responses=responses(401, 403, 429))
async def make(parts: Parts, person: Somebody) -> ConversationAnswer:
    """Begins a conversation."""
    await parts.rates.count("run", person.owner or "")
    return ConversationAnswer(**_head(await parts.conversations.make(person.owner or "")))


@router.get("/api/conversations", responses=responses(401, 422))
async def latest(
    parts: Parts,
    person: Somebody,
    before: Annotated[
        When | None, Query(description="Only those last changed before; for the next page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> list[ConversationAnswer]:
    """Lists the conversations, the latest first."""
    found = await parts.conversations.latest(person.owner or "", before, limit)
    return [ConversationAnswer(**_head(head)) for head in found]


@router.get("/api/conversations/{conversation}", responses=responses(401, 404, 422))
async def whole(parts: Parts, person: Somebody, conversation: Id) -> WholeConversation:
    """Reads a conversation."""
    head = await parts.conversations.find(person.owner or "", conversation)
    if head is None:
        raise not_found("conversation")
    said = await parts.conversations.said(conversation)
    return WholeConversation(**_head(head), said=[_message(found) for found in said])


@router.patch(
    "/api/conversations/{conversation}", status_code=204, responses=responses(400, 401, 403, 404, 422)
)
async def rename(parts: Parts, person: Somebody, conversation: Id, form: TitleForm) -> None:
    """Gives a conversation a title."""
    if not await parts.conversations.rename(person.owner or "", conversation, form.title):
        raise not_found("conversation")


@router.delete("/api/conversations/{conversation}", status_code=204, responses=responses(401, 403, 404, 422))
async def delete(parts: Parts, person: Somebody, conversation: Id) -> None:
    """Deletes a conversation; a run under way is stopped."""
    head = await parts.conversations.find(person.owner or "", conversation)
    if head is None:
        raise not_found("conversation")
    if head.active_run is not None and (run := await parts.book.get(head.active_run)) is not None:
        await parts.runs.cancel(run)
    await parts.conversations.delete(person.owner or "", conversation)


@router.post(
    "/api/conversations/{conversation}/runs",
    status_code=202,
    responses=responses(400, 401, 402, 403, 404, 409, 413, 422, 429, 503),
)
async def ask(parts: Parts, person: Somebody, conversation: Id, form: RunForm) -> RunAnswer:
    """Says something to a model; `GET /api/runs/{id}/events` tells what comes of it."""
    await parts.rates.count("run", person.owner or "")
    if not await parts.conversations.has(person.owner or "", conversation):
        raise not_found("conversation")
    terms = await parts.quotas.terms(person)
    return _run(await parts.runs.begin(terms, conversation, form.model, form.text))


@router.get("/api/runs/{run}", responses=responses(401, 404, 422))
async def see(parts: Parts, person: Somebody, run: Id) -> RunAnswer:
    """How a run is doing."""
    return _run(await _own(parts, person, run))


async def _own(parts: Parts, person: Somebody, run: str) -> Run:
    found = await parts.book.find(person.owner or "", run)
    if found is None:
        raise not_found("run")
    return found


@router.get(
    "/api/runs/{run}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events; docs/web-api.md has the types.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **responses(401, 404, 422),
    },
)
async def events(
    parts: Parts,
    person: Somebody,
    run: Id,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The last event already seen.")] = 0,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="As browsers send it; goes before `after`.")
    ] = None,
) -> StreamingResponse:
    """Streams a run's events from behind one, until its last."""
    if not parts.runs.drives(person.owner or "", run):
        await _own(parts, person, run)
    start = (
        int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else after
    )
    # Numbers beyond what a database holds are behind every event.
    return EventStream(_written(parts.runs.events(run, min(start, 2**31 - 1))))


async def _written(found: AsyncGenerator[Sequence[Stored] | None]) -> AsyncGenerator[str, None]:
    quiet_since = asyncio.get_running_loop().time()
    yield ": hello\n\n"
    try:
        async for some in found:
            now = asyncio.get_running_loop().time()
            if some:
                quiet_since = now
                # JSON text has no line breaks.
                yield "".join(
                    f"event: {event.type}\ndata: {event.data}\nid: {event.seq}\n\n" for event in some
                )
            elif now - quiet_since >= _HEARTBEAT_S:
                quiet_since = now
                yield _HEARTBEAT
    finally:
        await found.aclose()


@router.post("/api/runs/{run}/cancel", status_code=202, responses=responses(401, 403, 404, 422))
async def cancel(parts: Parts, person: Somebody, run: Id) -> RunAnswer:
    """Stops a run, within a second; what has come of the answer stays."""
    found = await _own(parts, person, run)
    await parts.runs.cancel(found)
    return _run(found)


@router.post("/api/runs/{run}/approvals/{approval}", responses=responses(400, 401, 403, 404, 409, 422))
async def decide(parts: Parts, person: Somebody, run: Id, approval: Id, form: DecisionForm) -> DecisionAnswer:
    """Answers a request for approval."""
    found = await _own(parts, person, run)
    by = person.account.email if person.account else "visitor"
    verdict: Any = await parts.runs.decide(found, approval, form.approve, by, form.remember)
    return DecisionAnswer(verdict=verdict)


@router.post(
    "/api/runs/{run}/retry", status_code=202, responses=responses(401, 402, 403, 404, 409, 422, 429, 503)
)
async def retry(parts: Parts, person: Somebody, run: Id) -> RunAnswer:
    """Asks the same again."""
    await parts.rates.count("run", person.owner or "")
    found = await _own(parts, person, run)
    if found.state not in ENDED:
        raise ApiError(409, "busy", "The run is under way; wait for it, or stop it.")
    model: Any = found.model
    terms = await parts.quotas.terms(person)
    return _run(await parts.runs.begin(terms, found.conversation, model, found.text))
