"""xLAM: a JSON array of calls, bare, fenced, tagged, or after reasoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.hermes import HermesReader
from providers.dialects.layout import OFFERED, Safe, as_object, listed
from providers.dialects.llama3 import LAYOUT as LLAMA
from providers.dialects.objects import Frame
from providers.dialects.source import Steps

TOKEN = "[TOOL_CALLS]"  # noqa: S105 - a marker, no password


class XlamReader(HermesReader):
    """Reads arrays and objects of calls wherever they stand."""

    openers: ClassVar[frozenset[str]] = HermesReader.openers | {TOKEN}
    dropped: ClassVar[frozenset[str]] = HermesReader.dropped | {"[/TOOL_CALLS]"}
    bare_objects = "anywhere"
    bare_repair: ClassVar[str] = ""
    bare_known_only: ClassVar[bool] = False
    fence_repair: ClassVar[str] = ""

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == TOKEN:
            self.source.mark(len(marker))
            yield from self.body(Frame(needed=False))
        else:
            yield from super().opened(marker)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"
        "To call, write nothing but one JSON array of objects with name and arguments:\n"
        '[{"name": <name of the function>, "arguments": <object of arguments>}]'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return safe.json([as_object(call) for call in calls])


LAYOUT = replace(LLAMA, offer=_offer, calls=_calls)

XLAM = Family("xlam", "xLAM: a JSON array of calls, bare, fenced or tagged", LAYOUT, XlamReader)
