import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.comparators import comparator, fold_case, ports_key
from tests.evals.support import TOOLSET

HOST = ("check_port", "target")
URI = ("check_http", "url")
IP = ("dns_lookup", "resolver")
EMAIL = ("add_host", "email")
TIME = ("set_maintenance", "start")
PORTS = ("run_nmap", "ports")
NETWORK = ("run_nmap", "target")
ADDRESS = ("add_host", "address")
QUERY = ("whois_lookup", "query")
NAME = ("dns_lookup", "name")
ENUM = ("run_nmap", "profile")
TEXT = ("check_http", "expect_text")
INTEGER = ("check_port", "port")
BOOLEAN = ("edit_host", "enabled")
STRINGS = ("set_maintenance", "addresses")
INTEGERS = ("scan_quantum_ports", "ports")

EQUAL = [
    (HOST, "Example.COM", "example.com"),
    (HOST, "example.com.", "example.com"),
    (HOST, "MÜNCHEN.de", "münchen.de"),
    (HOST, "::1", "0:0:0:0:0:0:0:1"),
    (HOST, "2001:DB8::A", "2001:db8:0:0::a"),
    (HOST, "10.0.0.1", "10.0.0.1."),
    (URI, "HTTPS://Example.com", "https://example.com/"),
    (URI, "https://example.com:443/a", "https://example.com/a"),
    (URI, "http://example.com:80", "http://example.com"),
    (URI, "http://example.com:/x", "http://example.com/x"),
    (URI, "http://example.com/?q=1", "http://example.com?q=1"),
    (URI, "http://[2001:DB8::1]:80/", "http://[2001:db8::1]"),
    (IP, "::ffff:1.2.3.4", "::ffff:102:304"),
    (IP, "8.8.8.8", "8.8.8.8"),
    (EMAIL, "me@Example.COM", "me@example.com"),
    (TIME, "2026-11-23T02:00:00Z", "2026-11-23T02:00:00"),
    (TIME, "2026-11-23T02:00:00Z", "2026-11-23T03:00:00+01:00"),
    (TIME, "2026-11-23T02:00:00.000Z", "2026-11-23 02:00"),
    (TIME, "2026-11-23t02:00:00z", "20261123T020000Z"),
    (TIME, "2026-11-23", "2026-11-23T00:00:00Z"),
    (PORTS, "22,80", "80,22"),
    (PORTS, "22, 80", "80,22,22"),
    (PORTS, "1-3", "1,2,3"),
    (PORTS, "1-100,50-200", "1-200"),
    (PORTS, "-", "1-65535"),
    (PORTS, "60000-", "60000-65535"),
    (NETWORK, "10.0.0.0/8", "10.1.2.3/8"),
    (NETWORK, "2001:DB8::/32", "2001:db8:0::/32"),
    (NETWORK, "Host.lan", "host.lan."),
    (ADDRESS, "HTTPS://Example.com:443", "https://example.com/"),
    (ADDRESS, "0::1", "::1"),
    (QUERY, "Example.Com", "example.com"),
    (NAME, "example.com.", "example.com"),
    (ENUM, " Quick ", "quick"),
    (TEXT, "Welcome ", "Welcome "),
    (INTEGER, 5, 5),
    (BOOLEAN, True, True),
    (STRINGS, ["a", "b"], ["b", "a"]),
    (STRINGS, ["a", "a"], ["a"]),
    (INTEGERS, [443, 8443], [8443, 443]),
]

DIFFERENT = [
    (HOST, "10.0.0.1", "1.0.0.01"),
    (HOST, "10.0.0.1", "10.0.0.01"),
    (HOST, "10.0.0.1", "167772161"),
    (HOST, "10.0.0.1", "::ffff:10.0.0.1"),
    (HOST, "10.0.0.1", "\uff110.0.0.1"),
    (HOST, "example.com..", "example.com"),
    (HOST, " example.com", "example.com"),
    (HOST, "www.example.com", "example.com"),
    (HOST, "https://example.com", "example.com"),
    (HOST, "münchen.de", "xn--mnchen-3ya.de"),
    (HOST, "straße.de", "strasse.de"),
    (HOST, "\u212aube.lan", "kube.lan"),
    (HOST, "10.0.0.0/24", "10.0.0.5/24"),
    (URI, "http://example.com", "https://example.com"),
    (URI, "http://example.com:443", "http://example.com"),
    (URI, "http://example.com/a", "http://example.com/A"),
    (URI, "http://example.com/a", "http://example.com/a/"),
    (URI, "http://example.com/?", "http://example.com/"),
    (URI, "http://example.com/#", "http://example.com/"),
    (URI, "http://example.com/a\tb", "http://example.com/ab"),
    (URI, "http://me@example.com", "http://ME@example.com"),
    (URI, "http://example.com/?q=1&r=2", "http://example.com/?r=2&q=1"),
    (URI, "http://example.com./", "http://example.com/"),
    (URI, "example.com", "EXAMPLE.com"),
    (IP, "8.8.8.8", "8.8.4.4"),
    (IP, "dns.google", "8.8.8.8"),
    (EMAIL, "Me@example.com", "me@example.com"),
    (TIME, "2026-11-23T02:00:00Z", "2026-11-23T02:00:00+01:00"),
    (TIME, "2026-11-23T02:00:00Z", "tomorrow"),
    (TIME, "2026-11-23T02:00:00Z", "2026-11-23T02:00:01Z"),
    (TIME, "2026-11-23T02:00:00Z", "2026-11-23x02:00:00Z"),
    (PORTS, "1-3", "1,3"),
    (PORTS, "80", "T:80"),
    (PORTS, "90-80", "80-90"),
    (PORTS, "80,", "80"),
    (NETWORK, "10.0.0.0/24", "10.0.0.0/25"),
    (NETWORK, "10.0.0.0/24", "10.0.0.0"),
    (NETWORK, "10.0.0.5/32", "10.0.0.5"),
    (NETWORK, "10.0.0.0/24", "10.0.0.0/255.255.255.0"),
    (ADDRESS, "https://example.com", "example.com"),
    (ADDRESS, "https://example.com/A", "https://example.com/a"),
    (ENUM, "quick", "service"),
    (TEXT, "Welcome", "welcome"),
    (TEXT, "Welcome", "Welcome "),
    (INTEGER, 5, 6),
    (BOOLEAN, True, False),
    (STRINGS, ["a"], ["a", "b"]),
    (STRINGS, ["db.lan"], ["DB.lan"]),
    (INTEGERS, [443], [8443]),
]

WRONG_TYPE = [
    (INTEGER, "5"),
    (INTEGER, 5.0),
    (INTEGER, True),
    (INTEGER, None),
    (INTEGER, [5]),
    (BOOLEAN, "true"),
    (BOOLEAN, 1),
    (HOST, 10),
    (HOST, ["example.com"]),
    (STRINGS, "db.lan"),
    (STRINGS, ["db.lan", 1]),
    (STRINGS, {"0": "db.lan"}),
    (INTEGERS, [443.0]),
    (INTEGERS, [True]),
]


def of(where: tuple[str, str]) -> Any:
    return TOOLSET.comparators(where[0])[where[1]]


@pytest.mark.parametrize(("where", "left", "right"), EQUAL)
def test_equal(where: tuple[str, str], left: Any, right: Any) -> None:
    assert of(where).equal(left, right)
    assert of(where).equal(right, left)


@pytest.mark.parametrize(("where", "left", "right"), DIFFERENT)
def test_different(where: tuple[str, str], left: Any, right: Any) -> None:
    assert of(where).fits(left) and of(where).fits(right), "different values, not different types"
    assert not of(where).equal(left, right)
    assert not of(where).equal(right, left)


@pytest.mark.parametrize(("where", "value"), WRONG_TYPE)
def test_wrong_type(where: tuple[str, str], value: Any) -> None:
    assert not of(where).fits(value)
    assert not of(where).equal(value, value)


def test_ports_are_a_list_of_ranges_for_nmap_alone() -> None:
    assert not comparator("other", "ports", {"type": "string"}).equal("80,22", "22,80")


def test_a_format_goes_before_the_parameters_name() -> None:
    # `target` of check_port is a host, so its URLs are plain text; that of run_nmap may be a URL.
    assert not of(HOST).equal("http://a:80/", "http://a/")
    assert of(NETWORK).equal("http://a:80/", "http://a/")


def test_values_without_a_schema_compare_by_json_type() -> None:
    anything = comparator("other", "x", {})
    assert anything.equal({"a": [1, "b"]}, {"a": [1, "b"]})
    assert not anything.equal({"a": 1}, {"a": 1.0})
    assert not anything.equal([1, 2], [2, 1])
    assert not anything.equal(True, 1)
    number = comparator("other", "x", {"type": "number"})
    assert number.equal(5, 5.0)
    assert not number.fits(True)
    assert not number.equal(math.nan, 1.0)


@given(st.sets(st.integers(0, 65535), min_size=1, max_size=40), st.randoms())
def test_port_lists_compare_as_the_sets_that_they_spell(ports: set[int], random: Any) -> None:
    items: list[str] = []
    for port in ports:
        last = port
        while last + 1 in ports and random.random() < 0.5:
            last += 1
        items.append(f"{port}-{last}" if last > port or random.random() < 0.3 else f"{port}")
    random.shuffle(items)
    assert ports_key(",".join(items)) == ports_key(",".join(map(str, sorted(ports))))
    other = ports ^ {random.randrange(65536)}
    if other:
        assert ports_key(",".join(items)) != ports_key(",".join(map(str, other)))


_SNIPPETS = st.lists(
    st.sampled_from(["a", "A", ".", ":", "/", "://", "http", "HTTP", "80", "1", "10.0.0.1", "/8", "?", "#",
                     "@", "[", "]", "-", ",", "::", " ", "T", "Z", "2026-11-23", "é", "ß", "\x00", "%"]),
    max_size=8,
).map("".join)  # fmt: skip


@given(st.sampled_from([HOST, URI, IP, EMAIL, TIME, PORTS, NETWORK, ENUM, TEXT]), _SNIPPETS, _SNIPPETS)
def test_any_text_compares(where: tuple[str, str], left: str, right: str) -> None:
    rule = of(where)
    assert rule.equal(left, left)
    assert rule.equal(left, right) == rule.equal(right, left)
    hash(rule.key(left))


@given(st.text())
def test_folding_case_only_folds_case(text: str) -> None:
    folded = fold_case(text)
    assert fold_case(folded) == folded
    assert len(folded) == len(text)
    assert all(new == old or new.upper() == old for new, old in zip(folded, text, strict=True))
