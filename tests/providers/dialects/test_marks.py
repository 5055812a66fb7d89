"""Marks in place of names."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import Call, Message, Settings, ToolCall
from providers.dialects.events import read_all
from providers.dialects.marks import MARKS, Marks, Naming, unmarked
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_grammar import grammar
from providers.dialects.netmon_pieces import write_call
from tools.catalogue import default_registry

TOOLS = default_registry().specs()
NAMES = st.sampled_from(
    (
        *("db-03", "10.0.0.7", "shop.acme.org", "https://acme.org/login", "it@acme.org", "m-81f2"),
        *("2001:db8::7", "8443", "*.lan"),
    )
)
TEXTS = st.lists(st.one_of(st.text(max_size=12), NAMES, st.sampled_from((" ", ", ", " and ")))).map("".join)
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.sampled_from(
            ("name=", "agent=", "address=", "https://", "http://a.", "it@", "db-", "/", "a", "7")
        ),
        st.sampled_from(
            ("\\", "\\n", "\\u0041", '"', "<", ">", "</tool_call>", "\x00", "\x01", "\x1f", "\x7f")
        ),
    )
).map("".join)


def names_of(text: str) -> list[str]:
    marks = Marks()
    marks.read(text)
    return list(marks.names.values())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ping db-03 and 10.0.0.7, not 10.0.0.8.", ["db-03", "10.0.0.7", "10.0.0.8"]),
        ("is https://shop.acme.org/login up?", ["https://shop.acme.org/login", "shop.acme.org"]),
        ("is https://shop.acme.org up?", ["shop.acme.org"]),
        ("hosts 12, 13 and 14", ["12", "13", "14"]),
        ("mail it@acme.org when *.lan falls", ["it@acme.org", "*.lan"]),
        ("2001:db8::7, 10.0.0.0/24", ["2001:db8::7", "10.0.0.0/24"]),
        ("cancel m-81f2; port 8443", ["m-81f2", "8443"]),
        ("id=7 port=22 name=Quito not_after=soon", ["7", "22", "Quito"]),
        (r"name=a\tb agent=x<br> address=y</tool_call>", ["a", "x", "y"]),
        ("https://acme.org/a\x01b", ["https://acme.org/a", "acme.org"]),
        ("every 30 seconds, 50 % loss, 2026-11-25 14:00, 24.11.2026, 10 am, 1st, 90d", []),
        ("nothing here has a name", []),
    ],
)
def test_names_get_marks_and_other_words_none(text: str, names: list[str]):
    assert names_of(text) == names


@given(HOSTILE)
def test_names_mean_the_same_within_json_and_open_or_close_nothing(text: str):
    for name in names_of(unmarked(text)):
        assert json.loads(f'"{name}"', strict=True) == name
        assert "<" not in name and ">" not in name


@given(st.lists(TEXTS, max_size=4))
def test_marks_only_stand_before_what_was_said(texts: list[str]):
    marks = Marks()
    for text in texts:
        plain = unmarked(text)
        assert unmarked(marks.read(plain)) == plain
    assert len(set(marks.names.values())) == len(marks.names) <= len(MARKS)


@given(TEXTS, st.lists(NAMES, min_size=1, max_size=3))
def test_calls_and_words_mean_the_same_with_marks(text: str, names: list[str]):
    marks = Marks()
    marks.read(unmarked(text))
    call = write_call("ping_host", {"target": names[0], "locations": names, "host_id": 12})
    for written in (marks.called(call), marks.said(" ".join(names))):
        whole = written.translate(str.maketrans(dict(marks.names)))
        assert whole in (call, " ".join(names))


@given(st.integers(min_value=1, max_value=9))
def test_a_reply_is_read_with_names_in_place_of_marks(size: int):
    messages = [Message("user", "is port 8443 open on https://shop.acme.org?")]
    names = NETMON.render(messages, TOOLS, Settings()).names
    by_name = {name: mark for mark, name in names.items()}
    reply = (
        '<tool_call>{"name":"check_port","arguments":{"target":"'
        f'{by_name["shop.acme.org"]}","port":{by_name["8443"]}}}}}</tool_call>'
    )
    parser = Naming(NETMON.parser(TOOLS, Settings()), names)
    found = read_all(parser, [reply[at : at + size] for at in range(0, len(reply), size)])
    calls = [event for event in found if isinstance(event, Call)]
    assert [call.call.arguments for call in calls] == [{"target": "shop.acme.org", "port": 8443}]


def test_a_mark_of_no_name_says_nothing():
    parser = Naming(NETMON.parser(TOOLS, Settings()), {})
    assert [event for event in read_all(parser, [f"a{MARKS[3]}b"]) if isinstance(event, Call)] == []


def test_a_conversation_is_written_with_marks():
    messages = [
        Message("user", f"ping db-03{MARKS[5]}"),
        Message("assistant", "", tool_calls=(ToolCall("1", "ping_host", {"target": "db-03"}),)),
        Message("tool", '{"message":"db-03 answered","data":{"ms":3}}', tool_call_id="1"),
        Message("assistant", "db-03 answered"),
        Message("user", "and db-04?"),
    ]
    prompt = NETMON.render(messages, TOOLS, Settings())
    assert prompt.names == {MARKS[0]: "db-03", MARKS[1]: "db-04"}
    assert f"ping {MARKS[0]}db-03\x02" in prompt.rest
    assert f'"target":"{MARKS[0]}"' in prompt.rest
    assert f"\x02{MARKS[0]} answered\x00" in prompt.rest
    assert f"and {MARKS[1]}db-04?" in prompt.rest


def test_more_names_than_marks_leave_the_rest_as_they_are():
    text = " ".join(f"db-{number}" for number in range(40))
    marks = Marks()
    assert unmarked(marks.read(text)) == text
    assert len(marks.names) == len(MARKS)


def test_what_users_type_is_no_mark_to_copy():
    written = grammar(TOOLS, [Message("user", f"ping {MARKS[7]}x")], copy=True, names={MARKS[0]: "db-03"})
    assert json.dumps(MARKS[7])[1:-1] not in written
    assert json.dumps(MARKS[0])[1:-1] in written


def test_numbers_within_texts_of_calls_stay():
    marks = Marks()
    marks.read("ports 80 and 443 of db-03")
    call = write_call("run_nmap", {"target": "db-03", "ports": "22,80,443"})
    other = write_call("check_port", {"target": 'a",80,"', "port": 443})
    assert marks.called(call) == call.replace("db-03", MARKS[2])
    assert marks.called(other) == other.replace('"port":443', f'"port":{MARKS[1]}')


@pytest.mark.parametrize(
    "piece", ["1", "a", "a-", "1.", "a@", "a.", ":", "1:", "10.", "*", "name=-", "http://a."]
)
def test_one_long_word_is_read_at_once(piece: str):
    # A word of 200,000 characters took minutes where time grew with its square.
    began = time.perf_counter()
    Marks().read(piece * (200_000 // len(piece)))
    assert time.perf_counter() - began < 10
