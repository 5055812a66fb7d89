import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.bfcl import java, javascript, rules
from evals.bfcl.agreement import agreement_object, agreement_text, measure
from evals.bfcl.answers import right_calls, spoiled_calls
from evals.bfcl.data import CATEGORIES, BfclError, Entry, categories_of, read_entries
from evals.bfcl.verdicts import judge
from providers.base import ToolCall

ENTRIES, _ = read_entries(CATEGORIES)
COMPARED = [entry for entry in ENTRIES if entry.compared]
ROOT = Path(__file__).parents[3]


def entry_of(
    category: str,
    properties: dict[str, Any],
    answers: list[dict[str, Any]],
    required: list[str] | None = None,
) -> Entry:
    """A case of one function `f` with these parameters."""
    function = {
        "name": "f",
        "description": "d",
        "parameters": {"type": "dict", "properties": properties, "required": required or []},
    }
    accepted = tuple({"f": answer} for answer in answers)
    return Entry("x_0", category, ({"role": "user", "content": "?"},), (function,), accepted)


def called(**arguments: Any) -> ToolCall:
    return ToolCall("", "f", arguments)


def test_every_category_has_its_cases() -> None:
    counts = {name: sum(entry.category == name for entry in ENTRIES) for name in CATEGORIES}
    assert counts["simple_python"] == 400 and counts["live_multiple"] == 1053 and counts["irrelevance"] == 240
    assert all(counts.values()) and len({entry.id for entry in ENTRIES}) == len(ENTRIES)
    assert categories_of("simple") == ("simple_python", "simple_java", "simple_javascript")
    with pytest.raises(BfclError, match="no category simpel; expected one of simple"):
        categories_of("simpel")


def test_the_port_agrees_with_ast_checker() -> None:
    found = measure(ENTRIES, 6000, seed=3)
    assert found.pairs == 6000 and found.rate >= 0.999, agreement_text(found)
    assert not found.port, agreement_text(found)
    assert 1500 < found.right < 4500
    assert len(found.changes) == 16 and min(found.changes.values()) > 10
    assert all(each.verdicts.explanation for each in found.ours)
    assert agreement_object(found)["agreement"] == found.rate


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(COMPARED) - 1), st.integers())
def test_port_and_reference_name_the_same_fault(number: int, seed: int) -> None:
    entry, random = COMPARED[number], Random(seed)
    _, calls = spoiled_calls(entry, random)
    for made in (calls, right_calls(entry, random)):
        verdicts = judge(entry, made)
        assert verdicts.port == verdicts.reference


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 20) | st.sampled_from([0.5, 1.0, "", "a", "1.0", "10.0.0.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["string", "integer", "float", "boolean", "array", "dict", "any", "tuple"])
OBJECT = st.dictionaries(st.sampled_from("abc"), st.lists(JSON, min_size=1, max_size=2), max_size=3)


def answers_for(kind: str, inner: str) -> st.SearchStrategy[list[Any]]:
    """Acceptable values in the form that BFCL's files have for a type, and the mark for leaving it out."""
    if kind == "dict":
        value: st.SearchStrategy[Any] = OBJECT
    elif kind in ("array", "tuple"):
        value = st.lists(OBJECT if inner == "dict" else JSON, max_size=3)
    else:
        value = st.booleans() | st.integers(-3, 20) | st.floats(0, 2) | st.text("aA1. '", max_size=3)
    return st.lists(value | st.just(""), min_size=1, max_size=3)


@settings(max_examples=600, deadline=None)
@given(st.data(), KINDS, KINDS, JSON)
def test_port_and_reference_agree_on_anything(data: st.DataObject, kind: str, inner: str, value: Any) -> None:
    acceptable = data.draw(answers_for(kind, inner))
    # A right answer, or one that differs in little, is drawn too seldom by chance.
    value = data.draw(st.sampled_from([value, acceptable[0]]))
    entry = entry_of("simple_python", {"p": {"type": kind, "items": {"type": inner}}}, [{"p": acceptable}])
    verdicts = judge(entry, [called(p=value)])
    assert verdicts.port_agrees, verdicts
    if not verdicts.port.startswith("crashed"):
        assert verdicts.port == verdicts.reference


SOURCE = st.text(alphabet="[]{}(),:\"' 01.5nLfFeE-truefalsnwArayputdHMLi<>", max_size=24) | st.sampled_from(
    [
        "new ArrayList<>(Arrays.asList(1, 2))", 'new String[]{"a", "b"}', "new HashMap<>() {{ put(\"k\", 1); }}",
        "[[1, 2], [3]]", "new Array(1, 'x')", "{a: [1, 2], b: {c: 1}}", "1.5f", "12L", "7n", "'a'", "1e3",
    ]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(SOURCE, st.sampled_from(sorted(java.TYPES)), st.sampled_from(["String", "integer", "char", "long"]))
def test_java_literals_are_read_alike(text: str, kind: str, inner: str) -> None:
    from bfcl_eval.eval_checker.ast_eval.type_convertor.java_type_converter import java_type_converter

    nested = inner if kind in java.NESTED else None
    assert outcome(java.read, text, kind, nested) == outcome(java_type_converter, text, kind, nested)


@settings(max_examples=600, deadline=None)
@given(
    SOURCE, st.sampled_from(sorted(javascript.TYPES)), st.sampled_from(["String", "integer", "array", "dict"])
)
def test_javascript_literals_are_read_alike(text: str, kind: str, inner: str) -> None:
    from bfcl_eval.eval_checker.ast_eval.type_convertor.js_type_converter import js_type_converter

    nested = inner if kind in javascript.NESTED else None
    assert outcome(javascript.read, text, kind, nested) == outcome(js_type_converter, text, kind, nested)


def outcome(read: Any, *arguments: Any) -> str:
    try:
        return repr(read(*arguments))
    except (ValueError, NotImplementedError, IndexError) as error:
        return type(error).__name__


def test_an_address_is_no_other_address_by_its_dots() -> None:
    entry = entry_of("simple_python", {"host": {"type": "string"}}, [{"host": ["10.0.0.1"]}])
    verdicts = judge(entry, [called(host="1.0.0.01")])
    assert (verdicts.reference, verdicts.port, verdicts.label) == ("", "", "wrong_value")
    assert '"1.0.0.01" and "10.0.0.1" are one text to it' in verdicts.explanation
    for same in ("10.0.0.1", " 10.0.0.1 "):
        assert judge(entry, [called(host=same)]).label == "correct"


@pytest.mark.parametrize(
    ("wanted", "given_text", "label"),
    [
        ("1.5", "15", "wrong_value"),
        ("-5", "5", "wrong_value"),
        ("1,000", "1000", "correct"),
        ("April 1, 2024", "april 1 2024", "correct"),
        ("San Francisco, CA", "san francisco ca", "correct"),
        ("2001:db8::1", "2001:DB8:0::1", "wrong_value"),
        ("1.5.2", "152", "wrong_value"),
    ],
)
def test_text_is_loosened_but_numbers_and_addresses_are_not(wanted: str, given_text: str, label: str) -> None:
    entry = entry_of("simple_python", {"p": {"type": "string"}}, [{"p": [wanted]}])
    assert judge(entry, [called(p=given_text)]).label == label


def test_true_is_not_one_inside_of_lists() -> None:
    described = {"p": {"type": "array", "items": {"type": "boolean"}}}
    entry = entry_of("simple_python", described, [{"p": [[1, 0]]}])
    verdicts = judge(entry, [called(p=[True, False])])
    assert (verdicts.reference, verdicts.label) == ("", "wrong_value")
    assert "true equal to 1" in verdicts.explanation


def test_calls_are_matched_at_best_where_bfcl_takes_the_first_that_fits() -> None:
    entry = entry_of("parallel", {"p": {"type": "string"}}, [{"p": ["a", "b"]}, {"p": ["a"]}])
    made = [called(p="a"), called(p="b")]
    verdicts = judge(entry, made)
    assert verdicts.reference.endswith("cannot_find_match") and verdicts.port_agrees
    assert verdicts.label == "correct" and "another assignment fits them all" in verdicts.explanation
    assert judge(entry, made[::-1]).agrees


@pytest.mark.parametrize("category", ["irrelevance", "live_irrelevance"])
def test_a_malformed_attempt_is_no_silence(category: str) -> None:
    entry = replace(entry_of(category, {}, []), answers=())
    silent, attempt = judge(entry, []), judge(entry, [], "a bracket is missing")
    assert (silent.reference, silent.label) == ("", "correct")
    assert (attempt.reference, attempt.label) == ("", "malformed")
    assert "a malformed attempt is wrong" in attempt.explanation
    assert judge(entry, [called()]).label == "spurious_call"


def test_relevance_wants_a_call_of_a_tool_on_offer() -> None:
    entry = replace(entry_of("live_relevance", {}, []), answers=())
    assert judge(entry, [called()]).label == "correct"
    assert judge(entry, []).label == "no_call"
    odd = judge(entry, [ToolCall("", "g", {})])
    assert (odd.reference, odd.label) == ("", "unknown_tool") and odd.explanation


@pytest.mark.parametrize(
    ("calls", "label"),
    [
        ([], "no_call"),
        ([called(p=1), called(p=1)], "wrong_count"),
        ([ToolCall("", "g", {"p": 1})], "unknown_tool"),
        ([called()], "missing_required"),
        ([called(p=1, q=2)], "unexpected_param"),
        ([called(p="x")], "wrong_type"),
        ([called(p=2)], "wrong_value"),
        ([called(p=1)], "correct"),
    ],
)
def test_our_labels(calls: list[ToolCall], label: str) -> None:
    described = {"p": {"type": "integer"}, "q": {"type": "integer"}}
    entry = entry_of("simple_python", described, [{"p": [1], "r": [""]}], ["p"])
    assert judge(entry, calls).label == label


def test_what_no_rule_covers_is_wrong_and_said() -> None:
    described = {"p": {"type": "array", "items": {"type": "dict"}}}
    entry = entry_of("simple_python", described, [{"p": ["", [{"a": [1]}]]}])
    with pytest.raises(rules.Unjudged):
        rules.check(entry, [called(p=[1])])
    verdicts = judge(entry, [called(p=[1])])
    assert (
        verdicts.port_agrees and verdicts.reference.startswith("crashed") and verdicts.label == "wrong_value"
    )


def test_the_command_prints_the_agreement() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evals", "bfcl-agreement", "--pairs", "2000", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["pairs"] == 2000 and found["agreement"] >= 0.999
    refused = subprocess.run(
        [sys.executable, "-m", "evals", "bfcl-agreement", "--suite", "bfcl:irrelevance"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert refused.returncode == 2 and "no answers to compare" in refused.stderr
