import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import load_suite
from evals.comparison import Grouping
from evals.json_text import dumped
from evals.loaded import LoadedRun, load_runs
from evals.questions import question_object
from evals.record import Session, SuiteRef
from evals.report.asked import Questions
from evals.report.cases import PIECE, reproduce
from evals.report.markup import Markup, data, element, join
from evals.report.page import page, write_report
from providers.base import Usage
from providers.info import ModelInfo
from tests.evals.support import EXAMPLES, line_of, ping_row, ping_suite, record_of, stored_run, write_suite

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<!-- <script>",
    "]]> --> </style></title></textarea>",
    "\"' onmouseover='alert(3)",
    "&lt;b&gt; javascript:alert(4)",
    "\u2028\u2029\u202e\x1b]0;owned\x07 \x00 \ud83d",
)


class Page(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and texts."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        self.texts.append((where, data))
        if where == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = attributes, before + data

    def embedded(self, name: str) -> Any:
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == name))

    def text(self) -> str:
        return " ".join(text for where, text in self.texts if where not in ("script", "style"))


def source_of(runs: list[LoadedRun], grouping: Grouping | None = None) -> str:
    return "".join(page(runs, grouping or Grouping()))


def hostile_runs(folder: Path) -> list[LoadedRun]:
    """Two runs in which a model, a tool name, an error and even a model's name and a case are hostile."""
    lines = [
        line_of(id=f"p{number}{text[:30]}", messages=[{"role": "user", "content": text}])
        for number, text in enumerate(text.replace("\ud83d", "") for text in HOSTILE)
    ]
    suite = write_suite(folder / "suite.jsonl", lines)
    names: list[str] = []
    for name in ("<i>f16</i>", "q4</script><script>alert(5)</script>"):
        rows = [
            ping_row(
                number,
                label=("correct", "wrong_value", "infra_error")[(number + len(names)) % 3],
                id=line["id"],
                raw=text,
                reason=text,
                calls=({"name": text, "arguments": {text: [text]}},),
                repairs=(text,),
            )
            for number, (line, text) in enumerate(zip(lines, HOSTILE, strict=True))
        ]
        model = ModelInfo(f"{name}:x", name, 7, 10**6 * (len(names) + 1), name)
        command = f"evals run {HOSTILE[0]}"
        directory = folder / str(len(names))
        stored_run(directory, suite, rows, model=model, command=command, requested=HOSTILE[0])
        names.append(str(directory))
    return load_runs(names)


def test_the_page_stands_alone_and_every_element_is_closed(tmp_path: Path) -> None:
    source = source_of(hostile_runs(tmp_path))
    parsed = Page(source)
    assert parsed.open == []
    assert source.startswith("<!doctype html>")
    for tag, attributes in parsed.elements:
        assert not {"src", "href", "style"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert tag not in ("img", "iframe", "link", "object", "a", "base")
    assert not re.search(r"url\(|@import|https?://|fetch\(|innerHTML|eval\(", source.split("<body>")[0])


def test_what_a_model_wrote_never_becomes_markup(tmp_path: Path) -> None:
    source = source_of(hostile_runs(tmp_path))
    parsed = Page(source)
    harmless = Page(source_of(load_runs([str(tmp_path / "0")])))
    for text in HOSTILE:
        if "<" in text:
            assert text not in source
    assert {tag for tag, _ in parsed.elements} <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "p", "div",
        "table", "thead", "tbody", "tr", "th", "td", "mark", "span", "ul", "li", "svg", "g", "line", "text",
        "circle", "polyline", "rect", "form", "button", "noscript", "script",
    }  # fmt: skip
    # Two scripts of data and one that runs, however often a model writes one.
    kinds = [attributes.get("type") for attributes, _ in parsed.scripts]
    assert kinds == ["application/json", "application/json", None]
    assert len(harmless.scripts) == 3
    assert not {"\x1b", "\u202e", "\u2028", "\x00"} & set(source)


def test_only_the_pages_own_style_and_script_may_run(tmp_path: Path) -> None:
    parsed = Page(source_of(hostile_runs(tmp_path)))
    policy = next(
        attributes["content"] or ""
        for _, attributes in parsed.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    script = parsed.scripts[-1][1]
    style = "".join(text for where, text in parsed.texts if where == "style")
    for name, content in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_a_case_has_all_that_it_is_opened_for(tmp_path: Path) -> None:
    runs = hostile_runs(tmp_path)
    parsed = Page(source_of(runs))
    index, piece = parsed.embedded("index"), parsed.embedded("piece-0")
    assert index["runs"] == [run.name for run in runs]
    for number, text in enumerate(HOSTILE):
        case, repeat, category, tools, labels, _ = index["cases"][number]
        assert (repeat, index["categories"][category]) == (0, "simple")
        assert [index["tools"][tool] for tool in tools] == ["ping_host"]
        first = ("correct", "wrong_value", "infra_error")[number % 3]
        assert index["labels"][labels[0]] == first
        row = piece["rows"][number][1]
        assert (row["raw"], row["reason"], row["calls"][0]["name"]) == (text, text, text)
        assert row["reproduce"].startswith("evals run --model '</script><script>alert(1)</script>' --suite ")
        question = piece["questions"][case]
        assert question["expected"] == [['ping_host target "gw1.lan"']]
        assert question["messages"][0]["content"] == text.replace("\ud83d", "")


def test_sections_say_what_was_measured(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 40)
    names: list[str] = []
    for name, lost, size in (("f16", 0, 14_000_000), ("q8_0", 2, 8_000_000), ("q4_k", 30, 4_000_000)):
        rows = [ping_row(n, n >= lost) for n in range(38)]
        rows += [ping_row(38, label="infra_error"), ping_row(39, label="malformed")]
        model = ModelInfo(f"rule:{name}", name, 7, size)
        names.append(str(stored_run(tmp_path / name, suite, rows, model=model)))
    parsed = Page(source_of(load_runs(names)))
    said = parsed.text()
    assert "rule:q4_k is 76.9 points below rule:f16, 95 % CI -8" in said
    assert "39 paired cases; 3.5\u00d7 smaller" in said
    assert "30 replies regressed and 0 improved" in said
    assert "Left out: 1 pairs with an infrastructure error." in said
    circles = [attributes for tag, attributes in parsed.elements if tag == "circle"]
    lines = [attributes for tag, attributes in parsed.elements if tag == "polyline"]
    assert len(circles) == 3
    assert len(lines) == 1 and len((lines[0]["points"] or "").split()) == 3
    bars = [attributes for tag, attributes in parsed.elements if tag == "rect"]
    assert sum(attributes["class"] == "infra" for attributes in bars) == 3
    heats = [attributes for _, attributes in parsed.elements if "heat" in (attributes.get("class") or "")]
    assert [attributes["class"] for attributes in heats] == ["heat h10", "heat h9", "heat h2"]
    assert "8 of 39, 95 % CI" in str(heats[2]["title"])
    assert "weights SHA-256" in said and "hardware" in said


def test_training_data_memory_and_loading_are_said(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 2)
    sessions = (
        Session(
            at="2026-11-22T12:00:00+00:00", rows=1, start_s=1.5, load_s=0.75, model_mib=215.3, own_mib=66.9
        ),
        Session(
            at="2026-11-22T13:00:00+00:00", rows=1, start_s=None, load_s=0.25, model_mib=None, own_mib=70.0
        ),
    )
    names = [
        str(stored_run(tmp_path / "new", suite, [ping_row(0), ping_row(1)], sessions=sessions,
                       model=ModelInfo("rule:f16", data_sha256="da" * 32))),
        str(stored_run(tmp_path / "old", suite, [ping_row(0), ping_row(1)])),
    ]  # fmt: skip
    said = " ".join(Page(source_of(load_runs(names))).text().split())
    assert f"training data SHA-256 {'da' * 32} not known" in said
    assert "215 MiB 0.25 s" in said and "peak memory load cost" in said
    assert (
        "2026-11-22T12:00:00+00:00: 1 rows, first question 1.50 s after the program's start, model ready in 0.75 s, "
        "peak memory of the model 215 MiB, of the program 67 MiB"
    ) in said
    assert "model ready in 0.25 s, peak memory of the model not known, of the program 70 MiB" in said


def test_what_hosted_models_cost_is_said(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 2)
    names: list[str] = []
    for name, server in (("gpt-4o-mini", "OpenAI"), ("unknown", "OpenAI"), ("rule", None)):
        rows = [ping_row(number, usage=Usage(1_000_000, 400_000, 100_000)) for number in range(2)]
        model = ModelInfo(name, server=server)
        names.append(str(stored_run(tmp_path / name, suite, rows, model=model)))
    said = Page(source_of(load_runs(names))).text()
    # Twice 0.6 million fresh tokens at $0.15, 0.4 at $0.075 and 0.1 written at $0.60.
    assert "$0.3600" in said and "not known not known" in said


def test_one_run_is_a_report_too(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 3)
    run = stored_run(tmp_path / "run", suite, [ping_row(0), ping_row(1, False)])
    said = Page(source_of(load_runs([str(run)]))).text()
    assert "rule:f16 is right in 50.0 % of 2 replies, 95 % CI" in said
    empty = stored_run(tmp_path / "empty", suite, [])
    assert "has no scored reply" in Page(source_of(load_runs([str(empty)]))).text()


def test_a_suite_that_has_changed_is_said_and_not_shown(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 2)
    run = stored_run(tmp_path / "run", suite, [ping_row(0)])
    ping_suite(suite, 3)
    parsed = Page(source_of(load_runs([str(run)])))
    assert "has changed since the run" in parsed.embedded("index")["note"]
    assert parsed.embedded("piece-0")["questions"] == {}
    assert "which tools it expects is not known" in parsed.text()


@pytest.mark.parametrize("name", ["netmon-dev", str(EXAMPLES)])
def test_lines_that_are_only_read_show_what_whole_cases_do(name: str) -> None:
    suite = load_suite(name)
    reference = SuiteRef(name=suite.name, path=str(suite.path), sha256=suite.sha256, cases=len(suite.cases))
    questions = Questions(record_of(suite=reference))
    for case in suite.cases:
        shown = json.loads(questions.whole(case.id))
        assert shown == json.loads(json.dumps({**question_object(case), "tools": len(case.tools)}))


def test_many_cases_come_in_pieces(tmp_path: Path) -> None:
    count = PIECE * 2 + 7
    suite = ping_suite(tmp_path / "s.jsonl", count)
    run = stored_run(tmp_path / "run", suite, [ping_row(n) for n in range(count)])
    write_report(tmp_path / "report.html", load_runs([str(run)]), Grouping())
    parsed = Page((tmp_path / "report.html").read_text("utf-8"))
    assert len(parsed.embedded("index")["cases"]) == count
    assert [len(parsed.embedded(f"piece-{n}")["rows"]) for n in range(3)] == [PIECE, PIECE, 7]
    assert not list(tmp_path.glob(".*part"))


def test_the_command_asks_the_same_again() -> None:
    record = record_of(seed=3, requested="q4_k", constrained="schema")
    assert reproduce(record, "a; rm -rf /", 2) == (
        "evals run --model q4_k --suite s.jsonl --case 'a; rm -rf /' --seed 5 --constrained schema"
    )


def pieces_of(text: str) -> Iterator[str]:
    yield text
    yield Markup("<b>") + text
    yield f"{element('b', 'x')}{text}"


@given(st.text(), st.text())
def test_markup_is_only_what_was_made_as_markup(text: str, other: str) -> None:
    # A plain string stays one, whatever it was put together of.
    for given_text in (text, *pieces_of(other)):
        parsed = Page(join(element("p", given_text, title=text), element("p", other)))
        assert [tag for tag, _ in parsed.elements] == ["p", "p"]


@given(
    st.recursive(
        st.text() | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_embedded_json_comes_back_and_cannot_end_its_element(value: Any) -> None:
    source = data(dumped(value), id="x")
    assert json.loads(source.removeprefix('<script type="application/json" id="x">')[:-9]) == value
    assert source.count("<") == 2 and source.isascii()


@pytest.mark.parametrize("number", [0.5, 1, 1234567.0])
def test_numbers_are_attributes(number: float) -> None:
    assert float(Page(element("rect", x=number)).elements[0][1]["x"] or "") == number
