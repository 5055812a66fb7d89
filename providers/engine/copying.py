"""Holds values of calls to pieces of the conversation and to its marks, byte by byte.

llguidance can do it by itself: a terminal `PIECE: %regex {"substring_chunks": [...]}` is any run of adjacent chunks.
But then every conversation is a grammar of its own, which takes 8 ms to compile for 25 tools, where making the whole
call takes 40. So the conversation is kept out of the grammar, which is then compiled once for all of them, and this
follows the copied values beside it: a set of places in the conversation, each a byte further with every byte. So does
it with the marks that stand for whole numbers.

A reply is words, or calls that are open text, pairs of `"key":value`, and a close that ends in `>`, as
`<tool_call>{"name":"ping_host","arguments":{"target":"db-03"}}</tool_call>`. That it is so, the grammar sees to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

#: A `text` may have white space in it, a `name` has none, nor has a `uri`, which may have a scheme before it that is
#: not copied. Any other kind is a terminal of whole numbers, for which marks may stand.
Kind: TypeAlias = str
#: Of each way to open a call, the keys whose values are followed.
Rules = Mapping[bytes, Mapping[bytes, Kind]]
_SCHEMES = (b"https://", b"http://")
_BARRED = '"\\'
_QUOTE, _BACKSLASH, _COLON, _COMMA = b'"\\:,'
_OPEN, _SHUT, _BRACE, _LESS, _GREATER = b"[]}<>"
_ASCII = 0x80


class State(NamedTuple):
    """Where a reply stands.

    Attributes:
        follow: What the next byte does.
        seen: What was read of an opening, a key or a mark; of a URI, what may be a scheme.
        keys: The keys of this call whose values are followed.
        kind: How the value is followed; None if it is not.
        listed: Whether the value is in a list.
        places: Where in the conversation the value goes on.
        fresh: Whether a piece may begin here.
    """

    follow: Callable[[Copies, State, int], State | None]
    seen: bytes = b""
    keys: Mapping[bytes, Kind] = {}
    kind: Kind | None = None
    listed: bool = False
    places: tuple[int, ...] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """The conversation.

    Attributes:
        text: Its bytes.
        starts: Where chunks begin, by their first byte.
        edges: Where chunks begin and end.
        blank: Which bytes are white space.
        barred: Which bytes no value may have, as the grammar says, too.
    """

    text: bytes
    starts: Mapping[int, tuple[int, ...]]
    edges: frozenset[int]
    blank: frozenset[int]
    barred: frozenset[int]

    @classmethod
    def of(cls, chunks: Sequence[str]) -> _Source:
        """Reads chunks."""
        starts: dict[int, list[int]] = {}
        edges, blank, barred = [0], list[int](), list[int]()
        place = 0
        for chunk in chunks:
            data = chunk.encode("utf-8")
            if not data:
                continue
            starts.setdefault(data[0], []).append(place)
            if len(chunk) == 1:
                if chunk.isspace():
                    blank += range(place, place + len(data))
                if chunk in _BARRED or chunk < " ":
                    barred.append(place)
            place += len(data)
            edges.append(place)
        found = {byte: tuple(places) for byte, places in starts.items()}
        text = "".join(chunks).encode("utf-8")
        return cls(text, found, frozenset(edges), frozenset(blank), frozenset(barred))

    def may_end_after(self, place: int, kind: Kind | None) -> bool:
        """Whether a value that goes on at `place` can become whole; one that cannot would leave no next token."""
        while place < len(self.text):
            if self.ends(place):
                return True
            if place in self.barred or (place in self.blank and kind != "text"):
                return False
            place += 1
        return self.ends(place)

    def ends(self, place: int) -> bool:
        """Whether a value that was read up to `place` may end there."""
        return place in self.edges and place - 1 not in self.blank


class Copies:
    """Follows replies that may copy from one conversation."""

    def __init__(self, rules: Rules, chunks: Sequence[str], marks: Mapping[Kind, str] | None = None) -> None:
        """Begins.

        Args:
            rules: Which values are followed.
            chunks: The conversation; a value is a run of adjacent chunks.
            marks: The marks that may stand for whole numbers of each kind.
        """
        self._rules = rules
        self._marks = {kind: tuple(map(str.encode, found)) for kind, found in (marks or {}).items()}
        self._source = _Source.of(chunks)

    def start(self) -> State:
        """The state before the first byte."""
        return State(_begin)

    def after(self, state: State, piece: bytes) -> State | None:
        """The state after a token's bytes; None if they break the rule."""
        if state.follow is _words:
            return state
        now: State | None = state
        for byte in piece:
            now = now.follow(self, now, byte)
            if now is None:
                return None
        return now

    def first_bytes(self, state: State) -> set[int] | None:
        """The bytes that may come next in a copied value; None where the rule says nothing of them."""
        if state.follow is not _copy:
            return None
        text = self._source.text
        found = {text[place] for place in state.places if place < len(text)} | {_QUOTE}
        if state.fresh:
            found.update(self._source.starts)
        if state.kind == "uri":
            found.update(s[len(state.seen)] for s in _schemes(state.seen))
        return found

    def opened(self, seen: bytes) -> Mapping[bytes, Kind] | None:
        """The followed keys of the call that `seen` opens; None if it opens none."""
        return self._rules.get(seen)

    def further(self, state: State, byte: int) -> State | None:
        """One byte of a copied value."""
        source = self._source
        text = source.text
        places = [p + 1 for p in state.places if p < len(text) and text[p] == byte]
        if state.fresh:
            places += [place + 1 for place in source.starts.get(byte, ())]
        kept = tuple(place for place in places if source.may_end_after(place, state.kind))
        seen = state.seen + bytes((byte,)) if state.kind == "uri" and _schemes(state.seen) else b"-"
        if not kept and not _schemes(seen) and seen not in _SCHEMES:
            return None
        return state._replace(seen=seen, places=kept, fresh=seen in _SCHEMES)

    def marked(self, kind: Kind | None, seen: bytes) -> bool | None:
        """Whether `seen` is a whole mark for such numbers; None if it cannot become one."""
        marks = () if kind is None else self._marks.get(kind, ())
        return seen in marks if any(mark.startswith(seen) for mark in marks) else None

    def whole(self, state: State) -> bool:
        """Whether a copied value may end here."""
        return any(self._source.ends(place) for place in state.places)


def _schemes(seen: bytes) -> list[bytes]:
    """The schemes that `seen` may become."""
    return [scheme for scheme in _SCHEMES if scheme.startswith(seen) and scheme != seen]


def _begin(copies: Copies, state: State, byte: int) -> State | None:
    return _open(copies, State(_open), byte) if byte == _LESS else State(_words)


def _words(copies: Copies, state: State, byte: int) -> State | None:
    return state


def _open(copies: Copies, state: State, byte: int) -> State | None:
    seen = state.seen + bytes((byte,))
    keys = copies.opened(seen)
    return State(_open, seen) if keys is None else State(_key, keys=keys)


def _key(copies: Copies, state: State, byte: int) -> State | None:
    if byte == _BRACE:
        return State(_close)
    if byte != _COLON:
        return state._replace(seen=state.seen + bytes((byte,)))
    return State(_value, keys=state.keys, kind=state.keys.get(state.seen.strip(b'",')))


def _value(copies: Copies, state: State, byte: int) -> State | None:
    if byte == _OPEN:
        return state._replace(listed=True)
    if byte >= _ASCII:
        return _mark(copies, state._replace(follow=_mark, seen=b""), byte)
    if byte != _QUOTE:
        return _after(copies, state._replace(follow=_after), byte)
    if state.kind is None:
        return state._replace(follow=_text)
    return state._replace(follow=_copy, seen=b"", places=(), fresh=True)


def _mark(copies: Copies, state: State, byte: int) -> State | None:
    seen = state.seen + bytes((byte,))
    whole = copies.marked(state.kind, seen)
    return None if whole is None else state._replace(follow=_after if whole else _mark, seen=seen)


def _text(copies: Copies, state: State, byte: int) -> State | None:
    follow = _after if byte == _QUOTE else _escaped if byte == _BACKSLASH else _text
    return state._replace(follow=follow)


def _escaped(copies: Copies, state: State, byte: int) -> State | None:
    return state._replace(follow=_text)


def _copy(copies: Copies, state: State, byte: int) -> State | None:
    if byte != _QUOTE:
        return copies.further(state, byte)
    return state._replace(follow=_after, places=(), fresh=False) if copies.whole(state) else None


def _after(copies: Copies, state: State, byte: int) -> State | None:
    """After a value or a part of one that is no string; commas in a list are followed by another value."""
    if byte == _COMMA:
        return state._replace(follow=_value) if state.listed else State(_key, keys=state.keys)
    if byte == _SHUT:
        return state._replace(listed=False)
    return State(_close) if byte == _BRACE else state


def _close(copies: Copies, state: State, byte: int) -> State | None:
    return State(_open) if byte == _GREATER else state
