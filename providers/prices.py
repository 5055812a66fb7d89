"""What tokens of hosted models cost, from a table in data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.base import Usage

#: The table that ships.
SHIPPED = Path(__file__).with_name("prices.yaml")
_MILLION = 1_000_000


class PriceError(ValueError):
    """A price is missing or makes no sense; the message says which and what to do."""


class Price(BaseModel):
    """US dollars for a million tokens of one model.

    Attributes:
        input: Of the prompt.
        cached: Of the part of the prompt that the provider had kept.
        output: Of the reply.
        as_of: The day on which it was looked up.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(gt=0, allow_inf_nan=False)
    cached: Decimal = Field(gt=0, allow_inf_nan=False)
    output: Decimal = Field(gt=0, allow_inf_nan=False)
    as_of: date


class _TableForm(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: Literal["USD"]
    models: dict[str, Price]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by the name that a provider knows the model by."""

    prices: Mapping[str, Price]

    def price(self, model: str) -> Price:
        """The price of a model.

        Raises:
            PriceError: The model is not in the table.
        """
        found = self.prices.get(model)
        if found is None:
            known = ", ".join(sorted(self.prices)) or "none"
            raise PriceError(
                f"there is no price for {model!r}; add it to the price table, which knows {known}"
            )
        return found

    def cost(self, usage: Usage, model: str) -> Decimal:
        """What a reply cost, in US dollars.

        Raises:
            PriceError: The model is not in the table, or the counts of tokens make no sense.
        """
        price = self.price(model)
        if not 0 <= usage.cached_tokens <= usage.prompt_tokens or usage.completion_tokens < 0:
            raise PriceError(f"the counts of tokens make no sense: {usage}")
        fresh = usage.prompt_tokens - usage.cached_tokens
        read = fresh * price.input + usage.cached_tokens * price.cached
        return (read + usage.completion_tokens * price.output) / _MILLION


def load_prices(path: Path = SHIPPED) -> PriceTable:
    """Reads a price table.

    Raises:
        PriceError: The file cannot be read, or a price is not a number above 0; the message says where.
    """
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return PriceTable(_TableForm.model_validate(data).models)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PriceError(f"{path.name}: {where}: {first['msg']}; every price is a number above 0") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PriceError(f"{path.name} cannot be read as a price table: {error}") from None
