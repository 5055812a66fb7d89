"""The tools as models see them are exactly those of `tools/schema.json`."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files
from typing import Any

import pytest

from tools.catalogue import FUNCTIONS, default_registry
from tools.errors import UnknownTool
from tools.registry import Registry, define, tool
from tools.results import ToolResult, done

SCHEMA = json.loads(files("tools").joinpath("schema.json").read_text(encoding="utf-8"))


def test_generated_schemas_equal_the_contract_in_order_keys_and_texts() -> None:
    # Compared as text, since equal dicts may differ in the order of their keys.
    assert json.dumps(default_registry().openai(), indent=1) == json.dumps(SCHEMA, indent=1)


def test_specs_carry_the_same_schemas() -> None:
    for spec, entry in zip(default_registry().specs(), SCHEMA, strict=True):
        assert (spec.name, spec.description) == (entry["function"]["name"], entry["function"]["description"])
        assert spec.parameters == entry["function"]["parameters"]
        assert spec.effect == entry["x-effect"]


def test_what_is_handed_out_cannot_change_the_registry() -> None:
    default_registry().openai()[0]["function"]["parameters"]["properties"].clear()
    default_registry().specs()[0].parameters.clear()
    assert default_registry().openai() == SCHEMA


def test_the_functions_stay_plain_async_functions() -> None:
    for function in FUNCTIONS:
        assert inspect.iscoroutinefunction(function)
        assert inspect.getdoc(function)


def test_only_the_status_call_is_made_for_polling() -> None:
    assert [d.name for d in default_registry() if d.polling] == ["get_function_status"]


def test_unknown_names_come_back_with_the_nearest() -> None:
    with pytest.raises(UnknownTool, match=r"no tool named check_certificate.*check_ssl_certificate"):
        default_registry().get("check_certificate")


def test_a_selection_keeps_the_order_and_refuses_unknown_names() -> None:
    assert default_registry().only(["run_nmap", "get_agents"]).names == ("get_agents", "run_nmap")
    with pytest.raises(UnknownTool):
        default_registry().only(["get_agents", "nope"])


def test_two_tools_of_one_name_are_refused() -> None:
    definition = default_registry().get("ping_host")
    with pytest.raises(ValueError, match="two tools named ping_host"):
        Registry([definition, definition])


async def undocumented(context: object, target: str) -> ToolResult:
    """Do something."""
    return done(target)


async def without_context(target: str) -> ToolResult:
    """Do something.

    Args:
        target: What.
    """
    return done(target)


async def odd_type(context: object, target: dict[str, Any]) -> ToolResult:
    """Do something.

    Args:
        context: Surroundings.
        target: What.
    """
    return done(str(target))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (undocumented, "parameter target needs a type and a line"),
        (without_context, "first parameter of a tool is context"),
        (odd_type, "parameter target: .*has no JSON form"),
    ],
)
def test_a_declaration_that_cannot_become_a_schema_says_why(function: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        define(tool(effect="read")(function))


def test_an_unmarked_function_is_no_tool() -> None:
    async def unmarked(context: object) -> ToolResult:
        """Do nothing."""
        return done("")

    with pytest.raises(TypeError, match=r"put @tool\(effect=...\) above it"):
        define(unmarked)
