"""Tools that tell about the account, the probe agents and what hosts can be checked with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from tools.context import ToolContext
from tools.records import Account, Agent, Endpoint
from tools.registry import tool
from tools.results import ToolResult, done
from tools.wording import clock, count, join

_ENDPOINTS: dict[Endpoint, str] = {
    "icmp": "ping",
    "http": "a page over http",
    "https": "a page over https, with its certificate",
    "httphtml": "a whole page with its content",
    "dns": "name resolution",
    "smtp": "a mail server's greeting",
    "tcp": "one TCP port",
    "quantum": "post-quantum key exchange of a TLS server",
}


@tool(effect="read")
async def get_user_info(context: ToolContext, detail_response: bool | None = None) -> ToolResult:
    """The account in use: login state, plan, token balance, host limit.

    Args:
        context: What the tool works with.
        detail_response: Also plan limits and usage history.
    """
    account = await context.backend.accounts.current()
    details: dict[str, object] = {}
    if detail_response:
        details = {
            "token_cap": account.token_cap,
            "daily_refill": account.daily_refill,
            "context_tokens": account.context_tokens,
            "usage": account.usage,
        }
    return done(
        _account_words(account, detailed=bool(detail_response)),
        logged_in=account.logged_in,
        email=account.email,
        plan=account.plan,
        tokens=account.tokens,
        hosts_used=account.hosts_used,
        host_limit=account.host_limit,
        **details,
    )


@tool(effect="read")
async def get_agents(context: ToolContext, detail_response: bool | None = None) -> ToolResult:
    """List the probe agents (monitoring locations) that checks can run from.

    Args:
        context: What the tool works with.
        detail_response: Also load, abilities and last contact.
    """
    agents = await context.backend.agents.all()
    return done(_agent_words(agents), agents=[_agent_row(agent, bool(detail_response)) for agent in agents])


@tool(effect="read")
async def get_available_endpoints(context: ToolContext, agent_location: str | None = None) -> ToolResult:
    """List the endpoint types that hosts can be monitored with.

    Args:
        context: What the tool works with.
        agent_location: Only types that this probe agent can run.
    """
    names: Sequence[Endpoint] = get_args(Endpoint)
    head = "Hosts can be monitored with"
    agent = None
    if agent_location is not None:
        agent = await context.backend.agents.get(agent_location)
        names = [name for name in names if name in agent.abilities]
        head = f"{agent.name} can monitor hosts with"
    return done(
        f"{head} {join(names) or 'no endpoint type'}.",
        endpoints=[{"name": name, "checks": _ENDPOINTS[name]} for name in names],
        agent_location=agent.name if agent else None,
    )


def _account_words(account: Account, *, detailed: bool) -> str:
    if account.logged_in and not account.token_cap and not account.host_limit:
        return (
            f"You are {account.email}: no plan limits you, and"
            f" {count(account.hosts_used, 'host')} {'is' if account.hosts_used == 1 else 'are'} monitored."
        )
    plan = f"the {account.plan} plan with {account.tokens:,} tokens left"
    who = f"You are logged in as {account.email}" if account.logged_in else "You are not logged in"
    use = "on" if account.logged_in else "and use"
    limits = (
        f"; it gives {account.daily_refill:,} tokens a day, at most {account.token_cap:,}" if detailed else ""
    )
    return f"{who} {use} {plan}, and {account.hosts_used} of {account.host_limit} hosts in use{limits}."


def _agent_words(agents: Sequence[Agent]) -> str:
    online = [agent.name for agent in agents if agent.online]
    offline = [f"{agent.name} (since {clock(agent.last_contact)})" for agent in agents if not agent.online]
    default = next((f", {agent.name} being the default" for agent in agents if agent.default), "")
    verb = "is" if len(online) == 1 else "are"
    words = f"{count(len(online), 'probe agent')} {verb} online: {join(online, 20)}{default}"
    words = words if online else "No probe agent is online"
    return (
        f"{words}; {join(offline)} {'is' if len(offline) == 1 else 'are'} offline."
        if offline
        else f"{words}."
    )


def _agent_row(agent: Agent, detailed: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "name": agent.name,
        "city": agent.city,
        "country": agent.country,
        "online": agent.online,
        "default": agent.default,
    }
    if detailed:
        row |= {
            "load_pct": agent.load_pct,
            "abilities": list(agent.abilities),
            "last_contact": agent.last_contact,
            "version": agent.version,
        }
    return row
