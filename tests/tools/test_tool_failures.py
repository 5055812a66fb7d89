"""What does not work is told with its cause and cure; what has several proper answers is no failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tools.results import ToolResult

Good = Callable[..., Awaitable[ToolResult]]
Bad = Callable[..., Awaitable[str]]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("check_http", {"url": "https://shop.acme.org/checkout"}, "answered 503 Service Unavailable"),
        ("check_http", {"url": "https://shop.acme.org/", "expect_status": 201}, "; 201 was expected"),
        ("check_http", {"url": "https://shop.acme.org/", "expect_text": "zebra"}, "does not contain 'zebra'"),
        ("check_http", {"url": "https://api.acme.org/v1/report"}, "did not answer within 10000 ms"),
        (
            "check_http",
            {"url": "https://old.acme.org/"},
            "the certificate of old.acme.org expired on 2026-11-10",
        ),
        ("check_http", {"url": "https://db-01/"}, "db-01 refused the connection on port 443"),
        ("check_http", {"url": "http://db-03:5432/"}, "with postgresql, not with HTTP"),
        ("check_ssl_certificate", {"host": "old.acme.org"}, "expired on 2026-11-10 (12 days ago)"),
        (
            "check_ssl_certificate",
            {"host": "vpn.acme.org"},
            "it does not cover vpn.acme.org, only gateway.example.net",
        ),
        ("check_ssl_certificate", {"host": "intranet.acme.org"}, "it is not trusted: it is self-signed"),
        ("check_ssl_certificate", {"host": "mail.acme.org", "port": 25}, "give starttls=smtp for this port"),
        ("ping_host", {"target": "db-02"}, "db-02 did not answer any of 4 pings (100 % loss)."),
        ("ping_host", {"target": "db-o3"}, "db-o3 does not exist in DNS (NXDOMAIN); check the spelling."),
        (
            "ping_host",
            {"target": "db-03", "agent_location": "tokyo"},
            "does not exist in DNS as seen from tokyo",
        ),
        ("ping_host", {"target": "db-01", "agent_location": "sydney"}, "sydney is offline since"),
        ("dns_lookup", {"name": "nope.acme.org"}, "does not exist in DNS (NXDOMAIN)"),
        ("dns_lookup", {"name": "acme.org", "record_type": "PTR"}, "a PTR lookup takes an IP address"),
        ("dns_lookup", {"name": "203.0.113.12"}, "ask for record_type PTR"),
        ("dns_lookup", {"name": "acme.org", "resolver": "4.4.4.4"}, "The DNS server 4.4.4.4 did not answer"),
        ("traceroute", {"target": "partner.example.net"}, "the last to answer was hop 3, 192.0.2.7"),
        ("whois_lookup", {"query": "nope.example"}, "No registration was found for nope.example"),
        (
            "test_quantum_safety",
            {"target": "a.example", "algorithms": ["X25519MLKEM"]},
            "Nearest: X25519MLKEM768",
        ),
        ("test_quantum_safety", {"target": "db-03", "port": 22}, "speaks no TLS on port 22"),
        ("run_nmap", {"target": "10.0.0.0/8", "profile": "ping"}, "scan at most 65,536"),
        ("run_nmap", {"target": "db-03", "profile": "ping", "ports": "22"}, "leave ports out"),
        (
            "add_host",
            {"address": "acme.org", "endpoint": "smtp", "agent_location": "tokyo"},
            "tokyo cannot run smtp",
        ),
        ("add_host", {"address": "a b", "endpoint": "icmp"}, "give a host name, an IP address or a URL"),
        ("get_agents", {"detail": True}, '"detail" is no parameter of it; the nearest is detail_response.'),
    ],
)
async def test_failures_say_cause_and_cure(
    name: str, arguments: dict[str, Any], words: str, bad: Bad
) -> None:
    assert words in await bad(name, **arguments)


async def test_answers_with_several_proper_outcomes_succeed(good: Good) -> None:
    assert "is closed" in (await good("check_port", target="db-03", port=81)).message
    assert "is filtered" in (await good("check_port", target="shop.acme.org", port=22)).message
    assert "is not quantum-safe" in (await good("test_quantum_safety", target="api.acme.org")).message
    assert (
        "has no AAAA record" in (await good("dns_lookup", name="shop.acme.org", record_type="AAAA")).message
    )
