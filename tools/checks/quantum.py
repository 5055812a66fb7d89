"""Does a TLS server use post-quantum key exchange? Asked by a ClientHello of our own, without OpenSSL."""

from __future__ import annotations

from collections.abc import Sequence

from tools.checks.connection import connected, deadline
from tools.checks.hello import GROUP_IDS, TLS_1_3, NotTls, client_hello, read_answer
from tools.checks.starttls import USUAL_PORTS, upgrade
from tools.errors import CheckFailed
from tools.groups import CLASSICAL, POST_QUANTUM, canonical_groups
from tools.records import QuantumOutcome
from tools.resolve import Resolver, Target

_NAMES = {code: name for name, code in GROUP_IDS.items()}


async def check_quantum(
    resolver: Resolver, target: str, port: int = 443, groups: Sequence[str] = (), timeout_s: float = 15.0
) -> QuantumOutcome:
    """Offers just these groups; where the server takes none, offers the classical ones to see what it uses.

    On the ports where mail and file servers speak plainly first, they are asked to go over to TLS.

    Args:
        resolver: Finds and judges the address.
        target: Host name or IP address.
        port: TCP port.
        groups: Names of groups; all post-quantum ones if empty.
        timeout_s: Seconds for all of it.

    Raises:
        Refused: A group is unknown, or the address may not be reached.
        CheckFailed: Nothing answers, or it speaks no TLS.
    """
    offered = canonical_groups(groups)
    async with deadline(timeout_s, f"{target} on port {port}"):
        found = await resolver.find(target)
        try:
            chosen = await _choice(found, port, offered)
        except NotTls:
            # Some servers hang up without an alert when they take no group; the second offer tells.
            chosen = None
        rest = [group for group in CLASSICAL if group not in offered] or CLASSICAL
        try:
            used = chosen or await _choice(found, port, rest)
        except NotTls as error:
            raise CheckFailed(
                f"{target} speaks no TLS 1.3 on port {port}: {error}; try the port of its TLS service."
            ) from error
    return QuantumOutcome(target, port, chosen in POST_QUANTUM, used, offered)


async def _choice(target: Target, port: int, groups: Sequence[str]) -> str | None:
    """Returns the group that the server takes of these; None where it refuses TLS 1.3 with them."""
    hello = client_hello(TLS_1_3, [GROUP_IDS[group] for group in groups], target.server_name)
    async with connected(target, port) as stream:
        starttls = USUAL_PORTS.get(port)
        if starttls is not None:
            await upgrade(stream, starttls)
        stream.writer.write(hello)
        await stream.writer.drain()
        answer = await read_answer(stream.reader)
    if answer.alert is not None or answer.version != TLS_1_3:
        return None
    name = _NAMES.get(answer.group) if answer.group is not None else None
    if name not in groups:
        raise CheckFailed(
            f"{target.host} on port {port} breaks TLS 1.3: it chose a group that was not offered."
        )
    return name
