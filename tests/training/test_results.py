"""Results in every shape say what the answer says, and hold what can be pointed at."""

from __future__ import annotations

import json
import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.dialects.netmon_pieces import CUT, RESULT_CHARS, show_result
from training import traits
from training.outcome import Arguments
from training.results import display, outcome
from training.shapes import foreign
from training.transcripts import transcript

CALLS: dict[str, Arguments] = {
    "ping_host": {"target": "db-1.acme.example"},
    "check_http": {"url": "https://a.example/x"},
    "get_host_list": {},
    "get_host_data": {},
    "get_incidents": {},
    "get_agents": {},
    "check_ssl_certificate": {"host": "a.example"},
    "check_port": {"target": "a.example", "port": 22},
    "whois_lookup": {"query": "a.example"},
    "dns_lookup": {"name": "a.example", "record_type": "MX"},
    "traceroute": {"target": "a.example"},
    "run_nmap": {"target": "10.0.0.0/24", "profile": "quick"},
    "compare_locations": {"target": "a.example", "check": "ping", "locations": ["lima", "oslo-2", "perth"]},
    "test_quantum_safety": {"target": "a.example"},
    "scan_quantum_ports": {"target": "a.example"},
    "get_uptime_report": {"period": "7d"},
    "get_user_info": {},
    "edit_host": {"host_id": 4, "enabled": False},
    "add_host": {"address": "a.example", "endpoint": "icmp", "interval_s": "60s"},
    "delete_host": {"address": "a.example"},
    "get_available_endpoints": {},
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def numbers(text: str) -> set[float]:
    return {float(found) for found in _NUMBER.findall(text.replace(",", ""))}


@settings(max_examples=400)
@given(st.integers(0, 10**9), st.sampled_from(sorted(CALLS)))
def test_the_answer_says_no_number_that_the_result_lacks(seed: int, tool: str) -> None:
    rng = Random(seed)
    found = outcome(tool, CALLS[tool], rng)
    text, seen = display(found, rng)
    if not seen.whole or (found.error and not found.ok):
        return
    known = numbers(text) | numbers(json.dumps(CALLS[tool])) | {float(len(found.rows)), 4.0, 443.0, 30.0}
    known |= numbers(text.replace(",", " ")) | numbers(text.replace("T", " "))
    assert numbers(found.message) <= known, (text, found.message)


@settings(max_examples=300)
@given(st.integers(0, 10**9), st.sampled_from(sorted(CALLS)))
def test_what_can_be_pointed_at_is_seen(seed: int, tool: str) -> None:
    rng = Random(seed)
    text, seen = display(outcome(tool, CALLS[tool], rng), rng)
    visible = show_result(text)
    for row in seen.rows:
        assert row.name in visible or row.name in str(CALLS[tool])
        assert not row.id or str(row.id) in visible
        for key, value in row.traits.items():
            if key in ("note", "agent_location", "cause", "city", "country", "endpoint"):
                assert str(value) in visible, (key, value, text)
            if (
                key in ("port", "response_ms", "loss_pct", "load_pct", "preference", "ms")
                and value is not None
            ):
                assert float(value) in numbers(visible.replace(",", " ")), (key, value, text)


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_a_shape_keeps_all_rows_and_all_facts(seed: int) -> None:
    rng = Random(seed)
    found = outcome("get_host_data", {}, rng, ok=True)
    text = foreign(found, rng)
    for row in found.rows:
        assert row.name in text
        assert str(row.id) in text
        for key in ("response_ms", "loss_pct", "days_left"):
            if row.traits.get(key) is not None:
                assert f"{row.traits[key]:g}" in text


def test_shapes_are_many_and_the_own_form_is_the_most_frequent() -> None:
    rng = Random(1)
    kinds: Counter[str] = Counter()
    for _ in range(2000):
        text, _ = display(outcome("get_host_list", {}, rng, ok=True), rng)
        kinds[shape_of(text)] += 1
    assert kinds["own"] > 600
    assert kinds["own"] == max(kinds.values())
    assert len(kinds) > 60


def shape_of(text: str) -> str:
    """The outline of a result: its keys down to the first row, or the form of its first line."""
    try:
        value = json.loads(text)
    except ValueError:
        return "text " + re.sub(r"[\w.\-]+", "w", text.splitlines()[0])[:20]
    if isinstance(value, dict) and {"success", "message", "data"} <= set(value):
        return "own"
    return json.dumps(list(value) if isinstance(value, dict) else [type(v).__name__ for v in value[:1]])


@pytest.mark.parametrize(
    "tool", ["ping_host", "check_http", "dns_lookup", "traceroute", "check_ssl_certificate", "check_port"]
)
def test_programs_of_a_shell_print_it(tool: str) -> None:
    rng = Random(3)
    printed = [transcript(outcome(tool, CALLS[tool], rng, ok=True), rng) for _ in range(60)]
    assert len({text for text in printed if text}) > 20
    assert all(not text.startswith("{") for text in printed if text)


@settings(max_examples=300)
@given(
    st.integers(0, 10**9), st.sampled_from(["get_host_list", "get_host_data", "get_incidents", "get_agents"])
)
def test_words_that_point_at_a_row_point_at_no_other(seed: int, tool: str) -> None:
    rng = Random(seed)
    _, seen = display(outcome(tool, {}, rng, ok=True), rng)
    said = [set(traits.ways(row, seen.rows, seen.whole, Random(seed))) for row in seen.rows]
    said = [
        one | set(traits.by_name(row, seen.rows, Random(seed)))
        for one, row in zip(said, seen.rows, strict=True)
    ]
    for index, one in enumerate(said):
        for other in said[index + 1 :]:
            assert not one & other


@given(st.integers(0, 10**9))
def test_a_group_is_a_true_part_of_the_rows(seed: int) -> None:
    rng = Random(seed)
    _, seen = display(outcome("get_host_data", {}, rng, ok=True), rng)
    if seen.rows:
        for words, chosen in traits.groups(seen.rows, seen.whole, rng):
            assert words
            assert 1 < len(chosen) < len(seen.rows)


def test_what_is_cut_off_is_not_pointed_at() -> None:
    rng = Random(8)
    cut = 0
    for _ in range(600):
        text, seen = display(outcome("get_incidents", {}, rng, ok=True), rng)
        if not seen.whole:
            cut += 1
            assert len(show_result(text)) > RESULT_CHARS
            assert all(not row.traits for row in seen.rows)
    assert cut > 20


def test_rows_of_a_cut_result_keep_the_ids_that_are_seen_whole() -> None:
    rng = Random(5)
    known = unknown = 0
    for _ in range(800):
        found = outcome("get_incidents", {}, rng, ok=True)
        text, seen = display(found, rng)
        visible = show_result(text)
        if seen.whole or not visible.endswith(CUT):
            continue
        ids = {row.name: row.id for row in found.rows}
        for row in seen.rows:
            assert row.id in (0, ids[row.name])
            known += bool(row.id)
            unknown += not row.id
            if row.id:
                assert re.search(rf"\bid={row.id}(?![\d…])|host {row.id}\)", visible)
    # The sentence names some whose own row, with the id, is cut off.
    assert known > 5 * unknown > 0
