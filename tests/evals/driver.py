"""The `evals` command with a provider that needs no model; a program of its own, so that it can be killed.

`RULE_DELAY_S` in the environment is how long each reply takes.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from evals.cli import main
from providers.base import ProviderRejected
from tests.evals.support import RuleProvider

DELAY_S = float(os.environ.get("RULE_DELAY_S", "0"))


async def open_provider(model: str | None, config: Any, on_progress: object = None) -> RuleProvider:
    if model not in (None, "rule", "rule:f16"):
        raise ProviderRejected(f"unknown model {model}; did you mean rule?")
    return RuleProvider(delay_s=DELAY_S)


registry = ModuleType("providers.registry")
registry.open_provider = open_provider  # type: ignore[attr-defined]
registry.store_options = lambda config: None  # type: ignore[attr-defined]
# What is asked where no model is named needs no file.
os.environ["SMALLWATCH_MODEL"] = "scripted"
sys.modules["providers.registry"] = registry
main(prog_name="evals")
