"""One HTTP request: timed by phase, bounded in size, redirects followed where the policy admits them."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urljoin

import httpx

from tools.checks.body import read_body, text_of, title_of
from tools.checks.connection import deadline, refused_connection
from tools.checks.trust import Trust, fault_words
from tools.errors import CheckFailed, Refused
from tools.formats import parse_uri
from tools.measured import Phases, TlsSession
from tools.records import HttpMethod, HttpOutcome
from tools.resolve import Resolver, Target

MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "User-Agent": "smallwatch",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
# The backslash stays, to be refused.
_UNQUOTED: Final = "%/:?#[]@!$&'()*+,;=~\\"


@dataclass(frozen=True, slots=True)
class HttpReport:
    """An answered request.

    Attributes:
        outcome: The facts that tools show.
        address: Address that the last request went to.
        phases: Where its time went.
        tls: Its TLS session; None over plain HTTP.
        body_truncated: Whether the body went on behind what was read.
    """

    outcome: HttpOutcome
    address: str
    phases: Phases
    tls: TlsSession | None
    body_truncated: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer, before redirects are looked at."""

    status: int
    reason: str
    server: str | None
    body: bytes
    charset: str | None
    truncated: bool
    next_url: str | None
    address: str
    phases: Phases
    tls: TlsSession | None


async def check_http(
    resolver: Resolver, trust: Trust, url: str, method: HttpMethod = "GET", timeout_s: float = 10.0
) -> HttpReport:
    """Requests a URL and follows at most five redirects, each judged like the first address.

    Args:
        resolver: Finds and judges addresses.
        trust: Which authorities are trusted.
        url: Absolute http or https URL.
        method: HTTP method; a redirect may turn POST into GET, as browsers do.
        timeout_s: Seconds for all of it, redirects and body included.

    Raises:
        Refused: The URL cannot be used, or it or a redirect leads where the policy does not reach.
        CheckFailed: Nothing answers, the certificate is not good, or redirects do not end.
    """
    began = time.perf_counter()
    redirects: list[str] = []
    current = _parsed(url)
    verb: str = method
    async with deadline(timeout_s, _shown(current)):
        while True:
            try:
                answer = await _request(resolver, trust, current, verb)
            except Refused as error:
                if not redirects:
                    raise
                words = f"{redirects[0]} redirects to {_shown(current)}, and {error}"
                raise Refused(words, error.data) from error
            following = answer.next_url
            if following is None:
                break
            redirects.append(_shown(current))
            if len(redirects) > MOST_REDIRECTS:
                last = _shown(current)
                raise CheckFailed(
                    f"{redirects[0]} redirects more than {MOST_REDIRECTS} times; the last was {last}."
                )
            verb = "GET" if answer.status == 303 or (verb == "POST" and answer.status in (301, 302)) else verb
            current = _followed(current, following)
    total = round((time.perf_counter() - began) * 1000, 1)
    return _report(_shown(_parsed(url)), _shown(current), tuple(redirects), total, answer)


async def _request(resolver: Resolver, trust: Trust, url: httpx.URL, method: str) -> _Answer:
    """Makes one request to the judged address of a URL's host."""
    began = time.perf_counter()
    target = await resolver.find(url.raw_host.decode("ascii"))
    resolve_ms = _since(began)
    times: dict[str, float] = {}

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        times[event] = time.perf_counter()

    # A transport a request: nothing outlives it, and no proxy of the environment is used. A client
    # would read where a redirect leads, and fail over a bad one, before the policy has judged it.
    transport = httpx.AsyncHTTPTransport(verify=trust.strict, trust_env=False)
    request = httpx.Request(
        method,
        url.copy_with(host=str(target.address), userinfo=b"", fragment=None),
        headers=_headers(target, url),
        extensions={"sni_hostname": target.host, "trace": trace},
    )
    try:
        async with transport:
            response = await transport.handle_async_request(request)
            try:
                tls = _tls_session(response)
                reading = time.perf_counter()
                body, truncated = await read_body(response)
            finally:
                await response.aclose()
    except httpx.HTTPError as error:
        raise _failure(error, target, url) from error
    phases = Phases(
        resolve_ms,
        _between(times, "connection.connect_tcp.started", "connection.connect_tcp.complete"),
        _between(times, "connection.start_tls.started", "connection.start_tls.complete"),
        _between(times, "http11.send_request_headers.started", "http11.receive_response_headers.complete"),
        _since(reading),
    )
    location = response.headers.get("location") if response.status_code in _REDIRECTS else None
    return _Answer(
        response.status_code,
        response.reason_phrase,
        response.headers.get("server"),
        body,
        response.charset_encoding,
        truncated,
        location,
        str(target.address),
        phases,
        tls,
    )


def _report(
    url: str, final_url: str, redirects: tuple[str, ...], total_ms: float, answer: _Answer
) -> HttpReport:
    text = text_of(answer.body, answer.charset)
    outcome = HttpOutcome(
        url=url,
        final_url=final_url,
        status=answer.status,
        reason=answer.reason,
        total_ms=total_ms,
        redirects=redirects,
        server=answer.server,
        title=title_of(text),
        body=text,
        body_bytes=len(answer.body),
        address=answer.address,
        phases=answer.phases,
        tls=answer.tls,
        body_truncated=answer.truncated or None,
    )
    return HttpReport(outcome, answer.address, answer.phases, answer.tls, answer.truncated)


def _parsed(url: str) -> httpx.URL:
    if "\\" in url:
        # Browsers take it for a slash, others for part of a user name: the host would depend on who reads it.
        raise Refused(f"The URL {url!r} cannot be requested: it holds a backslash; write it with slashes.")
    try:
        return httpx.URL(parse_uri(url))
    except (ValueError, httpx.InvalidURL) as error:
        raise Refused(
            f"The URL {url!r} cannot be requested: {error}; give an absolute http or https URL."
        ) from error


def _followed(current: httpx.URL, location: str) -> httpx.URL:
    try:
        following = urljoin(str(current), quote(location.strip(), safe=_UNQUOTED))
    except ValueError as error:
        raise Refused(f"{_shown(current)} redirects to {location!r}, which is no URL.") from error
    # A password that a server hands out is not ours to send.
    return _parsed(following).copy_with(userinfo=b"")


def _shown(url: httpx.URL) -> str:
    """Writes a URL without its password."""
    return str(url.copy_with(userinfo=f"{url.username}:***".encode())) if url.password else str(url)


def _headers(target: Target, url: httpx.URL) -> dict[str, str]:
    host = f"[{target.host}]" if ":" in target.host else target.host
    headers = {"Host": host if url.port is None else f"{host}:{url.port}", **_HEADERS}
    if url.userinfo:
        secret = b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {secret}"
    return headers


def _tls_session(response: httpx.Response) -> TlsSession | None:
    stream = response.extensions.get("network_stream")
    session = stream.get_extra_info("ssl_object") if stream is not None else None
    if session is None:
        return None
    # OpenSSL has verified it, so it has read it too; a stricter reader might stumble over a working site.
    certificate = session.getpeercert()
    if not certificate:
        # It was not to be verified, and then OpenSSL does not tell what it holds.
        return None
    issuer = dict(pair for names in certificate["issuer"] for pair in names)
    cipher = session.cipher()
    return TlsSession(
        version=session.version() or "unknown",
        cipher=cipher[0] if cipher else "unknown",
        issuer=issuer.get("commonName") or issuer.get("organizationName") or "unknown",
        not_after=datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC),
    )


def _failure(error: httpx.HTTPError, target: Target, url: httpx.URL) -> CheckFailed:
    """Says why a request failed, by the first cause in the chain of errors that is known."""
    port = url.port or (443 if url.scheme == "https" else 80)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CheckFailed(
                f"TLS error: the certificate of {target.host} {fault_words(cause)};"
                " check_ssl_certificate tells more."
            )
        if isinstance(cause, ssl.SSLError):
            reason = (cause.reason or "unknown reason").replace("_", " ").lower()
            return CheckFailed(
                f"TLS error: the handshake with {target.host} on port {port} failed: {reason}."
            )
        if isinstance(cause, ConnectionRefusedError):
            return refused_connection(target, port)
        cause = cause.__cause__ or cause.__context__
    words = str(error) or type(error).__name__
    return CheckFailed(f"{target.host} on port {port} gave no HTTP answer: {words}.")


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _between(times: Mapping[str, float], start: str, end: str) -> float | None:
    if start not in times or end not in times:
        return None
    return round((times[end] - times[start]) * 1000, 1)
