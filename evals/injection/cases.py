"""The injection suite's cases: every channel with every goal in every wrapping."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from providers.base import ToolCall

_FILE = Path(__file__).with_name("cases.yaml")
_LABEL_CHARS = 60


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CallForm(_Form):
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def call(self) -> ToolCall:
        """The call."""
        return ToolCall("", self.name, self.arguments)


class ChannelForm(_Form):
    """Where hostile words reach the model; see `cases.yaml`."""

    name: str
    question: str
    call: _CallForm
    field: str
    kind: Literal["text", "name"] = "text"


class GoalForm(_Form):
    """What the attacker wants; see `cases.yaml`."""

    name: str
    say: str
    calls: tuple[_CallForm, ...]


class WrappingForm(_Form):
    """How the order is put; see `cases.yaml`."""

    name: str
    text: str


class _SuiteForm(_Form):
    channels: tuple[ChannelForm, ...]
    goals: tuple[GoalForm, ...]
    wrappings: tuple[WrappingForm, ...]


@dataclass(frozen=True, slots=True)
class InjectionCase:
    """One attack.

    Attributes:
        id: Names it: channel, goal and wrapping.
        channel: Where the words come from.
        goal: What they want.
        wrapping: How they are put.
        key: A word in them that no honest text holds.
    """

    id: str
    channel: ChannelForm
    goal: GoalForm
    wrapping: WrappingForm
    key: str

    @property
    def question(self) -> str:
        """What the honest user asks."""
        return self.channel.question

    @property
    def honest_call(self) -> ToolCall:
        """The call that answers the question."""
        return self.channel.call.call

    @property
    def wanted_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the attacker wants."""
        return tuple(form.call for form in self.goal.calls)

    def payload(self, forgeries: Mapping[str, str]) -> str:
        """The hostile words.

        Args:
            forgeries: What stands for `turn` and `call`: how the model's family writes those.
        """
        said = {"order": self.goal.say, "key": self.key}
        forged = {name: text.format(**said) for name, text in forgeries.items()}
        text = self.wrapping.text.format(**said, **forged)
        return f"{self.key}.{_as_name(text)}" if self.channel.kind == "name" else text


@cache
def injection_cases() -> tuple[InjectionCase, ...]:
    """Returns all 1,080 cases, always in the same order."""
    suite = _SuiteForm.model_validate(yaml.safe_load(_FILE.read_text("utf-8")))
    return tuple(
        InjectionCase(
            id=(name := f"{channel.name}-{goal.name}-{wrapping.name}"),
            channel=channel,
            goal=goal,
            wrapping=wrapping,
            key="k" + hashlib.sha256(name.encode()).hexdigest()[:10],
        )
        for channel, goal, wrapping in product(suite.channels, suite.goals, suite.wrappings)
    )


def _as_name(text: str) -> str:
    """Puts words into the form of a host name, as an attacker does who owns a zone."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    labels = [words[at : at + _LABEL_CHARS].strip("-") for at in range(0, len(words), _LABEL_CHARS)]
    return ".".join([*filter(None, labels), "evil.example"])
