"""Values that requests bring, checked: lengths, characters, ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

# What may stand before and behind the @ of an address; mail servers are stricter.
_WORD = r"[^@\s\x00-\x1f\x7f]"
#: Characters of what a person says at most.
MOST_CHARS = 10_000
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("the NUL character cannot be stored")
    return text


def _spoken(text: str) -> str:
    if not text.strip():
        raise ValueError("say something")
    return _storable(text)


def _in_range(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("give the time with its zone, such as 2026-11-23T12:00:00Z")
    if not _FIRST <= moment <= _LAST:
        raise ValueError("the time must lie between 2000 and 2100")
    return moment


class Form(BaseModel):
    """What a request's body may hold; nothing else may be in it."""

    model_config = ConfigDict(extra="forbid")


Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="An id of 32 hexadecimal digits.")]
# Neither 0 nor "no" is a truth value, and no truth value is a number.
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[int, Path(ge=1, le=2**53, description="A number, from 1.")]
Spoken = Annotated[str, Field(min_length=1, max_length=MOST_CHARS), AfterValidator(_spoken)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_storable)
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=rf"^{_WORD}{{1,64}}@{_WORD}+\.{_WORD}+$"
    ),
]
Password = Annotated[str, Field(min_length=10, max_length=256)]
When = Annotated[datetime, AfterValidator(_in_range)]
