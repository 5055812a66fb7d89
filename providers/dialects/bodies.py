"""Reads the bodies that hold JSON calls: behind a tag, in a code fence, or with nothing around them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar, Literal

from providers.dialects.envelope import calls_of
from providers.dialects.jsonread import read_json
from providers.dialects.objects import Entry, Frame, ObjectReader, StepsToMaybe
from providers.dialects.source import Steps, StepsToBool, StepsToStr, branch, markers_of
from providers.dialects.tolerant import Unreadable

# What may follow a tag that opens no call, before it is taken as text that mentions the tag.
_MENTION = 256
_KEYED = re.compile(r"""\{\s*["'\\]""")
_LABEL = re.compile(r"[A-Za-z_]{0,20}")
_FENCE_LABELS = frozenset(
    (
        *("", "json", "xml", "tool_call", "tool_calls", "tool", "function_call", "tool_code", "python", "py"),
        *(
            "jsonc",
            "jsonl",
            "javascript",
            "js",
            "text",
            "plaintext",
            "function",
            "action",
            "tool_use",
            "yaml",
        ),
    )
)
# What models put before a call that stands on their line.
_LEAD = re.compile(
    r"(?:^|\n)[ \t*#>-]*(?:(?:tool|function)[ _]?calls?|calls?|actions?|tools?|functions?)[ \t*]*:[ \t*`]*\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def object_ahead(keys: frozenset[str]) -> str:
    """Writes how an object begins that may be a call, for a lookahead that lets through what a cut text begins."""
    return rf"\s{{0,32}}(?:\Z|\\?(?:\Z|[\"'\u201c]?(?:\Z|{branch(keys)})))"


@lru_cache(maxsize=64)
def _guards(keys: frozenset[str]) -> Mapping[str, str]:
    ahead = object_ahead(keys)
    return {
        "{": rf"(?={ahead})",
        "[": rf"(?=\s{{0,32}}(?:\Z|\{{{ahead}))",
        "```": r"(?=[A-Za-z_]{0,20}\s{0,64}(?:\Z|[{\[</#]))",
    }


# After these a brace continues other JSON, or code.
_BEFORE_COLON = ('"', "'", "]", "}")
_BEFORE_VALUE = tuple("[({,`$=")


def leads(text: str) -> bool:
    """Says whether the line that a text ends with announces a call, as in ``Tool call:``."""
    return text.rstrip(" \t*`")[-1:] == ":" and _LEAD.search(text) is not None


def _continues(text: str) -> bool:
    """Says whether a brace after a text continues other JSON, or code, and so opens no call."""
    written = text.rstrip()
    last = written[-1:]
    if last == ":":
        return written[:-1].rstrip().endswith(_BEFORE_COLON)
    return written.endswith(_BEFORE_VALUE) or (written == text and (last.isalnum() or last == "_"))


@lru_cache(maxsize=256)
def _before(firsts: frozenset[str]) -> re.Pattern[str]:
    """Matches what is neither a brace nor the beginning of a marker."""
    return re.compile(f"[^{re.escape('{' + ''.join(sorted(firsts)))}]*")


class BodyReader(ObjectReader):
    """Reads bodies that hold JSON calls."""

    #: Where an object that nothing marks may be a call: nowhere, at the start of a line, or anywhere.
    bare_objects: ClassVar[Literal["never", "line", "anywhere"]] = "line"
    #: Tolerance that a bare object needs; "" where the family writes its calls so.
    bare_repair: ClassVar[str] = "missing-start-tag"
    #: Tolerance that a code fence needs; "" where the family writes one.
    fence_repair: ClassVar[str] = "fenced"
    #: Whether a tag around an array must be closed; the array itself shows where it ends.
    list_needs_end: ClassVar[bool] = True

    def guards(self) -> Mapping[str, str]:
        """A brace or a bracket matters only where a call may follow."""
        return _guards(self.call_keys)

    # Bodies.

    def tagged(
        self, opening: str, closes: str, repairs: tuple[str, ...] = (), bare: bool = False
    ) -> StepsToBool:
        """Reads what follows an opening tag, just read; returns False where it was given back as text."""
        self.source.mark(len(opening))
        return self.body(Frame(frozenset((closes,)), not bare, bare, repairs))

    def body(self, frame: Frame) -> StepsToBool:
        """Reads the calls of one body; the attempt begins at the mark.

        Returns:
            False where it held no call and was given back as text.
        """
        source = self.source
        self.enter(frame)
        ended = False
        while source.stands or (yield from source.space()):
            sign = source.text[source.at]
            if sign in self.scanner.ends.first and (yield from self.scanner.at_marker()):
                ended = self.read_close(frame)
                break
            if not (frame.tries or frame.bare) and begins_name(sign):
                if (yield from self.other_form(frame)):
                    return True
            goes_on = yield from self._step(frame)
            if goes_on is None:
                return frame.tries > 0
            if not goes_on:
                break
        return (yield from self.leave(frame, ended))

    def other_form(self, frame: Frame) -> StepsToBool:
        """Reads a whole body that begins with a name, if this reader knows such a form; else reads nothing."""
        yield from ()
        return False

    def read_close(self, frame: Frame) -> bool:
        """Reads the marker that stands here if it ends the body; else leaves it for what it opens."""
        found, marker = self.closes_of(frame).here(self.source)
        if found == "whole":
            self.source.at += len(marker)
        return found == "whole"

    def leave(self, frame: Frame, ended: bool) -> StepsToBool:
        """Ends a body, once everything in it has been read."""
        if not ended and frame.closes and frame.tries and (yield from self.source.space()):
            ended = bool((yield from self.closes_of(frame).standing(self.source))) and self.read_close(frame)
        if frame.tries == 0 and frame.bare:
            self.release()
            return False
        if frame.tries == 0 and not frame.was_listed and not self._closes_with_opening():
            raw = self.source.marked()
            self.broken(raw, "no call follows the opening tag", len(raw))
        if frame.listed:
            frame.extra.append("missing-brace")
        self.settle(*frame.extra, *(("missing-end-tag",) if frame.needed and not ended else ()))
        self.source.unmark()
        self.after_space()
        return True

    def _closes_with_opening(self) -> bool:
        """Some models end a call with the tag that opens one."""
        return self.after_call and self.source.marked().strip() in self.openers

    def _step(self, frame: Frame) -> StepsToMaybe:
        """Reads one thing of a body; returns whether it goes on, None where all was given back."""
        sign = self.source.text[self.source.at]
        return self._object(frame) if sign == "{" else self._between(frame, sign)

    def _between(self, frame: Frame, sign: str) -> StepsToMaybe:
        """Reads one thing of a body that is no object."""
        source = self.source
        if sign == "[" and not (frame.bare and frame.listed):
            frame.listed += 1
            frame.was_listed = True
        elif sign == "]" and frame.listed:
            frame.listed -= 1
            frame.needed = frame.needed and (self.list_needs_end or frame.listed > 0)
            source.at += 1
            return frame.needed or frame.listed > 0
        elif sign in "]}" and frame.tries:
            frame.extra.append("extra-brace")
        elif sign == "`" and not frame.bare and (yield from source.ahead(3)) == "```":
            return (yield from self._inner_fence(frame))
        elif sign not in ",;" or not frame.tries:
            return (yield from self._other(frame, sign))
        source.at += 1
        return True

    def _object(self, frame: Frame) -> StepsToMaybe:
        """Reads an object, whose brace stands here; returns None where it is no call and all was given back."""
        source = self.source
        entry = Entry(source.position, frame.bare)
        if frame.tries:
            self.settle(*frame.extra)
            frame.extra.clear()
            source.mark()
            entry.candidate = frame.bare and not frame.listed
        source.at += 1
        yield from self.entries(entry, frame)
        if entry.over == "refused" or not self.conclude(entry, frame):
            self.release()
            return None
        frame.tries += 1
        return True

    def _inner_fence(self, frame: Frame) -> StepsToBool:
        if self.fence_repair and self.fence_repair not in frame.repairs:
            frame.repairs += (self.fence_repair,)
        frame.fenced = True
        self.source.at += 3
        yield from self.label()
        return True

    def label(self) -> StepsToStr:
        """Reads the word that follows a code fence."""
        source = self.source
        while True:
            found = _LABEL.match(source.text, source.at)
            end = found.end() if found else source.at
            if end < len(source.text) or source.ended or end - source.at == 20:
                label = source.text[source.at : end]
                source.at = end
                return label
            yield

    def _other(self, frame: Frame, sign: str) -> StepsToMaybe:
        """Handles what no call can begin with."""
        if frame.tries:
            return False
        if frame.bare:
            self.release()
            return None
        if sign in "\"'":
            return (yield from self._quoted(frame))
        return (yield from self._no_call(frame))

    def _quoted(self, frame: Frame) -> StepsToBool:
        """Reads a call that is a JSON string, or that lacks its first brace."""
        source = self.source
        frame.tries += 1
        begins = source.position
        if not (yield from self.scanner.value("key")):
            self.scanner.stop = ""
            self.broken(source.marked(), "a string is not closed", source.marked_length)
            return True
        raw = source.between(begins, source.position)
        if (yield from source.space()) and source.text[source.at] == ":":
            entry = Entry(begins, candidate=False)
            source.at += 1
            yield from self.entry_value(entry, raw)
            yield from self.entries(entry, frame)
            self.conclude(entry, frame, "{", ("missing-brace",))
            return True
        try:
            outer = read_json(raw)
            read = read_json(outer.value) if isinstance(outer.value, str) else outer
            calls = calls_of(read, self.native_arguments, self.tools)
            self.emit(calls, (*frame.repairs, "double-encoded", *outer.repairs))
        except Unreadable as error:
            self.broken(source.marked(), error.reason, error.position)
        return True

    def _no_call(self, frame: Frame) -> StepsToMaybe:
        """Reads on after a tag that no call follows, to tell a broken call from talk about the tag."""
        source = self.source
        limit = source.position + _MENTION
        plain = _before(self.scanner.ends.first)
        while source.position < limit:
            found = plain.match(source.text, source.at, source.at + limit - source.position)
            source.at = found.end() if found else source.at
            if source.position >= limit or (source.at == len(source.text) and source.ended):
                break
            if source.at == len(source.text):
                yield
            elif source.text[source.at] == "{" and _KEYED.match((yield from source.ahead(16))):
                frame.repairs += ("leading-text",)
                return True
            elif (yield from self.scanner.at_marker()):
                frame.tries += 1
                self.broken(source.marked(), "this is no call", 0)
                return True
            else:
                source.at += 1
        self.release()
        return None

    # Where no tag stands.

    def sign(self, sign: str) -> Steps:
        """Reads what follows a brace, a bracket or a code fence in visible text."""
        source = self.source
        source.at -= len(sign)
        opens = self.at_line_start() if sign == "```" else self._may_open()
        if not opens:
            source.at += len(sign)
            self.say(sign)
        elif sign == "```":
            yield from self._fence()
        else:
            source.mark()
            repairs = (self.bare_repair,) if self.bare_repair else ()
            yield from self.body(Frame(needed=False, bare=True, repairs=repairs))

    def at_line_start(self) -> bool:
        """Says whether only blanks precede on the line of visible text."""
        line = self.tail.rstrip(" \t")
        return line.endswith("\n") or (not line and len(self.tail) < 64) or leads(line)

    def _may_open(self) -> bool:
        if self.bare_objects == "anywhere":
            return not _continues(self.tail)
        return self.bare_objects == "line" and self.at_line_start()

    def _fence(self) -> Steps:
        """Reads a code fence that stands here in visible text, and the calls in it."""
        source = self.source
        source.mark()
        source.at += 3
        label = yield from self.label()
        if label.lower() not in _FENCE_LABELS or not (yield from source.space()):
            self.release()
        elif source.text[source.at] in "/#" and not (yield from self._comments()):
            self.release()
        elif source.text[source.at] in "{[":
            yield from self.fence_body(self._fence_frame())
        elif tag := (yield from markers_of(self.words).standing(source)):
            source.unmark()
            source.at += len(tag)
            yield from self.opened(tag)
            if (yield from source.space()) and (yield from source.ahead(3)) == "```":
                source.at += 3
                self.structure()
        elif not (yield from self.fenced_form(self._fence_frame())):
            self.release()

    def _comments(self) -> StepsToBool:
        """Reads past comments at the beginning of a code fence; returns whether a call may follow."""
        source = self.source
        while source.text[source.at] in "/#":
            if not (yield from self.scanner.comment()) or not (yield from source.space()):
                return False
        return True

    def fence_body(self, frame: Frame) -> StepsToBool:
        """Reads the calls in a code fence."""
        return (yield from self.body(frame))

    def _fence_frame(self) -> Frame:
        repairs = (self.fence_repair,) if self.fence_repair else ()
        return Frame(frozenset(("```",)), needed=False, bare=True, repairs=repairs)

    def fenced_form(self, frame: Frame) -> StepsToBool:
        """Reads the rest of a code fence in a form that this reader alone knows; else what was read is text."""
        yield from ()
        return False


def begins_name(sign: str) -> bool:
    """Says whether a name may begin with this character."""
    return sign == "_" or sign.isalpha()
