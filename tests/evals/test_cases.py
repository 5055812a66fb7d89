import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import SuiteError, load_suite, suite_names
from providers.base import Message, ToolCall
from tests.evals.support import EXAMPLES, entries, line_of, write_suite

PING = ("ping_host", {"target": ["gw1.lan"]})
HISTORY = [
    {"role": "user", "content": "scan it"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "ping_host", "arguments": {"target": "a"}}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "{}"},
]


def problems_of(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    for problem in caught.value.problems:
        assert f"{path}:{problem.line}: {problem.key}" in str(caught.value)
    return [(problem.line, problem.key, problem.message) for problem in caught.value.problems]


def test_the_published_examples_load() -> None:
    suite = load_suite(str(EXAMPLES))
    assert len(suite.cases) == 14
    assert suite.name == "cases.example"
    scan = suite.cases[10]
    assert scan.messages[1] == Message(
        "assistant",
        None,
        (ToolCall("c1", "run_nmap", {"target": "192.168.1.0/24", "profile": "ping"}),),
    )
    assert scan.messages[2].tool_call_id == "c1"
    assert len(scan.tools) == 25
    assert scan.accepted[0][0].arguments["message_id"].acceptable == ("m-81f2",)
    port = suite.cases[0].accepted[0][0].arguments["port"]
    assert port.optional and port.acceptable == (443,)
    assert suite.cases[11].now == datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", suite_names())
def test_shipped_suites_load_by_name(name: str) -> None:
    assert load_suite(name).cases


def test_optional_keys(tmp_path: Path) -> None:
    line = line_of(
        messages=[*HISTORY, {"role": "user", "content": "again"}],
        now="2026-11-22T13:30:00+01:30",
        tools=["ping_host", "traceroute", "ping_host"],
        alternatives=[[], entries([PING, PING])],
        ordered=True,
    )
    (case,) = load_suite(str(write_suite(tmp_path / "s.jsonl", [line]))).cases
    assert case.now == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert [tool.name for tool in case.tools] == ["ping_host", "traceroute"]
    assert [len(calls) for calls in case.accepted] == [1, 0, 2]
    assert case.ordered


def test_an_empty_list_of_tools_offers_none(tmp_path: Path) -> None:
    line = line_of(tools=[], expect=[])
    (case,) = load_suite(str(write_suite(tmp_path / "s.jsonl", [line]))).cases
    assert case.tools == ()


INVALID: list[tuple[dict[str, Any] | str, str, str]] = [
    ('{"id": "a",', "", "expected JSON"),
    ("[1, 2]", "", "expected an object, got an array"),
    ('{"id": "a", "id": "b"}', "", 'the key "id" stands twice'),
    ('{"id": NaN}', "", "NaN is no JSON number"),
    ("[" * 100_000, "", "expected JSON"),
    (line_of(expects=[]), "expects", "unknown key; expected one of id, category,"),
    (line_of(id=...), "id", "missing"),
    (line_of(id=""), "id", "at least 1 character"),
    (line_of(id=3), "id", "expected a valid string, got an integer: 3"),
    (line_of(category="simpel"), "category", "expected one of simple, parallel,"),
    (line_of(ordered="yes"), "ordered", "expected a valid boolean, got a string"),
    (line_of(ordered=None), "ordered", "expected a valid boolean, got null"),
    (line_of(messages=[]), "messages", "at least 1 item"),
    (line_of(messages=[{"role": "system", "content": "x"}]), "messages[0]", "user, assistant or tool"),
    (line_of(messages=[{"content": "x"}]), "messages[0]", "role"),
    (line_of(messages=[{"role": "user", "content": "x", "name": "y"}]), "messages[0].name", "unknown key"),
    (line_of(messages=[{"role": "user", "content": ["x"]}]), "messages[0].content", "a valid string"),
    (line_of(messages=[{"role": "tool", "content": "x"}]), "messages[0].tool_call_id", "missing"),
    (line_of(messages=HISTORY[:2]), "messages[1].role", "the last message to be of user or tool"),
    (line_of(messages=[*HISTORY[::2]]), "messages[1].tool_call_id", 'got "c1"'),
    (
        line_of(messages=[HISTORY[0], HISTORY[2], HISTORY[1], HISTORY[0]]),
        "messages[1].tool_call_id",
        "before it",
    ),
    (line_of(messages=[{"role": "assistant"}, HISTORY[0]]), "messages[0]", "content or tool_calls"),
    (
        line_of(messages=json.loads(json.dumps(HISTORY).replace('{"target": "a"}', '"{}"'))),
        "messages[1].tool_calls[0].function.arguments",
        "got a string",
    ),
    (line_of(now="noon"), "now", "ISO 8601"),
    (line_of(now=1234567890), "now", "a valid string"),
    (line_of(tools=["ping_hosts"], expect=[]), "tools[0]", "did you mean ping_host"),
    (line_of(tools=["traceroute"]), "expect[0].name", "not among the case's tools"),
    (line_of(expect=...), "expect", "missing"),
    (line_of(expect=entries([("ping_hots", {})])), "expect[0].name", "did you mean ping_host"),
    (line_of(expect=[{"name": "ping_host"}]), "expect[0].arguments", "missing"),
    (
        line_of(expect=[{"name": "ping_host", "arguments": {}, "id": 1}]),
        "expect[0].id",
        "expected one of name,",
    ),
    (
        line_of(expect=entries([("ping_host", {"targt": ["a"]})])),
        "expect[0].arguments.targt",
        "did you mean target?",
    ),
    (
        line_of(expect=[{"name": "ping_host", "arguments": {"target": "a"}}]),
        "expect[0].arguments.target",
        "list",
    ),
    (line_of(expect=entries([("ping_host", {"target": []})])), "expect[0].arguments.target", "empty list"),
    (
        line_of(expect=entries([PING, ("check_port", {"target": ["a"], "port": [22, "443"]})])),
        "expect[1].arguments.port[1]",
        'expected an integer, got a string: "443"',
    ),
    (
        line_of(expect=entries([("ping_host", {"target": ["a"], "count": [4.0]})])),
        "expect[0].arguments.count[0]",
        "expected an integer, got a number with a fraction: 4.0",
    ),
    (
        line_of(expect=entries([("edit_host", {"enabled": [1]})])),
        "expect[0].arguments.enabled[0]",
        "expected a boolean, got an integer: 1",
    ),
    (
        line_of(expect=entries([("set_maintenance", {"addresses": ["db.lan"]})])),
        "expect[0].arguments.addresses[0]",
        'expected an array, each item a string, got a string: "db.lan"',
    ),
    (
        line_of(alternatives=[[], entries([("traceroute", {"target": [7]})])]),
        "alternatives[1][0].arguments.target[0]",
        "expected a string, got an integer: 7",
    ),
]


@pytest.mark.parametrize(("line", "key", "message"), INVALID)
def test_an_invalid_line_is_named(tmp_path: Path, line: dict[str, Any] | str, key: str, message: str) -> None:
    path = write_suite(tmp_path / "s.jsonl", [line_of(id="good"), line, line_of(id="also good")])
    found = problems_of(path)
    assert [(number, where) for number, where, _ in found] == [(2, key)], found
    assert message in found[0][2]


def test_every_invalid_line_is_reported(tmp_path: Path) -> None:
    path = write_suite(tmp_path / "s.jsonl", [line for line, _, _ in INVALID])
    assert {line for line, _, _ in problems_of(path)} == set(range(1, len(INVALID) + 1))


def test_all_problems_of_a_line_are_reported(tmp_path: Path) -> None:
    line = line_of(now="noon", expect=entries([("ping_host", {"target": [1], "count": ["4"]})]))
    assert [key for _, key, _ in problems_of(write_suite(tmp_path / "s.jsonl", [line]))] == [
        "expect[0].arguments.target[0]",
        "expect[0].arguments.count[0]",
        "now",
    ]


def test_ids_must_differ(tmp_path: Path) -> None:
    path = write_suite(tmp_path / "s.jsonl", [line_of(), line_of(id="b"), line_of()])
    ((line, key, message),) = problems_of(path)
    assert (line, key) == (3, "id")
    assert "the id of line 1" in message


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(json.dumps(line_of()).encode() + b'\n{"id": "\xff"}\n')
    ((line, _, message),) = problems_of(path)
    assert line == 2 and "UTF-8: byte 8" in message


def test_line_separators_inside_strings_end_no_line(tmp_path: Path) -> None:
    text = json.dumps(line_of(id="a\u2028b"), ensure_ascii=False)
    path = tmp_path / "s.jsonl"
    path.write_bytes(text.encode() + b"\r\n\n")
    assert [case.id for case in load_suite(str(path)).cases] == ["a\u2028b"]


def test_a_suite_without_cases_and_one_that_is_not_there(tmp_path: Path) -> None:
    path = write_suite(tmp_path / "s.jsonl", [])
    with pytest.raises(SuiteError, match="holds no case"):
        load_suite(str(path))
    with pytest.raises(SuiteError, match="did you mean netmon-smoke"):
        load_suite("netmon-smok")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(line_of(now="", tools=[], alternatives=[], ordered=True))), JSON)
def test_any_value_of_any_key_loads_or_is_named(tmp_path_factory: Any, key: str, value: Any) -> None:
    path = write_suite(tmp_path_factory.getbasetemp() / "any.jsonl", [line_of(**{key: value})])
    try:
        assert len(load_suite(str(path)).cases) == 1
    except SuiteError as error:
        assert all(
            problem.line == 1 and problem.key.split("[")[0].split(".")[0] for problem in error.problems
        )
