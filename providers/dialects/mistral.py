"""What Mistral's formats share: ``[TOOL_CALLS]``, then an array of objects or a name with arguments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.layout import Safe, described
from providers.dialects.objects import Frame
from providers.dialects.python_calls import PythonCallReader
from providers.dialects.source import Steps, markers_of

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


class MistralReader(PythonCallReader):
    """Reads both forms; models of one generation also write the other's."""

    openers: ClassVar[frozenset[str]] = frozenset((CALLS, "{", "[", "```"))
    dropped: ClassVar[frozenset[str]] = frozenset(("[/TOOL_CALLS]",))

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == CALLS:
            yield from self._calls()
        else:
            yield from self.sign(marker)

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

    def _named(self, name: str) -> Steps:
        source = self.source
        call_id = ""
        if (yield from source.ahead(len(CALL_ID))) == CALL_ID:
            source.at += len(CALL_ID)
            call_id = (yield from self.header(markers_of((ARGS, "{")))).strip()
        if (yield from source.ahead(len(ARGS))) == ARGS:
            source.at += len(ARGS)
        yield from self.named(name, Frame(needed=False), call_id)


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
