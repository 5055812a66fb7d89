"""What a step of a model costs, in whole tokens of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from providers.base import Usage

# In tenths, so that all counting is in whole numbers: a cached token costs a tenth, a written one eight.
_FRESH = 10
_CACHED = 1
_WRITTEN = 80


class PriceError(ValueError):
    """A factor or a count makes no sense; the message says which."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Costs `(prompt - cached) + 0.1·cached + 8·completion` times a factor, rounded up.

    Attributes:
        factor: The model's; 0 is free, which only a model that costs nobody anything may be.
    """

    factor: Decimal

    def __post_init__(self) -> None:
        """Checks the factor.

        Raises:
            PriceError: It is negative or no number.
        """
        if not self.factor.is_finite() or self.factor < 0:
            raise PriceError(f"the factor {self.factor} is no price: it must be a number, 0 or more")

    @property
    def free(self) -> bool:
        """Whether nothing is charged."""
        return self.factor == 0

    def cost(self, usage: Usage) -> int:
        """What a reply costs.

        Raises:
            PriceError: A count is negative, or more of the prompt is cached than there is.
        """
        if not 0 <= usage.cached_tokens <= usage.prompt_tokens or usage.completion_tokens < 0:
            raise PriceError(f"the counts of tokens make no sense: {usage}")
        fresh = usage.prompt_tokens - usage.cached_tokens
        tenths = _FRESH * fresh + _CACHED * usage.cached_tokens + _WRITTEN * usage.completion_tokens
        return int((tenths * self.factor / 10).to_integral_value(ROUND_CEILING))

    def completion(self, tokens: int, prompt_tokens: int) -> int:
        """How many tokens may be written for so many, after a prompt of which nothing is cached; 0 or more."""
        if self.free:
            raise PriceError("what costs nothing has no bound")
        tenths = Decimal(tokens) * 10 / self.factor - _FRESH * prompt_tokens
        return max(0, int(tenths // _WRITTEN))
