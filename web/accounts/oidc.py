"""Login by OpenID Connect: authorization code with PKCE, state bound to the browser, nonce in the token.

OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207 where the provider sends `iss`. Accounts are found by issuer
and subject, never by e-mail alone: an address at a provider proves nothing about an account here.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError
from sqlalchemy import Row, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from settings.web import OidcSettings
from tools.clock import Clock
from web.database.store import Store
from web.database.tables import oidc_logins
from web.errors import ApiError
from web.security.secrets import hashed, new_secret

_log = logging.getLogger(__name__)

_LIFE: Final = timedelta(minutes=10)
_TIMEOUT_S: Final = 10.0
_FRESH_S: Final = 3600.0
_SCOPE: Final = "openid email"
# Signatures by public keys only: `none` and shared secrets are refused.
_ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
_LEEWAY_S: Final = 60


class _Metadata(BaseModel):
    """What a provider says of itself at `/.well-known/openid-configuration`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider; `email` only where the provider has verified it."""

    issuer: str
    subject: str
    email: str | None


class OpenId:
    """Sends browsers to providers, and reads what they bring back."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        providers: tuple[OidcSettings, ...],
        transport: Callable[[], httpx2.AsyncBaseTransport] | None = None,
    ) -> None:
        """Takes the database, the time, and the providers; `transport` makes another way to them."""
        self._store = store
        self._clock = clock
        self.providers = {provider.name: provider for provider in providers}
        self._transport = transport
        self._known: dict[str, tuple[float, _Metadata, KeySet]] = {}

    def _client(self, provider: OidcSettings, redirect_uri: str) -> Any:
        options: dict[str, Any] = {"timeout": _TIMEOUT_S}
        if self._transport is not None:
            options["transport"] = self._transport()
        return AsyncOAuth2Client(
            client_id=provider.client_id,
            client_secret=os.environ.get(provider.secret_variable),
            redirect_uri=redirect_uri,
            scope=_SCOPE,
            code_challenge_method="S256",
            **options,
        )

    async def begin(self, name: str, redirect_uri: str, session_hash: str, return_to: str) -> str:
        """Begins a login.

        Args:
            name: The provider.
            redirect_uri: Where it sends the browser back to.
            session_hash: The browser's session, which alone may bring the answer.
            return_to: A path of this server, for afterwards.

        Returns:
            The URL to send the browser to.

        Raises:
            ApiError: There is no such provider, or it does not answer.
        """
        provider = self._provider(name)
        metadata, _ = await self._metadata(provider)
        state, nonce, verifier = new_secret(), new_secret(), new_secret() + new_secret()
        values = {
            "hash": hashed(state),
            "provider": name,
            "session_hash": session_hash,
            "nonce": nonce,
            "verifier": verifier,
            "return_to": safe_path(return_to),
            "expires": self._clock() + _LIFE,
        }
        await self._store.write(lambda connection: connection.execute(insert(oidc_logins).values(values)))
        async with self._client(provider, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    async def finish(
        self, name: str, redirect_uri: str, session_hash: str, *, state: str, code: str, issuer: str | None
    ) -> tuple[Identity, str]:
        """Reads what the browser brought back.

        Returns:
            Who it is, and where to go.

        Raises:
            ApiError: It does not belong to a login of this browser, or the provider does not vouch for it.
        """
        provider = self._provider(name)
        known = await self._take(state)
        if known is None or known.provider != name or known.session_hash != session_hash:
            raise ApiError(
                400, "bad-request", "This login was not begun here, or took too long; begin again."
            )
        metadata, keys = await self._metadata(provider)
        if issuer is not None and issuer != metadata.issuer:
            raise ApiError(400, "bad-request", "The answer is another provider's; begin again.")
        try:
            async with self._client(provider, redirect_uri) as client:
                token: dict[str, Any] = await client.fetch_token(
                    metadata.token_endpoint, code=code, code_verifier=known.verifier
                )
        except (httpx2.HTTPError, AuthlibBaseError, ValueError) as error:
            _log.warning("%s gave no token: %s", name, type(error).__name__)
            raise ApiError(
                400, "bad-request", "The provider did not confirm the login; begin again."
            ) from error
        id_token = str(token.get("id_token", ""))
        try:
            identity = self._read(provider, metadata, keys, id_token, known.nonce)
        except ApiError:
            # The provider may have new keys since.
            self._known.pop(name, None)
            metadata, keys = await self._metadata(provider)
            identity = self._read(provider, metadata, keys, id_token, known.nonce)
        return identity, known.return_to

    async def _take(self, state: str) -> Row[Any] | None:
        """Uses a state up."""
        gone = (
            delete(oidc_logins)
            .where(oidc_logins.c.hash == hashed(state), oidc_logins.c.expires > self._clock())
            .returning(oidc_logins)
        )

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(gone)).one_or_none()

        return await self._store.write(work)

    def _read(
        self, provider: OidcSettings, metadata: _Metadata, keys: KeySet, id_token: str, nonce: str
    ) -> Identity:
        """Checks an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": metadata.issuer},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            _log.warning("an ID token of %s was refused: %s", provider.name, type(error).__name__)
            raise ApiError(
                400, "bad-request", "The provider's word cannot be trusted; begin again."
            ) from error
        email = claims.get("email")
        verified = isinstance(email, str) and claims.get("email_verified") is True
        return Identity(metadata.issuer, str(claims["sub"]), email if verified else None)

    def _provider(self, name: str) -> OidcSettings:
        if name not in self.providers:
            raise ApiError(404, "not-found", f"There is no login by {name} here.")
        return self.providers[name]

    async def _metadata(self, provider: OidcSettings) -> tuple[_Metadata, KeySet]:
        known = self._known.get(provider.name)
        if known is not None and time.monotonic() - known[0] < _FRESH_S:
            return known[1], known[2]
        options: dict[str, Any] = {} if self._transport is None else {"transport": self._transport()}
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S, **options) as client:
                where = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = (await client.get(where)).raise_for_status()
                metadata = _Metadata.model_validate_json(found.content)
                if metadata.issuer != provider.issuer:
                    raise ValueError("the issuer is another one")
                keys = KeySet.import_key_set((await client.get(metadata.jwks_uri)).raise_for_status().json())
        except (httpx2.HTTPError, ValidationError, ValueError, JoseError) as error:
            _log.warning("%s cannot be used for logins: %s", provider.name, error)
            said = f"{provider.label} does not answer just now; log in another way, or try again."
            raise ApiError(503, "unavailable", said, headers={"Retry-After": "30"}) from error
        self._known[provider.name] = (time.monotonic(), metadata, keys)
        return metadata, keys


def safe_path(text: str) -> str:
    """A path of this server; the home page for anything that leads elsewhere."""
    parts = urlsplit(text.replace("\\", "/"))
    plain = text.isascii() and text.isprintable() and not parts.scheme and not parts.netloc
    return text if plain and text.startswith("/") and not text.startswith(("//", "/\\")) else "/"
