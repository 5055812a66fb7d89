"""ReAct: thought, action and its input, in words; for models that know no form of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.hermes import LAYOUT as CHATML
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.react import ACTIONS, OBSERVATIONS
from providers.dialects.source import Steps, markers_of

THOUGHTS = frozenset(("Thought:", "**Thought:**"))
ANSWERS = frozenset(("Final Answer:", "**Final Answer:**"))
# A call in another family's form ends a thought too; these begin one that no marker announces.
_AFTER_THOUGHT = ACTIONS | ANSWERS | {"\n{", "\n```"}


class AgentReader(GeneralReader):
    """Reads thoughts as reasoning, actions as calls, and what follows ``Final Answer:`` as the answer."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | THOUGHTS | ANSWERS
    native: ClassVar[frozenset[str]] = frozenset()
    action_repair: ClassVar[str] = ""

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in THOUGHTS and self.at_line_start():
            self.structure()
            yield from self.reason(markers_of(_AFTER_THOUGHT, self.calling))
        elif marker in ANSWERS and self.at_line_start():
            self.structure()
        elif marker in THOUGHTS | ANSWERS:
            self.say(marker)
        else:
            yield from super().opened(marker)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"
        "Write a line with what you think, then either a call or the answer:\n"
        "Thought: <what to do>\nAction: <name of the function>\nAction Input: <object of arguments as JSON>\n"
        "or\nThought: <why nothing more is needed>\nFinal Answer: <the answer>\n"
        "After an action wait for the observation."
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "\n".join(f"Action: {call.name}\nAction Input: {safe.json(call.arguments)}" for call in calls)


LAYOUT = Layout(
    specials=CHATML.specials,
    result_specials=ACTIONS | THOUGHTS | ANSWERS | OBSERVATIONS,
    system=CHATML.system,
    user=CHATML.user,
    assistant=CHATML.assistant,
    offer=_offer,
    calls=_calls,
    result=lambda result: f"Observation: {result.content}",
    results=CHATML.results,
    stop=(*CHATML.stop, "\nObservation:"),
)

REACT = Family("react", "ReAct: Action and Action Input in words, for any model", LAYOUT, AgentReader)
