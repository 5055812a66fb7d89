"""The YAML file that describes a simulated network, checked word by word.

Moments are offsets from the start of the simulation, such as `-3h20m` or `69d`, so that a world never ages.
"""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tools.formats import parse_address, parse_network
from tools.plans import PLANS
from tools.records import Endpoint, RecordType, ScanProfile, StartTls

_OFFSET = re.compile(r"(?P<sign>[+-]?)(?P<parts>(?:\d+(?:\.\d+)?[wdhms])+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class WorldError(Exception):
    """A world file that cannot be used; the message names file, place and cause."""


def parse_offset(value: object) -> timedelta:
    """Reads `-3h20m`, `69d` or `0`.

    Raises:
        ValueError: It is no such offset.
    """
    if value == 0:
        return timedelta(0)
    match = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write an offset from the start as -3h20m, 69d or 0")
    amounts = {_UNITS[unit]: float(amount) for amount, unit in _PART.findall(match["parts"])}
    span = timedelta(**amounts)
    return -span if match["sign"] == "-" else span


Offset = Annotated[timedelta, BeforeValidator(parse_offset)]
Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
Percent = Annotated[float, Field(ge=0, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(_Part):
    """What a web server gives for one path; with `redirect`, a status of 3xx."""

    status: Annotated[int, Field(ge=100, le=599)] = 200
    ms: Annotated[float, Field(gt=0)] = 120.0
    title: str | None = None
    body: str = ""
    redirect: str | None = None


class Tls(_Part):
    """How a port speaks TLS; the certificate covers `names`."""

    names: Annotated[list[Name], Field(min_length=1)]
    issuer: Name
    valid_from: Offset = timedelta(days=-30)
    valid_until: Offset
    trusted: bool = True
    problem: str | None = None
    protocols: list[Name] = ["TLSv1.2", "TLSv1.3"]
    groups: list[Name] = ["X25519"]
    starttls: StartTls | None = None


class OpenPort(_Part):
    """A port that answers, or that swallows what is sent to it (`filtered`)."""

    service: Name
    product: str | None = None
    filtered: bool = False
    tls: Tls | None = None
    server: str | None = None
    pages: dict[str, Page] = {}
    vulnerabilities: list[Name] = []


class Machine(_Part):
    """A host of the network; ports that are not listed are closed, or filtered behind a firewall."""

    name: Name
    aliases: list[Name] = []
    addresses: Annotated[list[Name], Field(min_length=1)]
    internal: bool = False
    up: bool = True
    answers_ping: bool = True
    firewall: bool = False
    latency_ms: Annotated[float, Field(gt=0)]
    jitter_ms: Annotated[float, Field(ge=0)] = 0.5
    loss_pct: Percent = 0.0
    path: list[Name] = []
    path_ends_at: Annotated[int, Field(ge=1)] | None = None
    ports: dict[PortNumber, OpenPort] = {}


class Zone(_Part):
    """The records of one DNS name, beside the addresses of machines; `internal` ones are not public."""

    ttl_s: Count = 300
    internal: bool = False
    records: dict[RecordType, list[Name]] = {}


class Resolver(_Part):
    """A public DNS server; `stale` names give other records than the world's."""

    name: Name
    stale: dict[str, Zone] = {}


class Registration(_Part):
    """What whois tells of a domain, or of a network in CIDR form."""

    registrar: Name
    owner: str | None = None
    created: Offset | None = None
    expires: Offset | None = None
    name_servers: list[Name] = []


class ProbeAgent(_Part):
    """A place that checks run from; `internal` ones see internal hosts."""

    name: Name
    city: Name
    country: Name
    online: bool = True
    internal: bool = False
    extra_ms: Annotated[float, Field(ge=0)] = 0.0
    load_pct: Annotated[int, Field(ge=0, le=100)] = 10
    last_contact: Offset = timedelta(seconds=-5)
    abilities: list[Endpoint] = ["icmp", "http", "https", "httphtml", "dns", "smtp", "tcp", "quantum"]
    version: Name = "1.0"


class AccountSheet(_Part):
    """The account in use; `plan` is a name of `tools.plans`."""

    logged_in: bool = True
    email: str | None = None
    plan: Name = "Standard"
    tokens: Count
    usage: list[Count] = []


class Outage(_Part):
    """A time in which a monitored host was down; without `ended` it still is."""

    began: Offset
    ended: Offset | None = None
    cause: Name


class Window(_Part):
    """A maintenance window of a monitored host."""

    start: Offset
    end: Offset


class Monitor(_Part):
    """A monitored host and its past."""

    id: Annotated[int, Field(ge=1)]
    address: Name
    endpoint: Endpoint
    port: PortNumber | None = None
    timeout_ms: Annotated[int, Field(ge=1, le=120000)] = 10000
    interval_s: Annotated[int, Field(ge=5, le=86400)] = 60
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    enabled: bool = True
    paused_since: Offset = timedelta(days=-1)
    email: str | None = None
    agent_location: str | None = None
    alert: bool = False
    since: Offset = timedelta(days=-120)
    response_ms: Annotated[float, Field(gt=0)] | None = None
    outages: list[Outage] = []
    maintenance: list[Window] = []


class OldJob(_Part):
    """An nmap job that was started before the simulation."""

    message_id: Name
    target: Name
    profile: ScanProfile
    started: Offset
    cancelled: bool = False


class World(_Part):
    """A whole simulated network."""

    name: Name
    seed: int = 1
    agents: Annotated[list[ProbeAgent], Field(min_length=1)]
    account: AccountSheet
    machines: list[Machine] = []
    dns: dict[str, Zone] = {}
    resolvers: dict[str, Resolver] = {}
    whois: dict[str, Registration] = {}
    monitors: list[Monitor] = []
    jobs: list[OldJob] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("agents", [agent.name.casefold() for agent in self.agents])
        _unique("machines", [n.casefold() for m in self.machines for n in (m.name, *m.aliases)])
        _unique("monitors", [monitor.id for monitor in self.monitors])
        _unique("jobs", [job.message_id for job in self.jobs])
        known = {agent.name for agent in self.agents}
        for monitor in self.monitors:
            if monitor.agent_location is not None and monitor.agent_location not in known:
                raise ValueError(f"monitor {monitor.id}: there is no agent {monitor.agent_location}")
        addresses = [(f"machine {m.name}", text) for m in self.machines for text in m.addresses]
        for where, text in [*addresses, *(("resolvers", key) for key in self.resolvers)]:
            if parse_address(text) is None:
                raise ValueError(f"{where}: {text} is no IP address")
        for key in self.whois:
            if "/" in key and parse_network(key) is None:
                raise ValueError(f"whois: {key} is no network in CIDR form")
        if self.account.plan not in PLANS:
            raise ValueError(f"account.plan is {self.account.plan}; the plans are {', '.join(PLANS)}")
        return self


def _unique(what: str, values: list[Any]) -> None:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise ValueError(f"{what}: {', '.join(sorted(map(str, twice)))} occurs twice")


def load_world(path: Path | None = None) -> World:
    """Reads a world file, the default one if none is named.

    Raises:
        WorldError: It cannot be read, is no YAML, or does not describe a world.
    """
    shown = str(path) if path else "the default world"
    try:
        text = (path or files("tools").joinpath("worlds", "default.yaml")).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{shown} cannot be read: {error}") from error
    try:
        return World.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise WorldError(f"{shown} is not YAML: {error}") from error
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in item['loc']) or 'the file'}: {item['msg']}"
            for item in error.errors()[:10]
        ]
        raise WorldError(f"{shown} does not describe a world: {'; '.join(problems)}") from error
