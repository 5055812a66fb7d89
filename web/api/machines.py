"""For machines: is it alive, may it get traffic, what does it do."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import select

from web.api.who import Parts
from web.errors import ApiError, responses
from web.metrics import exposition
from web.security.addresses import is_in

router = APIRouter(tags=["machines"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """The process lives; nothing else is looked at."""
    return Health()


@router.get("/ready", responses=responses(503))
async def ready(parts: Parts) -> Health:
    """The process may get requests: its database answers, and it is not about to stop."""
    async with parts.store.reading() as connection:
        await connection.execute(select(1))
    if not parts.ready():
        raise ApiError(503, "stopping", "The server starts or stops.", headers={"Retry-After": "5"})
    return Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses(403),
    },
)
async def metrics(parts: Parts, request: Request) -> Response:
    """What the process does, for Prometheus; only from web.metrics_from."""
    if not is_in(parts.peers.of(request).address, parts.config.web.metrics_from):
        raise ApiError(403, "refused", "Metrics are not for this network; see web.metrics_from.")
    content, kind = await exposition(parts)
    return Response(content, headers={"Content-Type": kind})
