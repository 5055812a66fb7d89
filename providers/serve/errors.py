"""Errors in OpenAI's shape, with the status codes that clients expect."""

from __future__ import annotations

from typing import Any

from providers.base import (
    ContextOverflow,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)

#: Seconds after which a client may try again.
_RETRY_AFTER = "1"
_STATUS: tuple[tuple[type[ProviderError], int], ...] = (
    (ProviderRejected, 400),
    (ProviderOverloaded, 429),
    (ProviderIncomplete, 502),
    (ProviderUnavailable, 503),
    (ProviderTimeout, 504),
)


class Refusal(Exception):
    """A request that is answered with an error.

    Attributes:
        status: The HTTP status.
        message: Cause and cure.
        code: A word for programs, such as `model_not_found`.
        param: The field of the request that is wrong.
    """

    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """The error as OpenAI writes it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        if self.status == 429:
            kind = "rate_limit_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def headers(self) -> dict[str, str]:
        """Headers that go with it."""
        return {"Retry-After": _RETRY_AFTER} if self.status in (429, 503) else {}


def of_provider(error: ProviderError) -> Refusal:
    """Translates an error of a provider."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    code = "context_length_exceeded" if isinstance(error, ContextOverflow) else None
    return Refusal(status, str(error), code)
