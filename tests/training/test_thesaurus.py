"""Words that stand for others: which are replaced, and which stretches are left alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import thesaurus
from training.thesaurus import ThesaurusError, read


def always(text: str, *lines: str) -> str:
    """Replaces everything that can be."""
    return read(lines).rewrite(text, Random(1), 1.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("my shop is down again", "my shop has gone dark again"),
        ("Is down, they say", "Has gone dark, they say"),
        ("it is  down", "it is  down"),
        ("it is down.", "it has gone dark."),
        ("it is down.acme.org", "it is down.acme.org"),
        ("/is down", "/is down"),
        ("is down/now", "is down/now"),
        ("this is downstairs", "this is downstairs"),
        ("", ""),
    ],
)
def test_whole_phrases_are_replaced_and_parts_of_names_are_not(text: str, wanted: str) -> None:
    assert always(text, "is down = has gone dark") == wanted


def test_the_longest_phrase_wins() -> None:
    lines = ("check = test", "check whether = find out if")
    assert always("check whether it answers, then check it", *lines) == "find out if it answers, then test it"


def test_one_way_and_any_way() -> None:
    assert always("a probe", "box = probe") == "a probe"
    assert always("a probe", "box <> probe") == "a box"


def test_what_is_kept_and_what_is_quoted_stays() -> None:
    found = read(["our shop = the store", "page = site"])
    text = 'the page must say "our shop", and the page of our shop too'
    assert (
        found.rewrite(text, Random(1), 1.0) == 'the site must say "our shop", and the site of the store too'
    )
    assert (
        found.rewrite(text, Random(1), 1.0, {"shop"})
        == 'the site must say "our shop", and the site of our shop too'
    )


def test_an_apostrophe_of_either_kind_is_one() -> None:
    assert always("it doesn’t answer", "doesn't answer = is silent") == "it is silent"


@pytest.mark.parametrize("line", ["no sign here", "a = ", " = b", "a = b |  | c", "?! = b"])
def test_what_cannot_be_read_is_an_error(line: str) -> None:
    with pytest.raises(ThesaurusError):
        read([line])


@given(st.text(st.sampled_from("ab .,?/-'\nA1"), max_size=60), st.floats(0, 1))
def test_a_word_for_itself_changes_nothing(text: str, share: float) -> None:
    same = read(["a = a", "b a = b a", "ab = ab"])
    assert same.rewrite(text, Random(3), share).lower() == text.lower()


def test_the_banks_own_is_read_and_is_wide() -> None:
    assert len(thesaurus.load().others) > 2000
