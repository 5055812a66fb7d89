"""The text of one completion, as its tokens come: whole characters, stop strings held back and cut off."""

from __future__ import annotations

import codecs


class ReplyText:
    """Turns the bytes of tokens into text that may be sent."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._unsent = ""

    def feed(self, piece: bytes) -> tuple[str, bool]:
        """Takes a token's bytes; returns what may be sent by now, and whether a stop string is complete."""
        self._unsent += self._decoder.decode(piece)
        return self._release()

    def _release(self) -> tuple[str, bool]:
        places = [(place, stop) for stop in self._stops if (place := self._unsent.find(stop)) >= 0]
        if places:
            ready, self._unsent = self._unsent[: min(places)[0]], ""
            return ready, True
        keep = len(self._unsent) - possible_stop(self._unsent, self._stops)
        ready, self._unsent = self._unsent[:keep], self._unsent[keep:]
        return ready, False

    def finish(self) -> str:
        """Ends the text; returns what was held back, up to a stop string."""
        self._unsent += self._decoder.decode(b"", final=True)
        ready, stopped = self._release()
        rest, self._unsent = ready + ("" if stopped else self._unsent), ""
        return rest


def possible_stop(text: str, stops: tuple[str, ...]) -> int:
    """Length of the longest end of `text` that begins a stop string."""
    longest = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:length]):
                longest = length
                break
    return longest
