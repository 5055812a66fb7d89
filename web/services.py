"""All that the routes work with, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from monitoring.agents.hub import Hub
from settings.schema import Config
from tools.clock import Clock
from web.accounts.accounts import Accounts
from web.accounts.oidc import OpenId
from web.accounts.sessions import Sessions
from web.accounts.tokens import ApiTokens
from web.database.store import Store
from web.ledger.ledger import Ledger
from web.network.network import Network
from web.quota import Quotas
from web.runs.book import RunBook
from web.runs.calls import ToolCalls
from web.runs.conversations import Conversations
from web.runs.manager import Runs
from web.runs.models import Models
from web.security.addresses import Peers
from web.security.browser import Origins
from web.security.passwords import Passwords
from web.security.rates import Rates


@dataclass(frozen=True, slots=True)
class Services:
    """What a server is made of."""

    config: Config
    clock: Clock
    store: Store
    accounts: Accounts
    sessions: Sessions
    tokens: ApiTokens
    passwords: Passwords
    openid: OpenId
    rates: Rates
    peers: Peers
    origins: Origins
    ledger: Ledger
    quotas: Quotas
    models: Models
    book: RunBook
    conversations: Conversations
    runs: Runs
    calls: ToolCalls
    network: Network
    hub: Hub
    ready: Callable[[], bool]

    @property
    def cookie(self) -> str:
        """Name of the session's cookie."""
        return "smallwatch" if self.config.web.insecure_cookies else "__Host-smallwatch"


def services_of(connection: HTTPConnection) -> Services:
    """Finds the services of the application that a connection came to."""
    found: Services = connection.app.state.services
    return found
