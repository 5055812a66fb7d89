"""SmolLM2 Instruct: a JSON array of calls between one pair of ``<tool_call>`` tags, empty where none is needed.

The words around the tools are those that the model was tuned on and that its card publishes
(`instructions_function_calling.md` of HuggingFaceTB/SmolLM2-1.7B-Instruct, Apache-2.0); the turns are those of the
chat template in its files. The card shows no result of a call: it comes as the user's turn, between tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from providers.base import Message, Settings, ToolCall, ToolSpec
from providers.dialects.base import Prompt
from providers.dialects.family import Family
from providers.dialects.held import HeldReader
from providers.dialects.hermes import LAYOUT as HERMES
from providers.dialects.hermes import HermesReader
from providers.dialects.layout import Safe, as_object, described

#: What the chat template says where nobody else says anything first.
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        "You are an expert in composing functions. You are given a question and a set of possible functions. \n"
        "Based on the question, you will need to make one or more function/tool calls to achieve the purpose. \n"
        "If none of the functions can be used, point it out and refuse to answer. \n"
        "If the given question lacks the parameters required by the function, also point it out.\n\n"
        "You have access to the following tools:\n"
        f"<tools>{safe.json([described(tool) for tool in tools])}</tools>\n\n"
        "The output MUST strictly adhere to the following format, and NO other text MUST be included.\n"
        "The example format is as follows. Please make sure the parameter type is correct. "
        "If no function call is needed, please make the tool calls an empty list '[]'.\n"
        "<tool_call>[\n"
        '{"name": "func_name1", "arguments": {"argument1": "value1", "argument2": "value2"}},\n'
        "... (more tool calls as required)\n"
        "]</tool_call>"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return f"<tool_call>{safe.json([as_object(call) for call in calls])}</tool_call>"


@dataclass(slots=True)
class SmolLM2(Family):
    """The codec; it says who the assistant is where neither tools nor a system message do."""

    def render(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Prompt:
        """Writes the conversation as the model was trained to read it."""
        if not tools and not (messages and messages[0].role == "system"):
            messages = (Message("system", DEFAULT_SYSTEM), *messages)
        # Not super(): a dataclass with slots is made anew, and is no longer the class that super() means.
        return Family.render(self, messages, tools, settings)


SMOLLM2 = SmolLM2(
    "smollm2",
    "SmolLM2: a JSON array of calls between <tool_call> tags",
    replace(HERMES, offer=_offer, calls=_calls),
    HermesReader,
    held=HeldReader,
)
