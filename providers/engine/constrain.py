"""Holds a completion to a grammar, by llguidance.

A grammar is Lark, as llguidance reads it. What is of the conversation stands before its `start`: the words, in a
terminal `PIECE: %regex {"substring_chunks": [...]}`, and the marks (private-use characters) that may stand for whole
numbers, as in `INTEGER_0: /[marks]|1|2/`. Both are taken out before it is compiled, so that one grammar serves all
conversations, where a comment `// followed: {"open text": {"key": "name"}}` says which values they decide;
`copying.py` holds those then.

What is asked most is whether one token may come next: the likeliest nearly always may, and one token is tried in
2 µs, where a mask of all tokens takes 16 to 120. A mask is made only after the likeliest ones were refused.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab
from llguidance.numpy import fill_next_token_bitmask
from numpy.typing import NDArray

from providers.engine.copying import Copies, Kind, Rules
from providers.engine.llama import Llama

#: Compiled grammars that are kept; compiling 25 tools takes some milliseconds, a copy microseconds.
_COMPILED = 64
_PIECE = re.compile(r'^PIECE: %regex \{"substring_chunks": (\[.*\])\}$', re.M)
_INTEGER = re.compile(r"^(INTEGER_\d+): /(?:\[([\ue000-\uf8ff]+)\]\|)?", re.M)
_START = "\nstart: "
_FOLLOWED = re.compile(r"^// followed: (\{.*\})$", re.M)
#: What stands for the conversation's words and marks where they are held apart from the grammar.
_ANY_PIECE = r"PIECE: /(.|\\n)+/"
_ANY_MARK = "\\1: /[\ue000-\uf8ff]|"


class GrammarError(ValueError):
    """A grammar cannot be compiled, or the completion left it."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    matcher: LLMatcher
    rules: Rules


class Vocabulary:
    """The tokens of one model, as a grammar needs them."""

    def __init__(self, size: int, piece: Callable[[int], bytes]) -> None:
        self.size = size
        self.piece = piece
        self._by_first: dict[int, list[int]] | None = None

    def beginning(self, first: int) -> list[int]:
        """The tokens that begin with a byte."""
        if self._by_first is None:
            found: defaultdict[int, list[int]] = defaultdict(list)
            for token in range(self.size):
                found[self.piece(token)[0] if self.piece(token) else -1].append(token)
            self._by_first = dict(found)
        return self._by_first.get(first, [])


class Constraints:
    """Makes matchers for one model's vocabulary."""

    def __init__(self, llama: Llama) -> None:
        self._tokenizer = lltokenizer_from_vocab(llama.vocab_pointer)
        self._vocabulary = Vocabulary(llama.vocabulary, llama.piece)
        self._compiled: OrderedDict[str, _Compiled] = OrderedDict()

    @property
    def compiled(self) -> list[str]:
        """The grammars that are kept."""
        return list(self._compiled)

    def matcher(self, grammar: str) -> Matcher:
        """Compiles a Lark grammar.

        Raises:
            GrammarError: It cannot be compiled.
        """
        if "// followed: " not in grammar:
            return self._matcher(self._of(grammar), None)
        said, start, rules = grammar.partition(_START)
        pieces = _PIECE.search(said)
        marks = {terminal: found for terminal, found in _INTEGER.findall(said) if found}
        said = _INTEGER.sub(_ANY_MARK, _PIECE.sub(_ANY_PIECE, said))
        compiled = self._of(said + start + rules)
        return self._matcher(compiled, Copies(compiled.rules, json.loads(pieces[1]) if pieces else [], marks))

    def _matcher(self, compiled: _Compiled, copies: Copies | None) -> Matcher:
        return Matcher(compiled.matcher.deep_copy(), self._vocabulary, copies)

    def _of(self, grammar: str) -> _Compiled:
        compiled = self._compiled.get(grammar)
        if compiled is None:
            matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(grammar))
            if matcher.is_error():
                raise GrammarError(f"the grammar of the tools cannot be compiled: {matcher.get_error()}")
            compiled = self._compiled[grammar] = _Compiled(matcher, _rules(grammar))
            if len(self._compiled) > _COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(grammar)
        return compiled


def _rules(grammar: str) -> Rules:
    found = _FOLLOWED.search(grammar)
    if found is None:
        return {}
    written: Mapping[str, Mapping[str, Kind]] = json.loads(found[1])
    return {
        opening.encode(): {key.encode(): kind for key, kind in keys.items()}
        for opening, keys in written.items()
    }


class Matcher:
    """Follows one completion through its grammar."""

    def __init__(self, matcher: LLMatcher, vocabulary: Vocabulary, copies: Copies | None = None) -> None:
        self._matcher = matcher
        self.vocabulary = vocabulary
        self._copies = copies
        self._state = copies.start() if copies is not None else None

    def restrict(self, logits: NDArray[np.float32]) -> None:
        """Sets the logits of tokens that may not come next to -inf.

        Raises:
            GrammarError: No token may.
        """
        size = self.vocabulary.size
        mask = np.zeros((1, (size + 31) // 32), dtype=np.int32)
        fill_next_token_bitmask(self._matcher, mask)
        allowed = np.unpackbits(mask[0].view(np.uint8), bitorder="little")[:size].astype(bool)
        self._narrow(allowed)
        logits[~allowed] = -np.inf
        if not np.isfinite(logits).any():
            raise GrammarError("the grammar allows no token of the model's vocabulary to come next")

    def _narrow(self, allowed: NDArray[np.bool_]) -> None:
        """Leaves of the allowed tokens those that keep to the conversation."""
        copies, state, vocabulary = self._copies, self._state, self.vocabulary
        if copies is None or state is None:
            return
        first = copies.first_bytes(state)
        if first is not None:
            possible = np.zeros_like(allowed)
            possible[[token for byte in first for token in vocabulary.beginning(byte)]] = True
            allowed &= possible
        for token in np.flatnonzero(allowed).tolist():
            allowed[token] = copies.after(state, vocabulary.piece(token)) is not None

    def take(self, token: int) -> bool:
        """Takes a token if it may come next; returns whether it may."""
        state = self._state
        if self._copies is not None and state is not None:
            state = self._copies.after(state, self.vocabulary.piece(token))
            if state is None:
                return False
        if self._matcher.try_consume_tokens([token]) != 1:
            return False
        self._state = state
        return True

    def forced(self) -> list[int]:
        """The tokens of the only text that may come next, if there is one; none is taken."""
        return [] if self.finished else list(self._matcher.compute_ff_tokens())

    @property
    def finished(self) -> bool:
        """Whether nothing may follow."""
        return bool(self._matcher.is_stopped())
