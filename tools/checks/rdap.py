"""RDAP: registration data as JSON over HTTPS, from the server that IANA's lists name."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any, Final, cast
from urllib.parse import quote, urljoin

import httpx

from tools.checks.registration import Registered, Resolve, clean, host_name, read_date
from tools.clock import Clock
from tools.errors import CheckFailed, NotFound
from tools.formats import parse_uri

#: Where IANA publishes which server knows what, as `dns.json`, `ipv4.json` and `ipv6.json`.
IANA_BOOTSTRAP: Final = "https://data.iana.org/rdap/"
_FRESH: Final = timedelta(hours=24)
_MOST_BYTES: Final = 1 << 20
_MOST_REDIRECTS: Final = 5
_REGISTRIES: Final = {
    "arin": "ARIN",
    "ripe": "RIPE NCC",
    "apnic": "APNIC",
    "lacnic": "LACNIC",
    "afrinic": "AFRINIC",
}


class Rdap:
    """Asks RDAP servers; keeps IANA's lists for a day."""

    def __init__(
        self, resolve: Resolve, tls: ssl.SSLContext, clock: Clock, bootstrap: str = IANA_BOOTSTRAP
    ) -> None:
        """Takes what judges servers' addresses, whom to trust, the time, and the folder URL of the lists."""
        self._resolve = resolve
        self._tls = tls
        self._clock = clock
        self._bootstrap = bootstrap
        self._lists: dict[str, tuple[datetime, object]] = {}

    async def domain(self, name: str) -> Registered | None:
        """Looks up a domain in A-labels, or the registered one that it lies in.

        Returns:
            What the server told, or None where IANA lists no server for this ending.

        Raises:
            NotFound: The server knows no such domain.
            CheckFailed: A server did not answer, or not in RDAP.
        """
        services = await self._services("dns")
        keys = {name.split(".", i)[-1] for i in range(name.count(".") + 1)}
        found = [(key, urls) for keys_of, urls in services for key in keys_of if key.casefold() in keys]
        if not found:
            return None
        ending, urls = max(found, key=lambda pair: len(pair[0]))
        part = name
        while True:
            answer = await self._ask(urls, f"domain/{quote(part)}")
            if answer is not None:
                return read_domain(answer)
            part = part.partition(".")[2]
            if len(part) <= len(ending):
                raise NotFound(f"No registration was found for {name}; it is not registered, or misspelt.")

    async def address(self, address: IPv4Address | IPv6Address) -> Registered | None:
        """Looks up the network of an address; otherwise like `domain`."""
        services = await self._services(f"ipv{address.version}")
        found = [
            (net, urls)
            for nets, urls in services
            for net in map(ip_network, nets)
            if address.version == net.version and address in net
        ]
        if not found:
            return None
        _, urls = max(found, key=lambda pair: pair[0].prefixlen)
        answer = await self._ask(urls, f"ip/{address}")
        if answer is None:
            raise NotFound(f"No registration was found for the address {address}; it may be unassigned.")
        return read_network(answer)

    async def _services(self, kind: str) -> list[tuple[list[str], list[str]]]:
        kept = self._lists.get(kind)
        if kept is None or self._clock() - kept[0] > _FRESH:
            url = urljoin(self._bootstrap, f"{kind}.json")
            document = await self._get(url)
            if not isinstance(document, dict):
                raise CheckFailed(f"The list of RDAP servers at {url} is missing or not what it should be.")
            kept = self._lists[kind] = (self._clock(), cast("object", document))
        pairs = cast("dict[str, Any]", kept[1]).get("services", [])
        return [(list(map(str, pair[0])), list(map(str, pair[1]))) for pair in pairs if len(pair) == 2]

    async def _ask(self, urls: Sequence[str], path: str) -> dict[str, Any] | None:
        # Servers are listed with and without TLS; with it first.
        base = sorted(urls, key=lambda url: not url.startswith("https://"))[0]
        answer = await self._get(urljoin(base if base.endswith("/") else f"{base}/", path))
        if answer is None or isinstance(answer, dict):
            return cast("dict[str, Any] | None", answer)
        raise CheckFailed(f"The RDAP server {base} sent no RDAP object.")

    async def _get(self, url: str) -> object:
        """Fetches JSON, each hop from an address that was judged; None for 404."""
        headers = {"Accept": "application/rdap+json, application/json"}
        try:
            async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=10.0) as client:
                for _ in range(_MOST_REDIRECTS + 1):
                    host = httpx.URL(parse_uri(url)).host
                    address = await self._resolve(host)
                    pinned = httpx.URL(url).copy_with(host=address)
                    headers["Host"] = httpx.URL(url).netloc.decode("ascii")
                    extensions = {"sni_hostname": httpx.URL(url).raw_host.decode("ascii")}
                    async with client.stream(
                        "GET", pinned, headers=headers, extensions=extensions
                    ) as response:
                        if response.has_redirect_location:
                            url = urljoin(url, response.headers["location"])
                            continue
                        if response.status_code == 404:
                            return None
                        response.raise_for_status()
                        return json.loads(await _body(response, url))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise CheckFailed(f"{url} did not answer as RDAP should: {reason}.") from error
        except (ValueError, RecursionError) as error:
            raise CheckFailed(f"{url} did not answer as RDAP should: {error}.") from error
        raise CheckFailed(f"{url} was not followed: more than {_MOST_REDIRECTS} redirects.")


async def _body(response: httpx.Response, url: str) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise CheckFailed(f"{url} sent more than {_MOST_BYTES:,} bytes; that is no registration.")
    return body


def read_domain(answer: Mapping[str, Any]) -> Registered:
    """Reads an RDAP object of a domain; what it lacks or spells wrong is left out."""
    servers = (host_name(entry.get("ldhName")) for entry in _objects(answer.get("nameservers")))
    return Registered(
        registrar=_entity(answer, "registrar"),
        owner=_entity(answer, "registrant"),
        created=_event(answer, "registration"),
        expires=_event(answer, "expiration"),
        name_servers=tuple(dict.fromkeys(name for name in servers if name)),
    )


def read_network(answer: Mapping[str, Any]) -> Registered:
    """Reads an RDAP object of an address block; what it lacks or spells wrong is left out."""
    blocks = [
        f"{block.get('v4prefix') or block.get('v6prefix')}/{block.get('length')}"
        for block in _objects(answer.get("cidr0_cidrs"))
    ]
    start, end = clean(answer.get("startAddress")), clean(answer.get("endAddress"))
    whole = f"{start} - {end}" if start and end else clean(answer.get("handle"))
    source = str(answer.get("port43") or "").casefold()
    registry = next((name for key, name in _REGISTRIES.items() if key in source), clean(source))
    return Registered(
        registrar=registry,
        owner=_entity(answer, "registrant") or clean(answer.get("name")),
        created=_event(answer, "registration"),
        network=clean(", ".join(blocks)) or whole,
    )


def _event(answer: Mapping[str, Any], action: str) -> datetime | None:
    for event in _objects(answer.get("events")):
        if event.get("eventAction") == action:
            return read_date(event.get("eventDate"))
    return None


def _entity(answer: Mapping[str, Any], role: str) -> str | None:
    """Names the entity of a role: its organisation, else its full name, else its handle."""
    for entity in _objects(answer.get("entities")):
        if role not in _texts(entity.get("roles")):
            continue
        rows = [row for part in _lists(entity.get("vcardArray")) for row in _lists(part) if len(row) > 3]
        properties = {str(row[0]): row[3] for row in rows}
        name = clean(properties.get("org")) or clean(properties.get("fn"))
        return name or (clean(entity.get("handle")) if role == "registrar" else None)
    return None


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _lists(value: object) -> list[list[Any]]:
    return [item for item in _items(value) if isinstance(item, list)]


def _texts(value: object) -> list[str]:
    return [item for item in _items(value) if isinstance(item, str)]


def _items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
