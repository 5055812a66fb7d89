"""Hosts, URLs and port lists: what is taken and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.formats import parse_host, parse_instant, parse_uri
from tools.ports import parse_ports, port_ranges


@pytest.mark.parametrize(
    "host",
    [
        "db-03",
        "a",
        "shop.acme.org",
        "shop.acme.org.",
        "10.0.0.1",
        "::1",
        "2001:db8::1",
        "_dmarc.acme.org",
        "münchen.de",
        "3com.example",
        "xn--mnchen-3ya.de",
    ],
)
def test_hosts(host: str) -> None:
    assert parse_host(host) == host


@pytest.mark.parametrize(
    "host",
    # Spellings that a resolver turns into 127.0.0.1, and ones that reach a wrapped program's command line.
    [
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "-oX",
        "--script",
        "a,b",
        "a b",
        "a\nb",
        "a\0b",
        "a;b",
        "fe80::1%eth0",
        "fe80::1%;id",
        "a/b",
        "$(id)",
        "",
        ".",
        "..",
        "x" * 64,
        "a." * 130,
    ],
)
def test_not_hosts(host: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_host(host)


@given(st.text(min_size=1, max_size=30))
def test_a_host_never_holds_what_splits_a_command_line(text: str) -> None:
    try:
        parse_host(text)
    except ValueError:
        return
    assert not text.startswith("-")
    assert not set(text) & set(" ,;/\\\n\r\t\0\"'$`|&<>()%")


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://10.0.0.1:8080/x", "https://[::1]/", "HTTPS://A.example/ü"]
)
def test_urls(url: str) -> None:
    assert parse_uri(url) == url


@pytest.mark.parametrize(
    "url",
    ["a.example", "file:///etc/passwd", "https:///x", "http://a:0/", "http://[::1", "http://127.1/", "//a"],
)
def test_not_urls(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_uri(url)


def test_a_moment_without_an_offset_is_utc() -> None:
    assert parse_instant("2026-11-22T14:00:00") == parse_instant("2026-11-22T15:00:00+01:00")


@pytest.mark.parametrize("text", ["٢٠٢٦-11-22T14:00:00Z", "2026-W47-1T00:00", "20261122T140000Z", 5, None])
def test_not_moments(text: object) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|not text"):
        parse_instant(text)


def test_port_lists() -> None:
    assert parse_ports("22, 80,8000-8100") == "22,80,8000-8100"
    assert port_ranges("1-3,9") == [range(1, 4), range(9, 10)]


@pytest.mark.parametrize("text", ["", "0", "65536", "9-3", "22;id", "--script x", "22,", "a", "1-", "٣"])
def test_not_port_lists(text: str) -> None:
    with pytest.raises(ValueError, match="write them as 22,80,8000-8100"):
        parse_ports(text)
