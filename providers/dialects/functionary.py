"""Functionary 3.1 (``<function=name>{..}</function>``) and 3.2 (``>>>name`` and JSON on the next line)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Safe, listed
from providers.dialects.llama3 import LAYOUT as LLAMA
from providers.dialects.llama3 import PYTHON_TAG, turn
from providers.dialects.named import CODE_TOOLS
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, StepsToBool, StepsToStr, markers_of

RECIPIENT = ">>>"
_NAME_LINE = re.compile(r"[\w.:/-]{0,128} ?")


class Functionary31Reader(GeneralReader):
    """Reads function tags, and code after the tag for code."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {PYTHON_TAG}
    native: ClassVar[frozenset[str]] = frozenset()
    own_functions: ClassVar[bool] = True

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == PYTHON_TAG:
            self.source.mark(len(marker))
            yield from self.code(next((n for n in CODE_TOOLS if n in self.tools), CODE_TOOLS[0]))
        else:
            yield from super().opened(marker)


class Functionary32Reader(GeneralReader):
    """Reads recipients; the prompt has opened the first one."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {RECIPIENT}
    native: ClassVar[frozenset[str]] = frozenset()

    def begin(self) -> Steps:
        """Reads the first recipient, whose sign is part of the prompt."""
        source = self.source
        source.mark()
        yield from source.space()
        sign = yield from markers_of((RECIPIENT,)).standing(source)
        source.at += len(sign)
        yield from self._recipient()

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == RECIPIENT:
            self.source.mark(len(marker))
            yield from self._recipient()
        else:
            yield from super().opened(marker)

    def _recipient(self) -> Steps:
        """Reads the line that names a recipient, and what is for it."""
        source = self.source
        begins = source.position
        name = yield from self._line()
        if name == "all":
            source.unmark()
            self.structure()
        elif not PLAUSIBLE_NAME.fullmatch(name) or not (yield from self._is_call(name)):
            source.rewind(begins)
            self.release()
        elif source.text[source.at] == "{" or name not in CODE_TOOLS:
            yield from self.named(name, Frame(needed=False))
        else:
            yield from self.code(name)

    def _line(self) -> StepsToStr:
        """Reads a line that holds nothing but a name; "" where another text stands."""
        source = self.source
        while True:
            found = _NAME_LINE.match(source.text, source.at)
            end = found.end() if found else source.at
            if end < len(source.text):
                name = source.text[source.at : end].strip() if source.text[end] == "\n" else ""
                source.at = end
                return name
            if source.ended or end - source.at > 130:
                return ""
            yield

    def _is_call(self, name: str) -> StepsToBool:
        source = self.source
        if not (yield from source.space()):
            return False
        return source.text[source.at] == "{" or name in CODE_TOOLS or name in self.tools


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"


def _offer_tags(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        _offer(tools, safe)
        + "To call one, write <function=name>{arguments as JSON}</function>, once for each call."
    )


def _offer_recipients(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        _offer(tools, safe)
        + "Name whom you speak to on a line of its own, after >>>: all for the user, or the name of a "
        "function, whose arguments follow as JSON."
    )


def _call_tags(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "".join(f"<function={call.name}>{safe.json(call.arguments)}</function>" for call in calls)


def _call_recipients(calls: Sequence[ToolCall], safe: Safe) -> str:
    return RECIPIENT.join(f"{call.name}\n{safe.json(call.arguments)}" for call in calls)


LAYOUT_31 = replace(
    LLAMA, specials=LLAMA.specials | {"<function=", "</function>"}, offer=_offer_tags, calls=_call_tags
)
LAYOUT_32 = replace(
    LLAMA,
    specials=LLAMA.specials | {RECIPIENT},
    assistant=(turn("assistant") + RECIPIENT, "<|eot_id|>"),
    offer=_offer_recipients,
    calls=_call_recipients,
    said=("all\n", ""),
    joint=RECIPIENT,
)

FUNCTIONARY_31 = Family(
    "functionary_3_1", "Functionary 3.1: <function=name>{..}</function>", LAYOUT_31, Functionary31Reader
)
FUNCTIONARY_32 = Family(
    "functionary", "Functionary 3.2: >>>name and JSON on the next line", LAYOUT_32, Functionary32Reader
)
