"""The body of an HTTP answer: read up to a bound, unpacked up to the same bound, and made text."""

from __future__ import annotations

import html
import re
import zlib
from typing import Final

import httpx

#: Bytes of a body that are read at most, packed or unpacked.
BODY_LIMIT: Final = 1 << 20

_TITLE: Final = re.compile(r"<title(?:\s[^>]{0,200})?>([^<]{0,500})", re.IGNORECASE)
_TITLE_WITHIN: Final = 1 << 16
# The plain text encodings: Python knows more, and some of those take long or are no text.
_CHARSET: Final = re.compile(
    r"(?i)utf-?8|utf-?16(?:[lb]e)?|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|shift_jis|euc-(?:jp|kr)|"
    r"gb(?:2312|k|18030)|big5"
)
_WINDOW_BITS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}


async def read_body(response: httpx.Response) -> tuple[bytes, bool]:
    """Reads at most `BODY_LIMIT` bytes; the flag says whether there was more.

    A body that is packed though it was asked for plain is unpacked where it is gzip or deflate, and left out
    else.
    """
    data = bytearray()
    truncated = False
    async for chunk in response.aiter_raw(1 << 16):
        data += chunk
        if len(data) > BODY_LIMIT:
            truncated = True
            break
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        return bytes(data[:BODY_LIMIT]), truncated
    return _unpacked(bytes(data), packed, truncated)


def _unpacked(data: bytes, packed: str, truncated: bool) -> tuple[bytes, bool]:
    bits = _WINDOW_BITS.get(packed)
    if bits is None:
        return b"", True
    unpacker = zlib.decompressobj(bits)
    try:
        plain = unpacker.decompress(data, BODY_LIMIT)
    except zlib.error:
        return b"", True
    return plain, truncated or not unpacker.eof


def text_of(data: bytes, charset: str | None) -> str:
    """Makes a body text, as the charset of its content type says, else as UTF-8; it never fails."""
    known = charset if charset and _CHARSET.fullmatch(charset.strip()) else "utf-8"
    try:
        return data.decode(known.strip(), errors="replace")
    except LookupError:
        return data.decode("utf-8", errors="replace")


def title_of(text: str) -> str | None:
    """Finds the title of an HTML page, on one line."""
    match = _TITLE.search(text, 0, _TITLE_WITHIN)
    title = " ".join(html.unescape(match[1]).split()) if match else ""
    return title or None
