"""Reads calls as agents' prompts ask for them (ReAct, Yao et al. 2022): ``Action: name`` and ``Action Input: {..}``."""

from __future__ import annotations

import re
from typing import Any, ClassVar, cast

from providers.dialects.enclosed import EnclosedReader
from providers.dialects.jsonread import read_arguments
from providers.dialects.objects import Frame
from providers.dialects.python_lists import PythonReader
from providers.dialects.reader import TURN_ENDS
from providers.dialects.source import Steps, StepsToBool, markers_of
from providers.dialects.tolerant import Unreadable
from providers.dialects.typed import properties_of, type_value

#: What precedes the name of a tool.
ACTIONS = frozenset(("Action:", "**Action:**", "**Action**:", "Action :"))
#: What a tool returned; models that write it themselves have made it up.
OBSERVATIONS = frozenset(("Observation:", "**Observation:**"))
_INPUT = re.compile(
    r"\s*(?:\*\*)?(?:action[ _]?input|input|arguments|args|parameters)(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*",
    re.IGNORECASE,
)
_INPUT_LONGEST = 48
_NAME_ENDS = markers_of(("\n", "(", "{", "["))
_TEXT_ENDS = markers_of(("\nObservation", "\nThought", "\nAction", "\nFinal Answer", "\n\n"), TURN_ENDS)
_AROUND = " \t`*\"'.:"
_NAMED_VALUES = re.compile(r"\s*[A-Za-z_]\w*\s*=(?!=)")


class ReactReader(PythonReader, EnclosedReader):
    """Reads actions of tools on offer; whatever follows an observation that the model made up is left out."""

    acting: ClassVar[frozenset[str]] = ACTIONS | OBSERVATIONS
    #: Tolerance that an action takes; "" where the family writes its calls so.
    action_repair: ClassVar[str] = "other-form"
    _acted = False

    def action(self, marker: str) -> Steps:
        """Reads what follows ``Action:`` or ``Observation:``, just read."""
        source = self.source
        if not self.at_line_start():
            self.say(marker)
        elif marker in OBSERVATIONS:
            if self._acted:
                yield from self._leave_out()
            else:
                self.say(marker)
        else:
            source.mark(len(marker))
            if not (yield from self._action()):
                self.release()

    def _leave_out(self) -> Steps:
        source = self.source
        while True:
            source.at = len(source.text)
            if source.ended:
                return
            yield

    def _action(self) -> StepsToBool:
        """Reads an action; returns False where none follows, and what was read is yet to be given back as text."""
        source = self.source
        repairs = (self.action_repair,) if self.action_repair else ()
        frame = Frame(needed=False, bare=True, repairs=repairs)
        if not (yield from source.space()):
            return False
        if source.text[source.at] == "`" and (yield from source.ahead(3)) == "```":
            source.at += 3
            yield from self.label()
            frame.closes = frozenset(("```",))
            if not (yield from source.space()):
                return False
        if source.text[source.at] in "{[":
            if source.text[source.at] == "[" and (yield from source.ahead(2))[1:].isalpha():
                called = yield from self.python_body(frame)
            else:
                called = yield from self.body(frame)
            self._acted = self._acted or called
            return True
        return (yield from self._named_action(frame))

    def _note(self) -> bool:
        self._acted = True
        return True

    def _named_action(self, frame: Frame) -> StepsToBool:
        source = self.source
        begins = source.position
        header = yield from self.header(_NAME_ENDS)
        if not header and source.ended and len(source.text) - source.at <= 160:
            header = source.text[source.at :]
            source.at = len(source.text)
        name = header.strip(_AROUND)
        if not name or self.plain_name(name) not in self.tools:
            return False
        sign = source.text[source.at : source.at + 1]
        if sign == "(":
            source.rewind(begins)
            called = yield from self.python_body(frame)
            self._acted = self._acted or called
            return True
        frame.bare = False
        if sign == "{":
            yield from self.named(name, frame)
            return self._note()
        if sign == "[":
            return (yield from self._in_brackets(name, frame))
        return (yield from self._input(name, frame))

    def _input(self, name: str, frame: Frame) -> StepsToBool:
        """Reads the line that holds the input of an action, and the input."""
        source = self.source
        while True:
            ahead = source.text[source.at : source.at + _INPUT_LONGEST]
            found = _INPUT.match(ahead)
            if (found and found.end() + 2 < len(ahead)) or len(ahead) == _INPUT_LONGEST or source.ended:
                break
            yield
        if found:
            source.at += found.end()
        elif not (yield from source.space()):
            return self._without_input(name, frame)
        if found and not (yield from source.space()):
            return self._without_input(name, frame)
        if source.text[source.at] == "{" or (yield from source.ahead(3)) == "```":
            yield from self.named(name, frame)
        elif found and (yield from source.ahead(2)) == "`{":
            source.at += 1
            yield from self.named(name, frame)
            if (yield from source.ahead(1)) == "`":
                source.at += 1
        elif found:
            yield from self._text_input(name, frame)
        else:
            return self._without_input(name, frame)
        return self._note()

    def _without_input(self, name: str, frame: Frame) -> bool:
        """Takes an action without an input as a call, if the tool needs no argument."""
        if self.tools[self.plain_name(name)].get("required"):
            return False
        self.done(self.plain_name(name), {}, (*frame.repairs, "missing-arguments"))
        self.settle()
        self.source.unmark()
        self.after_space()
        return self._note()

    def _in_brackets(self, name: str, frame: Frame) -> StepsToBool:
        source = self.source
        source.at += 1
        text = yield from self.header(markers_of(("]",)))
        if not text:
            return False
        source.at += 1
        return self._take(name, text, frame)

    def _text_input(self, name: str, frame: Frame) -> Steps:
        """Reads an input that is no object: plain text, for a tool with one parameter."""
        source = self.source
        begins = source.position
        yield from _TEXT_ENDS.sought(source)
        self._take(name, source.between(begins, source.position), frame)

    def _take(self, name: str, text: str, frame: Frame) -> bool:
        name = self.plain_name(name)
        self.start(name)
        self.show_arguments(text)
        try:
            arguments, repairs = self._one_argument(name, text.strip())
            self.done(name, arguments, (*frame.repairs, *repairs))
            self.settle()
        except Unreadable as error:
            self.broken(self.source.marked(), error.reason, 0)
        self.source.unmark()
        self.after_space()
        return self._note()

    def _one_argument(self, name: str, text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Gives a plain text to the parameter that it is for.

        Raises:
            Unreadable: The tool has several that it may be for.
        """
        schema = self.tools[name]
        known = properties_of(schema)
        if text.strip("`\"'").lower() in ("", "none", "null", "n/a"):
            return {}, ("empty-arguments",)
        if _NAMED_VALUES.match(text):
            named, positional = cast("tuple[dict[str, Any], list[Any]]", read_arguments(text).value)
            if not positional and set(named) <= set(known):
                return named, ()
        required = cast("list[str]", schema.get("required") or [])
        keys = list(known) if len(known) == 1 else [key for key in required if key in known]
        if len(keys) != 1:
            raise Unreadable("the input of the action must be a JSON object with every argument by name", 0)
        if len(text) > 1 and text[0] == text[-1] and text[0] in "`\"'":
            text = text[1:-1]
        value, repairs = type_value(text, known[keys[0]], schema)
        return {keys[0]: value}, ("positional-arguments", *repairs)
