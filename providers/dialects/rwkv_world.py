"""RWKV-7 World and G1: turns named in plain words, calls announced and fenced.

A turn ends with an empty line, so no content may hold one. The models know no role for what a tool returns;
it comes as the user's turn, fenced and labelled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Result, Safe, as_object, listed
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, StepsToBool, markers_of

ANNOUNCEMENTS = ("**Tool Call:**", "**Tool call:**", "**tool call:**", "**Tool Call**:", "**Tool Calls:**")

_EMPTY_LINES = re.compile(r"\s*\n\s*\n\s*|\r+")
_ROLE = re.compile(r"(?m)^([ \t]*)(User|Assistant|System|Tool):")


class RwkvWorldReader(GeneralReader):
    """Reads announced calls, bare fences, and the older tagged Python dictionaries."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | frozenset(ANNOUNCEMENTS)
    fence_repair: ClassVar[str] = ""

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in ANNOUNCEMENTS:
            yield from self._announced(marker)
        else:
            yield from super().opened(marker)

    def _announced(self, marker: str) -> Steps:
        """Reads what follows the announcement: a fence, or an object without one."""
        source = self.source
        source.mark(len(marker))
        if not (yield from source.space()):
            self.broken(source.marked(), "no call follows its announcement", source.marked_length)
            return
        if source.text[source.at] == "`" and (yield from source.ahead(3)) == "```":
            source.at += 3
            yield from self.label()
            yield from self.body(Frame(frozenset(("```",))))
        elif source.text[source.at] in "{[":
            yield from self.body(Frame(needed=False, repairs=("missing-fence",)))
        elif not (yield from self._named_beside()):
            self.release()

    def _named_beside(self) -> StepsToBool:
        """Reads a tool's name on the line of the announcement, and its arguments in a fence or without one."""
        source = self.source
        line = yield from self.header(markers_of(("\n",)))
        name = line.strip(" \t`*\"'")
        if not PLAUSIBLE_NAME.fullmatch(name) or (self.tools and self.plain_name(name) not in self.tools):
            return False
        if not (yield from source.space()):
            return False
        if source.text[source.at] == "{" and (yield from self.bears_name(name)):
            yield from self.named(name, Frame(needed=False, repairs=("other-form", "missing-fence")))
            return True
        if source.text[source.at] == "`" and (yield from source.ahead(3)) == "```":
            source.at += 3
            yield from self.label()
            frame = Frame(frozenset(("```",)), repairs=("other-form",))
            if (
                (yield from source.space())
                and source.text[source.at] == "{"
                and (yield from self.bears_name(name))
            ):
                yield from self.named(name, frame)
            else:
                yield from self.body(frame)
            return True
        return False


def _one_paragraph(text: str) -> str:
    """Takes empty lines out, and words that would open a turn."""
    return _ROLE.sub(r"\1\2 :", _EMPTY_LINES.sub("\n", text).strip())


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n"
        "To call one, write this, once for each call:\n"
        '**Tool Call:**\n```json\n{"name": "<name of the function>", "arguments": {<its arguments>}}\n```\n'
        "Write nothing else then. If no function is needed, answer in plain words."
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "\n".join(
        f"**Tool Call:**\n```json\n{safe.json(as_object(call), indent=2)}\n```" for call in calls
    )


def _result(result: Result) -> str:
    return f"**Tool Result:** {result.name}\n```\n{result.content}\n```"


LAYOUT = Layout(
    specials=frozenset((*ANNOUNCEMENTS, "**Tool Result:**", "<tool_call>", "</tool_call>")),
    system=("System: ", "\n\n"),
    user=("User: ", "\n\n"),
    assistant=("Assistant: ", "\n\n"),
    invite="Assistant:",
    offer=_offer,
    calls=_calls,
    result=_result,
    results=("User: ", "\n\n"),
    stop=("\n\n",),
    clean=_one_paragraph,
    result_specials=frozenset(("```",)),
)

RWKV_WORLD = Family(
    "rwkv_world",
    "RWKV-7 World and G1: announced JSON in a code fence, turns in plain words",
    LAYOUT,
    RwkvWorldReader,
)
