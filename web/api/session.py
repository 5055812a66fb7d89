"""Sessions: begin, log in, log out; on this server's pages and on others'."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from web.accounts.people import Account, Person, PlanName, Session
from web.api.forms import Email, Form, Password
from web.api.who import AccountItself, Anyone, Parts
from web.database.tables import embed_codes
from web.errors import ApiError, responses
from web.security.addresses import site
from web.security.browser import foreign_origin
from web.security.secrets import hashed, new_secret
from web.services import Services

router = APIRouter(tags=["session"])

_CODE_LIFE = timedelta(seconds=60)


class AccountAnswer(BaseModel):
    """An account, as its owner sees it."""

    id: int
    email: str
    plan: PlanName
    admin: bool
    has_password: bool
    status_page: str | None = Field(description="Name of the public status page; null: there is none.")


class SessionAnswer(BaseModel):
    """A session; `token` only where one has just been made for a page of another site."""

    kind: Literal["nobody", "visitor", "account", "program"]
    csrf_token: str | None = Field(default=None, description="For the header X-CSRF-Token.")
    token: str | None = None
    account: AccountAnswer | None = None


class BeginForm(Form):
    """How a session is to be held."""

    embedded: bool = Field(default=False, description="As a token, for a page of another site.")


class LoginForm(Form):
    """Who wants in."""

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=256)]


class RegisterForm(Form):
    """Who wants an account."""

    email: Email
    password: Password


class OriginForm(Form):
    """The page that is to get a session."""

    origin: Annotated[str, Field(max_length=300)]


class CodeForm(Form):
    """A code that `embed-code` gave."""

    code: Annotated[str, Field(min_length=20, max_length=100)]


class EmbedCode(BaseModel):
    """To be handed to the page of that origin, and to none else."""

    code: str
    origin: str


async def account_answer(parts: Services, account: Account) -> AccountAnswer:
    """Describes an account to its owner."""
    return AccountAnswer(
        id=account.id,
        email=account.email,
        plan=await parts.quotas.plan_of(account),
        admin=account.admin,
        has_password=account.has_password,
        status_page=account.status_slug,
    )


async def _described(parts: Services, person: Person, token: str | None = None) -> SessionAnswer:
    kind = "program" if person.via == "program" else "account" if person.account else "visitor"
    return SessionAnswer(
        kind=kind if person.owner else "nobody",
        csrf_token=person.session.csrf if person.session and person.session.kind == "cookie" else None,
        token=token,
        account=await account_answer(parts, person.account) if person.account else None,
    )


def set_cookie(parts: Services, response: Response, secret: str, session: Session) -> None:
    """Gives a session to the browser."""
    response.set_cookie(
        parts.cookie,
        secret,
        max_age=int((session.expires - session.created).total_seconds()),
        path="/",
        secure=not parts.config.web.insecure_cookies,
        httponly=True,
        samesite="lax",
    )


@router.get("/api/session", responses=responses(401))
async def who_am_i(parts: Parts, person: Anyone) -> SessionAnswer:
    """Who asks; `csrf_token` is what changes by a cookie need."""
    return await _described(parts, person)


@router.post("/api/session", status_code=201, responses=responses(400, 401, 403, 422, 429))
async def begin(
    parts: Parts, person: Anyone, request: Request, response: Response, form: BeginForm | None = None
) -> SessionAnswer:
    """Begins the session of a visitor, or returns the one that there is."""
    if person.session is not None:
        return await _described(parts, person)
    await parts.rates.count("begin", site(person.peer.address))
    embedded = form is not None and form.embedded
    foreign = foreign_origin(request.headers, parts.origins, request)
    if foreign is not None and not embedded:
        raise ApiError(403, "origin", "On pages of other sites, ask for an embedded session.")
    secret, session = await parts.sessions.begin(
        "token" if embedded else "cookie",
        origin=request.headers.get("origin") if embedded else None,
        user_agent=request.headers.get("user-agent", ""),
    )
    if not embedded:
        set_cookie(parts, response, secret, session)
    person = Person("token" if embedded else "cookie", person.peer, None, session)
    return await _described(parts, person, secret if embedded else None)


async def log_in_as(
    parts: Services, person: Person, request: Request, response: Response, account: Account
) -> SessionAnswer:
    """Makes a new session for an account, in place of the one that there was; things of the visitor go along."""
    old = person.session
    if person.via == "program":
        raise ApiError(403, "wrong-token-kind", "A program is logged in by its token already.")
    kind = "token" if old is not None and old.kind == "token" else "cookie"
    if old is not None and old.account_id is None:
        await parts.accounts.adopt(account, old.visitor)
    secret, session = await parts.sessions.begin(
        kind,
        account_id=account.id,
        origin=old.origin if old else None,
        user_agent=request.headers.get("user-agent", ""),
        instead_of=old,
    )
    if kind == "cookie":
        set_cookie(parts, response, secret, session)
    return await _described(
        parts, Person(kind, person.peer, account, session), secret if kind == "token" else None
    )


def _no_foreign_login(parts: Services, person: Person, request: Request) -> None:
    """A password is typed on this server's pages only; a cookie would not be kept elsewhere anyway."""
    if foreign_origin(request.headers, parts.origins, request) is not None:
        raise ApiError(403, "origin", "Log in on this server's own page; see /login?embed=1.")


@router.post("/api/accounts", status_code=201, responses=responses(400, 401, 403, 409, 422, 429))
async def register(
    parts: Parts, person: Anyone, request: Request, response: Response, form: RegisterForm
) -> SessionAnswer:
    """Makes an account and logs it in."""
    _no_foreign_login(parts, person, request)
    if not parts.config.web.registration:
        raise ApiError(403, "refused", "Accounts are made by the operator here; ask them.")
    await parts.rates.count("register", site(person.peer.address))
    account = await parts.accounts.make(form.email, await parts.passwords.hash(form.password))
    return await log_in_as(parts, person, request, response, account)


@router.post("/api/session/login", responses=responses(400, 401, 403, 422, 429))
async def log_in(
    parts: Parts, person: Anyone, request: Request, response: Response, form: LoginForm
) -> SessionAnswer:
    """Logs in by password."""
    _no_foreign_login(parts, person, request)
    await parts.rates.count("log-in", site(person.peer.address))
    await parts.rates.count("log-in-account", hashed(form.email.lower()))
    found = await parts.accounts.by_email(form.email)
    right = await parts.passwords.right(found[1] if found else None, form.password)
    if not right or found is None or found[0].blocked:
        raise ApiError(401, "wrong-credentials", "E-mail address or password is wrong.")
    return await log_in_as(parts, person, request, response, found[0])


@router.delete("/api/session", status_code=204, responses=responses(401, 403))
async def log_out(parts: Parts, person: Anyone, response: Response) -> None:
    """Ends the session."""
    if person.session is not None:
        await parts.sessions.end(person.session)
    response.delete_cookie(
        parts.cookie, path="/", secure=not parts.config.web.insecure_cookies, httponly=True, samesite="lax"
    )


@router.post("/api/session/embed-code", status_code=201, responses=responses(400, 401, 403, 422))
async def embed_code(parts: Parts, account: AccountItself, form: OriginForm) -> EmbedCode:
    """Makes a code by which a page of an allowed site becomes this account."""
    if form.origin not in parts.config.web.origins:
        raise ApiError(
            403, "origin", "That site may not show the widget; its operator can allow it in web.origins."
        )
    code = new_secret()
    values = {
        "hash": hashed(code),
        "account_id": account.id,
        "origin": form.origin,
        "expires": parts.clock() + _CODE_LIFE,
    }
    await parts.store.write(lambda connection: connection.execute(insert(embed_codes).values(values)))
    return EmbedCode(code=code, origin=form.origin)


@router.post("/api/session/embedded", status_code=201, responses=responses(400, 401, 403, 422, 429))
async def embedded(parts: Parts, person: Anyone, request: Request, form: CodeForm) -> SessionAnswer:
    """Trades a code for a token of the account; once, and from the code's origin."""
    await parts.rates.count("log-in", site(person.peer.address))
    gone = (
        delete(embed_codes)
        .where(embed_codes.c.hash == hashed(form.code), embed_codes.c.expires > parts.clock())
        .returning(embed_codes.c.account_id, embed_codes.c.origin)
    )

    async def work(connection: AsyncConnection) -> tuple[int, str] | None:
        row = (await connection.execute(gone)).one_or_none()
        return None if row is None else (row.account_id, row.origin)

    found = await parts.store.write(work)
    account = await parts.accounts.get(found[0]) if found else None
    if found is None or account is None or account.blocked or request.headers.get("origin") != found[1]:
        raise ApiError(401, "wrong-credentials", "The code is unknown, used or expired; log in again.")
    old = person.session
    if old is not None and old.account_id is None:
        await parts.accounts.adopt(account, old.visitor)
    secret, session = await parts.sessions.begin(
        "token", account_id=account.id, origin=found[1], instead_of=old,
        user_agent=request.headers.get("user-agent", ""),
    )  # fmt: skip
    return await _described(parts, Person("token", person.peer, account, session), secret)
