"""Names that a user leaves half unsaid, written out from what was named before.

After "ping web-07.acme.net" people say "and web-17?", "the .org too", "it is on /login" or "number 8, not 7". The
shipped models copy names out of the conversation, so a name that stands nowhere never comes out right. What is
rewritten: a short name that is the beginning of a name before, or differs from one only in its last number or letter;
the end of an IPv4 address; a top-level domain; a path, where a URL was named; a number that takes another's place in
the last name. All other text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.dialects.spoken_words import SECOND_LEVELS, TLDS, WORDLIKE

#: Characters of the conversation before, counted from its end, in which names are looked for.
_REMEMBERED = 4096
_LABEL = "[a-z0-9](?:[a-z0-9_-]{0,62})"
_EDGE = r"(?<![\w.:/@\\-])"
_HOST = re.compile(rf"(?<![\w.@-])({_LABEL})((?:\.{_LABEL})*\.[a-z]{{2,24}})(?![\w-]|\.\w)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.-])((?:[0-9]{1,3}\.){3})([0-9]{1,3})(?![\w-]|\.[0-9])")
_ORIGIN = re.compile(r"https?://[a-z0-9.:_-]*[a-z0-9]", re.IGNORECASE)
_SHORT = re.compile(rf"{_EDGE}({_LABEL})(?![\w/@\\*-]|\.\w)", re.IGNORECASE)
#: A word or a number, and nothing more; or half a name.
_PLAIN = re.compile(r"^[a-z]+\Z|^[0-9]+\Z|[-_]\Z")
#: What a short name has in common with its siblings, and what tells them apart.
_STEM = re.compile(r"(.*?[a-z].*?)([0-9]{1,4}[a-z]?|(?<=-)[a-z])", re.IGNORECASE | re.DOTALL)
_TAIL = re.compile(r"(?<![\w.*)\]/-])((?:\.[0-9]{1,3}){1,2})(?![\w-]|\.\w)")
_TLD = re.compile(r"(?<![\w.*)\]/-])\.([a-z]{2,})(?![\w-]|\.\w)", re.IGNORECASE)
_PATH = re.compile(r"(?<![^\s\"'(])(/[a-z][\w%~./?&=+-]*[\w/])", re.IGNORECASE)
_ENDINGS = TLDS | WORDLIKE
#: A number alone: no amount, port or id.
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?<!port )(?<!id )(?:(?:number|no\.?|nr\.?|#)\s*)?([0-9]{1,4})"
    r"(?=[.,;!?)]*(?:\s*\Z|[.,;!?)]\s|\s(?:i|is|was|not|instead|rather|please|sorry|that|then|and|but)\b))",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\b(?:not|instead of|rather than)\s+(?:the\s+)?\Z", re.IGNORECASE)


def completed(text: str, before: Sequence[str], asked: Sequence[str]) -> str:
    """Writes out the names that a user's words leave half unsaid; takes time in proportion to the lengths.

    Args:
        text: What the user said.
        before: What was said, called and answered before it, in order.
        asked: What of that users said or calls held: a path belongs to a page that was asked for, not to one that a
            result leads to.
    """
    if not before:
        return text
    known = _Known("\n".join(before)[-_REMEMBERED:], "\n".join(asked)[-_REMEMBERED:])
    text = known.another_number(text)
    text = _SHORT.sub(known.host, text)
    text = _TAIL.sub(known.address, text)
    text = _TLD.sub(known.domain, text)
    return _PATH.sub(known.page, text)


class _Known:
    """The names of a conversation so far; of several that fit, the one said last counts."""

    def __init__(self, before: str, asked: str) -> None:
        self._hosts = [
            match for match in _HOST.finditer(before) if match[2].rpartition(".")[2].lower() in _ENDINGS
        ]
        self._addresses = list(_IPV4.finditer(before))
        self._origins = _ORIGIN.findall(asked)
        self._names: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        for match in self._hosts:
            label, domain = match[1].lower(), match[2]
            self._names[label] = match[1] + domain
            stem = _STEM.fullmatch(label)
            if stem and len(stem[1].strip("-_")) > 1:
                self._domains[stem[1]] = domain
        #: Names that were used as they are, so nothing is missing from them.
        self._whole = {match[1].lower() for match in _SHORT.finditer(before)}

    def host(self, match: re.Match[str]) -> str:
        """A short name, such as web-17 after web-07.acme.net."""
        label = match[1].lower()
        if _PLAIN.search(label):
            return match[0]
        if label in self._names:
            return self._names[label]
        stem = _STEM.fullmatch(label)
        if stem is None or stem[1] not in self._domains or label in self._whole:
            return match[0]
        return match[1] + self._domains[stem[1]]

    def address(self, match: re.Match[str]) -> str:
        """The end of an IPv4 address, such as .8 after 10.0.0.7."""
        parts = match[1][1:].split(".")
        if not self._addresses or any(int(part) > 255 for part in parts):
            return match[0]
        for address in reversed(self._addresses):
            if address[0].endswith(match[1]):
                return address[0]
        return ".".join([*self._addresses[-1][0].split(".")[: -len(parts)], *parts])

    def domain(self, match: re.Match[str]) -> str:
        """A top-level domain, such as .org after shop.acme.com."""
        if not self._hosts or match[1].lower() not in TLDS:
            return match[0]
        labels = self._hosts[-1][0].split(".")
        end = -2 if len(labels) > 2 and labels[-2].lower() in SECOND_LEVELS else -1
        return ".".join([*labels[:end], match[1]])

    def page(self, match: re.Match[str]) -> str:
        """A path, such as /login after https://shop.acme.org."""
        return self._origins[-1] + match[1] if self._origins else match[0]

    def another_number(self, text: str) -> str:
        """A number that takes another's place: "number 8, not 7" after cam-7.acme.net or 10.0.0.7."""
        numbers = list(_NUMBER.finditer(text))
        if len(numbers) != 2 or not (self._hosts or self._addresses):
            return text
        wrong = next((n for n in numbers if _INSTEAD.search(text, 0, n.start())), None)
        if wrong is None:
            return text
        right = numbers[1 - numbers.index(wrong)]
        last = max((m for m in (self._hosts[-1:] + self._addresses[-1:])), key=lambda m: m.start())
        name = last[0]
        places = (
            list(re.finditer(r"[0-9]+", last[1]))
            if last.re is _HOST
            else list(re.finditer(r"[0-9]+\Z", name))
        )
        places = [place for place in places if int(place[0]) == int(wrong[1])]
        if len(places) != 1:
            return text
        place = places[0]
        number = right[1].zfill(len(place[0])) if place[0][0] == "0" else right[1]
        return (
            text[: right.start()] + name[: place.start()] + number + name[place.end() :] + text[right.end() :]
        )
