"""Finds the monitored hosts that a call means by `host_id` and `address`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from tools.context import ToolContext
from tools.errors import NotFound, Refused
from tools.records import HostFilter, MonitoredHost
from tools.wording import hint


def is_pattern(address: str) -> bool:
    """Says whether an address holds wildcards."""
    return "*" in address or "?" in address


def matches(pattern: str, address: str) -> bool:
    """Says whether a monitored address is the one that is meant.

    `*` and `?` match any characters; case and a final dot do not matter. A host name also means a URL on it.
    """
    if "://" in pattern and not is_pattern(pattern):
        return _canonical(pattern) == _canonical(address)
    # `fnmatch` also gives `[` a meaning, which it shall not have here; its expressions never backtrack far.
    expression = re.compile(fnmatch.translate(_canonical(pattern).replace("[", "[[]")))
    names = [_canonical(address)]
    if "://" in address:
        names.append(_canonical(urlsplit(address).hostname or ""))
    return any(expression.fullmatch(name) for name in names)


def _canonical(address: str) -> str:
    """Folds case, final dots and slashes, so that ways of writing the same address are equal."""
    return address.strip().casefold().rstrip("/").rstrip(".")


async def select(
    context: ToolContext, host_id: int | None, address: str | None, *, all_if_unnamed: bool = False
) -> Sequence[MonitoredHost]:
    """Finds the hosts that a call names; at least one.

    Raises:
        Refused: Neither is given and `all_if_unnamed` is false.
        NotFound: No monitored host fits; the message has the nearest addresses.
    """
    if host_id is None and address is None and not all_if_unnamed:
        raise Refused("No host was named: give host_id or address of a monitored host.")
    found = await context.backend.hosts.find(HostFilter(host_id=host_id, address=address))
    if found or (host_id is None and address is None):
        return found
    known = [host.address for host in await context.backend.hosts.find(HostFilter())]
    if address is None:
        raise NotFound(f"No monitored host has the id {host_id}; get_host_list shows the ids.")
    both = f" and the id {host_id}" if host_id is not None else ""
    if is_pattern(address):
        raise NotFound(f"No monitored host matches {address}{both}; get_host_list shows the addresses.")
    near = hint(address, known) or " get_host_list shows all of them."
    raise NotFound(f"No monitored host has the address {address}{both}.{near}")


async def agent_name(context: ToolContext, name: str | None) -> str | None:
    """Spells the name of a probe agent as get_agents does; None stays None, the default agent.

    Raises:
        NotFound: There is no such agent.
    """
    return None if name is None else (await context.backend.agents.get(name)).name


def labels(hosts: Sequence[MonitoredHost]) -> list[str]:
    """Names hosts by address, adding endpoint and id where addresses repeat."""
    addresses = [host.address for host in hosts]
    return [
        f"{host.address} ({host.endpoint}, host {host.id})"
        if addresses.count(host.address) > 1
        else host.address
        for host in hosts
    ]
