"""What the simulated network's web and TLS servers answer."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from tools.errors import CheckFailed
from tools.formats import parse_address
from tools.groups import POST_QUANTUM
from tools.records import CertificateOutcome, HttpMethod, HttpOutcome, QuantumOutcome, StartTls
from tools.simulation.network import Network
from tools.simulation.noise import around
from tools.simulation.world import OpenPort, Page, Tls
from tools.wording import day, join

_MOST_REDIRECTS = 5
_CONNECT_TIMEOUT_MS = 10_000


def http(network: Network, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
    """Requests a URL and follows its redirects."""
    current = url
    redirects: list[str] = []
    total = 0.0
    while True:
        page, server, took = _request(network, current, timeout_ms, agent)
        total += took
        if total > timeout_ms:
            raise CheckFailed(f"{url} did not answer within {timeout_ms} ms; try a longer timeout_ms.")
        if page.redirect is None or not 300 <= page.status < 400:
            break
        redirects.append(current)
        if len(redirects) > _MOST_REDIRECTS:
            raise CheckFailed(f"{url} redirects more than {_MOST_REDIRECTS} times; the last was {current}.")
        current = urljoin(current, page.redirect)
    status = 204 if method == "OPTIONS" and page.status == 200 else page.status
    body = page.body if method in ("GET", "POST") and status != 204 else ""
    return HttpOutcome(
        url=url,
        final_url=current,
        status=status,
        reason=_reason(status),
        total_ms=round(total, 1),
        redirects=tuple(redirects),
        server=server,
        title=page.title if body else None,
        body=body,
        body_bytes=len(body.encode()),
    )


def certificate(network: Network, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
    """Shows the certificate of a TLS port."""
    tls = _tls(network, host, port, None, starttls)
    return CertificateOutcome(
        host=host,
        port=port,
        subject=tls.names[0],
        issuer=tls.issuer,
        names=tuple(tls.names),
        not_before=network.moment(tls.valid_from),
        not_after=network.moment(tls.valid_until),
        names_match=_covers(tls.names, host),
        chain_ok=tls.trusted,
        problem=tls.problem,
        protocols=tuple(tls.protocols),
    )


def quantum(network: Network, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
    """Negotiates a key-exchange group with a TLS port, in the server's order of preference."""
    entry = open_port(network, target, port, None, _CONNECT_TIMEOUT_MS)
    tls = _tls(network, target, port, None, entry.tls.starttls if entry.tls else None)
    usable = tls.groups if "TLSv1.3" in tls.protocols else [g for g in tls.groups if g not in POST_QUANTUM]
    chosen = next((group for group in usable if group in groups), None)
    fallback = next((group for group in usable if group not in POST_QUANTUM), None)
    safe = chosen is not None and chosen in POST_QUANTUM
    return QuantumOutcome(target, port, safe, chosen or fallback, tuple(groups))


def open_port(network: Network, target: str, port: int, agent: str | None, timeout_ms: int) -> OpenPort:
    """Finds the port that a connection gets to.

    Raises:
        CheckFailed: Nothing answers, or the connection is refused.
    """
    machine = network.reach(target, agent).machine
    entry = machine.ports.get(port) if machine else None
    if machine is None or (entry.filtered if entry else machine.firewall):
        raise CheckFailed(f"{target} did not answer on port {port} within {timeout_ms} ms.")
    if entry is None:
        raise CheckFailed(f"{target} refused the connection on port {port}: nothing listens there.")
    return entry


def _request(
    network: Network, url: str, timeout_ms: int, agent: str | None
) -> tuple[Page, str | None, float]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    entry = open_port(network, host, port, agent, timeout_ms)
    if secure:
        _verify(network, host, _tls(network, host, port, agent, None))
    if not entry.pages:
        raise CheckFailed(f"{host} answered on port {port} with {entry.service}, not with HTTP.")
    path = parts.path or "/"
    page = (
        entry.pages.get(path) or entry.pages.get("*") or Page(status=404, title="Not Found", body="Not Found")
    )
    reached = network.reach(host, agent)
    trips = network.rtt(reached, "http", url) * (3 if secure else 2)
    took = around(page.ms, page.ms / 12, *network.keys(url, "page")) + trips
    return page, entry.server, took


def _tls(network: Network, host: str, port: int, agent: str | None, starttls: StartTls | None) -> Tls:
    entry = open_port(network, host, port, agent, _CONNECT_TIMEOUT_MS)
    if entry.tls is None:
        raise CheckFailed(f"{host} speaks no TLS on port {port}; {entry.service} answers there.")
    if entry.tls.starttls != starttls:
        wanted = entry.tls.starttls
        cure = f"give starttls={wanted}" if wanted else "leave starttls out"
        raise CheckFailed(f"The TLS handshake with {host} on port {port} failed; {cure} for this port.")
    return entry.tls


def _verify(network: Network, host: str, tls: Tls) -> None:
    now = network.clock()
    if now >= network.moment(tls.valid_until):
        raise CheckFailed(
            f"TLS error: the certificate of {host} expired on {day(network.moment(tls.valid_until))}."
        )
    if not _covers(tls.names, host):
        raise CheckFailed(f"TLS error: the certificate of {host} covers only {join(tls.names, 5)}.")
    if not tls.trusted:
        raise CheckFailed(
            f"TLS error: the certificate of {host} is not trusted ({tls.problem or 'bad chain'})."
        )


def _covers(names: Sequence[str], host: str) -> bool:
    """Says whether a certificate's names cover a host; `*` stands for one label."""
    bare = host.casefold().removesuffix(".")
    parent = bare.partition(".")[2]
    wildcard = f"*.{parent}" if parent and not parse_address(bare) else None
    return any(name.casefold() in (bare, wildcard) for name in names)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
