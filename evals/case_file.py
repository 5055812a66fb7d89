"""The form of one line of a suite, as it is written in the file; unknown keys are errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from evals.text import describe, json_type
from providers.base import DEFAULT_NOW

Category = Literal[
    "simple", "parallel", "followup", "noisy", "irrelevant", "clarify", "refuse", "multilingual"
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
DEFAULT_NOW_TEXT = DEFAULT_NOW.isoformat()


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FunctionForm(_Form):
    """What an assistant's call names and gives."""

    name: str
    arguments: dict[str, Any]


class ToolCallForm(_Form):
    """A call that the assistant made earlier in the conversation."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionForm


class UserForm(_Form):
    """A message of the user."""

    role: Literal["user"]
    content: str


class AssistantForm(_Form):
    """A message of the assistant: words, calls or both."""

    role: Literal["assistant"]
    content: str | None = None
    tool_calls: list[ToolCallForm] = []


class ToolForm(_Form):
    """The result of a call."""

    role: Literal["tool"]
    tool_call_id: str
    content: str


class ExpectedForm(_Form):
    """One call that the model must make: every acceptable value of every parameter."""

    name: str
    arguments: dict[str, list[Any]]


MessageForm = Annotated[UserForm | AssistantForm | ToolForm, Field(discriminator="role")]


class CaseForm(_Form):
    """One line of a suite."""

    id: str = Field(min_length=1)
    category: Category
    messages: list[MessageForm] = Field(min_length=1)
    now: str = DEFAULT_NOW_TEXT
    tools: list[str] = []
    expect: list[ExpectedForm]
    alternatives: list[list[ExpectedForm]] = []
    ordered: bool = False

    @property
    def tools_given(self) -> bool:
        """Whether the line says which tools are on offer."""
        return "tools" in self.model_fields_set


_MESSAGE_FORMS: dict[str, type[_Form]] = {"user": UserForm, "assistant": AssistantForm, "tool": ToolForm}


def form_problems(error: ValidationError) -> list[tuple[str, str]]:
    """What is wrong with a line: pairs of a key and what was expected there."""
    return [(_key(details["loc"]), _expected(details)) for details in error.errors(include_url=False)]


def key_path(*parts: str | int) -> str:
    """The path to a value of a line, such as `expect[0].arguments.port[1]`."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _key(location: tuple[int | str, ...]) -> str:
    # pydantic puts the role that chose the message's form into the path.
    if len(location) > 2 and location[0] == "messages":
        location = (*location[:2], *location[3:])
    return key_path(*location)


def _expected(details: ErrorDetails) -> str:
    location, given = details["loc"], details["input"]
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key; expected one of {', '.join(_known_keys(location))}"
        case "missing":
            return "missing; this key is required"
        case "union_tag_not_found":
            return "expected an object with the key role: user, assistant or tool"
        case "union_tag_invalid":
            role = details.get("ctx", {}).get("tag", "")
            return f"expected the role user, assistant or tool, got {describe(role)}"
        case "literal_error" if location[-1] == "category":
            return f"expected one of {', '.join(CATEGORIES)}, got {describe(given)}"
        case "model_type" | "model_attributes_type":
            return f"expected an object, got {json_type(given)}: {describe(given)}"
        case _:
            expected = details["msg"].replace("Input should be", "expected")
            return f"{expected}, got {json_type(given)}: {describe(given)}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    form: type[_Form] = ExpectedForm
    if len(location) == 1:
        form = CaseForm
    elif "function" in location:
        form = FunctionForm
    elif "tool_calls" in location:
        form = ToolCallForm
    elif location[0] == "messages":
        form = _MESSAGE_FORMS[str(location[2])]
    return list(form.model_fields)
