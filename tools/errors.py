"""What can go wrong in a tool. Each message names the cause and the cure, for a model to act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ToolError(Exception):
    """A call that could not be carried out.

    Attributes:
        data: Facts about the failure, JSON values.
    """

    def __init__(self, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Takes the sentence for the model, and facts about the failure."""
        super().__init__(message)
        self.data: dict[str, Any] = dict(data or {})


class UnknownTool(ToolError):
    """There is no tool of that name."""


class NotFound(ToolError):
    """A host, agent, job or page that was named does not exist."""


class CheckFailed(ToolError):
    """A check could not be made: the name does not resolve, nothing answers, no TLS is spoken."""


class Refused(ToolError):
    """Understood and not allowed: a limit, a missing login, a value that makes no sense here."""


@dataclass(frozen=True, slots=True)
class ArgumentProblem:
    """One thing that is wrong with the arguments of a call.

    Attributes:
        parameter: Name of the parameter, as it was given.
        message: What was given and what is allowed.
    """

    parameter: str
    message: str


class ToolArgumentError(ToolError):
    """The arguments do not fit the tool; holds every problem, not just the first."""

    def __init__(self, tool: str, problems: tuple[ArgumentProblem, ...]) -> None:
        """Takes the tool's name and all that is wrong with its arguments."""
        details = " ".join(problem.message for problem in problems)
        super().__init__(
            f"{tool} was not run. {details} Correct this and call {tool} again.",
            {"problems": [{"parameter": p.parameter, "problem": p.message} for p in problems]},
        )
        self.problems = problems
