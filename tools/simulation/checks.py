"""The checks that run once, on the simulated network."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from tools.errors import CheckFailed, NotFound
from tools.formats import parse_address
from tools.records import (
    CertificateOutcome,
    DnsOutcome,
    Hop,
    HttpMethod,
    HttpOutcome,
    PingOutcome,
    PortOutcome,
    QuantumOutcome,
    RecordType,
    RegistrationOutcome,
    RouteOutcome,
    StartTls,
)
from tools.simulation import web
from tools.simulation.network import Network, Reached
from tools.simulation.noise import unit
from tools.simulation.world import Registration, Zone


class SimulatedChecks:
    """Implements `tools.backend.Checks`."""

    def __init__(self, network: Network) -> None:
        """Takes the network to look at."""
        self._network = network

    async def http(self, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
        """Requests a URL and follows its redirects."""
        return web.http(self._network, url, method, timeout_ms, agent)

    async def certificate(self, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
        """Fetches a server's certificate."""
        return web.certificate(self._network, host, port, starttls)

    async def quantum(self, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
        """Offers key-exchange groups to a TLS server."""
        return web.quantum(self._network, target, port, groups)

    async def ping(self, target: str, count: int, agent: str | None) -> PingOutcome:
        """Sends echo requests."""
        return ping(self._network, target, count, agent)

    async def dns(
        self, name: str, record_type: RecordType, resolver: str | None, agent: str | None
    ) -> DnsOutcome:
        """Asks a DNS server."""
        return dns(self._network, name, record_type, resolver, agent)

    async def traceroute(self, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
        """Follows the path to a host."""
        return traceroute(self._network, target, max_hops, agent)

    async def port(self, target: str, port: int, timeout_ms: int, agent: str | None) -> PortOutcome:
        """Tries one TCP connection."""
        reached = self._network.reach(target, agent)
        entry = reached.machine.ports.get(port) if reached.machine else None
        if reached.machine is None or (entry.filtered if entry else reached.machine.firewall):
            return PortOutcome(target, port, "filtered", None, None)
        if entry is None:
            return PortOutcome(target, port, "closed", None, None)
        took = self._network.rtt(reached, "tcp", port)
        if took > timeout_ms:
            return PortOutcome(target, port, "filtered", None, None)
        return PortOutcome(target, port, "open", took, entry.service)

    async def whois(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain or an address."""
        return whois(self._network, query)


def ping(network: Network, target: str, count: int, agent: str | None) -> PingOutcome:
    """Sends echo requests; each may be lost."""
    reached = network.reach(target, agent)
    machine = reached.machine
    times: list[float] = []
    if machine is not None and machine.answers_ping:
        for number in range(count):
            keys = network.keys("loss", target, reached.agent.name, number)
            if unit(*keys) * 100 >= machine.loss_pct:
                times.append(network.rtt(reached, "ping", number))
    if not times:
        return PingOutcome(target, reached.address, count, 0, None, None, None)
    average = round(sum(times) / len(times), 1)
    return PingOutcome(target, reached.address, count, len(times), min(times), average, max(times))


def dns(
    network: Network, name: str, record_type: RecordType, resolver: str | None, agent_name: str | None
) -> DnsOutcome:
    """Asks the agent's own resolver, or the one that is named."""
    agent = network.agent(agent_name)
    internal = agent.internal
    stale: dict[str, Zone] = {}
    if resolver is not None:
        address = parse_address(resolver)
        public = next((r for ip, r in network.world.resolvers.items() if parse_address(ip) == address), None)
        machine = network.at(address, agent) if address else None
        own = machine is not None and 53 in machine.ports and not machine.ports[53].filtered
        if public is None and not own:
            raise CheckFailed(
                f"The DNS server {resolver} did not answer; leave resolver out or try another one."
            )
        internal = own and internal
        stale = {key.casefold(): zone for key, zone in public.stale.items()} if public else {}
    place = f" according to {resolver}" if resolver else f" as seen from {agent.name}" if agent_name else ""
    answers = network.records(name, record_type, internal=internal, stale=stale, place=place)
    ttl = network.ttl(name) if answers else None
    return DnsOutcome(name, record_type, answers, ttl, resolver or "default")


def traceroute(network: Network, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
    """Follows the machine's path; times grow along it. Hops behind the last answer are left out."""
    reached = network.reach(target, agent)
    machine = next((m for m in network.world.machines if reached.address in m.addresses), None)
    if machine is None or (machine.internal and not reached.agent.internal):
        return RouteOutcome(target, reached.address, False, ())
    along = Reached(target, reached.address, machine, reached.agent)
    steps = [*machine.path, reached.address]
    last = len(steps) if machine.up and machine.answers_ping else len(steps) - 1
    last = min(last, max_hops, machine.path_ends_at or last)
    total = network.rtt(along, "trace")
    hops: list[Hop] = []
    for number, step in enumerate(steps[:last], start=1):
        if step == "*":
            hops.append(Hop(number, None, None, None))
            continue
        share = (number / len(steps)) ** 1.5
        address = parse_address(step)
        name = network.name_of(address) if address else None
        hops.append(Hop(number, step, name, round(max(0.2, total * share), 1)))
    return RouteOutcome(target, reached.address, last == len(steps), tuple(hops))


def whois(network: Network, query: str) -> RegistrationOutcome:
    """Finds a registration: of the domain, of the one that it lies in, or of the network of an address."""
    address = parse_address(query)
    if address is not None:
        nets = [(text, ip_network(text)) for text in network.world.whois if "/" in text]
        inside = [(text, net) for text, net in nets if address in net]
        if not inside:
            raise NotFound(
                f"No registration was found for the address {query}; it may be private or unassigned."
            )
        text, _ = max(inside, key=lambda item: item[1].prefixlen)
        return _registration(network, query, network.world.whois[text], text)
    name = query.casefold().removesuffix(".")
    while "." in name:
        if name in network.world.whois:
            return _registration(network, name, network.world.whois[name], None)
        name = name.partition(".")[2]
    raise NotFound(f"No registration was found for {query}; it is not registered, or the spelling is wrong.")


def _registration(
    network: Network, query: str, entry: Registration, block: str | None
) -> RegistrationOutcome:
    return RegistrationOutcome(
        query=query,
        registrar=entry.registrar,
        owner=entry.owner,
        created=None if entry.created is None else network.moment(entry.created),
        expires=None if entry.expires is None else network.moment(entry.expires),
        name_servers=tuple(entry.name_servers),
        network=block,
    )
