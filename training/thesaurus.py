"""The thesaurus: words and phrases that may stand for others in any request, written by hand (`bank/words/*.txt`).

A line of the bank is one person's wording. What it asks stays the same where "has lapsed" stands for "has expired", and
a model that has seen both knows a word more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent / "bank" / "words"

_CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD = re.compile(rf"[^\W_]+(?:['{_CURLY}-][^\W_]+)*")
_ONE_WAY, _ANY_WAY = " = ", " <> "


class ThesaurusError(ValueError):
    """A line of the thesaurus that cannot be read."""


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Alternatives by the words of a phrase; `heads` tells how long the phrases of a first word are, longest first."""

    others: dict[tuple[str, ...], tuple[str, ...]]
    heads: dict[str, tuple[int, ...]]

    def rewrite(self, text: str, rng: Random, share: float, kept: AbstractSet[str] = frozenset()) -> str:
        """Replaces each known phrase by another of the same meaning with the given probability, the longest first.

        Args:
            text: What a person says, without the values in it.
            rng: The source of chance.
            share: The probability, 0 to 1.
            kept: Words that stay, in lower case; what stands between double quotes stays as well.
        """
        words = list(_WORD.finditer(text))
        spelled = [word[0].lower().replace(_CURLY, "'") for word in words]
        out: list[str] = []
        done = index = 0
        while index < len(words):
            length = self._known(text, words, spelled, index)
            if (
                length
                and rng.random() < share
                and kept.isdisjoint(spelled[index : index + length])
                and text.count('"', 0, words[index].start()) % 2 == 0
            ):
                found = words[index]
                other = rng.choice(self.others[tuple(spelled[index : index + length])])
                if found[0][0].isupper() and other[0].islower() and spelled[index] != "i":
                    other = other[0].upper() + other[1:]
                out += (text[done : found.start()], other)
                done = words[index + length - 1].end()
            index += length or 1
        return "".join((*out, text[done:]))

    def _known(self, text: str, words: list[re.Match[str]], spelled: list[str], index: int) -> int:
        """How many words of the phrase that is known at a place; 0 where none is."""
        for length in self.heads.get(spelled[index], ()):
            end = index + length
            if (
                end <= len(words)
                and tuple(spelled[index:end]) in self.others
                and all(text[words[i].end() : words[i + 1].start()] == " " for i in range(index, end - 1))
                and _stands_alone(text, words[index].start(), words[end - 1].end())
            ):
                return length
        return 0


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a stretch is no part of something longer that is written in one, such as a path or a host."""
    before, after = text[start - 1 : start], text[end : end + 2]
    return before in ("", " ", "\n", "(", '"', "'") and (
        after[:1] in ("", " ", "\n", ")", '"', "?", "!", ";")
        or (after[0] in ".,:" and after[1:] in ("", " "))
    )


def read(lines: Iterable[str]) -> Thesaurus:
    """Reads entries: `phrase = other | other` one way, `phrase <> other | other` any way.

    Raises:
        ThesaurusError: A line has no sign, or an empty phrase.
    """
    others: dict[tuple[str, ...], dict[str, None]] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        for phrase, alternatives in _entries(line):
            key = tuple(word.replace(_CURLY, "'") for word in _WORD.findall(phrase.lower()))
            if not key:
                raise ThesaurusError(f"a phrase without words: {line.strip()!r}")
            others.setdefault(key, {}).update(dict.fromkeys(alternatives))
    lengths: dict[str, set[int]] = {}
    for key in others:
        lengths.setdefault(key[0], set()).add(len(key))
    return Thesaurus(
        {key: tuple(found) for key, found in others.items()},
        {head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()},
    )


def _entries(line: str) -> Iterator[tuple[str, list[str]]]:
    sign = _ANY_WAY if _ANY_WAY in line else _ONE_WAY
    phrase, found, rest = line.partition(sign)
    phrases = [phrase.strip(), *(part.strip() for part in rest.split(" | "))]
    if not found or not all(phrases):
        raise ThesaurusError(f"no `phrase = other | other` and no `phrase <> other`: {line.strip()!r}")
    for at, each in enumerate(phrases if sign == _ANY_WAY else phrases[:1]):
        yield each, phrases[:at] + phrases[at + 1 :]


@cache
def load() -> Thesaurus:
    """Reads the thesaurus of the phrase bank.

    Raises:
        ThesaurusError: A line cannot be read.
    """
    lines: list[str] = []
    for path in sorted(FOLDER.glob("*.txt")):
        lines += path.read_text(encoding="utf-8").splitlines()
    return read(lines)
