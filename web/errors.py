"""Refusals of the API: one form for all, a code for programs, a sentence for people."""

from __future__ import annotations

from typing import Any, Literal, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from monitoring.database.errors import DatabaseUnavailable

Code = Literal[
    "bad-request", "not-logged-in", "wrong-credentials", "no-tokens", "csrf", "origin", "not-admin",
    "wrong-token-kind", "not-found", "method", "busy", "taken", "expired", "refused", "too-large",
    "invalid", "too-many", "overloaded", "unavailable", "stopping", "internal",
]  # fmt: skip


class ErrorBody(BaseModel):
    """What went wrong.

    Attributes:
        code: For programs.
        message: For people: cause and cure.
        details: Facts about it, if there are any.
    """

    code: Code
    message: str
    details: Any = None


class ErrorAnswer(BaseModel):
    """The body of every refusal."""

    error: ErrorBody


class ApiError(Exception):
    """A request is refused."""

    def __init__(
        self,
        status: int,
        code: Code,
        message: str,
        details: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Takes the HTTP status and what the body says."""
        super().__init__(message)
        self.status = status
        self.body = ErrorAnswer(error=ErrorBody(code=code, message=message, details=details))
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer."""
        return JSONResponse(self.body.model_dump(mode="json"), self.status, self.headers)


def not_found(what: str) -> ApiError:
    """The answer for what does not exist, and for what belongs to somebody else."""
    return ApiError(404, "not-found", f"There is no such {what}, or it is not yours.")


def too_many(seconds: float) -> ApiError:
    """The answer to who asks too often."""
    wait = max(1, round(seconds))
    return ApiError(
        429, "too-many", f"Too many requests; try again in {wait} s.", headers={"Retry-After": str(wait)}
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documents refusals for OpenAPI."""
    return {status: {"model": ErrorAnswer, "description": _WORDS[status]} for status in statuses}


_WORDS = {
    400: "The request cannot be read.",
    401: "Who asks is not known.",
    402: "Too few tokens are left.",
    403: "Who asks may not do this.",
    404: "There is no such thing, or it belongs to somebody else.",
    405: "The route does not know this method.",
    409: "It does not fit the present state.",
    413: "The request is too large.",
    422: "A value is not allowed.",
    429: "Too many requests.",
    503: "Not now; try again.",
}


def install(app: FastAPI) -> None:
    """Makes an application answer every error in one form."""
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseUnavailable, _unavailable)
    app.add_exception_handler(Exception, _broken)


async def _refused(_request: Request, error: Exception) -> Response:
    return cast("ApiError", error).response()


async def _invalid(_request: Request, error: Exception) -> Response:
    problems = cast("RequestValidationError", error).errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return ApiError(400, "bad-request", "The body is not JSON.").response()
    details = [
        {"where": _printable(".".join(str(part) for part in problem["loc"])), "problem": problem["msg"]}
        for problem in problems
    ]
    first = details[0]
    return ApiError(422, "invalid", f"{first['where']}: {first['problem']}.", details).response()


def _printable(text: str) -> str:
    """Keys of a JSON object may hold halves of surrogate pairs, which UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


async def _http(request: Request, error: Exception) -> Response:
    found = cast("HTTPException", error)
    headers = dict(found.headers or {})
    match found.status_code:
        case 404:
            answer = ApiError(404, "not-found", f"Nothing is at {request.url.path}.", headers=headers)
        case 405:
            answer = ApiError(405, "method", f"{request.method} is not for this route.", headers=headers)
        case 413:
            answer = ApiError(413, "too-large", "The request is too large.", headers=headers)
        case status:
            answer = ApiError(status, "bad-request", str(found.detail), headers=headers)
    return answer.response()


async def _unavailable(_request: Request, _error: Exception) -> Response:
    said = "The database does not answer just now; try again in a moment."
    return ApiError(503, "unavailable", said, headers={"Retry-After": "5"}).response()


async def _broken(_request: Request, _error: Exception) -> Response:
    # The error itself goes on to the server, which logs it.
    return ApiError(500, "internal", "The server failed; its log says why.").response()
