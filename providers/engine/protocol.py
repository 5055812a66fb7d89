"""What the engine's process and its client say to each other: one JSON object a line, both ways.

Client to engine: `Load` once, then `Generate` and `Cancel`. Engine to client: `Ready` or `Failed`, then for each
request any number of `Piece`s and one `Done` or `Error`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Load:
    """Opens a model.

    Attributes:
        path: The GGUF file.
        threads: Threads of llama.cpp.
        slots: Sequences that are decoded together.
        context: Tokens of one sequence at most.
        state_bytes: Bytes that kept states of fixed prompts may take.
    """

    path: str
    threads: int
    slots: int
    context: int
    state_bytes: int
    op: Literal["load"] = "load"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen; the names are those of `providers.base.Settings`."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generate:
    """Asks for one completion.

    Attributes:
        id: Names the request in the answers.
        fixed: The part of the prompt whose state is worth keeping.
        rest: The part that follows.
        max_tokens: Tokens of the completion at most.
        stop: Strings that end it; they are not part of it.
        grammar: A Lark grammar that holds it, or None.
        sampling: How tokens are chosen.
    """

    id: int
    fixed: str
    rest: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    op: Literal["generate"] = "generate"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ends a request; its slot is free after the step that is running."""

    id: int
    op: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is open."""

    architecture: str
    chat_template: str | None
    dialect: str | None
    parameters: int
    vocabulary: int
    openmp: bool
    op: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Failed:
    """The model cannot be opened."""

    message: str
    op: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a completion."""

    id: int
    text: str
    op: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class Done:
    """A completion is whole. Seconds count from when the request was read."""

    id: int
    reason: Literal["stop", "length", "cancelled"]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    queued_s: float
    first_token_s: float
    total_s: float
    op: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Error:
    """A request cannot be served; the others go on."""

    id: int
    message: str
    op: Literal["error"] = "error"


ToEngine = Load | Generate | Cancel
FromEngine = Ready | Failed | Piece | Done | Error

_KINDS: dict[str, type[Any]] = {
    "load": Load, "generate": Generate, "cancel": Cancel, "ready": Ready, "failed": Failed, "piece": Piece,
    "done": Done, "error": Error,
}  # fmt: skip


def write(message: ToEngine | FromEngine) -> bytes:
    """Encodes a message as one line."""
    return json.dumps(asdict(message), ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def read(line: bytes) -> ToEngine | FromEngine:
    """Decodes one line.

    Raises:
        ValueError: The line is not a message.
    """
    data = json.loads(line)
    kind = _KINDS.get(data.get("op", ""))
    if kind is None:
        raise ValueError(f"not a message of the engine: {line[:80]!r}")
    if kind is Generate:
        data["sampling"] = Sampling(**data["sampling"])
        data["stop"] = tuple(data["stop"])
    message: ToEngine | FromEngine = kind(**data)
    return message
