"""Spelling noise: what fingers do to a sentence, never to the values in it."""

from __future__ import annotations

from random import Random

_NEIGHBOURS = {
    "a": "sqz", "b": "vgn", "c": "xvd", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok",
    "j": "hku", "k": "jli", "l": "kop", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf",
    "s": "adw", "t": "ryg", "u": "yij", "v": "cbf", "w": "qes", "x": "zcs", "y": "tuh", "z": "xa",
}  # fmt: skip
_SLANG = (
    ("you", "u"), ("please", "pls"), ("please", "plz"), ("are", "r"), ("because", "cuz"), ("thanks", "thx"),
    ("your", "ur"), ("to", "2"), ("the", "teh"), ("what is", "whats"), ("is it", "isit"), ("going to", "gonna"),
    ("want to", "wanna"), ("certificate", "cert"), ("website", "site"), ("and", "n"), ("and", "&"), ("check", "chek"),
    ("right now", "rn"), ("server", "srv"), ("minutes", "mins"), ("with", "w/"), ("monitoring", "monitorin"),
    ("don't", "dont"), ("can't", "cant"), ("it's", "its"), ("I'm", "im"), ("what's", "whats"), ("about", "abt"),
)  # fmt: skip


def misspell(text: str, rng: Random, slips: int) -> str:
    """Makes up to `slips` slips in the words of a literal stretch of text."""
    for _ in range(slips):
        letters = [i for i, c in enumerate(text) if c.isalpha() and c.isascii()]
        if len(letters) < 3:
            return text
        i = rng.choice(letters)
        kind = rng.random()
        if kind < 0.3:
            text = text[:i] + text[i + 1 :]
        elif kind < 0.5:
            text = text[:i] + text[i] + text[i:]
        elif kind < 0.8 and i + 1 < len(text) and text[i + 1].isalpha():
            text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        else:
            near = _NEIGHBOURS.get(text[i].lower())
            if near:
                text = text[:i] + rng.choice(near) + text[i + 1 :]
    return text


def slang(text: str, rng: Random) -> str:
    """Replaces a few words by how they are typed in a chat."""
    for plain, short in rng.sample(_SLANG, 6):
        text = text.replace(f" {plain} ", f" {short} ")
    return text


def recase(text: str, how: str) -> str:
    """Changes the case of a literal stretch of text: `lower`, `upper` or unchanged."""
    return text.lower() if how == "lower" else text.upper() if how == "upper" else text
