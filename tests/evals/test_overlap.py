import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Suite, load_suite
from evals.overlap import find_overlaps, overlap_text, words_of
from tests.evals.support import line_of, write_suite

LONG = "Please check whether the mail server mx1.example.org still answers on port 25"


def suite_of(folder: Path, *said: str) -> Suite:
    lines = (line_of(id=f"c{n}", messages=[{"role": "user", "content": text}]) for n, text in enumerate(said))
    return load_suite(str(write_suite(folder / "s.jsonl", lines)))


def found_in(folder: Path, suite: Suite, text: str, name: str = "train.txt") -> list[str]:
    path = folder / name
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return [overlap.id for overlap in find_overlaps(suite, [path]).overlaps]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"before. {LONG}! after", True),
        ("PLEASE CHECK, whether the\nmail server: mx1.example.org", True),
        ("please check whether the mail server mx2 example org still answers on", False),
        ("ｐｌｅａｓｅ check whether the mail server mx1.example", True),
        ("please check whether the mail server mx1", False),
    ],
)
def test_eight_words_in_a_row_are_an_overlap(tmp_path: Path, text: str, found: bool) -> None:
    assert found_in(tmp_path, suite_of(tmp_path, LONG), text) == (["c0"] if found else [])


def test_a_short_message_overlaps_as_a_whole_and_a_very_short_one_is_not_compared(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "trace the route there", "ping gw1", "is the router down again")
    path = tmp_path / "t.txt"
    path.write_text("so: Trace the route there. Is the router down? ping gw1", "utf-8")
    report = find_overlaps(suite, [path])
    assert [(overlap.id, overlap.line) for overlap in report.overlaps] == [("c0", 1)]
    assert report.too_short == ("c1",)
    assert "1 cases have fewer than 4 words" in overlap_text(report)
    assert "1 of 2 cases overlap" in overlap_text(report)


def test_escapes_of_json_hide_nothing_and_strings_do_not_run_together(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, LONG)
    escaped = json.dumps({"messages": [{"content": "first\n" + LONG.replace(" ", "\n")}]})
    assert found_in(tmp_path, suite, "{}\n" + escaped, "t.jsonl") == ["c0"]
    halves = json.dumps([LONG[:40], LONG[40:]])
    assert found_in(tmp_path, suite, halves, "t.jsonl") == []
    assert found_in(tmp_path, suite, "not json: " + LONG, "t.jsonl") == ["c0"]


def test_only_what_the_user_typed_is_compared(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": LONG},
        {"role": "user", "content": "thanks"},
    ]
    suite = load_suite(str(write_suite(tmp_path / "s.jsonl", [line_of(messages=messages)])))
    assert found_in(tmp_path, suite, LONG) == []


words = st.lists(st.sampled_from("abcd"), max_size=30)


@given(st.lists(words, min_size=1, max_size=3), words)
def test_overlap_is_what_a_plain_search_finds(
    tmp_path_factory: pytest.TempPathFactory, messages: list[list[str]], text: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("overlap")
    suite = suite_of(folder, *(" ".join(message) for message in messages))
    joined = f" {' '.join(text)} "
    expected = [
        f"c{number}"
        for number, message in enumerate(messages)
        if len(message) >= 4
        and any(
            f" {' '.join(message[start : start + 8])} " in joined for start in range(max(1, len(message) - 7))
        )
    ]
    # Lines of three words: a run of words goes on over line ends.
    lines = "\n".join(" ".join(text[start : start + 3]) for start in range(0, len(text), 3))
    assert found_in(folder, suite, lines) == expected


@given(st.text())
def test_words_are_normalised_once_and_for_all(text: str) -> None:
    once = words_of(text)
    assert all(re.fullmatch(r"\w+", word) for word in once)


def test_strings_of_python_are_compared_and_names_are_not(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "don't trace the route there")
    escaped = 'PHRASES = (\n    "first",\n    "well, don\\u2019t " "trace the route\\nthere",\n)\n'
    # The curly apostrophe parts words as the straight one does.
    assert found_in(tmp_path, suite, escaped, "phrases.py") == ["c0"]
    halves = 'A = ("don\'t trace", "the route there")\n'
    assert found_in(tmp_path, suite, halves, "phrases.py") == []
    assert found_in(tmp_path, suite, "don = t = trace = the = route = there = 1", "phrases.py") == []
    assert found_in(tmp_path, suite, "no python: don't trace the route there", "phrases.py") == ["c0"]
