"""The family's vocabulary: all single bytes, the frame of calls, and frequent words.

Token ids: 0-255 are the bytes (byte 0 ends a turn), then the pieces of `netmon_pieces.pieces`, then words with the
space that follows them, then the marks of names. Encoding is greedy longest match, as llama.cpp's `rwkv` tokenizer
does it.

A word counts only with its following space, and words that hosts are made of are left out, so that a name is nearly
always spelled in bytes, the same in the question and in the call: that is what makes copying learnable.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from providers.dialects.marks import MARKS
from providers.dialects.netmon_pieces import pieces
from training import places, words
from training.bank import schemas

FILE = Path(__file__).parent / "vocabulary.json"
_WITH_SPACE = re.compile(rb"[^ ]* |[^ ]+")
#: Words whose tokens are remembered: some ten megabytes a process.
_WORDS_KEPT = 50_000
_WORD = re.compile(r"[A-Za-z][a-z']+ ")


class Vocabulary:
    """Tokens by id, and greedy longest-match encoding."""

    def __init__(self, tokens: list[bytes]) -> None:
        if tokens[:256] != [bytes([i]) for i in range(256)]:
            raise ValueError("a vocabulary begins with the 256 single bytes")
        if len(set(tokens)) != len(tokens):
            raise ValueError("a token stands twice in the vocabulary")
        self.tokens = tokens
        self._ids = {token: index for index, token in enumerate(tokens)}
        # Every byte is a token, so that matches follow each other without a gap.
        self._across = [token for token in tokens if b" " in token[:-1]]
        self._words: dict[bytes, list[int]] = {}
        self._longest = re.compile(_pattern(sorted(tokens)), re.DOTALL)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """Encodes text: at each place the longest token that fits."""
        data = text.encode("utf-8")
        if any(token in data for token in self._across):
            return list(map(self._ids.__getitem__, self._longest.findall(data)))
        # No token goes on behind a space, so that words can be encoded apart, and most are seen again and again.
        found: list[int] = []
        known = self._words
        for word in _WITH_SPACE.findall(data):
            ids = known.get(word)
            if ids is None:
                ids = list(map(self._ids.__getitem__, self._longest.findall(word)))
                if len(known) < _WORDS_KEPT and len(word) < 24:
                    known[word] = ids
            found += ids
        return found

    def decode(self, ids: Iterable[int]) -> str:
        """Decodes tokens; bytes that are not UTF-8 are replaced."""
        return b"".join(self.tokens[i] for i in ids).decode("utf-8", errors="replace")

    def save(self, path: Path = FILE) -> None:
        """Writes the vocabulary, one token a line, each byte as the character of the same number."""
        path.write_text(
            json.dumps([t.decode("latin-1") for t in self.tokens], ensure_ascii=True, indent=0) + "\n",
            encoding="utf-8",
        )

    @classmethod
    def load(cls, path: Path = FILE) -> Vocabulary:
        """Reads what `save` wrote."""
        return cls([t.encode("latin-1") for t in json.loads(path.read_text(encoding="utf-8"))])


def _pattern(tokens: list[bytes]) -> bytes:
    """A pattern that matches the longest token at a place: a tree that branches where sorted tokens differ.

    Branches begin with different bytes, so that the engine finds the right one without trying the others. What may
    end early is optional and greedy: the longest way through is tried first.
    """
    alone: list[int] = []
    branches: list[bytes] = []
    for first, group in groupby((token for token in tokens if token), key=lambda token: token[0]):
        rests = [token[1:] for token in group]
        if rests == [b""]:
            alone.append(first)
        else:
            branches.append(re.escape(bytes([first])) + _pattern(rests))
    if alone:
        branches.append(b"[" + b"".join(b"\\x%02x" % byte for byte in alone) + b"]")
    whole = b"(?:" + b"|".join(branches) + b")"
    return whole + b"?" if tokens[0] == b"" else whole


def _in_hosts() -> set[str]:
    lists = (
        words.DOMAIN_WORDS,
        words.SUBDOMAINS,
        words.DEVICES,
        words.TLDS,
        words.PRIVATE_SUFFIXES,
        words.PATHS,
        words.SERVICES,
        words.FILES,
        words.FOREIGN_WORDS,
        words.ID_HEADS,
        words.MAIL_ROLES,
        words.LAST_NAMES,
        *words.SIBLINGS,
        places.CITIES,
        places.CODES,
        places.PROVIDERS,
        places.COMPASS,
        places.PLACE_ENDS,
        places.OWN_SITES,
    )
    return {
        part for listed in lists for word in listed for part in re.split(r"[^a-z]+", word.lower()) if part
    }


def build(texts: Iterable[str], size: int) -> Vocabulary:
    """Chooses the tokens that shorten `texts` most.

    Args:
        texts: Documents to count over.
        size: Number of tokens in all.
    """
    texts = list(texts)
    bytes_only = [bytes([i]) for i in range(256)]
    frame = [p.encode("utf-8") for p in pieces(schemas()) if len(p.encode("utf-8")) > 1]
    trial = Vocabulary(bytes_only + frame)
    used = Counter(i for text in texts[:20_000] for i in trial.encode(text))
    frame = [token for index, token in enumerate(frame, 256) if used[index] >= 2]
    hosts = _in_hosts()
    counts = Counter(word for text in texts for word in _WORD.findall(text))
    gains = Counter(
        {
            word: count * (len(word) - 1)
            for word, count in counts.items()
            if word.strip().lower() not in hosts and word.encode() not in frame
        }
    )
    room = size - 256 - len(frame)
    chosen = sorted(word for word, _ in gains.most_common(room))
    return Vocabulary(bytes_only + frame + [word.encode("utf-8") for word in chosen])


def main() -> None:
    """Rebuilds `vocabulary.json` from the phrase bank."""
    from training.generate import Generator, load_bank

    generator = Generator(load_bank(), seed=1)
    documents = ["".join(text for text, _ in generator.draw()) for _ in range(60_000)]
    vocabulary = Vocabulary([*build(documents, size=1024).tokens, *(mark.encode() for mark in MARKS)])
    vocabulary.save()
    tokens = sum(len(vocabulary.encode(text)) for text in documents[:5_000])
    print(f"{len(vocabulary)} tokens, {tokens / 5_000:.1f} a document")


if __name__ == "__main__":
    main()
