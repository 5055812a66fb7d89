"""The gate: nothing that changes something runs without an approval of its own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from agent.approval import Approval, ApprovalError, ApprovalGate
from agent.audit import AuditFile, AuditRecord
from agent.canonical import canonical
from agent.conversation import Conversation
from agent.events import ApprovalDecided, ApprovalRequested, CallRejected, ToolFinished
from agent.running import Runner, offered
from providers.base import ToolCall
from tests.agent.support import Journal, agent_of, call, calls, of, play, says, torn_pairs
from tools.errors import UnknownTool
from tools.simulated import simulated_context

TTL_S = 60.0


class Seconds:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asked:
    """What the model of the gate knows of a request."""

    approval: Approval
    deadline: float
    state: str = "open"


CONVERSATIONS = st.sampled_from(["c1", "c2"])
TOOLS = st.sampled_from(["change", "scan"])
ARGUMENTS = st.sampled_from([{"at": 1}, {"at": 2}])


@cache
def _journal() -> Journal:
    """Tools for all machines: it takes long to make them."""
    return Journal()


class GateMachine(RuleBasedStateMachine):
    """Asks, answers, waits, runs, replays and swaps, against a plain model of what may run."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Seconds()
        self.log: list[AuditRecord] = []
        self.gate = ApprovalGate(self.log.append, TTL_S, self.clock)
        self.journal = _journal()
        self.journal.runs.clear()
        self.known: list[Asked] = []
        self.allowed = 0

    def teardown(self) -> None:
        self.loop.close()

    def run_all(self, runs: list[tuple[str, str, dict[str, Any], str]]) -> list[bool]:
        """Runs calls at the same time, and says of each whether it ran."""

        async def together() -> list[bool]:
            results = await asyncio.gather(
                *(
                    Runner(self.journal.context, self.gate, conversation).run(
                        ToolCall("x", tool, arguments), approval_id
                    )
                    for conversation, tool, arguments, approval_id in runs
                )
            )
            return [result.success for result in results]

        return self.loop.run_until_complete(together())

    def may_run(self, asked: Asked, conversation: str, tool: str, arguments: dict[str, Any]) -> bool:
        approval = asked.approval
        return (
            asked.state == "approved"
            and self.clock.now < asked.deadline
            and (conversation, tool, canonical(arguments))
            == (approval.conversation, approval.tool, approval.arguments)
        )

    @rule(target=requests, conversation=CONVERSATIONS, tool=TOOLS, arguments=ARGUMENTS)
    def ask(self, conversation: str, tool: str, arguments: dict[str, Any]) -> Asked:
        approval = self.gate.request(conversation, tool, arguments, "write")
        asked = Asked(approval, self.clock.now + TTL_S)
        self.known.append(asked)
        return asked

    @rule(asked=requests, approve=st.booleans())
    def decide(self, asked: Asked, approve: bool) -> None:
        if asked.state != "open":
            with pytest.raises(ApprovalError):
                self.gate.decide(asked.approval.id, approve, "person")
            return
        verdict = self.gate.decide(asked.approval.id, approve, "person")
        late = self.clock.now >= asked.deadline
        asked.state = "expired" if late else "approved" if approve else "denied"
        asked.deadline = self.clock.now + TTL_S
        assert verdict == asked.state

    @rule(seconds=st.sampled_from([30.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(asked=requests)
    def run_as_approved(self, asked: Asked) -> None:
        approval = asked.approval
        arguments = json.loads(approval.arguments)
        expected = self.may_run(asked, approval.conversation, approval.tool, arguments)
        ran = self.run_all([(approval.conversation, approval.tool, arguments, approval.id)])
        assert ran == [expected]
        if expected:
            asked.state = "used"
            self.allowed += 1

    @rule(asked=requests, conversation=CONVERSATIONS, tool=TOOLS, arguments=ARGUMENTS)
    def run_something(self, asked: Asked, conversation: str, tool: str, arguments: dict[str, Any]) -> None:
        expected = self.may_run(asked, conversation, tool, arguments)
        assert self.run_all([(conversation, tool, arguments, asked.approval.id)]) == [expected]
        if expected:
            asked.state = "used"
            self.allowed += 1

    @rule(asked=requests, times=st.integers(2, 4))
    def run_at_the_same_time(self, asked: Asked, times: int) -> None:
        approval = asked.approval
        arguments = json.loads(approval.arguments)
        expected = self.may_run(asked, approval.conversation, approval.tool, arguments)
        ran = self.run_all([(approval.conversation, approval.tool, arguments, approval.id)] * times)
        assert sum(ran) == int(expected)
        if expected:
            asked.state = "used"
            self.allowed += 1

    @rule(conversation=CONVERSATIONS, tool=TOOLS, arguments=ARGUMENTS, guess=st.sampled_from(["", "0" * 32]))
    def run_without_asking(self, conversation: str, tool: str, arguments: dict[str, Any], guess: str) -> None:
        assert self.run_all([(conversation, tool, arguments, guess)]) == [False]

    @rule(conversation=CONVERSATIONS, everything=st.lists(requests, max_size=8))
    def turn_ends(self, conversation: str, everything: list[Asked]) -> None:
        self.gate.withdraw(conversation)
        assert self.gate.pending(conversation) == ()
        for asked in everything:
            if asked.approval.conversation == conversation:
                with pytest.raises(ApprovalError):
                    self.gate.decide(asked.approval.id, True, "person")
        for asked in self.known:
            if asked.approval.conversation == conversation and asked.state != "used":
                asked.state = "withdrawn"

    @invariant()
    def nothing_ran_without_an_approval(self) -> None:
        assert len(self.journal.runs) == self.allowed
        seen: Counter[tuple[str, str]] = Counter()
        for record in self.log:
            if record.action == "used":
                key = record.approval_id
                assert seen["approved", key] == 1
                assert seen["used", key] == 0
                assert not seen["withdrawn", key]
            seen[record.action, record.approval_id] += 1
        assert sum(count for (action, _), count in seen.items() if action == "used") == self.allowed


TestGate = GateMachine.TestCase
TestGate.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


async def test_state_of_the_world_changes_only_with_approval():
    context = simulated_context()
    state = context.backend.state  # type: ignore[attr-defined]
    before = state()
    add = call("add_host", address="new.acme.org", endpoint="icmp")
    for answer in (False, None):
        agent = agent_of([calls(add), says("So.")], context, ttl_s=0.05)
        await play(agent, decide=lambda event, answer=answer: answer)
        assert state() == before
    await play(agent_of([calls(add), says("So.")], context), decide=lambda event: True)
    assert state() != before


async def test_each_of_parallel_calls_needs_its_own():
    journal = Journal()
    conversation = Conversation()
    script = [calls(*(call("change", at=at) for at in (1, 2, 3)), call("look", at=4)), says("So.")]
    events = await play(
        agent_of(script, journal.context),
        conversation,
        decide=lambda event: event.approval.arguments == '{"at":2}',
    )
    assert journal.ran("change") == [2]
    assert journal.ran("look") == [4]
    assert [event.verdict for event in of(ApprovalDecided, events)] == ["denied", "approved", "denied"]
    assert [event.reason for event in of(CallRejected, events)] == ["not-approved"] * 2
    assert "it was not allowed" in (conversation.messages[2].content or "")
    assert torn_pairs(conversation.messages) == []


async def test_an_approval_is_not_good_for_the_same_call_again():
    journal = Journal()
    script = [calls(call("change", at=1)), calls(call("change", at=1)), says("So.")]
    answers = iter([True, False])
    events = await play(agent_of(script, journal.context), decide=lambda event: next(answers))
    assert len(of(ApprovalRequested, events)) == 2
    assert journal.ran("change") == [1]


async def test_unanswered_requests_expire_and_the_model_is_told():
    journal = Journal()
    conversation = Conversation()
    agent = agent_of([calls(call("scan", at=1)), says("It waits for you.")], journal.context, ttl_s=0.05)
    events = await play(agent, conversation)
    assert [event.verdict for event in of(ApprovalDecided, events)] == ["expired"]
    assert not journal.runs
    assert "nobody allowed it in time" in (conversation.messages[2].content or "")
    with pytest.raises(ApprovalError):
        agent.gate.decide(of(ApprovalRequested, events)[0].approval.id, True, "late")


async def test_an_answer_may_come_from_another_task():
    journal = Journal()
    agent = agent_of([calls(call("change", at=1)), says("Done.")], journal.context)
    conversation = Conversation()
    asked = asyncio.Event()
    turn = asyncio.create_task(play(agent, conversation, decide=lambda event: asked.set()))
    await asked.wait()
    assert agent.gate.pending("another") == ()
    agent.gate.decide(agent.gate.pending(conversation.id)[0].id, True, "the web page")
    assert [event.result.success for event in of(ToolFinished, await turn)] == [True]


async def test_people_are_not_asked_about_what_cannot_run():
    journal = Journal()
    script = [calls(call("change", at="x"), call("change"), call("changes", at=1)), says("So.")]
    events = await play(agent_of(script, journal.context), decide=lambda event: True)
    assert not of(ApprovalRequested, events)
    assert not journal.runs


def test_what_was_approved_is_what_is_given_back():
    gate = ApprovalGate([].append)
    arguments = {"at": 1, "list": ["a"]}
    approval = gate.request("c", "change", arguments, "write")
    gate.decide(approval.id, True, "person")
    redeemed = gate.redeem(approval.id, "c", "change", arguments)
    arguments["list"].append("b")  # type: ignore[union-attr]
    assert redeemed == {"at": 1, "list": ["a"]}


@pytest.mark.parametrize("other", [{"at": 1.0}, {"at": True}, {"at": "1"}, {"at": 1, "to": None}, {}])
def test_arguments_of_another_type_are_other_arguments(other: dict[str, Any]):
    gate = ApprovalGate([].append)
    approval = gate.request("c", "change", {"at": 1}, "write")
    gate.decide(approval.id, True, "person")
    with pytest.raises(ApprovalError, match="for another call"):
        gate.redeem(approval.id, "c", "change", other)
    assert gate.redeem(approval.id, "c", "change", {"at": 1}) == {"at": 1}


def test_a_granted_approval_expires_and_is_used_once():
    clock = Seconds()
    gate = ApprovalGate([].append, TTL_S, clock)
    granted = [gate.request("c", "change", {"at": at}, "write").id for at in (1, 2)]
    clock.now = TTL_S - 1
    assert [gate.decide(name, True, "person") for name in granted] == ["approved", "approved"]
    clock.now += TTL_S - 1
    assert gate.redeem(granted[0], "c", "change", {"at": 1}) == {"at": 1}
    with pytest.raises(ApprovalError, match="used already"):
        gate.redeem(granted[0], "c", "change", {"at": 1})
    clock.now += 1
    with pytest.raises(ApprovalError, match="expired"):
        gate.redeem(granted[1], "c", "change", {"at": 2})


def test_ids_cannot_be_guessed():
    gate = ApprovalGate([].append)
    ids = {gate.request("c", "change", {}, "write").id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(name) == 32 for name in ids)


async def test_without_the_audit_log_nothing_runs(tmp_path: Path):
    journal = Journal()
    gate = ApprovalGate(AuditFile(tmp_path / "missing" / "audit.jsonl"))
    with pytest.raises(FileNotFoundError):
        gate.request("c", "change", {"at": 1}, "write")

    def full(record: AuditRecord) -> None:
        if record.action == "used":
            raise OSError("the disk is full")

    gate = ApprovalGate(full)
    approval = gate.request("c", "change", {"at": 1}, "write")
    gate.decide(approval.id, True, "person")
    with pytest.raises(OSError, match="the disk is full"):
        await Runner(journal.context, gate, "c").run(ToolCall("x", "change", {"at": 1}), approval.id)
    assert not journal.runs


def test_audit_file_survives_a_torn_line(tmp_path: Path):
    path = tmp_path / "audit.jsonl"
    path.write_text('{"action": "requ')
    gate = ApprovalGate(AuditFile(path))
    approval = gate.request("c", "scan", {"at": 1}, "intrusive")
    gate.decide(approval.id, False, "--yes")
    lines = path.read_text().splitlines()
    assert lines[0] == '{"action": "requ'
    records = [json.loads(line) for line in lines[1:]]
    assert [record["action"] for record in records] == ["requested", "denied"]
    assert records[1]["by"] == "--yes"
    assert records[1]["arguments"] == '{"at":1}'
    assert records[1]["at"].endswith("+00:00")


def test_read_only_registry_knows_no_other_tools():
    context = offered(simulated_context(), read_only=True)
    assert {definition.effect for definition in context.registry} == {"read"}
    with pytest.raises(UnknownTool):
        context.registry.get("run_nmap")
    full = simulated_context()
    assert offered(full, read_only=False) is full
