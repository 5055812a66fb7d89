"""The OpenAI chat API over any provider, so that other programs can use the models of this project."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from providers.base import Chunk, ProviderError, ProviderIncomplete
from providers.info import DescribedProvider
from providers.serve.answers import Heading, Part, deltas, events, whole
from providers.serve.disconnect import ClientGone, EventStream, while_connected
from providers.serve.errors import Refusal, of_provider
from providers.serve.forms import ChatForm, demanded, messages, offered, settings
from providers.serve.metrics import CONTENT_TYPE, exposition
from providers.serve.pool import FixedModels, Models

#: Seconds that one reply may take, where the caller of `create_app` does not say.
DEADLINE_S = 600.0
_CLIENT_CLOSED = 499


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    models: Models | Mapping[str, DescribedProvider],
    *,
    deadline_s: float = DEADLINE_S,
    clock: Callable[[], datetime] = _utc_now,
) -> FastAPI:
    """Makes the application.

    Args:
        models: The models, by the names that requests give; whoever made them closes them.
        deadline_s: Seconds that one reply may take.
        clock: The time that models are told where a request gives none.
    """
    app = FastAPI(title="Smallwatch engine", openapi_url=None)
    served = _Served(FixedModels(models) if isinstance(models, Mapping) else models, deadline_s, clock)
    app.add_api_route("/v1/chat/completions", served.chat, methods=["POST"], response_model=None)
    app.add_api_route("/v1/models", served.models, methods=["GET"])
    app.add_api_route("/v1/models/{model:path}", served.model, methods=["GET"])
    app.add_api_route("/health", served.health, methods=["GET"])
    app.add_api_route("/metrics", served.metrics, methods=["GET"])
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(ProviderError, _provider_failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(ClientGone, _nobody)
    app.add_exception_handler(Exception, _broken)
    return app


class _Served:
    """The routes."""

    def __init__(self, models: Models, deadline_s: float, clock: Callable[[], datetime]) -> None:
        self._models = models
        self._deadline_s = deadline_s
        self._clock = clock
        self._started = int(time.time())

    async def chat(self, form: ChatForm, request: Request) -> Response:
        self._check(form.model)
        heading = Heading(f"chatcmpl-{uuid.uuid4().hex}", form.model, int(time.time()))
        client = request.client.host if request.client else ""
        pieces = deltas(self._reply(form, client), f"call-{uuid.uuid4().hex[:12]}", demanded=demanded(form))
        if not form.stream:
            return JSONResponse(await while_connected(request, whole(pieces, heading)))
        # The status is still open until the first piece is there, so errors before it have their own.
        first = await while_connected(request, _first(pieces))
        include_usage = form.stream_options is not None and form.stream_options.include_usage
        return EventStream(events(_behind(first, pieces), heading, include_usage=include_usage))

    async def _reply(self, form: ChatForm, client: str) -> AsyncGenerator[Chunk, None]:
        """Makes the reply; the model stays loaded until its end. Whoever names no user is one with their machine."""
        conversation, tools = messages(form), offered(form)
        async with self._models.lease(form.model) as provider:
            set_up = settings(
                form,
                default=provider.info.default_constrained,
                now=self._clock(),
                deadline_s=self._deadline_s,
                user=form.user or client,
            )
            # A provider's stream is a generator: the interface says that it is closed to cancel the reply.
            chunks = cast("AsyncGenerator[Chunk, None]", provider.stream(conversation, tools, set_up))
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk

    async def models(self) -> dict[str, Any]:
        return {"object": "list", "data": [self._described(name) for name in self._models.names()]}

    async def model(self, model: str) -> dict[str, Any]:
        self._check(model)
        return self._described(model)

    async def health(self) -> dict[str, Any]:
        return {"status": "ok", "models": list(self._models.names())}

    async def metrics(self) -> Response:
        return Response(exposition(self._models), media_type=CONTENT_TYPE)

    def _described(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self._started, "owned_by": "smallwatch"}

    def _check(self, name: str) -> None:
        if name not in self._models.names():
            known = ", ".join(self._models.names()) or "none"
            said = f"there is no model {name!r}; this server has {known}"
            raise Refusal(404, said, "model_not_found", "model")


async def _first(pieces: AsyncGenerator[Part, None]) -> Part:
    async for piece in pieces:
        return piece
    raise ProviderIncomplete("the reply ended before it began; ask again")


async def _behind(first: Part, pieces: AsyncGenerator[Part, None]) -> AsyncGenerator[Part, None]:
    """Puts the piece that has been taken back to the front."""
    try:
        yield first
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()


async def _refused(_request: Request, error: Exception) -> Response:
    refusal = cast("Refusal", error)
    return JSONResponse(refusal.body(), refusal.status, refusal.headers())


async def _provider_failed(request: Request, error: Exception) -> Response:
    return await _refused(request, of_provider(cast("ProviderError", error)))


async def _invalid(request: Request, error: Exception) -> Response:
    first = cast("RequestValidationError", error).errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return await _refused(request, Refusal(400, f"{where}: {first['msg']}", param=where))


async def _no_route(request: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    said = f"{request.method} {request.url.path} is not served here; see /v1/models and /v1/chat/completions"
    return await _refused(request, Refusal(status, said))


async def _broken(request: Request, _error: Exception) -> Response:
    # The error itself goes on to the server, which logs it.
    return await _refused(request, Refusal(500, "the server failed; its log says why"))


async def _nobody(_request: Request, _error: Exception) -> Response:
    # Written for the log alone: the connection is closed.
    return Response(status_code=_CLIENT_CLOSED)
