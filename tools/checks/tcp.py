"""Is a TCP port open, closed or filtered?"""

from __future__ import annotations

import asyncio
import socket
import time

from tools.records import PortOutcome
from tools.resolve import Resolver, Target, unresolved


async def check_port(resolver: Resolver, target: str, port: int, timeout_s: float = 10.0) -> PortOutcome:
    """Tries one connection; resolving the name counts towards the time.

    Args:
        resolver: Finds and judges the address.
        target: Host name or IP address.
        port: TCP port.
        timeout_s: Seconds until the port counts as filtered.

    Raises:
        Refused: The address may not be reached.
        CheckFailed: The name does not resolve.
    """
    found = None
    found: Target | None = None
    try:
        async with asyncio.timeout(timeout_s):
            found = await resolver.find(target)
            began = time.perf_counter()
            _, writer = await asyncio.open_connection(str(found.address), port)
    except ConnectionRefusedError:
        return PortOutcome(target, port, "closed", None, None)
    except OSError as error:
        if found is None:
            raise unresolved(target) from error
        # Silence, an "unreachable" from a firewall, a local one's veto: no program took or refused it.
        return PortOutcome(target, port, "filtered", None, None)
    took = round((time.perf_counter() - began) * 1000, 1)
    writer.transport.abort()
    return PortOutcome(target, port, "open", took, _service(port))


def _service(port: int) -> str | None:
    try:
        return socket.getservbyport(port, "tcp")
    except OSError:
        return None
