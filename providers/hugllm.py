"""HugLLM: a model of about 8 B on Hugging Face, or any server that speaks its chat API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import is_dataclass
from typing import Any, cast

import httpx2
from huggingface_hub import AsyncInferenceClient, ChatCompletionStreamOutput
from huggingface_hub.errors import (
    HfHubHTTPError,
    InferenceTimeoutError,
    OfflineModeIsEnabled,
    TextGenerationError,
)
from pydantic import SecretStr

from models.hub_client import without_telemetry
from providers.base import ProviderRejected, ProviderTimeout
from providers.hosted import NO_KEY, UNREADABLE, HostedOptions, HostedProvider
from providers.hosted_reply import ChunkForm
from providers.rate import RateLimits
from providers.retry import AttemptFailed, RetryPolicy

_TOKEN_PREFIX = "hf_"  # noqa: S105 - how tokens begin, not a token


class HugLLM(HostedProvider):
    """A model by the `huggingface_hub` client."""

    def __init__(
        self,
        *,
        api_key: SecretStr | None,
        model: str = "meta-llama/Llama-3.1-8B-Instruct",
        host: str = "auto",
        base_url: str | None = None,
        tool_format: str = "native",
        key_variable: str = "HF_TOKEN",
        retry: RetryPolicy | None = None,
        limits: RateLimits | None = None,
    ) -> None:
        """Takes what `providers.hosted.HostedOptions` describes.

        Args:
            api_key: A Hugging Face token.
            model: The model's id.
            host: The inference provider that runs it, such as `novita`; `auto` leaves the choice to Hugging
                Face. It means nothing with a `base_url`.
            base_url: A server of one's own.
            tool_format: `native`, or the dialect that writes tools into plain text.
            key_variable: The environment variable that errors name.
            retry: How often and how fast a request is tried again.
            limits: How many requests and tokens the account grants.

        Raises:
            ProviderRejected: There is no key, it is no Hugging Face token, the URL cannot be used, or there
                is no such tool format.
        """
        without_telemetry()
        # The router takes the host behind the model's id. Naming it to the client instead would make the
        # client look the model up with a blocking request.
        routed = model if base_url or host == "auto" else f"{model}:{host}"
        options = HostedOptions(
            routed,
            api_key,
            key_variable,
            base_url,
            tool_format,
            retry or RetryPolicy(),
            limits or RateLimits(),
        )
        super().__init__("hugllm", "Hugging Face", options)
        if base_url is None and api_key and not api_key.get_secret_value().startswith(_TOKEN_PREFIX):
            raise ProviderRejected(
                f"{key_variable} is no Hugging Face token, which begins with {_TOKEN_PREFIX}; "
                "for another service set its base_url"
            )

    async def _open(self, request: dict[str, Any], deadline_s: float) -> AsyncGenerator[ChunkForm, None]:
        key = (self._options.api_key or NO_KEY).get_secret_value()
        body = {name: value for name, value in request.items() if name != "model"}
        # A client a request: it keeps the response of every stream open until it is closed itself.
        client = AsyncInferenceClient(
            base_url=self._options.base_url, provider="auto", api_key=key, timeout=deadline_s
        )
        # The SDK's overloads know a request by its keywords; ours is put together as data.
        create: Any = client.chat_completion  # pyright: ignore
        try:
            events: AsyncIterator[ChatCompletionStreamOutput] = await create(model=request["model"], **body)
            async for event in events:
                yield ChunkForm.model_validate(_plain(event))
        except OfflineModeIsEnabled:
            said = "the Hugging Face client is offline; unset HF_HUB_OFFLINE"
            raise AttemptFailed(ProviderRejected(said)) from None
        except InferenceTimeoutError:
            late = f"{self._server.title} did not answer in time; allow more"
            raise AttemptFailed(ProviderTimeout(late)) from None
        except HfHubHTTPError as error:
            raise self._refused(error.response, error.server_message or "") from None
        except TextGenerationError as error:
            raise self._server.broken_off(str(error)) from None
        except httpx2.TransportError as error:
            raise self._server.unreachable(error) from None
        except UNREADABLE as error:
            # The client stumbles over errors whose JSON it does not expect; the status is behind it then.
            if isinstance(error.__context__, httpx2.HTTPStatusError):
                raise self._refused(error.__context__.response, "") from None
            raise
        finally:
            await client.close()

    def _refused(self, response: httpx2.Response, said: str) -> AttemptFailed:
        return self._server.refused(response.status_code, response.headers, said)

    async def aclose(self) -> None:
        """Does nothing: each request closes its own connection."""


def _plain(value: object) -> object:
    """Makes plain data of the client's objects; as mappings they lack fields that the client does not know."""
    if is_dataclass(value):
        return {name: _plain(each) for name, each in vars(value).items()}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[object]", value)]
    return value
