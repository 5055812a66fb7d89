from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.typed import properties_of, type_value, types_of

STRING = {"type": "string"}
ROOT = {"$defs": {"N": {"type": "integer"}, "L": {"$ref": "#/$defs/L"}}}


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("5", {"type": "integer"}, 5),
        (" -5 ", {"type": "integer"}, -5),
        ("5.0", {"type": "integer"}, 5),
        ("5.5", {"type": "integer"}, "5.5"),
        ("soon", {"type": "integer"}, "soon"),
        ("1" * 30, {"type": "integer"}, int("1" * 30)),
        ("5", {"type": "number"}, 5),
        ("5.25", {"type": "number"}, 5.25),
        ("1e400", {"type": "number"}, "1e400"),
        ("true", {"type": "boolean"}, True),
        ("False", {"type": "boolean"}, False),
        ("1", {"type": "boolean"}, True),
        ("0", {"type": ["boolean", "null"]}, False),
        ("1", {"type": ["boolean", "integer"]}, 1),
        ("2", {"type": "boolean"}, "2"),
        ("yes", {"type": "boolean"}, "yes"),
        ("null", {"type": "integer"}, None),
        ("None", {"type": "array"}, None),
        ("null", {"type": ["integer", "string"]}, "null"),
        ("7", {"type": "uint32"}, 7),
        ("7.5", {"type": "float32"}, 7.5),
        ("[1]", {"type": "list[int]"}, [1]),
        ("null", {"type": "null"}, None),
        ("null", STRING, "null"),
        ("5", STRING, "5"),
        ("  a \n b ", STRING, "  a \n b "),
        ('["a", 1]', {"type": "array"}, ["a", 1]),
        ("('a', 1)", {"type": "array"}, ["a", 1]),
        ("{'a': None}", {"type": "object"}, {"a": None}),
        ("{a", {"type": "object"}, "{a"),
        ('{"a": 1}', {"type": "array"}, '{"a": 1}'),
        ("5", {"type": ["string", "null"]}, "5"),
        ("null", {"type": ["string", "null"]}, None),
        ("5", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 5),
        ("null", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ("x", {"oneOf": [{"type": "integer"}, STRING]}, "x"),
        ("5", {"$ref": "#/$defs/N"}, 5),
        ("x", {"$ref": "#/$defs/L"}, "x"),
        ("2", {"enum": [1, 2]}, 2),
        ("2", {"enum": ["1", "2"]}, "2"),
        ("5", {"type": "int"}, 5),
        ("true", {"type": "bool"}, True),
        ("x", {}, "x"),
        ("5", {}, 5),
        ("007", {}, "007"),
        ('{"a": 1}', {"properties": {"a": {}}}, {"a": 1}),
    ],
)
def test_text_gets_the_type_that_the_schema_asks_for(text: str, schema: dict[str, Any], value: Any) -> None:
    typed, _ = type_value(text, schema, ROOT)
    assert typed == value
    assert type(typed) is type(value)


def test_without_a_schema_the_form_decides() -> None:
    assert type_value("[1, true]", None)[0] == [1, True]
    assert type_value("a b", None)[0] == "a b"
    assert type_value("'a'", None)[0] == "'a'"
    assert type_value("NaN", None)[0] == "NaN"


@given(st.text(), st.sampled_from(["integer", "number", "boolean", "object", "array", "null", "string"]))
def test_any_text_is_typed_or_stays(text: str, kind: str) -> None:
    value, _ = type_value(text, {"type": kind})
    assert value == text or not isinstance(value, str)
    if kind == "string":
        assert value == text


@given(
    st.integers()
    | st.booleans()
    | st.none()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text())
)
def test_json_of_a_type_reads_back(value: Any) -> None:
    kinds = {"bool": "boolean", "int": "integer", "NoneType": "null", "list": "array", "dict": "object"}
    schema = {"type": kinds[type(value).__name__]}
    assert type_value(json.dumps(value), schema) == (value, ())


def test_types_and_properties_of_odd_schemas() -> None:
    assert types_of({"type": ["Integer", "NULL"]}, None) == {"integer", "null"}
    assert types_of({"allOf": [{"anyOf": [{"const": 1}, {"enum": ["a", None]}]}]}, None) == {
        "integer",
        "string",
        "null",
    }
    assert properties_of({"properties": {"a": {"type": "string"}, "b": True}}) == {"a": {"type": "string"}}
    assert properties_of({"properties": []}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"i": {"type": "integer"}, "s": STRING}},
        {"allOf": [{"properties": {"i": {"type": "integer"}}}, {"properties": {"s": STRING}}]},
        {"properties": {"s": STRING}, "allOf": [{"oneOf": [{"properties": {"i": {"type": "integer"}}}]}]},
        {"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"i": {"type": "integer"}, "s": STRING}}}},
    ],
)
def test_a_tool_has_the_properties_of_all_parts_of_its_schema(schema: dict[str, Any]) -> None:
    assert dict(properties_of(schema)) == {"i": {"type": "integer"}, "s": STRING}


def test_a_property_that_the_parts_type_differently_may_be_either() -> None:
    schema = {"anyOf": [{"properties": {"p": {"type": "integer"}}}, {"properties": {"p": STRING}}]}
    part = properties_of(schema)["p"]
    assert types_of(part, schema) == {"integer", "string"}
    assert properties_of({"$ref": "#", "anyOf": "none"}) == {}
