"""A reply of the shipped family that makes a call again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.base import Call, CallArguments, CallStart, DialectEvent, Settings, Text
from providers.dialects.distinct import REPEATED
from providers.dialects.events import merge_adjacent, read_all
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_pieces import write_call
from tools.catalogue import default_registry

TOOLS = default_registry().specs()
HOSTS = ("db-01", "db-02", "db-03")
PIECES = st.lists(
    st.one_of(
        st.sampled_from(HOSTS).map(lambda host: write_call("ping_host", {"target": host})),
        st.sampled_from(("All is well. ", "<tool_call>{nonsense", '<tool_call>{"name":"ping_host"')),
    ),
    max_size=6,
)


def pinged(*hosts: str) -> str:
    return "".join(write_call("ping_host", {"target": host}) for host in hosts)


def events_of(reply: str, size: int = 1000) -> list[DialectEvent]:
    parser = NETMON.parser(TOOLS, Settings())
    return read_all(parser, [reply[at : at + size] for at in range(0, len(reply), size)])


def calls_of(reply: str) -> list[Call]:
    return [event for event in events_of(reply) if isinstance(event, Call)]


def test_a_call_that_is_made_again_is_made_once_and_noted():
    found = calls_of(pinged("db-01", "db-02", "db-02", "db-01"))
    assert [call.call.arguments["target"] for call in found] == ["db-01", "db-02"]
    assert [call.repairs for call in found] == [(), (REPEATED,)]


def test_numbers_have_no_gaps():
    events = events_of(pinged("db-01", "db-01", "db-02"))
    assert [event.index for event in events if isinstance(event, CallStart | CallArguments | Call)] == [
        0,
        0,
        0,
        1,
        1,
        1,
    ]
    assert [event.call.id for event in events if isinstance(event, Call)] == ["call_0", "call_1"]


def test_a_single_call_is_told_of_as_it_comes():
    parser = NETMON.parser(TOOLS, Settings())
    reply = pinged("db-01")
    assert any(isinstance(event, CallStart) for event in parser.feed(reply[:45]))


def test_other_arguments_make_another_call():
    reply = pinged("db-01") + write_call("ping_host", {"target": "db-01", "count": 9})
    assert [call.repairs for call in calls_of(reply)] == [(), ()]


@given(PIECES, st.integers(1, 9))
def test_events_do_not_depend_on_how_a_reply_is_cut(pieces: list[str], size: int):
    reply = "".join(pieces)
    assert events_of(reply, size) == events_of(reply)


@given(PIECES)
def test_nothing_else_is_left_out(pieces: list[str]):
    """Words stay, and every host that is pinged is pinged once."""
    events = merge_adjacent(events_of("".join(pieces)))
    targets = [event.call.arguments.get("target") for event in events if isinstance(event, Call)]
    said = {host for host in HOSTS if any(host in piece for piece in pieces)}
    assert len(set(targets)) == len(targets)
    assert set(targets) - {None} <= said
    if all(piece.startswith('<tool_call>{"name":"ping_host","arguments"') for piece in pieces):
        assert set(targets) == said
        assert not any(isinstance(event, Text) for event in events)
