"""Prices: what is counted, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import Usage
from providers.prices import PriceError, load_prices

TABLE = load_prices()


def test_the_cost_of_a_reply() -> None:
    assert TABLE.cost(Usage(1_000_000, 0, 0), "gpt-4o-mini") == Decimal("0.15")
    assert TABLE.cost(Usage(1_000_000, 400_000, 1_000_000), "gpt-4o-mini") == Decimal("0.72")
    assert TABLE.price("gpt-4o-mini").as_of >= date(2026, 1, 1)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_tokens_never_cost_less(fresh: int, cached: int, completion: int) -> None:
    cost = TABLE.cost(Usage(fresh + cached, cached, completion), "gpt-4o-mini")
    assert 0 <= cost <= TABLE.cost(Usage(fresh + cached + 1, cached, completion + 1), "gpt-4o-mini")


@pytest.mark.parametrize("usage", [Usage(1, 2, 0), Usage(-1, 0, 0), Usage(0, -1, 0), Usage(0, 0, -1)])
def test_counts_that_make_no_sense(usage: Usage) -> None:
    with pytest.raises(PriceError, match="make no sense"):
        TABLE.cost(usage, "gpt-4o-mini")


def test_an_unknown_model() -> None:
    with pytest.raises(PriceError, match="gpt-4o-mini"):
        TABLE.cost(Usage(), "gpt-9")


@pytest.mark.parametrize("price", ["0", "-1", ".nan", ".inf", "free", "'NaN'", "null"])
def test_prices_that_are_none(tmp_path: Path, price: str) -> None:
    path = tmp_path / "prices.yaml"
    entry = f"{{input: {price}, cached: 1, output: 1, as_of: 2026-01-01}}"
    path.write_text(f"currency: USD\nmodels:\n  m: {entry}\n")
    with pytest.raises(PriceError, match=r"models\.m\.input"):
        load_prices(path)


@pytest.mark.parametrize(
    "text", ["", "- 1", "currency: EUR\nmodels: {}", "{", "currency: USD\nmodels: {m: {input: 1}}"]
)
def test_tables_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(PriceError, match=r"prices\.yaml"):
        load_prices(path)


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(PriceError, match="cannot be read"):
        load_prices(tmp_path / "none.yaml")
