import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.assignment import best_assignment
from evals.cases import load_suite
from evals.scorer import LABELS, score
from providers.base import ToolCall
from tests.evals.support import EXAMPLES, Entry, call, case_of

PING: Entry = ("ping_host", {"target": ["gw1.lan"], "count": [4, None]})
PORT: Entry = ("check_port", {"target": ["gw1.lan"], "port": [80]})
OTHER_PORT: Entry = ("check_port", {"target": ["gw1.lan"], "port": [443]})
ping = call("ping_host", target="gw1.lan")
port80 = call("check_port", target="gw1.lan", port=80)
port443 = call("check_port", target="gw1.lan", port=443)


def label(case: Any, *calls: ToolCall, malformed: bool = False) -> str:
    return score(case, calls, malformed, False).label


def test_the_published_examples_score() -> None:
    cases = {case.id: case for case in load_suite(str(EXAMPLES)).cases}
    certificate = cases["ex-001"]
    assert label(certificate, call("check_ssl_certificate", host="WWW.acme-corp.com.")) == "correct"
    assert label(certificate, call("check_ssl_certificate", host="acme-corp.com", port=443)) == "correct"
    assert label(certificate, call("check_ssl_certificate", host="acme-corp.com", port=8443)) == "wrong_value"
    assert label(certificate, call("check_ssl_certificate", host="acme-corp.com", port="443")) == "wrong_type"
    assert label(certificate, call("check_http", url="https://acme-corp.com")) == "wrong_tool"
    checks = [call("check_port", target="gw1.lan", port=port) for port in (8080, 443, 80)]
    assert label(cases["ex-005"], *checks) == "correct"
    assert label(cases["ex-005"], *checks[:2]) == "wrong_count"
    assert label(cases["ex-006"]) == "correct"
    assert label(cases["ex-009"], call("run_nmap", target="x", profile="vuln")) == "spurious_call"
    window = call(
        "set_maintenance", addresses=["db.acme.internal"], start="2026-11-23T02:00", duration_min=60
    )
    assert label(cases["ex-012"], window) == "correct"


EVERY_LABEL: list[tuple[Any, list[ToolCall], bool, str, str]] = [
    (case_of([PING]), [ping], True, "malformed", "cannot be read"),
    (case_of([]), [], True, "malformed", "cannot be read"),
    (case_of([PING]), [], False, "no_call", 'expected ping_host(target="gw1.lan")'),
    (case_of([]), [ping], False, "spurious_call", "ping_host"),
    (case_of([]), [call("nonsense")], False, "spurious_call", "nonsense"),
    (case_of([PING]), [call("nonsense"), ping], False, "wrong_count", "2 made"),
    (case_of([PING, PORT]), [ping, call("nonsense")], False, "unknown_tool", 'call 2 names "nonsense"'),
    (case_of([PING], tools=["ping_host"]), [port80], False, "unknown_tool", "not a tool on offer"),
    (case_of([PING]), [port80], False, "wrong_tool", "expected ping_host"),
    (case_of([PORT]), [call("check_port", port="80", x=1)], False, "missing_required", "leaves out target"),
    (case_of([PORT]), [call("check_port", target=1, port=80, x=1)], False, "unexpected_param", '"x" (1)'),
    (case_of([PORT]), [call("check_port", target="x", port="80")], False, "wrong_type", 'a string, "80"'),
    (case_of([PORT]), [call("check_port", target="gw1.lan", port=None)], False, "wrong_type", "null"),
    (case_of([PORT]), [call("check_port", target="x", port=80)], False, "wrong_value", 'expected "gw1.lan"'),
    (case_of([PING]), [ping], False, "correct", "as expected"),
    (case_of([]), [], False, "correct", "no call was made"),
]


@pytest.mark.parametrize(("case", "calls", "malformed", "expected", "reason"), EVERY_LABEL)
def test_every_label(case: Any, calls: list[ToolCall], malformed: bool, expected: str, reason: str) -> None:
    outcome = score(case, calls, malformed, False)
    assert outcome.label == expected
    assert reason in outcome.reason


def test_the_table_has_every_label_that_a_reply_can_get() -> None:
    assert {row[3] for row in EVERY_LABEL} == set(LABELS) - {"infra_error"}


def test_labels_are_decided_in_order() -> None:
    # Each call has one fault more than the one before it; the earlier label always wins.
    broken: dict[str, Any] = {"target": "x", "port": 80}
    assert label(case_of([PORT]), call("check_port", **broken)) == "wrong_value"
    broken["port"] = "80"
    assert label(case_of([PORT]), call("check_port", **broken)) == "wrong_type"
    broken["more"] = 1
    assert label(case_of([PORT]), call("check_port", **broken)) == "unexpected_param"
    del broken["port"]
    assert label(case_of([PORT]), call("check_port", **broken)) == "missing_required"


def test_the_worst_call_of_several_decides() -> None:
    faulty = [call("check_port", target="x", port=80), call("ping_host", target="gw1.lan", count="4")]
    outcome = score(case_of([PING, PORT]), faulty, False, False)
    assert outcome.label == "wrong_type"
    assert outcome.reason.startswith("call 2 (ping_host) gives count")


def test_repaired_is_apart_from_the_label() -> None:
    right, wrong = score(case_of([PING]), [ping], False, True), score(case_of([PING]), [port80], False, True)
    assert right.correct and right.repaired and not right.strictly_correct
    assert wrong.repaired and not wrong.correct
    assert score(case_of([PING]), [ping], False, False).strictly_correct


def test_the_assignment_is_not_greedy() -> None:
    # The first call fits both expected ones, the second only the first of them.
    loose: Entry = ("check_port", {"target": ["a", "b"], "port": [80]})
    tight: Entry = ("check_port", {"target": ["a"], "port": [80]})
    calls = [call("check_port", target="a", port=80), call("check_port", target="b", port=80)]
    assert label(case_of([loose, tight]), *calls) == "correct"
    assert label(case_of([tight, loose]), *reversed(calls)) == "correct"


def test_the_assignment_prefers_milder_faults_to_fewer() -> None:
    expected: list[Entry] = [
        (
            "check_port",
            {"target": ["a"], "port": [1], "timeout_ms": [5, None], "agent_location": ["x", None]},
        ),
        ("check_port", {"target": ["a"], "port": [1], "timeout_ms": [5]}),
    ]
    # The first call is all that the first entry asks for, which leaves the second call without a
    # timeout; the other way round both calls are wrong, but neither as badly.
    calls = [
        call("check_port", target="a", port=1, timeout_ms=5, agent_location="x"),
        call("check_port", target="a", port="1"),
    ]
    assert label(case_of(expected, ordered=True), *calls) == "missing_required"
    assert label(case_of(expected), *calls) == "unexpected_param"


def test_order_matters_only_where_it_is_asked_for() -> None:
    assert label(case_of([PING, PORT]), port80, ping) == "correct"
    assert label(case_of([PING, PORT], ordered=True), port80, ping) == "wrong_tool"
    assert label(case_of([PORT, OTHER_PORT], ordered=True), port443, port80) == "wrong_value"
    assert label(case_of([PORT, OTHER_PORT], ordered=True), port80, port443) == "correct"


def test_the_best_of_the_alternatives_counts() -> None:
    case = case_of([PING], [PORT, OTHER_PORT], [])
    assert label(case) == "correct"
    assert label(case, port443, port80) == "correct"
    assert label(case, port80, call("check_port", target="gw1.lan", port=1)) == "wrong_value"
    assert label(case, port80) == "wrong_tool"
    assert label(case, ping, ping, ping) == "wrong_count"
    assert label(case_of([], [PING]), call("ping_host", target="x")) == "wrong_value"
    assert label(case_of([PING]), malformed=True) == "malformed"


# Properties.


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(st.integers(0, 60), min_size=n, max_size=n),
                                                    min_size=n, max_size=n)))  # fmt: skip
def test_the_assignment_is_the_cheapest(costs: list[list[int]]) -> None:
    columns = best_assignment(costs)
    assert sorted(columns) == list(range(len(costs)))
    cheapest = min(
        sum(costs[row][column] for row, column in enumerate(order))
        for order in itertools.permutations(range(len(costs)))
    )
    assert sum(costs[row][column] for row, column in enumerate(columns)) == cheapest


def test_the_assignment_is_exact_beyond_floats() -> None:
    huge = 10**40
    assert best_assignment([[huge + 1, huge], [huge, huge + 1]]) == [1, 0]
    assert best_assignment([]) == []


HOSTS = st.sampled_from(["a.lan", "b.lan", "10.0.0.1", "::1"])
COUNTS = st.sampled_from([1, 2, 3, 443])
BOOLEANS = st.booleans()


def argument(values: st.SearchStrategy[Any], optional: bool) -> st.SearchStrategy[list[Any]]:
    acceptable = st.lists(values, min_size=1, max_size=3, unique_by=repr)
    if not optional:
        return acceptable
    return st.tuples(acceptable, st.booleans()).map(lambda pair: pair[0] + [None] * pair[1])


def entry(name: str, required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Entry]:
    arguments = st.fixed_dictionaries(
        {parameter: argument(values, False) for parameter, values in required.items()},
        optional={parameter: argument(values, True) for parameter, values in optional.items()},
    )
    return arguments.map(lambda given: (name, given))


ENTRIES = st.one_of(
    entry("ping_host", {"target": HOSTS}, {"count": COUNTS}),
    entry("check_port", {"target": HOSTS, "port": COUNTS}, {"timeout_ms": COUNTS}),
    entry("edit_host", {"address": HOSTS}, {"enabled": BOOLEANS, "retries": COUNTS}),
    entry("set_maintenance", {"addresses": st.lists(HOSTS, max_size=3), "duration_min": COUNTS}, {}),
)
EXPECTED = st.lists(ENTRIES, min_size=1, max_size=4)


@st.composite
def right_calls(draw: st.DrawFn, expected: list[Entry]) -> list[ToolCall]:
    calls: list[ToolCall] = []
    for name, arguments in expected:
        chosen = {parameter: draw(st.sampled_from(values)) for parameter, values in arguments.items()}
        calls.append(ToolCall("", name, {key: value for key, value in chosen.items() if value is not None}))
    return calls


@st.composite
def any_calls(draw: st.DrawFn, count: int) -> list[ToolCall]:
    expected = draw(st.lists(ENTRIES, min_size=count, max_size=count))
    calls = draw(right_calls(expected))
    for number, made in enumerate(calls):
        given = dict(made.arguments)
        for parameter in list(given):
            match draw(st.integers(0, 9)):
                case 0:
                    del given[parameter]
                case 1:
                    given[parameter] = [given[parameter]]
                case 2:
                    given["verbose"] = True
                case _:
                    pass
        calls[number] = ToolCall("", made.name, given)
    return calls


def best_label(expected: list[Entry], calls: list[ToolCall]) -> str:
    """The best label of all assignments, by trying every one in the order it says."""
    outcomes = (
        score(case_of(list(order), ordered=True), calls, False, False).label
        for order in itertools.permutations(expected)
    )
    return max(outcomes, key=LABELS.index)


@given(st.data())
def test_any_acceptable_combination_is_correct(data: st.DataObject) -> None:
    expected = data.draw(EXPECTED)
    calls = data.draw(right_calls(expected))
    assert label(case_of(expected, ordered=True), *calls) == "correct"
    assert label(case_of(expected), *data.draw(st.permutations(calls))) == "correct"
    assert label(case_of([PING] * 5, expected), *calls) == "correct"


@given(st.data())
def test_the_order_of_calls_changes_nothing(data: st.DataObject) -> None:
    expected = data.draw(EXPECTED)
    calls = data.draw(any_calls(len(expected)))
    shuffled = data.draw(st.permutations(calls))
    assert label(case_of(expected), *calls) == label(case_of(expected), *shuffled)
    assert label(case_of(expected), *calls) == label(case_of(data.draw(st.permutations(expected))), *calls)


@given(st.data())
def test_the_label_is_that_of_the_best_assignment(data: st.DataObject) -> None:
    expected = data.draw(EXPECTED)
    calls = data.draw(any_calls(len(expected)))
    assert label(case_of(expected), *calls) == best_label(expected, calls)


NEVER_RIGHT = {"target": "x.example", "address": "x.example", "addresses": ["x.example"]}
MUTATIONS = ["drop_call", "add_call", "rename", "leave_out", "add_parameter", "change_type", "change_value"]


@given(st.data(), st.sampled_from(MUTATIONS))
def test_a_mutation_gets_its_label(data: st.DataObject, mutation: str) -> None:
    expected = data.draw(EXPECTED)
    calls = data.draw(right_calls(expected))
    place = data.draw(st.integers(0, len(calls) - 1))
    name, given = calls[place].name, dict(calls[place].arguments)
    required = [parameter for parameter, values in expected[place][1].items() if None not in values]
    wanted = mutation
    match mutation:
        case "drop_call":
            del calls[place]
            wanted = "wrong_count" if calls else "no_call"
        case "add_call":
            calls.append(ping)
            wanted = "wrong_count"
        case "rename":
            calls[place] = ToolCall("", "no_such_tool", given)
            wanted = "unknown_tool"
        case "leave_out":
            del given[data.draw(st.sampled_from(required))]
            wanted = "missing_required"
        case "add_parameter":
            given["agent_location"] = "eu-1"
            wanted = "unexpected_param"
        case "change_type":
            parameter = data.draw(st.sampled_from(sorted(given)))
            given[parameter] = {"value": given[parameter]}
            wanted = "wrong_type"
        case _:
            given.update({name: value for name, value in NEVER_RIGHT.items() if name in given})
            wanted = "wrong_value"
    if mutation not in ("drop_call", "add_call", "rename"):
        calls[place] = ToolCall("", name, given)
    # In order, so that no other assignment can make the fault a milder one.
    assert label(case_of(expected, ordered=True), *calls) == wanted
