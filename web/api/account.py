"""An account's own settings: password, tokens, sessions, export, deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select

from monitoring.agents.store import AgentStore
from monitoring.database.tables import agents
from tools.errors import Refused
from web.accounts.accounts import new_slug
from web.accounts.export import export
from web.accounts.people import Account
from web.api.forms import Flag, Form, Name, Number, Password
from web.api.session import AccountAnswer, account_answer
from web.api.who import AccountItself, Anyone, OfAccount, Parts
from web.errors import ApiError, not_found, responses

router = APIRouter(prefix="/api/account", tags=["account"])


class ChangeForm(Form):
    """What to change; what is left out stays."""

    status_page: Flag | None = None
    password: Password | None = None
    old_password: Annotated[str | None, Field(max_length=256)] = None


class DeleteForm(Form):
    """Says that it is meant: the password, or the e-mail address where there is none."""

    confirm: Annotated[str, Field(min_length=1, max_length=256)]


class TokenForm(Form):
    """A program's token to make."""

    name: Name


class AgentForm(Form):
    """A probe agent to enrol: what it is called and where it stands."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    city: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    country: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class TokenAnswer(BaseModel):
    """A token, as far as it is shown again."""

    id: int
    name: str
    start: str
    created: datetime
    used: datetime | None


class NewToken(TokenAnswer):
    """A token that has just been made; `token` is shown this once."""

    token: str


class NewAgent(BaseModel):
    """A probe agent that has just been enrolled; `token` is shown this once."""

    name: str
    token: str


class SessionRow(BaseModel):
    """A session of the account; `number` names it."""

    number: str
    kind: Literal["cookie", "token"]
    origin: str | None
    user_agent: str
    created: datetime
    seen: datetime
    this: bool


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int


@router.get("", responses=responses(401))
async def see(parts: Parts, account: OfAccount) -> AccountAnswer:
    """The account."""
    return await account_answer(parts, account)


@router.patch("", responses=responses(400, 401, 403, 409, 422, 429))
async def change(parts: Parts, person: Anyone, account: AccountItself, form: ChangeForm) -> AccountAnswer:
    """Changes the status page or the password; a new password ends all other sessions."""
    values: dict[str, Any] = {}
    if form.status_page is not None:
        keep = account.status_slug is not None
        values["status_slug"] = (account.status_slug if keep else new_slug()) if form.status_page else None
    if form.password is not None:
        await _check_password(parts, account, form.old_password or "")
        values["password_hash"] = await parts.passwords.hash(form.password)
    if values:
        changed = await parts.accounts.change(account.id, **values)
        if changed is None:
            raise not_found("account")
        account = changed
    if form.password is not None:
        await parts.sessions.end_others(account.id, person.session.hash if person.session else None)
    return await account_answer(parts, account)


async def _check_password(parts: Parts, account: Account, given: str) -> None:
    await parts.rates.count("log-in-account", account.owner)
    found = await parts.accounts.by_email(account.email)
    if found is None or (found[1] is not None and not await parts.passwords.right(found[1], given)):
        raise ApiError(403, "wrong-credentials", "The old password is wrong.")


@router.delete("", status_code=204, responses=responses(400, 401, 403, 422, 429))
async def delete(parts: Parts, account: AccountItself, form: DeleteForm) -> None:
    """Deletes the account and all that is its own; this cannot be undone."""
    if account.has_password:
        await _check_password(parts, account, form.confirm)
    elif form.confirm.strip().lower() != account.email:
        raise ApiError(403, "wrong-credentials", "Confirm with the account's e-mail address.")
    for run in await parts.book.active_of(account.owner):
        await parts.runs.cancel(run)
    await parts.accounts.delete(account)


@router.get(
    "/export", response_class=JSONResponse, response_model=dict[str, Any], responses=responses(401, 403)
)
async def export_all(parts: Parts, account: AccountItself) -> JSONResponse:
    """All that is kept of the account."""
    headers = {"Content-Disposition": 'attachment; filename="smallwatch-export.json"'}
    return JSONResponse(await export(parts.store, account), headers=headers)


@router.get("/tokens", responses=responses(401, 403))
async def tokens(parts: Parts, account: AccountItself) -> list[TokenAnswer]:
    """The tokens of programs."""
    return [_token(found) for found in await parts.tokens.of(account.id)]


def _token(found: Any) -> TokenAnswer:
    return TokenAnswer(**{name: getattr(found, name) for name in TokenAnswer.model_fields})


@router.post("/tokens", status_code=201, responses=responses(400, 401, 403, 409, 422))
async def make_token(parts: Parts, account: AccountItself, form: TokenForm) -> NewToken:
    """Makes a token for a program."""
    secret, made = await parts.tokens.make(account.id, form.name)
    return NewToken(**_token(made).model_dump(), token=secret)


@router.delete("/tokens/{token}", status_code=204, responses=responses(401, 403, 404, 422))
async def revoke_token(parts: Parts, account: AccountItself, token: Number) -> None:
    """Makes a token worthless."""
    if not await parts.tokens.revoke(account.id, token):
        raise not_found("token")


@router.post("/agents", status_code=201, responses=responses(400, 401, 403, 409, 422))
async def enrol(parts: Parts, account: AccountItself, form: AgentForm) -> NewAgent:
    """Enrols a probe agent, or gives one of the account's own a new token: `smallwatch agent --token …`."""
    owner_id = await parts.network.owner_id(account.owner, account.email)
    if await _owner_of(parts, form.name) not in (None, owner_id):
        raise ApiError(409, "taken", f"An agent named {form.name} exists already; choose another name.")
    store = AgentStore(parts.store.database, parts.clock)
    try:
        token = await store.enrol(form.name, form.city, form.country, owner_id)
    except Refused as error:
        raise ApiError(409, "refused", str(error)) from error
    return NewAgent(name=form.name, token=token)


#: The owner of the operator's agents, which belong to nobody here.
_OPERATORS = 0


async def _owner_of(parts: Parts, name: str) -> int | None:
    query = select(agents.c.owner_id).where(agents.c.name == name)
    async with parts.store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else row.owner_id or _OPERATORS


@router.delete("/agents/{agent}", status_code=204, responses=responses(401, 403, 404, 422))
async def revoke_agent(
    parts: Parts,
    account: AccountItself,
    agent: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")],
) -> None:
    """Makes a probe agent's token worthless."""
    if await _owner_of(parts, agent) != await parts.network.owner_id(account.owner, account.email):
        raise not_found("agent")
    await AgentStore(parts.store.database, parts.clock).revoke(agent)


@router.get("/sessions", responses=responses(401, 403))
async def sessions(parts: Parts, person: Anyone, account: AccountItself) -> list[SessionRow]:
    """Where the account is logged in."""
    here = person.session.hash if person.session else ""
    return [
        SessionRow(
            number=found.number,
            kind=found.kind,
            origin=found.origin,
            user_agent=found.user_agent,
            created=found.created,
            seen=found.seen,
            this=found.hash == here,
        )
        for found in await parts.sessions.of(account.id)
    ]


@router.delete("/sessions", responses=responses(401, 403))
async def end_sessions(parts: Parts, person: Anyone, account: AccountItself) -> Ended:
    """Logs out everywhere but here."""
    here = person.session.hash if person.session else None
    return Ended(ended=await parts.sessions.end_others(account.id, here))
