"""The checks that can be asked of an agent: their arguments and outcomes, both ways as JSON values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitoring.agents.messages import Fault
from tools.backend import Checks
from tools.checks.nmap import Nmap
from tools.errors import CheckFailed, NotFound, Refused, ToolError
from tools.records import (
    DnsOutcome,
    HttpMethod,
    HttpOutcome,
    NmapRequest,
    PingOutcome,
    PortOutcome,
    RecordType,
    RouteOutcome,
    ScannedHost,
    ScanProfile,
)

_ERRORS: Final[dict[str, type[ToolError]]] = {
    "CheckFailed": CheckFailed,
    "NotFound": NotFound,
    "Refused": Refused,
}
_LONGEST_FAULT: Final = 2000

Tell = Callable[[int], None]


class _Arguments(BaseModel):
    """What all calls have in common.

    Attributes:
        public: Whether only public addresses may be reached, whatever the agent itself admits: who asks may not
            see the network that the agent stands in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    public: bool = False


class HttpArguments(_Arguments):
    """A page to request."""

    url: str = Field(max_length=4096)
    method: HttpMethod
    timeout_ms: int = Field(ge=1, le=600_000)


class PingArguments(_Arguments):
    """A host to ping."""

    target: str = Field(max_length=300)
    count: int = Field(ge=1, le=100)


class DnsArguments(_Arguments):
    """A question to a DNS server."""

    name: str = Field(max_length=300)
    record_type: RecordType
    resolver: str | None = Field(default=None, max_length=64)


class TraceArguments(_Arguments):
    """A host to follow the path to."""

    target: str = Field(max_length=300)
    max_hops: int = Field(ge=1, le=64)


class PortArguments(_Arguments):
    """A TCP port to try."""

    target: str = Field(max_length=300)
    port: int = Field(ge=1, le=65535)
    timeout_ms: int = Field(ge=1, le=600_000)


class NmapArguments(_Arguments):
    """A scan."""

    target: str = Field(max_length=300)
    profile: ScanProfile
    ports: str | None = Field(default=None, max_length=2000)


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """What a scan found."""

    hosts: tuple[ScannedHost, ...]
    notes: tuple[str, ...] = ()


#: Runs one call on the agent: from its arguments, told the percentage of long ones, to its outcome.
Run = Callable[[Any, Tell], Awaitable[Any]]

#: Arguments and outcome of each check that can be asked of an agent.
CALLS: Final[Mapping[str, tuple[type[_Arguments], TypeAdapter[Any]]]] = {
    "http": (HttpArguments, TypeAdapter(HttpOutcome)),
    "ping": (PingArguments, TypeAdapter(PingOutcome)),
    "dns": (DnsArguments, TypeAdapter(DnsOutcome)),
    "traceroute": (TraceArguments, TypeAdapter(RouteOutcome)),
    "port": (PortArguments, TypeAdapter(PortOutcome)),
    "nmap": (NmapArguments, TypeAdapter(ScanOutcome)),
}


@dataclass(frozen=True, slots=True)
class Means:
    """What an agent checks with, under one reach policy."""

    checks: Checks
    nmap: Nmap


def runners(own: Means, public: Means) -> Mapping[str, Run]:
    """Returns what runs each call on this machine.

    Args:
        own: Under the agent's own policy.
        public: Under the public policy, for calls that ask for it.
    """

    def means(given: _Arguments) -> Means:
        return public if given.public else own

    async def http(given: HttpArguments, tell: Tell) -> HttpOutcome:
        return await means(given).checks.http(given.url, given.method, given.timeout_ms, None)

    async def ping(given: PingArguments, tell: Tell) -> PingOutcome:
        return await means(given).checks.ping(given.target, given.count, None)

    async def lookup(given: DnsArguments, tell: Tell) -> DnsOutcome:
        return await means(given).checks.dns(given.name, given.record_type, given.resolver, None)

    async def trace(given: TraceArguments, tell: Tell) -> RouteOutcome:
        return await means(given).checks.traceroute(given.target, given.max_hops, None)

    async def port(given: PortArguments, tell: Tell) -> PortOutcome:
        return await means(given).checks.port(given.target, given.port, given.timeout_ms, None)

    async def scan(given: NmapArguments, tell: Tell) -> ScanOutcome:
        request = NmapRequest(given.target, given.profile, given.ports, None)
        found = await means(given).nmap.scan(request, tell)
        return ScanOutcome(found.hosts, found.notes)

    made: dict[str, Callable[[Any, Tell], Awaitable[Any]]] = {
        "http": http,
        "ping": ping,
        "dns": lookup,
        "traceroute": trace,
        "port": port,
        "nmap": scan,
    }
    return made


def read_arguments(check: str, values: Mapping[str, Any]) -> Any:
    """Reads the arguments of a call, which came from outside.

    Raises:
        Refused: The check is unknown or an argument is wrong.
    """
    if check not in CALLS:
        raise Refused(f"This agent knows no check {check!r}; update it.")
    try:
        return CALLS[check][0].model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(f"The agent was given a wrong {check} call: {place}: {first['msg']}.") from error


def write_arguments(arguments: BaseModel) -> dict[str, Any]:
    """Makes the arguments of a call JSON values."""
    return arguments.model_dump(mode="json", exclude_none=True)


def write_outcome(check: str, outcome: object) -> dict[str, Any]:
    """Makes an outcome JSON values."""
    return CALLS[check][1].dump_python(outcome, mode="json")


def read_outcome(check: str, values: Mapping[str, Any]) -> Any:
    """Reads an outcome, which came from outside.

    Raises:
        CheckFailed: It is none.
    """
    try:
        return CALLS[check][1].validate_python(values)
    except ValidationError as error:
        raise CheckFailed(
            f"The agent's answer to {check} cannot be read ({error.error_count()} wrong values); update the"
            " agent or the server, so that both have the same version."
        ) from error


def write_fault(error: ToolError) -> Fault:
    """Makes an error that a check foresees a frame's part."""
    name = type(error).__name__
    known: Any = name if name in _ERRORS else "CheckFailed"
    return Fault(kind=known, message=str(error)[:_LONGEST_FAULT], data=error.data)


def read_fault(fault: Fault) -> ToolError:
    """Makes the error again."""
    return _ERRORS[fault.kind](fault.message, fault.data)
