"""Who asks: nobody, a visitor, an account, or a program of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from web.security.addresses import Peer

AccountPlan = Literal["free", "standard", "professional"]
PlanName = Literal["anonymous", "free", "agent", "standard", "professional"]
Via = Literal["nothing", "cookie", "token", "program"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as the database has it.

    Attributes:
        id: Its number.
        email: Its e-mail address, in lower case.
        has_password: Whether it can log in by password.
        plan: What was given to it; a living probe agent may lift `free` to `agent`.
        admin: Whether it may see and change other accounts.
        blocked: Whether it is shut out.
        status_slug: Names its public status page; None where there is none.
        created: When it was made.
    """

    id: int
    email: str
    has_password: bool
    plan: AccountPlan
    admin: bool
    blocked: bool
    status_slug: str | None
    created: datetime

    @property
    def owner(self) -> str:
        """Names it as the owner of things."""
        return owner_name(self.id)


@dataclass(frozen=True, slots=True)
class Session:
    """A session, as the database has it.

    Attributes:
        hash: SHA-256 of its secret.
        kind: A browser's cookie, or a token of a widget on another page.
        number: Names it to its owner.
        account_id: Whose it is; None of a visitor.
        visitor: Owner's name of the visitor that it is, or was before it logged in.
        csrf: What requests with the cookie repeat in a header.
        origin: The page's origin, of a token.
        user_agent: What the browser calls itself.
        created: When it began.
        seen: When it was last used, to the hour.
        expires: When it ends, if it is not used.
    """

    hash: str
    kind: Literal["cookie", "token"]
    number: str
    account_id: int | None
    visitor: str
    csrf: str
    origin: str | None
    user_agent: str
    created: datetime
    seen: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and how that is known.

    Attributes:
        via: By what they are known.
        peer: Where they are.
        account: Their account, if they have one.
        session: Their session, if that is how they are known.
    """

    via: Via
    peer: Peer
    account: Account | None = None
    session: Session | None = None

    @property
    def owner(self) -> str | None:
        """Names them as the owner of things; None for nobody."""
        if self.account is not None:
            return self.account.owner
        return self.session.visitor if self.session else None


def owner_name(account_id: int) -> str:
    """Names an account as the owner of things."""
    return f"account:{account_id}"
