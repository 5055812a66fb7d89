import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.json_text import dumped, loaded

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # Halves of surrogate pairs included, as a model's escapes make them.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner),
)  # fmt: skip


@given(VALUES)
def test_values_come_back_and_text_is_as_the_standard_library_writes_it(value: Any) -> None:
    text = dumped(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert loaded(text.encode()) == value
    assert loaded(json.dumps(value, ensure_ascii=True, indent=1).encode()) == value


@given(VALUES.map(json.dumps), st.integers(0, 400), st.characters(max_codepoint=0x2FFF))
def test_what_is_no_json_is_none_for_both(text: str, place: int, char: str) -> None:
    place %= len(text) + 1
    spoiled = (text[:place] + char + text[place:]).encode("utf-8", "surrogatepass")
    try:
        wanted = json.loads(spoiled)
    except ValueError:
        with pytest.raises(ValueError):
            loaded(spoiled)
    else:
        assert same(loaded(spoiled), wanted)


@pytest.mark.parametrize(
    "text",
    ["-0", "-0.0", "1e5", "1E+5", "1e999", "-1e999", "NaN", "Infinity", "123456789012345678901234567890",
     "0.1000000000000000055511151231257827", "5e-324", '{"a": 1, "a": 2}', '"\\ud83d"', '"\\ud83d\\ude00"',
     "[" * 150 + "]" * 150, " [1]\n"],
)  # fmt: skip
def test_odd_texts_are_read_alike(text: str) -> None:
    assert same(loaded(text.encode()), json.loads(text))


def same(one: Any, other: Any) -> bool:
    """Equal, of equal types, and NaN equals NaN."""
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and one == other and str(one) == str(other)
