"""Every argument object that a schema allows passes; every other is refused by the name of what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.arguments import validate
from tools.catalogue import default_registry
from tools.errors import ToolArgumentError
from tools.registry import ToolDefinition

LABELS = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ADDRESSES = st.ip_addresses().map(str)
HOSTS = NAMES | ADDRESSES
BY_FORMAT: dict[str, st.SearchStrategy[str]] = {
    "host": HOSTS,
    "ip": ADDRESSES,
    "uri": st.builds(
        "{}://{}{}".format, st.sampled_from(("http", "https")), NAMES, st.sampled_from(("", "/a?b=c"))
    ),
    "email": st.builds("{}@{}".format, LABELS, NAMES),
    "date-time": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
}
WRONG_BY_FORMAT = {
    "host": ("", "a b", "http://a.example/x", "-a", "10.0.0.256", "a..b", "db-03:22", "a\x00b"),
    "ip": ("db-03", "1.2.3", "01.2.3.4", "::g", "1.1.1.1 "),
    "uri": (
        "shop.example.org",
        "ftp://a.example",
        "https://",
        "https://a b.example",
        "http://a.example:99999",
    ),
    "email": ("ops", "@a.example", "a b@c.example", "a@b@c example", "a@1.2.3.4"),
    "date-time": ("tomorrow", "2026-11-22", "2026-13-01T00:00:00Z", "14:00", "2026-11-22T25:00:00Z"),
}

definitions = st.sampled_from(tuple(default_registry()))


def right(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a parameter's schema allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "format" in schema:
        return BY_FORMAT[schema["format"]]
    match schema["type"]:
        case "integer":
            low = schema.get("minimum")
            high = schema.get("maximum")
            return st.integers(low, high)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(right(schema["items"]), max_size=4)
        case _:
            return st.text(max_size=20)


def wrong(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a parameter's schema does not allow."""
    bad: list[Any] = [None, 1.5, {}, [{}]]
    if schema["type"] == "string":
        bad += [5, True, ["a"]]
        bad += WRONG_BY_FORMAT.get(schema.get("format", ""), ())
        bad += ["", "ICMPX", "get"] if "enum" in schema else []
    elif schema["type"] == "integer":
        bad += ["5", True, 5.0, "five", [5]]
        bad += [schema["minimum"] - 1] if "minimum" in schema else []
        bad += [schema["maximum"] + 1] if "maximum" in schema else []
    elif schema["type"] == "boolean":
        bad += ["true", 1, 0, "yes"]
    else:
        bad += ["a", 443, [None], [True] if schema["items"]["type"] == "integer" else [5]]
    return st.sampled_from(bad)


@st.composite
def calls(draw: st.DrawFn) -> tuple[ToolDefinition, dict[str, Any]]:
    """A tool with arguments that its schema allows."""
    definition = draw(definitions)
    properties = definition.parameters["properties"]
    required = definition.parameters["required"]
    kept = [name for name in properties if name in required or draw(st.booleans())]
    return definition, {name: draw(right(properties[name])) for name in kept}


@given(calls())
@settings(max_examples=400)
def test_what_the_schema_allows_passes_unchanged(call: tuple[ToolDefinition, dict[str, Any]]) -> None:
    definition, arguments = call
    values = validate(definition, arguments)
    assert values.keys() == arguments.keys()
    for name, value in values.items():
        if definition.parameters["properties"][name].get("format") == "date-time":
            assert value == datetime.fromisoformat(arguments[name])
        else:
            assert value == arguments[name]
            assert type(value) is type(arguments[name])


@given(calls(), st.data())
@settings(max_examples=600, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_mutated_call_is_refused_by_the_parameters_name(
    call: tuple[ToolDefinition, dict[str, Any]], data: st.DataObject
) -> None:
    definition, arguments = call
    properties = definition.parameters["properties"]
    required = definition.parameters["required"]
    kinds = ["value", "unknown"] + (["missing"] if required else [])
    kind = data.draw(st.sampled_from(kinds))
    if kind == "value":
        name = data.draw(st.sampled_from(list(properties)))
        arguments[name] = data.draw(wrong(properties[name]))
    elif kind == "missing":
        name = data.draw(st.sampled_from(required))
        del arguments[name]
    else:
        name = data.draw(st.sampled_from(list(properties))) + data.draw(st.sampled_from(("s", "_x", "ID")))
        arguments[name] = 1
    with pytest.raises(ToolArgumentError) as caught:
        validate(definition, arguments)
    assert {problem.parameter for problem in caught.value.problems} == {name}
    assert name in str(caught.value)
    assert definition.name in str(caught.value)


def refusal(tool: str, arguments: object) -> str:
    with pytest.raises(ToolArgumentError) as caught:
        validate(default_registry().get(tool), arguments)
    return str(caught.value)


def test_every_problem_is_named_at_once() -> None:
    message = refusal("check_port", {"target": "a b", "port": "443", "time_out": 5})
    assert "target was" in message
    assert "port was" in message
    assert '"time_out" is no parameter of it; the nearest is timeout_ms.' in message


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("check_port", {"target": "db-03"}, "port is missing; it must be a whole number from 1 to 65535."),
        (
            "check_port",
            {"target": "db-03", "port": "22"},
            'port was "22"; it must be a whole number from 1 to 65535, without quotes.',
        ),
        (
            "check_port",
            {"target": "db-03", "port": 70000},
            "port was 70000 (a whole number); it must be a whole number from 1 to 65535.",
        ),
        ("check_port", {"target": "db-03:22", "port": 22}, "give only the host, db-03"),
        ("check_port", {"target": "https://db-03/x", "port": 22}, "give only its host, db-03"),
        ("add_host", {"address": "a", "endpoint": "pings"}, 'endpoint was "pings"; it must be one of icmp,'),
        ("add_host", {"address": "a", "endpoint": "htps"}, "(nearest: https)"),
        ("add_host", {"address": "a", "endpoint": "icmp", "port": None}, "leave port out, or give"),
        ("edit_host", {"enabled": "false"}, "true or false, without quotes"),
        ("get_incidents", {"since": "2026-11-22"}, "write 2026-11-22T00:00:00Z"),
        (
            "scan_quantum_ports",
            {"target": "a", "ports": [443, "8443"]},
            'Item 2 of ports was "8443"; ports must be a list of whole numbers from 1 to 65535.',
        ),
        ("get_agents", {"x": 1}, '"x" is no parameter of it'),
        ("get_agents", ["detail_response"], "they must be one JSON object"),
    ],
)
def test_refusals_say_what_was_given_and_what_is_allowed(tool: str, arguments: object, words: str) -> None:
    assert words in refusal(tool, arguments)


def test_long_values_are_shortened_in_the_message() -> None:
    assert len(refusal("ping_host", {"target": "x " * 5000})) < 400


@given(st.text(max_size=40))
@settings(max_examples=500)
def test_no_text_crashes_a_format(text: str) -> None:
    for tool, name in (
        ("ping_host", "target"),
        ("check_http", "url"),
        ("dns_lookup", "resolver"),
        ("add_host", "email"),
        ("get_incidents", "since"),
    ):
        definition = default_registry().get(tool)
        others = {"name": "a", "address": "a", "endpoint": "icmp"}
        arguments = {key: value for key, value in others.items() if key in definition.parameters["required"]}
        try:
            validate(definition, arguments | {name: text})
        except ToolArgumentError as error:
            assert [problem.parameter for problem in error.problems] == [name]
