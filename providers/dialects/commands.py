"""Reads calls written as a command in a tag: the tool's name, then plain text for the one parameter that takes it."""

from __future__ import annotations

from typing import Any, cast

from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.jsonread import read_strict
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, StepsToStr, markers_of
from providers.dialects.thoughts import ThoughtReader
from providers.dialects.typed import Schema, properties_of, types_of

#: What opens such a tag; the word after it is the tool's name, or says that the name is the text's first word.
COMMAND_TAG = "<tool: "
_FUNCTION = "function"
_CLOSE = "</tool>"
_WORD_ENDS = (">", "<", " ", "\n", "\t")
# The parameter of a tool whose schema names none.
_COMMAND = "command"


class CommandReader(ThoughtReader):
    """Reads `<tool: name>`, text, `</tool>`."""

    def command(self) -> Steps:
        """Reads what follows the opening of the tag."""
        source = self.source
        source.mark(len(COMMAND_TAG))
        name = yield from self._word()
        named = name == _FUNCTION and name not in self.tools
        if named and (yield from source.space()):
            name = yield from self._word()
        name, prefixed = self.named_as_offered(name)
        if not PLAUSIBLE_NAME.fullmatch(name) or not (named or name in self.tools or not self.tools):
            self.release()
            return
        frame = Frame(frozenset((_CLOSE,)), repairs=("other-form", *prefixed))
        self.enter(frame)
        frame.tries = 1
        self.start(name)
        begins = source.position
        if not (yield from markers_of((_CLOSE,)).sought(source)):
            self.broken(source.marked(), "the call breaks off inside its tag", source.marked_length)
            source.unmark()
            return
        text = source.between(begins, source.position)
        self.show_arguments(text)
        self.done(name, _arguments(text.strip(), self.tools.get(name, {})), frame.repairs)
        yield from self.close(frame)

    def _word(self) -> StepsToStr:
        """Reads a word and the sign that closes its tag; "" where none ends soon enough."""
        source = self.source
        word = (yield from self.header(markers_of(_WORD_ENDS))).strip()
        if source.text.startswith(">", source.at):
            source.at += 1
        return word


def _arguments(text: str, schema: Schema) -> dict[str, Any]:
    """Takes text as a JSON object of arguments, or as the value of the parameter that can only be meant."""
    known = properties_of(schema)
    read = read_strict(text) if text.startswith("{") else None
    values = cast("dict[str, Any]", read.value) if read is not None else {}
    if not text or (values and (not known or set(values) <= set(known))):
        return values
    texts = [key for key, part in known.items() if "string" in types_of(part, schema)]
    required = schema.get("required")
    needed = [key for key in texts if isinstance(required, list) and key in cast("list[Any]", required)]
    return {next(iter((*needed, *texts, *known)), _COMMAND): text}
