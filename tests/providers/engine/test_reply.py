"""Text from tokens: the same under every chunking, stop strings never sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.engine.reply import ReplyText

TEXTS = st.text(alphabet="ab<é東", max_size=40)
STOPS = st.lists(st.text(alphabet="ab<", min_size=1, max_size=4), max_size=3).map(tuple)


def sent(data: bytes, cuts: list[int], stops: tuple[str, ...]) -> str:
    text, found, start = ReplyText(stops), "", 0
    for end in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        ready, stopped = text.feed(data[start:end])
        found, start = found + ready, end
        if stopped:
            return found
    return found + text.finish()


@given(TEXTS, st.lists(st.integers(0, 200), max_size=12), STOPS)
def test_what_is_sent_ends_before_the_first_stop(text: str, cuts: list[int], stops: tuple[str, ...]) -> None:
    found = sent(text.encode(), cuts, stops)
    assert text.startswith(found)
    assert not any(stop in found for stop in stops)
    if not any(stop in text for stop in stops):
        assert found == text


def test_half_a_character_is_not_sent() -> None:
    text = ReplyText(())
    assert text.feed("é".encode()[:1]) == ("", False)
    assert text.feed("é".encode()[1:]) == ("é", False)
    assert text.feed(b"\xe6") == ("", False)
    assert text.finish() == "\ufffd"
