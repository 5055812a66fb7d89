from __future__ import annotations

from datetime import UTC, datetime

import pytest

from providers.base import Call, CallArguments, Settings, ToolSpec
from providers.dialects.events import read_all
from providers.dialects.registry import dialect

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOOLS = (
    ToolSpec(
        "set_maintenance",
        "",
        {
            "type": "object",
            "properties": {
                "addresses": {"type": "array", "items": {"type": "string"}},
                "start": {"type": "string", "format": "date-time"},
                "duration_min": {"type": "integer"},
            },
        },
    ),
    ToolSpec("ping_host", "", {"type": "object", "properties": {"timeout_ms": {"type": "integer"}}}),
)


def call(arguments: str, name: str = "set_maintenance") -> Call:
    reply = f'<tool_call>{{"name":"{name}","arguments":{{{arguments}}}}}</tool_call>\x00'
    parser = dialect("netmon").parser(TOOLS, Settings(now=NOW))
    events = read_all(parser, reply)
    assert CallArguments(0, f"{{{arguments}}}") in events
    (found,) = (e for e in events if isinstance(e, Call))
    return found


def test_times_become_what_the_tools_take() -> None:
    found = call('"addresses":["db-03"],"start":"tomorrow 02:00","duration_min":"2h"')
    assert found.call.arguments == {
        "addresses": ["db-03"],
        "start": "2026-11-23T02:00:00Z",
        "duration_min": 120,
    }
    assert found.repairs == ()
    assert call('"timeout_ms":"5s"', "ping_host").call.arguments == {"timeout_ms": 5000}


def test_what_is_no_time_is_left_for_validation() -> None:
    assert call('"start":"whenever"').call.arguments == {"start": "whenever"}
    assert call('"timeout_ms":"5s"', "unknown").call.arguments == {"timeout_ms": "5s"}


@pytest.mark.parametrize("start", ["+999999999w", "-999999999d", "0001-01-01T00:00:00+14:00"])
def test_times_beyond_the_calendar_are_left_for_validation(start: str) -> None:
    assert call(f'"start":"{start}"').call.arguments == {"start": start}
