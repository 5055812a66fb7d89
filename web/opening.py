"""Opens all that a server is made of, and closes it in order: runs first, the database last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from agent.approval import ApprovalGate
from agent.audit import AuditFile
from models.paths import user_path
from monitoring.agents.service import open_hub
from monitoring.database.engine import Database
from settings.schema import Config
from tools.clock import Clock, system_clock
from tools.policy import ReachPolicy, public_policy
from tools.resolve import Lookup
from web.accounts.accounts import Accounts
from web.accounts.oidc import OpenId
from web.accounts.sessions import Sessions
from web.accounts.tokens import ApiTokens
from web.database.keys import shared_key
from web.database.migrate import open_web_database
from web.database.store import Store
from web.ledger.ledger import Ledger
from web.network.network import Network
from web.quota import Quotas
from web.runs.book import RunBook
from web.runs.bus import Bus, LocalBus, PostgresBus
from web.runs.calls import ToolCalls
from web.runs.conversations import Conversations
from web.runs.driver import Workshop
from web.runs.keeper import Keeper
from web.runs.log import EventLog
from web.runs.manager import Runs
from web.runs.models import Models, configured_models
from web.security.addresses import Peers
from web.security.browser import Origins, origin_of
from web.security.passwords import Passwords
from web.security.rates import OwnCounter, Rates, SharedCounter
from web.services import Services

_log = logging.getLogger(__name__)


class ServeError(Exception):
    """The server cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a caller may put in place of the usual parts.

    Attributes:
        models: The models; those of the settings if None.
        clock: Gives the present time.
        policy: Which addresses checks may reach; public ones only if None.
        lookup: Looks names up; as the system does if None.
        oidc_transport: Makes the way to OpenID providers.
        rate_scale: Multiplies all limits on how often somebody may try.
    """

    models: Models | None = None
    clock: Clock = system_clock
    policy: ReachPolicy | None = None
    lookup: Lookup | None = None
    oidc_transport: Any = None
    rate_scale: int = 1


_USUAL = Parts()


@asynccontextmanager
async def open_services(config: Config, parts: Parts = _USUAL) -> AsyncGenerator[Services]:
    """Opens the database, takes up what a dead process left, and begins to work.

    At the end no more runs begin, those under way get `web.shutdown_s` to end, and what is left is interrupted with
    its partial answers kept.

    Raises:
        DatabaseError: The database cannot be used.
        ServeError: Another server has it.
        PriceError: A model's factor makes no sense.
    """
    web = config.web
    ready = False
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[:60]
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(await open_web_database(database_url(config)))
        if database.file is not None:
            stack.enter_context(alone(database.file))
        store, clock = Store(database), parts.clock
        bus = await _open_bus(database, stack)
        log = EventLog(store, bus)
        ledger, accounts = Ledger(store, clock), Accounts(store, clock)
        key = await shared_key(store, "networks")
        quotas = Quotas(web.plans, web.anonymous_daily_tokens, key, ledger, accounts, clock)
        models = parts.models or configured_models(config)
        stack.push_async_callback(models.aclose)
        hub = await stack.enter_async_context(open_hub(database, clock))
        policy = parts.policy or public_policy()
        network = Network(store, config, clock, quotas, hub, policy, parts.lookup)
        stack.push_async_callback(network.aclose)
        book = RunBook(store, clock, web.queue)
        conversations = Conversations(store, clock)
        stack.push_async_callback(conversations.aclose)
        audit = AuditFile(_audit_path(config, database), clock)
        gate = ApprovalGate(audit, config.agent.approval_s)
        shop = Workshop(
            config, clock, book, log, conversations, ledger, quotas, models, gate, network.backend, worker
        )
        runs = Runs(shop, bus)
        keeper = Keeper(store, clock, worker, ledger, book, runs, timedelta(days=web.keep_events_days))
        passwords = Passwords()
        stack.callback(passwords.close)
        peers = Peers(web.trusted_proxies)
        services = Services(
            config=config,
            clock=clock,
            store=store,
            accounts=accounts,
            sessions=Sessions(
                store, clock, timedelta(days=web.session_days), timedelta(days=web.visitor_days)
            ),
            tokens=ApiTokens(store, clock),
            passwords=passwords,
            openid=OpenId(store, clock, web.oidc, parts.oidc_transport),
            rates=Rates(
                OwnCounter() if database.sqlite else SharedCounter(store), key, scale=parts.rate_scale
            ),
            peers=peers,
            origins=Origins(origin_of(web.public_url), web.origins, peers),
            ledger=ledger,
            quotas=quotas,
            models=models,
            book=book,
            conversations=conversations,
            runs=runs,
            calls=ToolCalls(store, clock, network.backend, audit, config.agent.approval_s),
            network=network,
            hub=hub,
            ready=lambda: ready and not runs.stopping,
        )
        log.start()
        stack.push_async_callback(log.aclose)
        await keeper.start()
        stack.push_async_callback(keeper.aclose)
        for work in (network.take_up(), models.warm()):
            stack.push_async_callback(_end, asyncio.create_task(work))
        stack.push_async_callback(runs.stop, web.shutdown_s)
        ready = True
        yield services


async def _open_bus(database: Database, stack: AsyncExitStack) -> Bus:
    if database.sqlite:
        return LocalBus()
    bus = PostgresBus(database.url)
    await bus.start()
    stack.push_async_callback(bus.aclose)
    return bus


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def alone(file: Path) -> Generator[None]:
    """Keeps a second server off an SQLite database, whose runs it would take for orphans.

    Raises:
        ServeError: There is one already.
    """
    lock = FileLock(f"{file}.serve")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ServeError(
            f"Another `smallwatch serve` has {file}: stop it, or use PostgreSQL for several processes."
        ) from error
    try:
        yield
    finally:
        lock.release()


def database_url(config: Config) -> str:
    """Where the server's database is: its own setting, else that of monitoring."""
    return config.web.database or config.monitoring.database


def _audit_path(config: Config, database: Database) -> Path:
    if config.web.audit:
        return user_path(config.web.audit)
    if database.file is not None:
        return database.file.with_name("approvals.jsonl")
    folder = user_data_path("smallwatch")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "approvals.jsonl"
