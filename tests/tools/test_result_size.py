"""A result never holds more than its bound, whatever was found, in whatever script."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tools.results import ToolResult, clipped, done

_texts = st.text(max_size=400)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _texts),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=30,
)


@given(
    message=_texts,
    data=st.dictionaries(st.text(min_size=1, max_size=10), _values, max_size=6),
    bound=st.integers(400, 3000),
)
def test_its_bytes_are_bounded_and_a_cut_is_said(message: str, data: dict[str, Any], bound: int) -> None:
    whole = ToolResult(True, message, data)
    cut = clipped(whole, bound)
    assert len(cut.to_json().encode("utf-8", "replace")) <= bound
    if cut != whole:
        assert cut.truncated
        assert cut.message.endswith((")", "…"))


def test_four_bytes_a_character_count_four_times() -> None:
    rows = ["𒀀" * 100] * 100
    cut = clipped(done("All.", rows=rows), 12_000)
    assert len(cut.data["rows"]) == 25
    assert cut.message == "All. (Cut to fit: rows shows 25 of 100.)"
