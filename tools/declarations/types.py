"""Types that several tools share, with the limits that their schemas show."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Port = Annotated[int, Field(ge=1, le=65535)]
TimeoutMs = Annotated[int, Field(ge=1, le=120000)]
IntervalS = Annotated[int, Field(ge=5, le=86400)]
Retries = Annotated[int, Field(ge=0, le=10)]
HostId = Annotated[int, Field(ge=1)]
PageNumber = Annotated[int, Field(ge=1)]
PageSize = Annotated[int, Field(ge=1, le=100)]

#: Milliseconds that a check waits where the call names no time.
DEFAULT_TIMEOUT_MS = 10_000
