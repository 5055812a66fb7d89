"""What goes wrong with a hosted model, as the provider's own errors: with cause and cure, without keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from pydantic import SecretStr

from providers.base import (
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from providers.retry import AttemptFailed, passing, retry_after_s

_KEPT_CHARS = 300
_KEY_LIKE = re.compile(
    r"\b(?:sk|hf|gsk|xai|key)[-_][A-Za-z0-9_\-]{8,}|(?i:\b(?:bearer|basic)\s+)[^\s\"',}]{6,}"
)
#: What OpenAI calls an empty account; it comes as 429, but waiting does not fill the account.
_NO_CREDIT = "insufficient_quota"


@dataclass(frozen=True, slots=True)
class Server:
    """Who is asked, for the wording of errors.

    Attributes:
        title: Its name for people.
        model: The model that is asked for.
        key_variable: The environment variable that holds the key.
        key: The key, never shown.
    """

    title: str
    model: str
    key_variable: str
    key: SecretStr | None

    def redact(self, text: str) -> str:
        """Takes keys out of a text and cuts it to what a message holds."""
        secret = self.key.get_secret_value() if self.key else ""
        if secret:
            text = text.replace(secret, "[key]")
        text = " ".join(_KEY_LIKE.sub("[key]", text).split())
        return text if len(text) <= _KEPT_CHARS else text[: _KEPT_CHARS - 1] + "…"

    def refused(self, status: int, headers: Mapping[str, str], detail: str) -> AttemptFailed:
        """Judges an HTTP status.

        Args:
            status: A status from 400.
            headers: The response's headers.
            detail: What the server said.
        """
        said = self.redact(detail)
        again = passing(status) and not (status == HTTPStatus.TOO_MANY_REQUESTS and _NO_CREDIT in detail)
        error = self._error(status, f" ({status}): {said}" if said else f" ({status})", again)
        return AttemptFailed(error, again=again, after_s=retry_after_s(headers, datetime.now(UTC)))

    def _error(self, status: int, said: str, again: bool) -> ProviderError:
        match status:
            case 401 | 403:
                cure = f"set {self.key_variable} to a valid one"
                return ProviderRejected(f"{self.title} refused the key{said}; {cure}")
            case 402 | 429 if not again:
                return ProviderRejected(f"the account at {self.title} has no credit left{said}; add some")
            case 404:
                lacks = f"{self.title} has no model {self.model!r} here"
                return ProviderRejected(f"{lacks}{said}; check name and URL")
            case 408:
                return ProviderTimeout(f"{self.title} took too long{said}; try again later")
            case 429:
                return ProviderOverloaded(f"{self.title} limits the rate of requests{said}; try again later")
            case _ if again:
                return ProviderUnavailable(f"{self.title} failed{said}; try again later")
            case _:
                return ProviderRejected(f"{self.title} refused the request{said}; correct what it names")

    def unreachable(self, error: Exception) -> AttemptFailed:
        """Judges a connection that could not be made or broke."""
        cause = self.redact(str(error)) or type(error).__name__
        said = f"the connection to {self.title} failed: {cause}; check the URL and the network"
        return AttemptFailed(ProviderUnavailable(said), again=True)

    def broken_off(self, detail: str) -> AttemptFailed:
        """Judges an error that the server sent in place of the rest of a reply."""
        said = self.redact(detail)
        return AttemptFailed(ProviderIncomplete(f"{self.title} broke off the reply: {said}; ask again"))
