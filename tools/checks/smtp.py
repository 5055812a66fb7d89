"""Does a mail server greet, and what does it offer?"""

from __future__ import annotations

import time
from dataclasses import dataclass

import aiosmtplib

from tools.checks.connection import deadline
from tools.errors import CheckFailed
from tools.resolve import Resolver


@dataclass(frozen=True, slots=True)
class SmtpOutcome:
    """A mail server that greeted.

    Attributes:
        target: Host that was asked.
        port: TCP port.
        banner: Its greeting, without the code.
        extensions: What it offers in answer to EHLO, in lower case and by name.
        starttls: Whether it offers to go over to TLS.
        connect_ms: Milliseconds until its greeting, without looking up its name.
        total_ms: Milliseconds for all, with the lookup.
    """

    target: str
    port: int
    banner: str
    extensions: tuple[str, ...]
    starttls: bool
    connect_ms: float
    total_ms: float


async def check_smtp(
    resolver: Resolver, target: str, port: int = 25, timeout_s: float = 10.0, helo: str = "localhost"
) -> SmtpOutcome:
    """Connects, reads the greeting, says EHLO and leaves; no mail is sent.

    Args:
        resolver: Finds and judges the address.
        target: Host name or IP address.
        port: TCP port of a server that speaks plainly first, so not 465.
        timeout_s: Seconds for all of it.
        helo: Name to greet with.

    Raises:
        Refused: The address may not be reached.
        CheckFailed: Nothing answers, or it is no mail server.
    """
    began = time.perf_counter()
    async with deadline(timeout_s, f"{target} on port {port}"):
        found = await resolver.find(target)
        connecting = time.perf_counter()
        client = aiosmtplib.SMTP(
            hostname=str(found.address), port=port, local_hostname=helo, start_tls=False, timeout=None
        )
        try:
            greeting = await client.connect()
            connect_ms = _since(connecting)
            await client.ehlo()
            offers = tuple(sorted(client.esmtp_extensions))
        except (aiosmtplib.SMTPException, OSError) as error:
            raise CheckFailed(f"{target} is no working mail server on port {port}: {error}.") from error
        finally:
            # Without QUIT, whose answer is not worth waiting for.
            client.close()
    starttls = "starttls" in offers
    return SmtpOutcome(target, port, greeting.message, offers, starttls, connect_ms, _since(began))


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
