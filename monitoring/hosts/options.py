"""What a host is expected to answer, and thresholds of its own; what is not set follows the configuration."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tools.formats import Ip
from tools.records import HttpMethod, RecordType

_RANGE: Final = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?")


def parse_statuses(text: str) -> str:
    """Checks HTTP status codes such as `200-299,401`, and returns them without spaces.

    Raises:
        ValueError: An item is no code from 100 to 599 and no range of such.
    """
    bare = text.replace(" ", "")
    for item in bare.split(","):
        match = _RANGE.fullmatch(item)
        if match is None or (match[2] and match[1] > match[2]):
            raise ValueError(f"{item!r} is no status code or range; write them as 200-299,401")
    return bare


def status_accepted(statuses: str, status: int) -> bool:
    """Says whether a status code is among codes and ranges such as `200-299,401`."""
    for item in statuses.split(","):
        low, _, high = item.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


_Days = Annotated[int, Field(ge=0, le=3650)]


class HostOptions(BaseModel):
    """How a host is judged.

    Attributes:
        name: What people call it.
        tags: Words to find it by.
        method: HTTP method.
        statuses: Status codes that count as good, `200-299,401`; empty: all below 400.
        keyword: Text that the page must contain; empty: any.
        keyword_absent: The page must not contain it.
        verify_tls: Whether a bad certificate is a failure.
        record_type: Type of the DNS record that must exist.
        resolver: Address of the DNS server to ask.
        upside_down: Whether the host is well when the check fails.
        recovery: Successes in a row before the host counts as up again.
        retry_interval_s: Seconds between the checks that decide whether it is down.
        slow_ms: Response time above which it counts as slow; 0: never.
        certificate_days: Days before its end at which a certificate is warned about.
        remind_s: Seconds after which an open incident is told again; 0: never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=200)] = ""
    tags: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    method: HttpMethod = "GET"
    statuses: Annotated[str, AfterValidator(lambda text: parse_statuses(text) if text else "")] = ""
    keyword: Annotated[str, Field(max_length=1000)] = ""
    keyword_absent: bool = False
    verify_tls: bool = True
    record_type: RecordType = "A"
    resolver: Ip | None = None
    upside_down: bool = False
    recovery: Annotated[int, Field(ge=1, le=10)] | None = None
    retry_interval_s: Annotated[int, Field(ge=1, le=86400)] | None = None
    slow_ms: Annotated[float, Field(ge=0, le=120_000)] | None = None
    certificate_days: tuple[_Days, ...] | None = None
    remind_s: Annotated[int, Field(ge=0, le=30 * 86400)] | None = None

    def stored(self) -> dict[str, object]:
        """Returns what differs from the defaults, as JSON values."""
        return self.model_dump(mode="json", exclude_defaults=True)
