"""The nmap check: real scans of own sockets, and hostile targets that never reach the program."""

from __future__ import annotations

import asyncio
import random
import shutil
import stat
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.checks.loopback import Serve
from tools.checks.nmap import Nmap, nmap_arguments
from tools.checks.nmap_xml import parse_scan
from tools.checks.process import Finished
from tools.checks.targets import ScanTarget, safe_text
from tools.errors import CheckFailed, Refused, ToolError
from tools.formats import parse_address
from tools.policy import Address, operator_policy, public_policy
from tools.records import NmapRequest, ScanProfile
from tools.resolve import Resolver, unresolved

_LOOPBACK = operator_policy(["127.0.0.0/8", "::1"])
_EMPTY = b"<nmaprun></nmaprun>"
_FUZZED = 200_000


async def _lookup(host: str) -> Sequence[Address]:
    if host != "localhost":
        raise unresolved(host)
    return [ip_address("127.0.0.1")]


async def _resolve(host: str) -> str:
    return str((await Resolver(_LOOPBACK, _lookup).find(host)).address)


def _nmap(raw: bool | None = None, program: str = "nmap") -> Nmap:
    choice = None if raw is None else (lambda: raw)
    return Nmap(_resolve, _LOOPBACK.admit, program=program, raw=choice)


def _request(target: str, profile: ScanProfile = "quick", ports: str | None = None) -> NmapRequest:
    return NmapRequest(target, profile, ports, None)


def test_nmap_is_installed() -> None:
    assert shutil.which("nmap"), "these tests need Debian's nmap: apt-get install nmap"


@pytest.mark.parametrize("raw", [None, False])
async def test_ping_finds_this_machine(raw: bool | None) -> None:
    scan = await _nmap(raw).scan(_request("127.0.0.1", "ping"))
    assert [host.address for host in scan.hosts] == ["127.0.0.1"]
    assert any("-sT" in note for note in scan.notes) == (raw is False)


async def test_a_network_is_scanned_whole() -> None:
    scan = await _nmap().scan(_request("127.0.0.0/30", "ping"))
    assert scan.addresses == 4
    assert {"127.0.0.1", "127.0.0.2"} <= {host.address for host in scan.hosts}


@pytest.mark.parametrize("raw", [None, False])
async def test_quick_finds_just_the_open_ports(serve: Serve, raw: bool | None) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    first, second = await serve(hold), await serve(hold)
    ports = f"{first.port},{second.port},1"
    scan = await _nmap(raw).scan(_request("127.0.0.1", "quick", ports))
    assert [port.port for port in scan.hosts[0].ports] == sorted([first.port, second.port])


async def test_ipv6_is_scanned_too(serve: Serve) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve(hold, hosts=("::1",))
    scan = await _nmap().scan(_request("::1", "quick", str(server.port)))
    assert [(host.address, [port.port for port in host.ports]) for host in scan.hosts] == [
        ("::1", [server.port])
    ]


async def test_service_reads_the_version(serve: Serve) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
        await reader.read()

    server = await serve(greet)
    percents: list[int] = []
    scan = await _nmap().scan(_request("127.0.0.1", "service", str(server.port)), percents.append)
    port = scan.hosts[0].ports[0]
    assert (port.port, port.service) == (server.port, "ssh")
    assert port.version and port.version.startswith("OpenSSH 9.2p1")
    assert all(0 <= percent <= 99 for percent in percents)


async def test_a_cancelled_scan_leaves_no_process(serve: Serve) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve(hold)
    task = asyncio.create_task(_nmap().scan(_request("127.0.0.1", "service", str(server.port))))
    for _ in range(500):
        await asyncio.sleep(0.05)
        if _scans_of(server.port):
            break
    began = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - began < 2
    assert _scans_of(server.port) == []


def _scans_of(port: int) -> list[str]:
    """Process ids of nmap processes that scan this port."""
    wanted = f"\0-p\0{port}\0".encode()
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
    return found


async def test_a_missing_program_says_how_to_get_it() -> None:
    with pytest.raises(CheckFailed, match=r"no-such-nmap is not installed.*apt-get install nmap"):
        await _nmap(program="no-such-nmap").scan(_request("127.0.0.1"))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("-iL", "begins with a hyphen"),
        ("--script=x", "begins with a hyphen"),
        ("127.0.0.1,--script,http-open-proxy", "the character ','"),
        ("127.0.0.1 -oN", "the character ' '"),
        ("127.0.0.1\n", "the character"),
        ("127.0.0.1\0", "the character"),
        ("127.0.0.1\u2028", "the character"),
        ("", "nothing"),
        ("127.0.0.*", "each part"),
        ("0.0.0.0/0", "at most 65,536"),
        ("::/0", "at most 65,536"),
        ("10.0.0.1", "private"),
        ("169.254.169.254", "metadata"),
        ("::ffff:10.0.0.1", "private"),
        ("0177.0.0.1", "write the address plainly|is none"),
        ("2130706433", "is none|plainly"),
    ],
)
async def test_bad_targets_are_refused_before_a_process_starts(target: str, reason: str) -> None:
    started: list[list[str]] = []
    nmap = Nmap(_resolve, _LOOPBACK.admit, run=_recorder(started), raw=lambda: True)
    with pytest.raises(Refused, match=reason):
        await nmap.scan(_request(target))
    assert started == []


async def test_a_network_with_one_forbidden_address_is_refused() -> None:
    nmap = Nmap(_resolve, public_policy().admit, run=_recorder([]), raw=lambda: True)
    # 192.88.98.0 is public, and 192.88.99.0, the other half of this, belongs to 6to4 relays.
    with pytest.raises(Refused, match="6to4 relay"):
        await nmap.scan(_request("192.88.98.0/23"))


def _recorder(started: list[list[str]]) -> Callable[..., object]:
    async def run(arguments: list[str], deadline_s: float, *, on_output: object) -> Finished:
        started.append(arguments)
        return Finished(0, _EMPTY, b"")

    return run


@pytest.mark.parametrize("ports", ["0", "70000", "22;ls", "-p-", "22 --script x", "٢٢", "T:22", "", "1-"])
async def test_bad_port_lists_are_refused(ports: str) -> None:
    started: list[list[str]] = []
    nmap = Nmap(_resolve, _LOOPBACK.admit, run=_recorder(started), raw=lambda: True)
    with pytest.raises(Refused, match="no port or range"):
        await nmap.scan(_request("127.0.0.1", "quick", ports))
    assert started == []


_PIECES = [
    *"-,\n\r\0 \t;|&$`'\"<>()[]{}*?!#~%^=+@:/\\._",
    *(
        "--",
        "-oN",
        "-iL",
        "--script",
        "-sU",
        "127.0.0.1",
        "::1",
        "localhost",
        "10.0.0.1",
        "/30",
        "/8",
        "0x7f",
        "a",
    ),
    *(
        "example.org",
        "xn--",
        "1",
        "255",
        "-",
        "\u2028",
        "\u202e",
        "\uff0d",
        "\u2010",
        "\ud800",
        "①",
        "。",
        "ß",
        "\x1b[",
    ),
]


def _hostile(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.25:
        return "".join(chr(dice.randrange(0x250)) for _ in range(dice.randrange(1, 12)))
    if kind < 0.3:
        tail = dice.choice(["", "/127", "%lo", ",::2", " -6"])
        return dice.choice(["::1", "2001:db8::7", "::ffff:7f00:1"]) + tail
    if kind < 0.4:
        return f"127.0.0.{dice.randrange(300)}{dice.choice(['', '/30', '/32', ',', ' ', '-9'])}"
    return "".join(dice.choice(_PIECES) for _ in range(dice.randrange(1, 6)))


async def test_200_000_fuzzed_targets_never_change_the_arguments_shape(
    record_property: Callable[[str, object], None],
) -> None:
    """Whatever was asked for, the target is one argument, the last, and an address or network."""

    async def resolve(host: str) -> str:
        return str(parse_address(host) or "127.0.0.1")

    started: list[list[str]] = []
    nmap = Nmap(
        resolve, lambda address, asked: address, program="true", run=_recorder(started), raw=lambda: True
    )
    dice = random.Random(20261122)
    profiles: list[ScanProfile] = ["ping", "quick", "service", "vuln"]
    shapes: dict[tuple[str, int, bool], list[str]] = {}
    reached = 0
    for number in range(_FUZZED):
        profile, target = profiles[number % 4], _hostile(dice)
        started.clear()
        try:
            await nmap.scan(_request(target, profile))
        except ToolError:
            assert started == []
            continue
        assert safe_text(target) == target and target[0] != "-"
        for arguments in started:
            reached += 1
            last = arguments[-1]
            network = ip_network(last) if "/" in last else ip_network(ip_address(last))
            probes = "-Pn" not in arguments
            shape = shapes.setdefault((profile, network.version, probes), arguments[:-1])
            assert arguments[:-1] == shape and shape[-1] == "--"
    assert reached > 10_000, "the fuzz must also hold targets that are scanned"
    # IPv4 and IPv6 for each profile, and once more with -Pn where the stand-in found no host.
    assert len(shapes) == 14
    record_property("Argument lists: fuzzed targets", _FUZZED)


async def test_a_real_program_gets_the_target_as_one_argument(tmp_path: Path) -> None:
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >> {tmp_path}/seen\necho '<nmaprun></nmaprun>'\n"
    )
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    nmap = _nmap(True, str(stand_in))
    dice = random.Random(7)
    runs = 0
    for _ in range(300):
        try:
            await nmap.scan(_request(_hostile(dice), "ping"))
            runs += 1
        except ToolError:
            continue
    lines = (tmp_path / "seen").read_text().splitlines()
    seen: list[list[str]] = []
    while lines:
        size = int(lines[0])
        seen.append(lines[1 : size + 1])
        del lines[: size + 1]
    assert len(seen) == runs > 0
    for arguments in seen:
        assert arguments[-2] == "--" and _LOOPBACK.admit(ip_network(arguments[-1])[0], "it")
        assert [a for a in arguments if a != "-6"][:-1] == [a for a in seen[0] if a != "-6"][:-1]


async def test_a_host_that_answers_no_probe_is_scanned_with_pn(tmp_path: Path) -> None:
    scans: list[list[str]] = []

    async def run(arguments: list[str], deadline_s: float, *, on_output: object) -> Finished:
        scans.append(arguments)
        found = b'<host><status state="up"/><address addr="127.0.0.1" addrtype="ipv4"/><ports>'
        found += b'<port portid="80"><state state="open"/></port></ports></host>'
        return Finished(0, b"<nmaprun>" + (found if "-Pn" in arguments else b"") + b"</nmaprun>", b"")

    scan = await Nmap(_resolve, _LOOPBACK.admit, run=run, raw=lambda: True).scan(_request("127.0.0.1"))
    assert ["-Pn" in arguments for arguments in scans] == [False, True]
    assert scan.hosts[0].ports[0].port == 80
    assert scan.notes == ("127.0.0.1 answers no ping; nmap scanned it all the same (-Pn).",)


async def test_missing_rights_lead_to_whole_connections() -> None:
    scans: list[list[str]] = []

    async def run(arguments: list[str], deadline_s: float, *, on_output: object) -> Finished:
        scans.append(arguments)
        if "-sS" in arguments:
            return Finished(1, b"", b"You requested a scan type which requires root privileges.\nQUITTING!\n")
        return Finished(0, _EMPTY, b"")

    scan = await Nmap(_resolve, _LOOPBACK.admit, run=run, raw=lambda: True).scan(_request("127.0.0.1"))
    assert ["-sT" in arguments for arguments in scans] == [False, True, True]
    assert "whole TCP connections" in scan.notes[0]


def test_the_four_profiles() -> None:
    target = ScanTarget("192.0.2.1", 4, 1)

    def options(profile: ScanProfile, ports: str | None = None) -> list[str]:
        return nmap_arguments("nmap", target, profile, ports, raw=True, probe_first=True)[8:-2]

    assert options("ping") == ["-sn"]
    assert options("quick") == ["-sS", "-F"]
    assert options("quick", "22, 80-90") == ["-sS", "-p", "22,80-90"]
    assert options("service") == ["-sS", "-sV"]
    without = "(dos or broadcast or external or http-slowloris-check)"
    assert options("vuln") == ["-sS", "-sV", "--script", f"vuln and not {without}"]


def test_findings_of_scripts_are_named_by_cve() -> None:
    document = b"""<nmaprun><host><status state="up"/><address addr="192.0.2.1" addrtype="ipv4"/>
    <address addr="02:00:00:00:00:01" addrtype="mac"/><ports><port portid="443"><state state="open"/>
    <service name="https" product="nginx" version="1.18"/>
    <script id="ssl-poodle" output="VULNERABLE: CVE-2014-3566 and again CVE-2014-3566"/>
    <script id="http-odd" output="State: VULNERABLE"/>
    <script id="fine" output="NOT VULNERABLE: CVE-2000-0001"/>
    </port><port portid="80"><state state="filtered"/></port></ports>
    <hostscript><script id="smb-vuln" output="VULNERABLE CVE-2017-0143"/></hostscript></host>
    <host><status state="down"/><address addr="192.0.2.2" addrtype="ipv4"/></host></nmaprun>"""
    (host,) = parse_scan(document)
    assert (host.address, host.name) == ("192.0.2.1", None)
    assert [(port.port, port.version) for port in host.ports] == [(443, "nginx 1.18")]
    assert host.ports[0].vulnerabilities == ("CVE-2014-3566", "http-odd", "CVE-2017-0143")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<nmaprun><host>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
    ],
)
def test_output_that_cannot_be_read_is_an_error(document: bytes) -> None:
    with pytest.raises(CheckFailed, match="could not be read"):
        parse_scan(document)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_damaged_output_never_breaks_the_parser(noise: bytes, place: int) -> None:
    good = (
        b'<nmaprun><host><status state="up"/><address addr="192.0.2.1"/><ports><port portid="1"><state state='
    )
    good += b'"open"/><service name="x"/><script id="y" output="VULNERABLE"/></port></ports></host></nmaprun>'
    try:
        parse_scan(good[:place] + noise + good[place:])
    except CheckFailed as error:
        assert "could not be read" in str(error)
