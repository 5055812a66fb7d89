"""The prompts that a model gets for the cases of a suite, as the present code writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evals.cases import Case
from providers.base import ProviderRejected, Settings
from providers.dialects.base import Dialect
from providers.dialects.registry import dialect as find_dialect
from providers.hosted_request import body, text_format
from providers.testllm import prompt_hash

NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as text: the part that all cases with the same tools share, and the case's own."""

    fixed: str
    rest: str


class Renderer:
    """Writes prompts as one family of models gets them."""

    def __init__(self, dialect: str, hosted: bool = False) -> None:
        """Takes a dialect.

        Args:
            dialect: A dialect's name, or `native` for the API's own form of tools.
            hosted: Whether the prompt goes to a hosted model, as chat messages; `native` always does.

        Raises:
            ProviderRejected: There is no such dialect.
        """
        self.name = dialect
        self._local: Dialect | None = None
        if hosted or dialect == NATIVE:
            self._family = text_format(dialect)
            return
        try:
            self._local = find_dialect(dialect)
        except ValueError as error:
            raise ProviderRejected(str(error)) from error

    @property
    def prompt_hash(self) -> str | None:
        """The hash that runs record of a local model's prompt; None for hosted ones, which record none."""
        return None if self._local is None else prompt_hash(self._local)

    def render(self, case: Case) -> Rendered:
        """The prompt of a case."""
        settings = replace(Settings(), now=case.now)
        if self._local is not None:
            prompt = self._local.render(case.messages, case.tools, settings)
            return Rendered(prompt.fixed, prompt.rest)
        request = body("", case.messages, case.tools, settings, self._family)
        tools = request.get("tools", [])
        return Rendered(_lines(tools) if tools else "", _lines(request["messages"]))


def _lines(values: Sequence[object]) -> str:
    """JSON that can be compared line by line."""
    return json.dumps(values, ensure_ascii=False, indent=1)
