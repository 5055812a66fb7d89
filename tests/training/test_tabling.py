"""Laid-out requests and sentences of several hosts: each value belongs to the call that its place says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.netmon_wire import from_wire
from tools.arguments import validate
from tools.catalogue import default_registry
from training.asks import asks_of, load_asks
from training.aspects import Aspects, load_aspects
from training.bank import BankError, load_singles, schemas
from training.binding import Binder
from training.data import LENGTHS, encode
from training.generate import Generator, load_bank
from training.layouts import Cell, Table, lay_out
from training.options import WORDINGS, open_to, options_of, subject_of
from training.tabling import Tabler
from training.template import Single, variants
from training.vocabulary import Vocabulary
from training.words import NUMBER_WORDS
from training.writer import Call

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_COPIED = (
    "target",
    "host",
    "query",
    "name",
    "message_id",
    "agent_location",
    "email",
    "resolver",
    "expect_text",
)
_NUMBERS = ("port", "count", "max_hops", "retries", "expect_status", "limit", "host_id")


@pytest.fixture(scope="module")
def aspects() -> Aspects:
    return load_aspects()


@pytest.fixture(scope="module")
def singles() -> dict[str, list[Single]]:
    found: dict[str, list[Single]] = {}
    for template in load_singles():
        found.setdefault(template.tool, []).append(template)
    return found


def check(text: str, calls: list[Call], implied: set[tuple[str, str, str]] | None) -> None:
    """Every call is one that the tools take, and every value stands in the text unless words of the bank imply it."""
    registry = default_registry()
    low = text.lower()
    for tool, arguments in calls:
        definition = registry.get(tool)
        validate(definition, from_wire(arguments, definition.parameters["properties"], NOW))
        assert list(arguments) == [name for name in schemas()[tool] if name in arguments]
        for name in _COPIED:
            if name in arguments:
                said = str(arguments[name]).lower().removeprefix("https://")
                assert said in low, (text, arguments)
        for name in ("locations", "algorithms", "addresses"):
            for item in arguments.get(name, ()):
                assert str(item).lower() in low, (text, arguments)
        for name in _NUMBERS if implied is not None else ():
            if name in arguments and (tool, name, str(arguments[name])) not in (implied or ()):
                number = arguments[name]
                assert str(number) in low or NUMBER_WORDS[number] in low, (text, arguments)


def test_every_value_of_a_table_stands_in_it(aspects: Aspects) -> None:
    tabler = Tabler(aspects, Random(3))
    clauses = [clause.call for found in aspects.values() for clause in found]
    asks = [ask for found in load_asks().values() for ask in found]
    implied = {(call.tool, *pair) for call in clauses for pair in call.arguments}
    implied |= {(ask.tool, *pair) for ask in asks for pair in ask.fixed}
    rows: dict[int, int] = {}
    tools: set[str] = set()
    for _ in range(2500):
        text, calls = tabler.draw()
        # Tasks of different tools are clauses of the bank, whose words may stand for numbers.
        check(text, calls, implied if len({tool for tool, _ in calls}) == 1 else None)
        rows[len(calls)] = rows.get(len(calls), 0) + 1
        tools |= {tool for tool, _ in calls}
    assert set(rows) == {1, 2, 3, 4, 5}
    assert len(tools) >= 21


def test_every_value_of_a_bound_sentence_stands_in_it(
    aspects: Aspects, singles: dict[str, list[Single]]
) -> None:
    binder = Binder(aspects, singles, Random(4))
    apart = 0
    for _ in range(2500):
        text, calls = binder.draw()
        check(text, calls, None)
        assert len({tool for tool, _ in calls}) == 1
        apart += len({frozenset(arguments) for _, arguments in calls}) > 1
    assert apart > 700


def test_the_same_seed_lays_out_the_same(aspects: Aspects, singles: dict[str, list[Single]]) -> None:
    for make in (
        lambda seed: Tabler(aspects, Random(seed)),
        lambda seed: Binder(aspects, singles, Random(seed)),
    ):
        one, two, other = make(5), make(5), make(6)
        first = [one.draw() for _ in range(60)]
        assert first == [two.draw() for _ in range(60)]
        assert first != [other.draw() for _ in range(60)]


def test_a_table_fits_a_document(aspects: Aspects) -> None:
    vocabulary = Vocabulary.load()
    tabler = Tabler(aspects, Random(8))
    generator = Generator(load_bank(), 8)
    lengths = [len(encode(generator._finish([], *tabler.draw()), vocabulary)[0]) for _ in range(400)]
    assert max(lengths) <= LENGTHS[-1]


def test_values_listed_crosswise_keep_their_order(aspects: Aspects, singles: dict[str, list[Single]]) -> None:
    binder = Binder(aspects, singles, Random(9))
    seen = 0
    while seen < 60:
        text, calls = binder._crosswise()
        places = [text.lower().find(str(a.get("target", a.get("host", ""))).lower()) for _, a in calls]
        if len(calls) < 2 or "agent_location" not in calls[0][1] or calls[0][0] == "check_http":
            continue
        if (
            all(place >= 0 for place in places)
            and places == sorted(places)
            and len(set(places)) == len(places)
        ):
            agents = [text.rfind(str(a["agent_location"])) for _, a in calls]
            assert agents == sorted(agents), text
            seen += 1


def test_every_tool_is_asked_for_in_many_words(aspects: Aspects) -> None:
    asks = load_asks()
    assert {tool for tool in schemas() if len(schemas()[tool]) > 2} - set(asks) == {"get_host_list"}
    for tool, found in asks.items():
        assert sum(variants(ask.text) for ask in found) >= 25, tool
        assert {ask.form for ask in found} == {"do", "say", "title"}, tool
    assert sum(map(len, asks_of(aspects).values())) > 100


def test_every_option_can_be_said() -> None:
    for tool in load_asks():
        assert subject_of(tool) in schemas()[tool]
        for name in options_of(tool):
            wording = WORDINGS[name]
            assert len(wording.heads) > 4
            assert all(form.count("{}") == 1 for form in (*wording.said, *wording.short)), name


def test_what_is_fixed_closes_what_contradicts_it() -> None:
    assert open_to("edit_host", {"enabled": False}) == ([], [])
    assert "ports" not in open_to("run_nmap", {"profile": "ping"})[1]
    assert "port" in open_to("add_host", {"endpoint": "tcp"})[0]
    assert "start" not in open_to("set_maintenance", {"duration_min": "until tomorrow 08:00"})[1]


@given(st.integers(0, 10**9))
def test_no_layout_loses_or_invents_a_cell(seed: int) -> None:
    rng = Random(seed)
    texts = [f"v{n}, w{n}" if n % 3 == 0 else f"v{n}" for n in range(9)]
    cells = [Cell(text, f"said {text}", text) for text in texts]
    rows = [tuple(cells[3 * n : 3 * n + 3]) for n in range(3)]
    rows[1] = (rows[1][0], None, rows[1][2])
    text, headed = lay_out(Table(("host", "type of it", "every"), tuple(rows), 0), rng)
    found = re.findall(r"\bv(\d)", text)
    assert sorted(found) == ["0", "1", "2", "3", "5", "6", "7", "8"], text
    assert headed == ("every" in text.lower())
    if text.startswith("[{"):
        assert set(json.loads(text)[0]) == {"host", "type_of_it", "every"}


def test_a_broken_ask_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    for line, problem in (
        ("ping @", "expected do, say or title"),
        ("do: ping", "expected one @"),
        ("do: ping @ => port=22", "no parameter 'port'"),
    ):
        (tmp_path / "table" / "ping_host.x.txt").write_text(f"# words\n{line}\n", encoding="utf-8")
        load_asks.cache_clear()
        with pytest.raises(BankError, match=rf"ping_host\.x\.txt:2: .*{problem}"):
            load_asks(tmp_path)
    load_asks.cache_clear()
