"""The simulated network: names, addresses and how far things are from a probe agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from tools.clock import Clock
from tools.errors import CheckFailed, NotFound
from tools.formats import parse_address
from tools.records import RecordType
from tools.simulation.noise import around
from tools.simulation.world import Machine, ProbeAgent, World, Zone
from tools.wording import clock as clock_words
from tools.wording import hint

_TTL_S = 300
_MOST_ALIASES = 5
_NOTHING_STALE: Mapping[str, Zone] = {}


@dataclass(frozen=True, slots=True)
class Reached:
    """A target that resolved. `machine` is None where nothing answers at its address."""

    target: str
    address: str
    machine: Machine | None
    agent: ProbeAgent


class Network:
    """Looks names and addresses up in a world, as one probe agent sees it."""

    def __init__(self, world: World, clock: Clock) -> None:
        """Takes the world; its offsets count from the present time of `clock`."""
        self.world = world
        self.clock = clock
        self.started = clock()
        self._machines = {m.name.casefold(): m for m in world.machines}
        self._aliases = {alias.casefold(): m for m in world.machines for alias in m.aliases}
        self._addresses = {parse_address(a): m for m in world.machines for a in m.addresses}
        self._zones = {name.casefold(): zone for name, zone in world.dns.items()}

    def moment(self, offset: timedelta) -> datetime:
        """Turns an offset of the world file into a time."""
        return self.started + offset

    def agent(self, name: str | None) -> ProbeAgent:
        """Finds a probe agent that can be used now; the first one is the default.

        Raises:
            NotFound: There is no such agent.
            CheckFailed: It is offline.
        """
        agent = self.world.agents[0] if name is None else self.find_agent(name)
        if not agent.online:
            others = ", ".join(a.name for a in self.world.agents if a.online) or "none"
            since = clock_words(self.moment(agent.last_contact))
            raise CheckFailed(f"The probe agent {agent.name} is offline since {since}; online: {others}.")
        return agent

    def find_agent(self, name: str) -> ProbeAgent:
        """Finds an agent by its name or city, whatever the case.

        Raises:
            NotFound: There is no such agent.
        """
        wanted = _plain(name)
        for agent in self.world.agents:
            if wanted == _plain(agent.name):
                return agent
        for agent in self.world.agents:
            if wanted == _plain(agent.city):
                return agent
        names = [agent.name for agent in self.world.agents]
        near = hint(name, names) or f" There are: {', '.join(names)}."
        raise NotFound(f"There is no probe agent named {name}.{near}")

    def reach(self, target: str, agent_name: str | None) -> Reached:
        """Resolves a target as an agent sees it.

        Raises:
            NotFound: There is no such agent.
            CheckFailed: The agent is offline, or the name does not resolve there.
        """
        agent = self.agent(agent_name)
        address = parse_address(target)
        if address is None:
            place = f" as seen from {agent.name}" if agent_name else ""
            answers = self.records(target, "A", internal=agent.internal, place=place)
            answers = answers or self.records(target, "AAAA", internal=agent.internal, place=place)
            address = parse_address(answers[0]) if answers else None
            if address is None:
                raise CheckFailed(f"{target} has no IP address: there is neither an A nor an AAAA record.")
        return Reached(target, str(address), self.at(address, agent), agent)

    def at(self, address: IPv4Address | IPv6Address, agent: ProbeAgent) -> Machine | None:
        """Finds the machine at an address, if it is on and the agent can see it."""
        machine = self._addresses.get(address)
        return machine if machine and machine.up and (agent.internal or not machine.internal) else None

    def name_of(self, address: IPv4Address | IPv6Address) -> str | None:
        """Finds the name of the machine at an address, on or not."""
        machine = self._addresses.get(address)
        return machine.name if machine else None

    def records(
        self,
        name: str,
        kind: RecordType,
        *,
        internal: bool,
        stale: Mapping[str, Zone] = _NOTHING_STALE,
        place: str = "",
        depth: int = 0,
    ) -> tuple[str, ...]:
        """Looks up the records of a name; a CNAME is followed.

        Args:
            name: A name, or for PTR an address.
            kind: Record type.
            internal: Whether internal names are seen.
            stale: Zones that stand before the world's.
            place: Words for where this is seen from, for the message.
            depth: CNAMEs that were followed to get here.

        Raises:
            CheckFailed: The name does not exist.
        """
        key = name.casefold().removesuffix(".")
        if kind == "PTR":
            address = parse_address(name)
            owner = self._addresses.get(address) if address else None
            if owner is None or (owner.internal and not internal):
                raise CheckFailed(
                    f"{name} has no PTR record{place}: no name belongs to this address (NXDOMAIN)."
                )
            return (owner.name,)
        zone = stale.get(key) or self._zones.get(key)
        zone = zone if zone and (internal or not zone.internal) else None
        machine = self._machines.get(key) or self._aliases.get(key)
        machine = machine if machine and (internal or not machine.internal) else None
        if zone and kind in zone.records:
            return tuple(zone.records[kind])
        if zone and "CNAME" in zone.records and kind != "CNAME" and depth < _MOST_ALIASES:
            target = zone.records["CNAME"][0]
            return self.records(target, kind, internal=internal, stale=stale, place=place, depth=depth + 1)
        if machine and kind in ("A", "AAAA"):
            version = 4 if kind == "A" else 6
            addresses = [(text, parse_address(text)) for text in machine.addresses]
            return tuple(text for text, address in addresses if address and address.version == version)
        if machine and kind == "CNAME" and key in self._aliases:
            return (machine.name,)
        if not zone and not machine and not self._has_children(key, internal=internal):
            raise CheckFailed(f"{name} does not exist in DNS{place} (NXDOMAIN); check the spelling.")
        return ()

    def ttl(self, name: str) -> int:
        """Returns how long a name's records may be kept, in seconds."""
        zone = self._zones.get(name.casefold().removesuffix("."))
        return zone.ttl_s if zone else _TTL_S

    def rtt(self, reached: Reached, *keys: object) -> float:
        """Returns one round-trip time in ms; the same for the same second and keys."""
        machine = reached.machine
        base = (machine.latency_ms if machine else 1.0) + reached.agent.extra_ms
        spread = machine.jitter_ms if machine else 0.0
        return round(around(base, spread, *self.keys(reached.target, reached.agent.name, *keys)), 1)

    def keys(self, *keys: object) -> tuple[object, ...]:
        """Completes the keys of a noise value with the world's seed and the second of the clock."""
        return (self.world.seed, int(self.clock().timestamp()), *keys)

    def _has_children(self, key: str, *, internal: bool) -> bool:
        names = [name for name, zone in self._zones.items() if internal or not zone.internal]
        names += [name for name, m in (self._machines | self._aliases).items() if internal or not m.internal]
        return any(name.endswith(f".{key}") for name in names)


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
