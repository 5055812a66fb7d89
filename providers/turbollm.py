"""TurboLLM: an OpenAI model, or any server that speaks the OpenAI chat API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk
from pydantic import SecretStr

from providers.hosted import NO_KEY, HostedOptions, HostedProvider
from providers.hosted_reply import ChunkForm
from providers.rate import RateLimits
from providers.retry import RetryPolicy

#: The vendor's API; given to the SDK always, which else would look into the environment.
OPENAI_URL = "https://api.openai.com/v1"
_CONNECT_S = 10.0


class TurboLLM(HostedProvider):
    """A model by the `openai` client."""

    def __init__(
        self,
        *,
        api_key: SecretStr | None,
        model: str = "gpt-4o-mini",
        base_url: str | None = None,
        tool_format: str = "native",
        key_variable: str = "OPENAI_API_KEY",
        retry: RetryPolicy | None = None,
        limits: RateLimits | None = None,
    ) -> None:
        """Takes what `providers.hosted.HostedOptions` describes.

        Raises:
            ProviderRejected: There is no key, the URL cannot be used, or there is no such tool format.
        """
        options = HostedOptions(
            model,
            api_key,
            key_variable,
            base_url,
            tool_format,
            retry or RetryPolicy(),
            limits or RateLimits(),
        )
        super().__init__("turbollm", "OpenAI", options)
        self._client = openai.AsyncOpenAI(
            api_key=(api_key or NO_KEY).get_secret_value(),
            base_url=base_url or OPENAI_URL,
            # Retries and the deadline have one owner, which is not the SDK.
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=_CONNECT_S),
        )

    async def _open(self, request: dict[str, Any], deadline_s: float) -> AsyncGenerator[ChunkForm, None]:
        # The SDK's overloads know a request by its keywords; ours is put together as data.
        create: Any = self._client.chat.completions.create
        try:
            stream: openai.AsyncStream[ChatCompletionChunk] = await create(**request)
            async with aclosing(stream) as events:
                async for event in events:
                    yield ChunkForm.model_validate(event)
        except openai.APIStatusError as error:
            raise self._server.refused(error.status_code, error.response.headers, _said(error)) from None
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            raise self._server.unreachable(cause) from None
        except openai.APIError as error:
            raise self._server.broken_off(error.message) from None

    async def aclose(self) -> None:
        """Closes connections."""
        await self._client.close()


def _said(error: openai.APIStatusError) -> str:
    """What the server said, with the code that tells an empty account from a rate limit."""
    code = f" [{error.code}]" if error.code else ""
    return f"{error.message}{code}"
