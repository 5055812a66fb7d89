"""The old whois protocol: one line to TCP port 43, text back, and the servers that the text refers to."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from tools.checks.registration import Registered, Resolve, clean, host_name, read_date
from tools.errors import CheckFailed, NotFound, ToolError

_MOST_BYTES: Final = 1 << 18
_MOST_SERVERS: Final = 4
_LINE = re.compile(r"^\s*([A-Za-z][A-Za-z0-9 ./_-]{1,40}?)\.*:[ \t]*(\S.*?)\s*$", re.MULTILINE)
_NOTHING = re.compile(
    r"^\W*(no match|not found|no (data|entries|object)s? found|nothing found|no information|domain not found"
    r"|.*\bis (free|available)\b|status:\s*(free|available))",
    re.IGNORECASE | re.MULTILINE,
)
_REFERRALS = ("refer", "whois", "registrar whois server", "whois server", "referralserver")
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "registrar": ("registrar", "registrar name", "sponsoring registrar", "registrar organization", "source"),
    "owner": (
        "registrant organization",
        "registrant organisation",
        "registrant name",
        "registrant",
        "orgname",
        "org-name",
        "organisation",
        "organization",
        "owner",
        "holder",
        "descr",
    ),
    "created": ("creation date", "created", "registered on", "registered", "created on", "regdate"),
    "expires": (
        "registry expiry date",
        "registrar registration expiration date",
        "expiry date",
        "expiration date",
        "expires",
        "expires on",
        "paid-till",
    ),
    "name_servers": ("name server", "nserver", "nameserver", "name servers"),
    "network": ("cidr", "inetnum", "inet6num", "netrange", "route"),
}


class Port43:
    """Asks whois servers, from the first one on along their referrals."""

    def __init__(self, resolve: Resolve, server: str = "whois.iana.org", port: int = 43) -> None:
        """Takes what judges each server's address, the first server, and the port of all of them."""
        self._resolve = resolve
        self._server = server
        self._port = port

    async def lookup(self, query: str) -> Registered:
        """Looks up a domain in A-labels, or an address.

        Raises:
            NotFound: The servers know of no such registration.
            CheckFailed: The first server did not answer.
        """
        answers: list[Registered] = []
        asked: list[str] = []
        server: str | None = self._server
        while server is not None and server not in asked and len(asked) < _MOST_SERVERS:
            asked.append(server)
            try:
                text = await self._ask(server, query)
            except ToolError:
                # What the servers before it told is still worth having.
                if len(asked) == 1 or not answers:
                    raise
                break
            fields = whois_fields(text)
            server = next((name for key in _REFERRALS for name in _servers(fields.get(key, []))), None)
            # The first server is only a signpost: what it tells is about the whole ending or block.
            if (len(asked) > 1 or server is None) and not _NOTHING.search(text):
                answers.append(read_fields(fields))
        found = Registered()
        for answer in answers:
            found = found.completed_by(answer)
        if not found:
            raise NotFound(f"No registration was found for {query}; it is not registered, or misspelt.")
        return found

    async def _ask(self, server: str, query: str) -> str:
        address = await self._resolve(server)
        try:
            reader, writer = await asyncio.open_connection(address, self._port)
            try:
                writer.write(f"{query}\r\n".encode("ascii"))
                await writer.drain()
                data = b""
                while len(data) < _MOST_BYTES and (piece := await reader.read(1 << 14)):
                    data += piece
            finally:
                writer.close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise CheckFailed(
                f"The whois server {server} did not answer on port {self._port}: {reason}."
            ) from error
        return data.decode("utf-8", "replace")


def whois_fields(text: str) -> dict[str, list[str]]:
    """Reads the `Key: value` lines of a whois answer: values by key in lower case."""
    fields: dict[str, list[str]] = {}
    for key, value in _LINE.findall(text):
        fields.setdefault(" ".join(key.casefold().split()), []).append(value)
    return fields


def _servers(values: list[str]) -> list[str]:
    """Reads referrals: a bare host, or one in a whois URL; its port is not taken from it."""
    hosts = (re.sub(r"^r?whois://|/.*$|:\d+$", "", value.strip()) for value in values)
    return [name for host in hosts if (name := host_name(re.sub(r":\d+$", "", host)))]


def read_fields(fields: dict[str, list[str]]) -> Registered:
    """Reads the fields of a whois answer, which each registry names in its own way."""

    def first(kind: str) -> str | None:
        return next((text for key in _KEYS[kind] for text in map(clean, fields.get(key, [])) if text), None)

    def date(kind: str) -> str | None:
        return next((text for key in _KEYS[kind] for text in fields.get(key, [])), None)

    names = [value.split()[0] for key in _KEYS["name_servers"] for value in fields.get(key, [])]
    return Registered(
        registrar=first("registrar"),
        owner=first("owner"),
        created=read_date(date("created")),
        expires=read_date(date("expires")),
        name_servers=tuple(dict.fromkeys(name for text in names if (name := host_name(text)))),
        network=first("network"),
    )
