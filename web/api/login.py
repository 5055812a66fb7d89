"""Login by OpenID Connect: the two steps of the browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, BaseModel

from web.accounts.oidc import Identity
from web.accounts.people import Account, Person
from web.api.session import log_in_as, set_cookie
from web.api.who import Anyone, Parts
from web.errors import ApiError, responses
from web.security.addresses import site
from web.services import Services

router = APIRouter(tags=["session"])


class Provider(BaseModel):
    """A way to log in by OpenID Connect: send the browser to `url`."""

    name: str
    label: str
    url: str


@router.get("/api/login/providers")
async def providers(parts: Parts) -> list[Provider]:
    """The ways to log in by OpenID Connect."""
    return [
        Provider(name=name, label=found.label, url=f"/api/login/{name}")
        for name, found in parts.openid.providers.items()
    ]


def _ascii_name(text: str) -> str:
    if not text.isascii():
        raise ValueError("no such provider")
    return text


ProviderName = Annotated[str, AfterValidator(_ascii_name)]


def _redirect_uri(parts: Services, request: Request, name: str) -> str:
    base = parts.config.web.public_url.rstrip("/")
    if not base:
        scheme = "https" if parts.peers.of(request).secure else "http"
        base = f"{scheme}://{request.headers.get('host', 'localhost')}"
    return f"{base}/api/login/{name}/callback"


@router.get(
    "/api/login/{provider}",
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "To the provider."}, **responses(401, 404, 422, 429, 503)},
)
async def oidc_begin(
    parts: Parts,
    person: Anyone,
    request: Request,
    provider: ProviderName,
    return_to: Annotated[str, Query(max_length=300)] = "/",
) -> Response:
    """Sends the browser to a provider; somebody who is logged in will have a second way to log in."""
    await parts.rates.count("log-in", site(person.peer.address))
    session, secret = person.session, None
    if session is None:
        secret, session = await parts.sessions.begin(
            "cookie", user_agent=request.headers.get("user-agent", "")
        )
    uri = _redirect_uri(parts, request, provider)
    answer = RedirectResponse(await parts.openid.begin(provider, uri, session.hash, return_to), 303)
    if secret is not None:
        set_cookie(parts, answer, secret, session)
    return answer


@router.get(
    "/api/login/{provider}/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={
        303: {"description": "To where the login began."},
        **responses(400, 401, 403, 404, 409, 422, 503),
    },
)
async def oidc_end(
    parts: Parts,
    person: Anyone,
    request: Request,
    provider: ProviderName,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
    iss: Annotated[str | None, Query(max_length=300)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Where the provider sends the browser back to."""
    if error is not None or not code or person.session is None:
        raise ApiError(400, "bad-request", "The login was not completed; begin again.")
    identity, return_to = await parts.openid.finish(
        provider,
        _redirect_uri(parts, request, provider),
        person.session.hash,
        state=state,
        code=code,
        issuer=iss,
    )
    answer = RedirectResponse(return_to, 303)
    account = await _account_of(parts, person, identity)
    if account.blocked:
        raise ApiError(403, "refused", "This account is shut out; ask the operator.")
    if person.account is None:
        await log_in_as(parts, person, request, answer, account)
    return answer


async def _account_of(parts: Services, person: Person, identity: Identity) -> Account:
    """The account that somebody at a provider has; theirs is linked where they are logged in, else made."""
    known = await parts.accounts.by_identity(identity.issuer, identity.subject)
    if person.account is not None:
        if known is None:
            await parts.accounts.link(person.account, identity.issuer, identity.subject)
        elif known.id != person.account.id:
            raise ApiError(409, "taken", "That login belongs to another account; log out first.")
        return person.account
    if known is not None:
        return known
    if identity.email is None:
        raise ApiError(
            403, "refused", "The provider has not verified your e-mail address, which an account needs."
        )
    if not parts.config.web.registration:
        raise ApiError(403, "refused", "Accounts are made by the operator here; ask them.")
    return await parts.accounts.make(identity.email, None, identity=(identity.issuer, identity.subject))
