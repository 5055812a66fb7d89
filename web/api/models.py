"""Models and quotas: what can be asked, and for how much longer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from web.api.who import Anyone, OfAccount, Parts
from web.browser_model import NotForBrowsers, browser_model
from web.errors import not_found, responses
from web.quota import DayOfUse, Quota
from web.runs.models import LABELS, ModelName

router = APIRouter(tags=["models"])


class QueueAnswer(BaseModel):
    """A model's queue: who waits, who is answered, and how long the next one may expect to wait."""

    waiting: int
    running: int
    slots: int
    expected_wait_s: float


class ModelAnswer(BaseModel):
    """A model."""

    name: ModelName
    label: str
    model: str | None = Field(description="Its exact name, where it is known.")
    available: bool
    reason: str | None = Field(description="Why it is not available.")
    factor: float = Field(description="What its tokens count; 0: nothing.")
    queue: QueueAnswer | None


@router.get("/api/models")
async def models(parts: Parts) -> list[ModelAnswer]:
    """The models, in the order of the button."""
    answers: list[ModelAnswer] = []
    for name, settings in parts.models.offered.items():
        problem = parts.models.problem(name)
        answers.append(
            ModelAnswer(
                name=name,
                label=LABELS[name],
                model=parts.models.info(name),
                available=problem is None,
                reason=problem,
                factor=float(settings.factor),
                queue=await _queue(parts, name, settings.slots) if settings.slots else None,
            )
        )
    return answers


async def _queue(parts: Parts, name: str, slots: int) -> QueueAnswer:
    queue = await parts.book.queue(name)
    free = slots > queue.running and not queue.runs
    wait_s = 0.0 if free else queue.wait_s(len(queue.runs) + 1, slots)
    return QueueAnswer(waiting=len(queue.runs), running=queue.running, slots=slots, expected_wait_s=wait_s)


class BrowserModelAnswer(BaseModel):
    """The model that a browser may run itself, in llama.cpp's WebAssembly form."""

    available: bool
    reason: str | None = Field(default=None, description="Why there is none.")
    model: str | None = Field(default=None, description="Its exact name.")
    url: str | None = Field(default=None, description="Where its GGUF file is, on this server.")
    sha256: str | None = None
    bytes: int | None = None


@router.get("/api/models/browser")
async def model_for_browsers(parts: Parts) -> BrowserModelAnswer:
    """The model that the widget can run in the visitor's browser, and where its file is."""
    try:
        found = await browser_model(parts.config)
    except NotForBrowsers as error:
        return BrowserModelAnswer(available=False, reason=str(error))
    return BrowserModelAnswer(
        available=True,
        model=found.name,
        url=f"/api/models/browser/{found.sha256}.gguf",
        sha256=found.sha256,
        bytes=found.file_bytes,
    )


@router.get(
    "/api/models/browser/{sha256}.gguf",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}}, **responses(404)},
)
async def weights_for_browsers(parts: Parts, sha256: str) -> Response:
    """The file itself; what is at an address never changes, so browsers and proxies may keep it."""
    try:
        found = await browser_model(parts.config)
    except NotForBrowsers:
        raise not_found("model") from None
    if sha256 != found.sha256:
        raise not_found("model")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return FileResponse(found.path, media_type="application/octet-stream", headers=headers)


@router.get("/api/quota", responses=responses(401))
async def quota(parts: Parts, person: Anyone) -> Quota:
    """What is left, when more comes, and what would give more."""
    return await parts.quotas.of(person)


@router.get("/api/account/usage", tags=["account"], responses=responses(401, 422))
async def usage(
    parts: Parts, person: Anyone, account: OfAccount, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> list[DayOfUse]:
    """Tokens charged a day."""
    return list(await parts.quotas.usage(await parts.quotas.terms(person), days))
