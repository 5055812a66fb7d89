"""Reads nmap's XML, which holds texts that scanned hosts wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tools.errors import CheckFailed
from tools.records import ScannedHost, ScannedPort

_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_MOST_FINDINGS: Final = 20
_LONGEST: Final = 120
#: Ports whose service the scripts for a whole host look at.
_HOST_SCRIPT_PORTS: Final = (445, 139)


def parse_scan(document: bytes) -> tuple[ScannedHost, ...]:
    """Reads the hosts that are up, with their open ports.

    Raises:
        CheckFailed: It is no XML, was cut short, or holds entities.
    """
    try:
        root: Element = fromstring(document)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CheckFailed(f"nmap's output could not be read: {error}; run the scan again.") from error
    hosts = (_host(element) for element in root.iter("host"))
    return tuple(host for host in hosts if host is not None)


def _host(element: Element) -> ScannedHost | None:
    status = element.find("status")
    if status is None or status.get("state") != "up":
        return None
    addresses = [a.get("addr", "") for a in element.findall("address") if a.get("addrtype") != "mac"]
    if not addresses:
        return None
    names = [name.get("name") for name in element.iter("hostname")]
    ports = tuple(port for found in element.iter("port") if (port := _port(found)) is not None)
    return ScannedHost(addresses[0], names[0] if names else None, _with_host_scripts(element, ports))


def _port(element: Element) -> ScannedPort | None:
    state = element.find("state")
    number = element.get("portid", "")
    if state is None or state.get("state") != "open" or not number.isdigit():
        return None
    service = element.find("service")
    name, version = "unknown", None
    if service is not None:
        name = service.get("name") or name
        version = " ".join(filter(None, (service.get("product"), service.get("version"))))[:_LONGEST] or None
    return ScannedPort(int(number), name, version, _vulnerabilities(element.findall("script")))


def _with_host_scripts(element: Element, ports: tuple[ScannedPort, ...]) -> tuple[ScannedPort, ...]:
    """Adds what scripts for the whole host found to the port that they talked to."""
    found = _vulnerabilities(script for part in element.findall("hostscript") for script in part)
    numbers = [port.port for port in ports]
    owner = next((n for n in (*_HOST_SCRIPT_PORTS, *numbers) if n in numbers), None)
    if not found or owner is None:
        return ports
    return tuple(
        replace(port, vulnerabilities=(*port.vulnerabilities, *found)) if port.port == owner else port
        for port in ports
    )


def _vulnerabilities(scripts: Iterable[Element]) -> tuple[str, ...]:
    """Names what scripts report as vulnerable: by CVE, else by the script's own name."""
    found: list[str] = []
    for script in scripts:
        output = script.get("output", "")
        if "VULNERABLE" not in output.replace("NOT VULNERABLE", ""):
            continue
        found += _CVE.findall(output) or [script.get("id", "unnamed")[:_LONGEST]]
    return tuple(dict.fromkeys(found))[:_MOST_FINDINGS]
