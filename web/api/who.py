"""Who asks, for the routes: found once a request, with what each route demands."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from web.accounts.people import Account, Person, Session
from web.errors import ApiError
from web.security.browser import foreign_origin
from web.security.secrets import PROGRAM_PREFIX, SESSION_PREFIX, same
from web.services import Services, services_of

_SAFE = ("GET", "HEAD", "OPTIONS")

_cookie = APIKeyCookie(
    name="__Host-smallwatch", scheme_name="session", auto_error=False, description="A session's cookie."
)
_bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A session's token (`sws_…`) or a program's API token (`swp_…`).",
)


async def services(request: Request) -> Services:
    """The services of this server."""
    return services_of(request)


Parts = Annotated[Services, Depends(services)]


async def identify(
    request: Request,
    parts: Parts,
    _shown: Annotated[str | None, Depends(_cookie)] = None,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
) -> Person:
    """Finds out who asks.

    Raises:
        ApiError: A token is unknown, or a cookie comes without its CSRF header.
    """
    peer = parts.peers.of(request)
    foreign = foreign_origin(request.headers, parts.origins, request)
    if bearer is not None:
        return await _by_token(
            parts, bearer.credentials, request.headers.get("origin"), Person("nothing", peer)
        )
    secret = request.cookies.get(parts.cookie)
    # Cookies are for this server's own pages, whatever others are allowed.
    if not secret or foreign is not None:
        return Person("nothing", peer)
    session = await parts.sessions.find(secret, "cookie")
    if session is None:
        return Person("nothing", peer)
    if request.method not in _SAFE and not same(request.headers.get("x-csrf-token", ""), session.csrf):
        raise ApiError(
            403, "csrf", "The header X-CSRF-Token is missing or old; GET /api/session has the right one."
        )
    account = await _account(parts, session)
    if session.account_id is not None and account is None:
        return Person("nothing", peer)
    return Person("cookie", peer, account, session)


async def _by_token(parts: Services, secret: str, origin: str | None, nobody: Person) -> Person:
    if secret.startswith(SESSION_PREFIX):
        session = await parts.sessions.find(secret, "token")
        if session is None or (origin is not None and origin != session.origin):
            raise _unknown()
        account = await _account(parts, session)
        if session.account_id is not None and account is None:
            raise _unknown()
        return Person("token", nobody.peer, account, session)
    account_id = await parts.tokens.account_of(secret) if secret.startswith(PROGRAM_PREFIX) else None
    account = await parts.accounts.get(account_id) if account_id is not None else None
    if account is None or account.blocked:
        raise _unknown()
    return Person("program", nobody.peer, account)


def _unknown() -> ApiError:
    return ApiError(
        401,
        "not-logged-in",
        "The token is unknown, revoked or expired.",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def _account(parts: Services, session: Session) -> Account | None:
    """The account of a session; None of a visitor, and where it is gone or shut out."""
    if session.account_id is None:
        return None
    account = await parts.accounts.get(session.account_id)
    return None if account is None or account.blocked else account


Anyone = Annotated[Person, Depends(identify)]


async def somebody(person: Anyone) -> Person:
    """Demands a session or a token."""
    if person.owner is None:
        raise ApiError(
            401,
            "not-logged-in",
            "Begin a session first: POST /api/session.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return person


Somebody = Annotated[Person, Depends(somebody)]


async def account_of(person: Anyone) -> Account:
    """Demands an account, by whatever way."""
    if person.account is None:
        raise ApiError(
            401,
            "not-logged-in",
            "Log in first, or send an API token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return person.account


OfAccount = Annotated[Account, Depends(account_of)]


async def account_itself(person: Anyone, account: OfAccount) -> Account:
    """Demands an account that has logged in; its settings are not for programs."""
    if person.via == "program":
        raise ApiError(403, "wrong-token-kind", "Programs may not change an account; log in by a browser.")
    return account


AccountItself = Annotated[Account, Depends(account_itself)]


async def admin(account: AccountItself) -> Account:
    """Demands an admin."""
    if not account.admin:
        raise ApiError(403, "not-admin", "Only admins may do this.")
    return account


Admin = Annotated[Account, Depends(admin)]
