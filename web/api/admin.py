"""What admins see and change: plans, blocking, tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from web.accounts.people import Account, AccountPlan
from web.api.forms import Flag, Form, Name, Number
from web.api.who import Admin, Parts
from web.errors import ApiError, not_found, responses
from web.ledger.ledger import NotEnough
from web.quota import Quota

router = APIRouter(prefix="/api/admin", tags=["admin"])


class AdminAccount(BaseModel):
    """An account, as admins see it."""

    id: int
    email: str
    plan: AccountPlan
    admin: bool
    blocked: bool
    created: datetime


class AccountChangeForm(Form):
    """What to change; what is left out stays."""

    plan: AccountPlan | None = None
    blocked: Flag | None = None
    admin: Flag | None = None


class GrantForm(Form):
    """Tokens to give, or with a minus to take, and why."""

    tokens: Annotated[int, Field(strict=True, ge=-1_000_000_000, le=1_000_000_000)]
    note: Name


def _answer(account: Account) -> AdminAccount:
    return AdminAccount(**{name: getattr(account, name) for name in AdminAccount.model_fields})


@router.get("/accounts", responses=responses(401, 403, 422))
async def accounts(
    parts: Parts,
    _admin: Admin,
    after: Annotated[int, Query(ge=0, le=2**53, description="Number of the last one already seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[AdminAccount]:
    """Lists accounts by number."""
    return [_answer(account) for account in await parts.accounts.all(after, limit)]


@router.patch("/accounts/{account}", responses=responses(400, 401, 403, 404, 409, 422))
async def change(parts: Parts, admin: Admin, account: Number, form: AccountChangeForm) -> AdminAccount:
    """Changes an account; blocking one ends its sessions and stops its runs."""
    values: dict[str, Any] = form.model_dump(exclude_none=True)
    if account == admin.id and (form.blocked or form.admin is False):
        raise ApiError(409, "refused", "Admins cannot shut themselves out; ask another admin.")
    known = await parts.accounts.get(account)
    if known is None:
        raise not_found("account")
    changed = await parts.accounts.change(account, **values) if values else known
    if changed is None:
        raise not_found("account")
    if form.blocked:
        await parts.sessions.end_others(account, None)
        for run in await parts.book.active_of(changed.owner):
            await parts.runs.cancel(run)
    return _answer(changed)


@router.post("/accounts/{account}/grants", status_code=201, responses=responses(400, 401, 403, 404, 409, 422))
async def grant(parts: Parts, _admin: Admin, account: Number, form: GrantForm) -> Quota:
    """Gives tokens to an account, also beyond its cap."""
    known = await parts.accounts.get(account)
    if known is None:
        raise not_found("account")
    terms = await parts.quotas.terms_of_account(known)
    try:
        await parts.ledger.grant(terms.payers[0], form.tokens, form.note)
    except NotEnough as error:
        raise ApiError(409, "refused", f"So many cannot be taken: {error}.") from error
    return await parts.quotas.of_terms(terms)
