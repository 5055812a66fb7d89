"""BFCL's own `ast_checker`, as its package has it.

Importing it imports the clients of a dozen vendors, for one table: whether a hosted model's API refuses dots in
the names of functions. That table is replaced by one for a model that takes them; the rest runs as it is.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from evals.bfcl.data import INSTALL, PACKAGE, BfclError, Entry
from providers.base import ToolCall

_TABLE = "bfcl_eval.constants.model_config"
_MODEL = "smallwatch"


@cache
def _loaded() -> tuple[Callable[..., dict[str, Any]], Any]:
    before = sys.modules.get(_TABLE)
    table = ModuleType(_TABLE)
    vars(table)["MODEL_CONFIG_MAPPING"] = {_MODEL: SimpleNamespace(underscore_to_dot=False)}
    sys.modules[_TABLE] = table
    try:
        checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
        enums = importlib.import_module("bfcl_eval.constants.enums")
    except ImportError as error:
        raise BfclError(f"the checker of {PACKAGE} cannot be loaded ({error}): {INSTALL}") from error
    finally:
        if before is None:
            del sys.modules[_TABLE]
        else:
            sys.modules[_TABLE] = before
    return checker.ast_checker, enums.Language


def load_checker() -> None:
    """Loads the checker.

    Raises:
        BfclError: The package is not installed.
    """
    _loaded()


def check(entry: Entry, calls: Sequence[ToolCall]) -> str | None:
    """Asks `ast_checker` about the calls of a reply.

    Returns:
        Its `error_type`, or None where it finds them right.

    Raises:
        BfclError: The package is not installed.
        Exception: Whatever `ast_checker` itself ends in, where its rules do not cover the calls.
    """
    ast_checker, languages = _loaded()
    given = [{call.name: call.arguments} for call in calls]
    language = languages(entry.language)
    answers = list(entry.answers)
    result = ast_checker(list(entry.functions), given, answers, language, entry.category, _MODEL)
    return None if result["valid"] else str(cast("object", result["error_type"]))
