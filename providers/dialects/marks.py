"""Marks: a character for each name of a conversation, which the shipped family writes in the name's place.

What people and tools say reaches the model with a mark before each name, address, URL, id and number; in calls and
in its own words the model writes the mark alone, and the dialect puts the name in its place. So a name is one token to
choose instead of twenty to spell, and comes out right whatever it is. What has no mark is still spelled.

Names are put into a reply before it is read, so none holds what JSON would escape or what opens or closes a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.base import DialectEvent
from providers.dialects.base import StreamParser

#: Characters of Unicode's private use area, in the order in which names get them.
MARKS = "".join(map(chr, range(0xE000, 0xE020)))
_STRIP = {ord(mark): None for mark in MARKS}
_LABEL = r"[\w*-]+"
_UNIT = (
    r"(?![ ]?(?:ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?"
    r"|am|pm|uhr|percent)\b|[ ]?%)"
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
_NAME = re.compile(
    # A page; the machine in it gets a mark of its own.
    r"(?P<url>(?<![\w/])https?://[^\s\x00-\x1f\"'<>`|,;(){}\[\]\\]*[\w/=])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]*\w@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ipv6>(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?:/[0-9]{1,3})?(?![\w:]))"
    rf"|(?P<ipv4>(?<![\w.-])(?:{_OCTET}\.){{3}}(?:{_OCTET}|\*)(?:/[0-9]{{1,2}})?(?![\w]|\.[0-9]))"
    # Dates and times are no names.
    r"|(?P<time>(?<![\w.])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z?)?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{4})?)(?!\w))"
    rf"|(?P<host>(?<![\w.@*-]){_LABEL}(?:\.{_LABEL})*\.(?:[a-zA-Z][\w-]*|\*)(?:(?<=[a-z])/[\w./~%?&=+-]*[\w/])?(?![\w@]))"
    r"|(?P<word>(?<![\w.@*:/-])(?=[\w*-]*?[a-zA-Z])(?=[\w*-]*?[0-9_*-])\w[\w*-]*[\w*](?![\w@=]))"
    r"|(?P<id>(?:(?<=id=)|(?<=port=))[0-9]{1,9}(?![\w.:/-]))"
    r"|(?P<named>(?:(?<=name=)|(?<=agent=)|(?<=address=))[^\s\x00-\x1f\"\\<>=,]*\w)"
    rf"|(?P<number>(?<![\w.,:/=+-])[0-9]{{2,9}}(?![\w:/-]|[.,][0-9]){_UNIT})"
)
#: What only looks like a name: amounts, ordinals, and the like.
_NO_NAME = re.compile(
    r"[0-9]+(?:ms|s|sec|secs|m|min|mins|h|hr|hrs|d|w|am|pm|st|nd|rd|th|x|k|mb|gb|cet|utc|uhr)|[a-z]'?[a-z]?-[a-z]+ing",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(https?://)([^/:?#]*\w)(.*)", re.DOTALL)
#: A text that is a value; any other text, which stays; a number. Numbers within texts are none.
_VALUE = re.compile(
    r'"(?P<scheme>(?:https?://)?)(?P<rest>[^"\\]+)"(?=[\],}])|"(?:[^"\\]|\\.)*"|(?<=[:\[,])(?P<number>[0-9]+)(?=[\],}])',
    re.DOTALL,
)
_CALL = re.compile(r"(<tool_call>.*?\"arguments\":)(.*?)(?=<tool_call>|\Z)", re.DOTALL)


def unmarked(text: str) -> str:
    """Takes marks out of content, where they mean nothing."""
    return text.translate(_STRIP)


class Marks:
    """The marks of one conversation, given in the order in which names are met; those beyond `MARKS` get none."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    @property
    def names(self) -> Mapping[str, str]:
        """What each mark stands for."""
        return {mark: name for name, mark in self._of.items()}

    def read(self, text: str) -> str:
        """Puts marks before the names in what people and tools say."""
        return _NAME.sub(self._marked, text)

    def said(self, text: str) -> str:
        """Puts marks in place of names in the model's own words; those not met before stay as they are."""
        return _NAME.sub(self._mentioned, text)

    def called(self, text: str) -> str:
        """Puts marks in place of names among the arguments of calls."""
        return _CALL.sub(lambda m: m[1] + _VALUE.sub(self._value, m[2]), text)

    def _mark(self, name: str) -> str:
        if name not in self._of and len(self._of) < len(MARKS):
            self._of[name] = MARKS[len(self._of)]
        return self._of.get(name, "")

    def _marked(self, match: re.Match[str]) -> str:
        found = match[0]
        if match.lastgroup == "time" or (match.lastgroup == "word" and _NO_NAME.fullmatch(found)):
            return found
        page = _IN_URL.fullmatch(found) if match.lastgroup == "url" else None
        if page is None:
            return self._mark(found) + found
        whole = self._mark(found) if page[3] else ""
        return f"{whole}{page[1]}{self._mark(page[2])}{page[2]}{page[3]}"

    def _mentioned(self, match: re.Match[str]) -> str:
        found = match[0]
        if found in self._of:
            return self._of[found]
        page = _IN_URL.fullmatch(found)
        return f"{page[1]}{self._of.get(page[2], page[2])}{page[3]}" if page else found

    def _value(self, match: re.Match[str]) -> str:
        if match["number"] is not None:
            return self._of.get(match["number"], match["number"])
        scheme, rest = match["scheme"], match["rest"]
        if rest is None:
            return match[0]
        if scheme + rest in self._of:
            return f'"{self._of[scheme + rest]}"'
        if rest in self._of and scheme:
            return f'"{scheme}{self._of[rest]}"'
        return match[0]


class Naming:
    """A parser that reads a reply with names in the place of marks."""

    def __init__(self, parser: StreamParser, names: Mapping[str, str]) -> None:
        """Takes the parser that reads the reply, and what each mark stands for."""
        self._parser = parser
        self._names = str.maketrans({mark: names.get(mark, "") for mark in MARKS})

    def feed(self, text: str) -> list[DialectEvent]:
        """Takes the next piece of text and returns the events that are certain by now."""
        return self._parser.feed(text.translate(self._names))

    def finish(self) -> list[DialectEvent]:
        """Ends the reply and returns what is left."""
        return self._parser.finish()
