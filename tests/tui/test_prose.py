"""Markdown as lines: nothing is lost, nothing is too wide, and a growing text looks like the whole one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.chat.blocks import Code, Grid, Growing, Listing, Quote, Rule, Words, parse
from tui.chat.typeset import GrowingLines, typeset, typeset_text

SAMPLE = """# Head

A **bold *both*** word, `code`, ~~gone~~ and a line that is long enough to be wrapped at forty cells.

- one
- two
  1. nested

     ```python
     x = 1
     ```

> quoted
> words

| host | ms |
|:--|--:|
| gw1.lan | 1.25 |

***

9. nine

10. ten

    indented
"""

#: Pieces of Markdown that mean something together.
_PIECES = st.sampled_from(
    ["\n", "\n\n", "- ", "1. ", "10. ", "6", "# ", "> ", "```", "```py\n", "    ", "| a | b |\n", "|-|-|\n", "|", "---",
     "***", "**", "_", "`", "~~", "word ", "words of a line ", "<b>", "[x](http://y)", "&amp;", "\\", "é", "漢字",
     "  \n"]
)  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=30).map("".join)


def plain(text: str, width: int) -> list[str]:
    return [line.content.plain.rstrip() for line in typeset(parse(text), width)]


def test_blocks_of_every_kind() -> None:
    kinds = [type(block) for block in parse(SAMPLE)]
    assert kinds == [Words, Words, Listing, Quote, Grid, Rule, Listing]
    nested = parse(SAMPLE)[2].items[1][1][1]
    assert isinstance(nested, Listing) and isinstance(nested.items[0][1][1], Code)


def test_styles_are_spans() -> None:
    words = parse(SAMPLE)[1].content
    styles = {(words.plain[span.start : span.end], span.style) for span in words.spans}
    assert {("both", "italic"), ("both", "bold"), ("code", "$text-accent"), ("gone", "strike")} <= styles


def test_lines_of_a_width() -> None:
    assert plain(SAMPLE, 40) == [
        "Head", "",
        "A bold both word, code, gone and a line", "that is long enough to be wrapped at", "forty cells.", "",
        "• one", "• two", "  1. nested", "", "      x = 1", "",
        "▎ quoted words", "",
        "host       ms", "─────────────", "gw1.lan  1.25", "",
        "─" * 40, "",
        " 9. nine", "", "10. ten", "", "    indented",
    ]  # fmt: skip


def test_a_table_shares_out_what_room_there_is() -> None:
    text = "| n | what happened |\n|-|-|\n| 1 | a sentence that needs more room than there is |"
    assert plain(text, 24) == [
        "n  what happened", "────────────────────────", "1  a sentence that needs", "   more room than there", "   is",
    ]  # fmt: skip
    wide = "| a | b | c | d |\n|-|-|-|-|\n| 1 | 2 | 3 | 4 |\n| 5 | 6 | 7 | 8 |"
    assert plain(wide, 20) == ["a: 1", "b: 2", "c: 3", "d: 4", "", "a: 5", "b: 6", "c: 7", "d: 8"]


@pytest.mark.parametrize(
    "text", ["[a](http://b)", "<http://b>", "![a](b)", "<b>x</b>", "&#27;[1m", "[a]: http://b\n\n[a]"]
)
def test_nothing_points_elsewhere_or_is_decoded(text: str) -> None:
    lines = typeset(parse(text), 60)
    assert "".join("".join(line.content.plain.split()) for line in lines) == "".join(text.split())
    assert not any(line.content.spans for line in lines)


@settings(deadline=None)
@given(_TEXTS)
def test_a_growing_text_is_read_like_the_whole_one(text: str) -> None:
    growing, lines = Growing(), GrowingLines()
    for at in range(0, len(text), 3):
        growing.grow(text[at : at + 3])
        lines.grow(text[at : at + 3])
    if text.endswith("\n"):
        assert repr(growing.settled + growing.open) == repr(parse(text))
    assert [line.content.plain for line in lines.at(30)] == [
        line.content.plain for line in typeset([*growing.settled, *growing.open], 30)
    ]


@settings(deadline=None)
@given(_TEXTS, st.integers(min_value=20, max_value=90))
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, width: int) -> None:
    lines = typeset_text(text, width)
    assert all(line.content.cell_length <= width and "\n" not in line.content.plain for line in lines)
    shown = "".join("".join(line.content.plain.split()) for line in lines)
    # The language of a fence and cells without a column are not shown.
    for word in ("words", "漢字") if "```" not in text and "|" not in text else ():
        assert shown.count(word) == text.count(word)


def test_settled_lines_stay_the_same_objects() -> None:
    lines = GrowingLines()
    lines.grow("first\n\nsecond\n\nthi")
    before = lines.at(40)
    lines.grow("rd")
    after = lines.at(40)
    # The second paragraph goes on until a whole line comes after it.
    assert all(old is new for old, new in zip(before[:2], after, strict=False))
    assert after[-1].content.plain == "third" and [line.content.plain for line in lines.at(3)]
