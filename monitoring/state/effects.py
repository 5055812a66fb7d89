"""What follows from a reading, besides the reading itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlertKind = Literal[
    "down", "up", "reminder", "flapping", "steady", "slow", "quick", "certificate", "certificate_renewed"
]


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """An outage; `began` is its first failure, `at` the check that settled it."""

    began: datetime
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """The outage that is open has ended; `ended` is the first success."""

    began: datetime
    ended: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The status is another one than before."""

    at: datetime
    before: str
    after: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class StretchEnded:
    """A stretch in which the host was watched without a gap is over."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """People are to be told.

    Attributes:
        kind: Of what.
        at: When it came up.
        since: What it belongs to, such as the beginning of an incident: the same is told once.
        number: Milliseconds of a slow answer, days left of a certificate, minutes of an incident.
        cause: Why; that of `steady` is None where the host is up.
    """

    kind: AlertKind
    at: datetime
    since: datetime
    number: float = 0
    cause: str | None = None


Effect = IncidentOpened | IncidentClosed | StatusChanged | StretchEnded | Told
