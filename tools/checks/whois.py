"""Whois: RDAP first, the old protocol where RDAP has no server or does not answer."""

from __future__ import annotations

import asyncio

from tools.checks.port43 import Port43
from tools.checks.rdap import Rdap
from tools.checks.registration import Registered
from tools.errors import CheckFailed, NotFound, Refused
from tools.formats import parse_address, parse_host
from tools.records import RegistrationOutcome
from tools.wording import number


class Whois:
    """Finds registrations."""

    def __init__(self, rdap: Rdap, port43: Port43, deadline_s: float = 30.0) -> None:
        """Takes both protocols, and the seconds that one lookup may take in all."""
        self._rdap = rdap
        self._port43 = port43
        self._deadline_s = deadline_s

    async def lookup(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain, of the one that it lies in, or of an address's network.

        Raises:
            NotFound: There is none.
            CheckFailed: Neither protocol gave an answer within the deadline.
            Refused: The query is neither a domain nor an address.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._lookup(query)
        except TimeoutError as error:
            seconds = number(self._deadline_s)
            raise CheckFailed(
                f"No registration server answered for {query} within {seconds} s; try again later."
            ) from error

    async def _lookup(self, query: str) -> RegistrationOutcome:
        address = parse_address(query)
        if address is not None and not address.is_global:
            raise NotFound(
                f"{query} is not a public address, so it is registered nowhere; ask whoever runs that"
                " network."
            )
        name = str(address) if address is not None else _a_labels(query)
        try:
            found = await (self._rdap.address(address) if address is not None else self._rdap.domain(name))
            why = "RDAP has no server for it"
        except CheckFailed as error:
            found, why = None, str(error).rstrip(".")
        if found:
            return _outcome(name, found, "RDAP")
        try:
            return _outcome(name, await self._port43.lookup(name), "whois, port 43")
        except CheckFailed as error:
            raise CheckFailed(f"The registration of {query} could not be read: {why}; {error}") from error


def _a_labels(query: str) -> str:
    """Writes a domain name as the servers want it: lower case, no final dot, IDNA for other scripts."""
    try:
        name = parse_host(query).casefold().removesuffix(".")
        return name.encode("idna").decode("ascii")
    except ValueError as error:
        raise Refused(
            f"query was {query!r}: {error}; give a domain name such as example.org, or an IP address."
        ) from error


def _outcome(query: str, found: Registered, source: str) -> RegistrationOutcome:
    return RegistrationOutcome(
        query=query,
        registrar=found.registrar or "an unnamed registrar",
        owner=found.owner,
        created=found.created,
        expires=found.expires,
        name_servers=found.name_servers,
        network=found.network,
        source=source,
    )
