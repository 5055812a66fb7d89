"""Names that users leave half unsaid are written out, and nothing else is touched."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import Message, Settings, ToolCall
from providers.dialects.marks import MARKS
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_pieces import read_texts
from providers.dialects.unsaid import completed
from tests.providers.dialects.unsaid_cases import HALF_SAID, WHOLE

_PIECES = st.lists(
    st.sampled_from((
        "web-07", ".acme.net", "web-17", " ", ".7", "10.0.0.7", "/login", "https://", "not ", "8", "7", ", ", "\n",
        "é", ".com", ".co", ".uk", ":", "-", "a", "instead of the ", "number ", "@", "*", "\\", "١", "x.y.z.org",
    )),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(("before", "said", "expected"), HALF_SAID)
def test_what_is_half_said_is_written_out(before: str, said: str, expected: str) -> None:
    assert completed(said, [before], [before]) == expected


@pytest.mark.parametrize(("before", "said"), WHOLE)
def test_what_is_whole_or_unknown_stays(before: str, said: str) -> None:
    assert completed(said, [before], [before]) == said


def test_a_path_belongs_to_a_page_that_was_asked_for() -> None:
    page, other = "https://shop.acme.org", "redirects to https://cdn.example.net"
    assert completed("try /login", [page, other], [page]) == "try https://shop.acme.org/login"
    assert completed("try /login", [other], []) == "try /login"


@given(_PIECES, st.lists(_PIECES, max_size=4))
def test_only_names_are_added(said: str, before: list[str]) -> None:
    full = completed(said, before, before)
    assert completed(said, [], []) == said
    assert len(full) >= len(said) or "0" in said
    # Every word that is not a name stays, in order.
    words = iter(full)
    assert all(mark in words for mark in said if mark in " \n,é@*\\")


def test_time_is_proportional() -> None:
    def seconds(count: int) -> float:
        said = "web-17 .7 /login 8, not 7 a-a-a-a- .com .... " * count
        begun = time.perf_counter()
        completed(said, ["web-07.acme.net https://x.org 10.0.0.7 " * count], ["https://x.org " * count])
        return time.perf_counter() - begun

    assert min(seconds(4000) for _ in range(3)) < 8 * min(seconds(1000) for _ in range(3)) + 0.05


def test_a_conversation_is_shown_with_whole_names() -> None:
    messages = (
        Message("system", "say db-9.acme.net"),
        Message("user", "ping web-07.acme.net"),
        Message("assistant", None, (ToolCall("1", "ping_host", {"target": "web-07.acme.net"}),)),
        Message("tool", '{"next": "cam-1.lab.org"}', tool_call_id="1"),
        Message("user", "and web-17, cam-2, db-9?"),
    )
    assert read_texts(messages)[-1] == "and web-17.acme.net, cam-2.lab.org, db-9?"
    assert NETMON.render(messages, (), Settings()).rest.endswith(
        f"and {MARKS[2]}web-17.acme.net, {MARKS[3]}cam-2.lab.org, {MARKS[4]}db-9?\x02"
    )
