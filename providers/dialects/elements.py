"""Reads calls that are elements of XML: named after the tool, with an element or an attribute for each parameter."""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import cached_property
from html import unescape
from typing import TypeAlias

from providers.dialects.objects import Frame
from providers.dialects.parameters import MINIMAX_SIGN, Given, ParameterReader
from providers.dialects.source import Steps, StepsToBool, StepsToStr, markers_of
from providers.dialects.trees import typed_elements
from providers.dialects.typed import properties_of

StepsToText: TypeAlias = Generator[None, None, str | None]

# A tag that may name a parameter, where the tool's schema is not known.
_ANY_TAG = re.compile(r"<([A-Za-z_][\w.-]{0,63})>")
_CLOSING_AHEAD = 80
_ELEMENT_ENDS = markers_of(("/>", ">"))
# No attribute holds the beginning of another tag, so the search for an end stops there.
_ATTRIBUTES_END = markers_of(("/>", ">", "<"))
_ATTRIBUTES_LONGEST = 2_000
_ATTRIBUTE = re.compile(
    r"""(?P<key>[A-Za-z_][\w-]{0,63})\s{0,4}=\s{0,4}(?:"(?P<double>[^"<>]{0,1000})"|'(?P<single>[^'<>]{0,1000})')"""
)
_ATTRIBUTES = re.compile(
    r"""(?:\s{0,64}[A-Za-z_][\w-]{0,63}\s{0,4}=\s{0,4}(?:"[^"<>]{0,1000}"|'[^'<>]{0,1000}'))+\s{0,64}"""
)


class ElementReader(ParameterReader):
    """Reads elements of XML."""

    # A tag a parameter.

    @cached_property
    def tool_tags(self) -> frozenset[str]:
        """The tags that tools on offer would have as elements of XML."""
        return frozenset(f"<{name}>" for name in self.tools)

    def _child_tag(self, name: str) -> StepsToStr:
        """Returns the parameter that the tag which stands here names; "" if it names none."""
        source = self.source
        ahead = yield from source.ahead(_CLOSING_AHEAD)
        found = _ANY_TAG.match(ahead)
        if found is None:
            return ""
        known = properties_of(self.tools.get(self.plain_name(name), {}))
        return found[1] if found[1] in known or (not known and not self.tools) else ""

    def children(self, name: str, frame: Frame) -> Steps:
        """Reads the parameters of a call, each in a tag of its own name; the attempt begins at the mark."""
        source = self.source
        name, prefixed = self.named_as_offered(name)
        frame.repairs += prefixed
        frame.tries = 1
        self.enter(frame)
        schema = self.tools.get(name, {})
        given = Given(schema, properties_of(schema), {}, [])
        self.start(name)
        self.stream()
        while (yield from self.gap()) and source.text[source.at] == "<":
            key = yield from self._child_tag(name)
            if not key:
                break
            source.at += len(key) + 2
            text = yield from self._child_text(key)
            if text is None:
                self.stop_stream()
                self.broken(source.marked(), f"the call breaks off inside <{key[:60]}>", source.marked_length)
                source.unmark()
                return
            text = _unwrapped(text)
            tree = typed_elements(text, given.known.get(key), schema)
            if tree is None:
                given.take(key, text)
            else:
                given.values[key] = tree[0]
                given.repairs.extend(tree[1])
        self.stop_stream()
        self.done(name, given.values, (*frame.repairs, *given.repairs))
        yield from self.close(frame)

    def _child_text(self, key: str) -> StepsToText:
        """Reads up to the end of a parameter's tag, and past it; None where the reply ends before."""
        source = self.source
        begins = source.position
        close, again = f"</{key}>", f"{MINIMAX_SIGN}<{key}>"
        depth = 1
        while True:
            tag = yield from markers_of((close, again)).sought(source)
            if not tag:
                return None
            depth += 1 if tag == again else -1
            if not depth:
                break
            source.at += len(tag)
        text = source.between(begins, source.position)
        source.at += len(close)
        return text

    # Elements in visible text.

    def element(self, opening: str) -> StepsToBool:
        """Reads an element of XML named after a tool on offer, just opened; False where it was given back as text."""
        source = self.source
        name = opening.strip("</> ")
        line = self.at_line_start()
        source.mark(len(opening))
        close = f"</{name}>"
        frame = Frame(frozenset((close,)), repairs=("other-form",))
        if not opening.endswith(("/>", " ")):
            yield from ()
        elif (yield from self._attributes(name, opening, frame)):
            return True
        else:
            self.release()
            return False
        if (yield from self.gap()):
            if source.text[source.at] == "{" and (yield from self.bears_name(name)):
                yield from self.named(name, frame)
                return True
            child = yield from self._child_tag(name)
            if child or (line and (yield from markers_of((close,)).standing(source))):
                yield from self.children(name, frame)
                return True
        self.release()
        return False

    def _attributes(self, name: str, opening: str, frame: Frame) -> StepsToBool:
        """Reads an element whose parameters are attributes; returns False where none follow."""
        source = self.source
        begins = source.position
        header = ""
        if opening.endswith(" "):
            header = yield from self.header(_ATTRIBUTES_END, _ATTRIBUTES_LONGEST)
            if not header or source.text[source.at] == "<":
                return False
            if header.strip() and not _ATTRIBUTES.fullmatch(header):
                return False
        schema = self.tools.get(name, {})
        given = Given(schema, properties_of(schema), {}, [])
        for found in _ATTRIBUTE.finditer(header):
            given.take(found["key"], unescape(found["double"] or found["single"] or ""))
        if not set(given.values) <= set(given.known):
            return False
        self.start(name)
        if header.strip():
            self.show_arguments(source.between(begins, source.position))
        self.done(name, given.values, (*frame.repairs, *given.repairs))
        end = (yield from _ELEMENT_ENDS.standing(source)) if header else ""
        source.at += len(end)
        if end == ">" and (yield from source.space()):
            yield from markers_of((f"</{name}>",)).passed(source)
        self.settle()
        source.unmark()
        self.after_space()
        return True


def _unwrapped(text: str) -> str:
    """Takes the line breaks away that belong to the tags, or MiniMax's sign before the closing one."""
    if text.endswith(MINIMAX_SIGN) and text[0] != "\n":
        return text.removesuffix(MINIMAX_SIGN)
    text = text.removesuffix(MINIMAX_SIGN)
    return text.removeprefix("\n").removesuffix("\n") if "\n" in text else text
