from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.jsonread import as_object, read_arguments, read_json, read_python
from providers.dialects.tolerant import MAX_DEPTH, TolerantReader, Unreadable

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# Quotes within strings, and what may follow a string, are what the tolerances guess at.
CALM = st.text(
    st.characters(exclude_characters="\"'\\,:[]{}()`\u201c\u201d", exclude_categories=["Cc", "Cs"])
)
CALM_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | CALM,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CALM, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_json_reads_as_the_standard_says(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    read = read_json(text)
    assert read.repairs == ()
    assert read.value == value
    assert json.dumps(read.value) == json.dumps(value)


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_the_tolerant_reader_reads_json_like_the_strict_one(value: Any, indent: int | None) -> None:
    reader = TolerantReader(json.dumps(value, indent=indent))
    assert json.dumps(reader.read()) == json.dumps(value)
    assert not reader.repairs


@given(VALUES)
def test_python_literals_are_read(value: Any) -> None:
    assert read_python(repr(value)).value == value


@given(CALM_VALUES)
def test_what_is_missing_at_the_end_is_put_there(value: Any) -> None:
    text = json.dumps({"a": [value, {"b": value}]}, ensure_ascii=False)
    read = read_json(text.rstrip("]}")) if not text.rstrip("]}").endswith(("[", "{")) else read_json(text)
    assert "a" in read.value


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_json, read_python, read_arguments):
        try:
            read(text)
        except Unreadable as error:
            assert 0 <= error.position <= len(text)
            assert error.reason


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ("{'a': 'b'}", {"a": "b"}, {"single-quotes"}),
        ("{'a': 'it's'}", {"a": "it's"}, {"single-quotes", "unescaped-quotes"}),
        ('{"a": "say "hi", then go", "b": 1}', {"a": 'say "hi", then go', "b": 1}, {"unescaped-quotes"}),
        ('{"a": """x "y" z"""}', {"a": 'x "y" z'}, {"triple-quotes"}),
        ("{\u201ca\u201d: \u201cb\u201d}", {"a": "b"}, {"curly-quotes"}),
        ('{"a": `b`}', {"a": "b"}, {"backtick-quotes"}),
        ('{\\"a\\": \\"b \\\\\\"c\\\\\\" d\\"}', {"a": 'b "c" d'}, None),
        ('{"a": [True, False, None]}', {"a": [True, False, None]}, {"python-literals"}),
        ("{a: 1, b_c: 2}", {"a": 1, "b_c": 2}, {"unquoted-keys"}),
        ('{"a": Rome, "b": x.y/z}', {"a": "Rome", "b": "x.y/z"}, {"unquoted-values"}),
        ('{"a": 1,}', {"a": 1}, {"trailing-comma"}),
        ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}, {"extra-comma"}),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, {"missing-comma"}),
        ("['a' 'b']", ["a", "b"], {"single-quotes", "missing-comma"}),
        ('{"a" {"b" [1]}}', {"a": {"b": [1]}}, {"missing-colon"}),
        ('{"a": [1, 2}', {"a": [1, 2]}, {"missing-brace"}),
        ('{"a": {"b": 1', {"a": {"b": 1}}, {"missing-brace"}),
        ('{"a": 1}}]', {"a": 1}, {"extra-brace"}),
        ('{"a": 1, // x\n "b": 2 /* } */} # end', {"a": 1, "b": 2}, {"comments"}),
        ('{"a": "http://x.y/#z"}', {"a": "http://x.y/#z"}, set()),
        ('{"a": 1, "a": 2}', {"a": 2}, {"duplicate-keys"}),
        ('{"a\\_b": "c\\*d"}', {"a_b": "c*d"}, {"markdown-escapes"}),
        ('{"a": "it\\\'s"}', {"a": "it's"}, {"escaped-single-quotes"}),
        ('{"a": "C:\\Users \\d+"}', {"a": "C:\\Users \\d+"}, {"invalid-escapes"}),
        ('{"a": "x\ty\nz"}', {"a": "x\ty\nz"}, {"raw-control-characters"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}, set()),
        ('{"a": "x\\ud83dy"}', {"a": "x\ufffdy"}, {"lone-surrogates"}),
        (
            '{"a": 007, "b": +1, "c": .5, "d": 5., "e": 0x1F}',
            {"a": 7, "b": 1, "c": 0.5, "d": 5.0, "e": 31},
            {"loose-number"},
        ),
        ('{"a": -1.5E+3, "b": 12345678901234567890}', {"a": -1500.0, "b": 12345678901234567890}, set()),
    ],
)
def test_tolerances(text: str, value: Any, repairs: set[str] | None) -> None:
    read = read_json(text)
    assert read.value == value
    assert json.dumps(read.value) == json.dumps(value)
    if repairs is not None:
        assert set(read.repairs) == repairs


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ('{"a": }', 6),
        ('{"a" 1}', 5),
        ('{"a": NaN}', 6),
        ('{"a": Infinity}', 6),
        ('{"a": 1e999}', 6),
        ('{"a": ' + "9" * 5000 + "}", 6),
        ('{"a": "x}', 6),
        ("{invalid json}", 9),
        ('{"a": 1} {"b": 2}', 9),
        ("[" * 5000, MAX_DEPTH),
        ('{"a": b"x"}', 6),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_breaks(text: str, position: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text", ['{"a": 4', '{"a": tru', '{"a": 1,', '{"a": ', '{"a"', "{", '{"a": [', '{"a": "x']
)
def test_a_reply_that_breaks_off_inside_a_value_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_json(text, cut_off=True)


@pytest.mark.parametrize("text", ['{"a": "x"', '{"a": 4 ', '{"a": true', '{"a": [1]', '{"a": {}'])
def test_a_reply_that_breaks_off_after_a_value_is_marked(text: str) -> None:
    assert "truncated" in read_json(text, cut_off=True).repairs


def test_arguments_of_python_calls() -> None:
    read = read_arguments("'x', 2, a={'b': (1, 2)}, c=r, d={'e'}")
    assert read.value == ({"a": {"b": [1, 2]}, "c": "r", "d": ["e"]}, ["x", 2])
    assert read_arguments("").value == ({}, [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"\\"{\\\\\\"a\\\\\\": 1}\\""', {"a": 1}),
        ('""', {}),
        ("null", {}),
        ("[]", {}),
    ],
)
def test_arguments_may_be_encoded_twice(text: str, value: dict[str, Any]) -> None:
    assert as_object(read_json(text))[0] == value


@pytest.mark.parametrize("text", ["1", "[1]", '"hello"', "true"])
def test_arguments_are_an_object(text: str) -> None:
    with pytest.raises(Unreadable, match="no JSON object"):
        as_object(read_json(text))


def test_floats_stay_finite() -> None:
    assert math.isfinite(read_json("1e308").value)
