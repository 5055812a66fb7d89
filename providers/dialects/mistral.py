"""What Mistral's formats share: ``[TOOL_CALLS]``, then an array of objects or a name with arguments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.base import ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.general import GeneralReader
from providers.dialects.layout import Safe, described
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, markers_of
from providers.dialects.thoughts import THOUGHTS

CALLS, CALL_ID, ARGS = "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"
_ID = re.compile(r"[A-Za-z0-9]{9}")

SPECIALS = frozenset(
    (
        CALLS,
        CALL_ID,
        ARGS,
        "[/TOOL_CALLS]",
        "[INST]",
        "[/INST]",
        "[AVAILABLE_TOOLS]",
        "[/AVAILABLE_TOOLS]",
        "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]",
        "[TOOL_CONTENT]",
        "[SYSTEM_PROMPT]",
        "[/SYSTEM_PROMPT]",
        "<s>",
        "</s>",
        "[THINK]",
        "[/THINK]",
    )
)


class MistralReader(GeneralReader):
    """Reads both forms; models of one generation also write the other's."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {CALLS}
    dropped: ClassVar[frozenset[str]] = GeneralReader.dropped | {"[/TOOL_CALLS]"}
    native: ClassVar[frozenset[str]] = frozenset()
    thinking: ClassVar[Mapping[str, str]] = {"[THINK]": "[/THINK]", **THOUGHTS}

    def own_markers(self) -> Sequence[str]:
        """A tool's name with the marker of its id or arguments is a call that lost its first marker."""
        return [*super().own_markers(), *(f"{name}{mark}" for name in self.tools for mark in (CALL_ID, ARGS))]

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == CALLS:
            yield from self._calls()
        elif marker.endswith((CALL_ID, ARGS)):
            self.source.mark(len(marker))
            name, bracket, rest = marker.partition("[")
            self.source.at -= len(bracket + rest)
            yield from self._named(name, ("missing-start-tag",))
        else:
            yield from super().opened(marker)

    def _calls(self) -> Steps:
        source = self.source
        source.mark(len(CALLS))
        begins = source.position
        if (yield from source.space()) and source.text[source.at] not in "{[\"'`":
            name = (yield from self.header(markers_of((CALL_ID, ARGS, "{")))).strip()
            if PLAUSIBLE_NAME.fullmatch(name):
                yield from self._named(name)
                return
            source.rewind(begins)
        yield from self.body(Frame(needed=False))

    def _named(self, name: str, repairs: tuple[str, ...] = ()) -> Steps:
        source = self.source
        call_id = ""
        if (yield from source.ahead(len(CALL_ID))) == CALL_ID:
            source.at += len(CALL_ID)
            call_id = (yield from self.header(markers_of((ARGS, "{")))).strip()
        if (yield from source.ahead(len(ARGS))) == ARGS:
            source.at += len(ARGS)
        yield from self.named(name, Frame(needed=False, repairs=repairs), call_id)


def call_id_of(call_id: str) -> str:
    """Returns an id as Mistral takes it: nine letters or digits."""
    return (
        call_id
        if _ID.fullmatch(call_id)
        else hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:9]
    )


def offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    """Lists the tools."""
    return f"[AVAILABLE_TOOLS]{safe.json([described(tool) for tool in tools])}[/AVAILABLE_TOOLS]"
