"""Text made fit for the screen, key maps, small charts, and turns put together of events, as data."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.agent import Agent
from agent.approval import ApprovalGate
from agent.conversation import Conversation
from agent.loop import run_turn
from providers.base import Settings
from providers.script_file import load_script
from settings.terminal import DEFAULT_KEYS
from tests.tui.support import NOW
from tools.clock import SetClock
from tools.simulated import simulated_context
from tui.chat.parts import Answer, CallPart, Turn, parse_result
from tui.chat.reduce import TurnReducer
from tui.chat.stored import as_markdown, interrupted, turns_of
from tui.chat.table import MOST_ROWS, result_tables
from tui.hosts.cells import sparkline
from tui.hosts.feed import Sample
from tui.keys import KeyMapError, keymap
from tui.models.slot import next_model
from tui.safe import exact, flow, line

_BAD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in _BAD for char in text if char != "\n")


@given(st.text())
def test_whatever_comes_in_nothing_that_is_obeyed_comes_out(text: str) -> None:
    assert _harmless(flow(text)) and _harmless(exact(text)) and _harmless(line(text))
    assert "\n" not in line(text) and len(line(text, 50)) <= 50


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert flow(text) == exact(text) == text


def test_what_is_cut_or_hidden_is_told() -> None:
    assert flow("x" * 30, 10) == "x" * 10 + "… (20 more characters; copying gives all)"
    assert exact("a\u202eb\x1b[1m\tc") == r"a\u202eb\x1b[1m\tc"
    assert flow("e" + "\u0301" * 50) == "e" + "\u0301" * 3


def test_every_default_key_is_free() -> None:
    chosen = keymap(DEFAULT_KEYS)
    assert chosen["newline"] == "ctrl+j,shift+enter,alt+enter"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"new": "ctrl+r"}, "new and retry are both on ctrl+r"),
        ({"retry": "F1"}, "help and retry are both on f1"),
        ({"stop": " , "}, "tui.keys.stop names no key; name one, such as escape"),
        ({"host_add": "p"}, "host_add and host_pause are both on p"),
    ],
)
def test_a_key_means_one_thing(changed: dict[str, str], said: str) -> None:
    with pytest.raises(KeyMapError, match=re.escape(said)):
        keymap({**DEFAULT_KEYS, **changed})


def test_a_key_may_mean_another_thing_in_another_place() -> None:
    assert keymap({**DEFAULT_KEYS, "host_add": "f", "model_fetch": "f"})["host_add"] == "f"


def _samples(*values: float | None, failed: float = 0.0) -> list[Sample]:
    return [Sample(NOW, value, failed if value is None else 0.0) for value in values]


def test_small_charts() -> None:
    assert sparkline(_samples(1, 2, 3, 8), 4) == "▁▂▃█"
    assert sparkline(_samples(5, 5), 2) == "▁▁"
    assert sparkline(_samples(1, None, 2, failed=1.0), 3) == "▁x█"
    assert sparkline(_samples(None, None), 2) == "··"
    assert sparkline([], 4) == ""


@given(st.lists(st.none() | st.floats(0, 1e6)), st.integers(1, 40))
def test_small_charts_never_exceed_their_room(values: list[float | None], width: int) -> None:
    assert len(sparkline(_samples(*values), width)) == min(width, len(values))


def test_the_way_round_the_models() -> None:
    assert next_model("netmon-7m", "netmon-7m") == "turbollm"
    assert next_model("hugllm", "netmon-7m") == "netmon-7m"
    assert next_model("something-else", "netmon-7m") == "netmon-7m"


def test_tables_of_results() -> None:
    rows = [{"id": number, "name": f"h{number}"} for number in range(100)]
    facts, records = result_tables({"total": 100, "hosts": rows, "empty": []})
    assert facts.row_count == 2 and records.row_count == MOST_ROWS
    assert "60 more rows" in str(records.caption)


@pytest.mark.parametrize(
    "content", ["", "no JSON", "[1]", '{"success": 1}', '{"success": true, "message": 3}']
)
def test_a_result_that_is_none_is_all_message(content: str) -> None:
    assert parse_result(content).message == content


QUESTIONS = st.sampled_from(
    [
        "ping gw1.lan",
        "ping db-01 and db-02",
        "hosts",
        "loop",
        "broken",
        "fail",
        "add x.acme.org",
        "hello",
        "port 22 on db-01",
    ]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(QUESTIONS, min_size=1, max_size=4))
async def test_a_turn_looks_the_same_live_and_read_back(questions: list[str]) -> None:
    context = simulated_context(clock=SetClock(datetime(2026, 11, 22, 12, tzinfo=UTC)))
    gate = ApprovalGate(lambda record: None, ttl_s=0.01)
    agent = Agent(load_script(), context, gate, Settings())
    conversation = Conversation()
    live: list[Turn] = []
    for question in questions:
        turn = Turn(question)
        reducer = TurnReducer(turn)
        async for event in run_turn(agent, conversation, question):
            reducer.apply(event)
        assert not turn.running and turn.ending
        live.append(turn)
    back = turns_of(conversation.entries)
    assert [turn.question for turn in back] == questions
    for one, other in zip(live, back, strict=True):
        assert [(part.name, part.call) for part in one.calls if part.call] == [
            (part.name, part.call) for part in other.calls
        ]
        assert [part.result.success for part in one.calls if part.result] == [
            part.result.success for part in other.calls if part.result
        ]
        said = [part.text for part in one.parts if isinstance(part, Answer) and part.text.strip()]
        assert [part.text for part in other.parts if isinstance(part, Answer) and part.text in said] == said
    text = as_markdown("t", back)
    assert text.count("**You:**") == len(questions)
    assert interrupted(conversation.entries) == (live[-1].ending == "failed")


def test_a_call_is_copied_with_its_result() -> None:
    assert (
        CallPart("ping_host", written='{"tar').raw()
        == '{\n  "name": "ping_host",\n  "arguments": "{\\"tar"\n}'
    )


def test_every_action_has_a_setting() -> None:
    from settings.schema import TerminalKeys

    assert TerminalKeys().model_dump() == DEFAULT_KEYS
