"""The first words of TLS, written and read by hand: which version and group does a server choose?

The local OpenSSL knows some versions and groups only; a ClientHello can offer any. Nothing is encrypted here:
the server's choice is in its first answer, and the connection ends there.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TLS_1_3: Final = 0x0304
TLS_1_2: Final = 0x0303

#: Versions by the names that results use.
VERSIONS: Final = {
    "SSLv3": 0x0300,
    "TLSv1.0": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": TLS_1_2,
    "TLSv1.3": TLS_1_3,
}

#: Code points of the groups that `tools.groups` names (IANA TLS Supported Groups).
GROUP_IDS: Final = {
    "X25519MLKEM768": 0x11EC,
    "SecP256r1MLKEM768": 0x11EB,
    "SecP384r1MLKEM1024": 0x11ED,
    "MLKEM512": 0x0200,
    "MLKEM768": 0x0201,
    "MLKEM1024": 0x0202,
    "X25519": 0x001D,
    "X448": 0x001E,
    "secp256r1": 0x0017,
    "secp384r1": 0x0018,
    "secp521r1": 0x0019,
    "ffdhe2048": 0x0100,
    "ffdhe3072": 0x0101,
}

_CIPHERS_1_3: Final = (0x1301, 0x1302, 0x1303)
_CIPHERS_OLD: Final = (
    *(0xC02F, 0xC030, 0xC02B, 0xC02C, 0xCCA8, 0xCCA9, 0xC027, 0xC028, 0xC023, 0xC024),
    *(0xC013, 0xC014, 0xC009, 0xC00A, 0xC012, 0xC008, 0x009E, 0x009F, 0xCCAA, 0x0067, 0x006B),
    *(0x0033, 0x0039, 0x0016, 0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x000A, 0x0005, 0x0004),
)
_SIGNATURES: Final = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0904, 0x0905, 0x0906, 0x0203, 0x0201),
)

_ALERT: Final = 21
_HANDSHAKE: Final = 22
_SERVER_HELLO: Final = 2
_SUPPORTED_VERSIONS: Final = 43
_KEY_SHARE: Final = 51
_UNRECOGNIZED_NAME: Final = 112
_MOST_RECORD_BYTES: Final = (1 << 14) + 2048
_MOST_HELLO_BYTES: Final = 1 << 16


class NotTls(Exception):
    """The bytes are no TLS answer."""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server chose, or the alert that it refused with.

    Attributes:
        version: Code of the version, None with an alert.
        group: Code of the key-exchange group; None below TLS 1.3 and with an alert.
        alert: Code of the alert, None where the server went on.
    """

    version: int | None
    group: int | None
    alert: int | None


def client_hello(version: int, groups: Sequence[int], server_name: str | None) -> bytes:
    """Writes a ClientHello that offers one version, and these groups without a key of any of them.

    A TLS 1.3 server that takes one of the groups has to name it in a HelloRetryRequest, so no key is needed.

    Args:
        version: Code of the only version offered.
        groups: Codes of the groups, the best first.
        server_name: Name to ask for, in ASCII; None to ask for none.
    """
    modern = version == TLS_1_3
    ciphers = _CIPHERS_1_3 if modern else _CIPHERS_OLD
    extensions = b"" if version == VERSIONS["SSLv3"] else _extensions(version, groups, server_name)
    session = os.urandom(32) if modern else b""
    body = (
        struct.pack("!H", min(version, TLS_1_2))
        + os.urandom(32)
        + _sized(1, session)
        + _sized(2, _words(ciphers))
        + _sized(1, b"\0")
        + (_sized(2, extensions) if extensions else b"")
    )
    message = b"\x01" + _sized(3, body)
    # Servers that choke on a newer version here are why the record says at most TLS 1.0.
    return struct.pack("!BH", _HANDSHAKE, min(version, 0x0301)) + _sized(2, message)


def _extensions(version: int, groups: Sequence[int], server_name: str | None) -> bytes:
    parts: list[bytes] = []
    if server_name is not None:
        parts.append(_extension(0, _sized(2, b"\0" + _sized(2, server_name.encode("ascii")))))
    parts.append(_extension(10, _sized(2, _words(groups))))
    if version >= TLS_1_2:
        parts.append(_extension(13, _sized(2, _words(_SIGNATURES))))
    if version == TLS_1_3:
        parts.append(_extension(_SUPPORTED_VERSIONS, _sized(1, _words((TLS_1_3,)))))
        parts.append(_extension(_KEY_SHARE, _sized(2, b"")))
    else:
        parts.append(_extension(11, _sized(1, b"\0")))
        parts.append(_extension(0xFF01, _sized(1, b"")))
    return b"".join(parts)


async def read_answer(reader: asyncio.StreamReader) -> ServerAnswer:
    """Reads records up to the server's choice or its alert.

    Raises:
        NotTls: Something else answers, or the connection ends first.
    """
    message = b""
    try:
        while True:
            kind, major, size = struct.unpack("!BBxH", await reader.readexactly(5))
            if major != 3 or kind not in (_ALERT, _HANDSHAKE) or not 0 < size <= _MOST_RECORD_BYTES:
                raise NotTls("the answer is no TLS record")
            payload = await reader.readexactly(size)
            if kind == _ALERT:
                # A warning that the name is unknown does not end the handshake.
                if payload != bytes((1, _UNRECOGNIZED_NAME)):
                    return ServerAnswer(None, None, payload[-1])
                continue
            message += payload
            if len(message) >= 4:
                length = int.from_bytes(message[1:4], "big")
                if message[0] != _SERVER_HELLO or length > _MOST_HELLO_BYTES:
                    raise NotTls("the first message is no ServerHello")
                if len(message) >= 4 + length:
                    return parse_server_hello(message[4 : 4 + length])
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise NotTls("the connection ended before a TLS answer") from error


def parse_server_hello(body: bytes) -> ServerAnswer:
    """Reads the body of a ServerHello or HelloRetryRequest.

    Raises:
        NotTls: The bytes are none.
    """
    try:
        (version,) = struct.unpack_from("!H", body, 0)
        at = 2 + 32
        at += 1 + body[at]
        at += 2 + 1
        if len(body) < at:
            raise NotTls("the ServerHello is cut short")
        if len(body) == at:
            return ServerAnswer(version, None, None)
        (total,) = struct.unpack_from("!H", body, at)
        at += 2
        if len(body) != at + total:
            raise NotTls("the lengths in the ServerHello do not add up")
        group: int | None = None
        while at < len(body):
            kind, size = struct.unpack_from("!HH", body, at)
            value = body[at + 4 : at + 4 + size]
            at += 4 + size
            if kind == _SUPPORTED_VERSIONS:
                (version,) = struct.unpack("!H", value)
            elif kind == _KEY_SHARE:
                (group,) = struct.unpack_from("!H", value, 0)
    except (struct.error, IndexError) as error:
        raise NotTls("the ServerHello is cut short") from error
    return ServerAnswer(version, group, None)


def _words(values: Sequence[int]) -> bytes:
    return struct.pack(f"!{len(values)}H", *values)


def _sized(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width, "big") + content


def _extension(kind: int, content: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized(2, content)
