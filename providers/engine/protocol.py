"""What the engine's process and its client say to each other: one JSON object a line, both ways.

Client to engine: `Load` once, then `Generate` and `Cancel`. Engine to client: `Ready` or `Failed`; then for each
request one `Accepted`, any number of `Queued`s and `Piece`s, and one `Done` or `Error`; in between `Beat`s while
there is work, and `Log`s.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

ErrorKind = Literal["rejected", "too_long", "overloaded", "timeout", "failed"]


@dataclass(frozen=True, slots=True)
class Load:
    """Opens a model.

    Attributes:
        path: The GGUF file.
        weights: SHA-256 of it; kept states are valid for these weights only.
        threads: Threads of llama.cpp.
        slots: Sequences that are decoded together.
        context: Tokens of one sequence at most.
        state_bytes: Memory for kept states, in bytes; of attention models, for their cache of keys and values.
        state_dir: Folder of states on the disk; None keeps none.
        state_disk_bytes: Bytes that the states in the folder may take.
        memory_bytes: Memory that the process may map beyond what it has at the start; 0 sets no limit.
        queue: Requests that may wait.
        queue_wait_s: Seconds that a request may wait for its turn.
        deterministic: Decodes each request alone, in shapes that depend on nothing else.
        speculate: Drafts from the prompt, where that pays.
    """

    path: str
    weights: str
    threads: int
    slots: int
    context: int
    state_bytes: int
    state_dir: str | None = None
    state_disk_bytes: int = 0
    memory_bytes: int = 0
    queue: int = 256
    queue_wait_s: float = 300.0
    deterministic: bool = False
    speculate: bool = True
    op: Literal["load"] = "load"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen; the names are those of `providers.base.Settings`."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generate:
    """Asks for one completion.

    Attributes:
        id: Names the request in the answers.
        fixed: The part of the prompt that many requests share; its state is kept, on the disk too.
        rest: The part that follows.
        max_tokens: Tokens of the completion at most.
        stop: Strings that end it; they are not part of it.
        grammar: A Lark grammar that holds it, or None.
        sampling: How tokens are chosen.
        user: Whose request it is; users share the engine fairly.
        deadline_s: Seconds that it may take, counted from when its turn comes; 0 is for ever.
    """

    id: int
    fixed: str
    rest: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    user: str = ""
    deadline_s: float = 0.0
    op: Literal["generate"] = "generate"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ends a request; its slot is free after the step that is running."""

    id: int
    op: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is open; `context` is the number of tokens that a prompt and its completion may have."""

    architecture: str
    chat_template: str | None
    dialect: str | None
    parameters: int
    vocabulary: int
    openmp: bool
    context: int = 0
    op: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Failed:
    """The model cannot be opened."""

    message: str
    op: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The request was read: from here on it is lost with the process."""

    id: int
    op: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits: `position` requests come first, this one included, for about `wait_s` seconds."""

    id: int
    position: int
    wait_s: float
    op: Literal["queued"] = "queued"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a completion."""

    id: int
    text: str
    op: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class Done:
    """A completion is whole. Seconds count from when the request was read.

    Attributes:
        id: The request.
        reason: Why it ended.
        prompt_tokens: Tokens of the prompt.
        cached_tokens: Those whose state was kept.
        completion_tokens: Tokens made.
        queued_s: Until its turn came.
        first_token_s: Until the first token.
        total_s: Until the end.
        batch: Sequences that shared a step with it, itself included, on average.
        drafted: Tokens drafted from the prompt.
        drafts_kept: Those that the model would have made, too.
        source: Where the kept state was found: `memory`, `disk` or `none`.
    """

    id: int
    reason: Literal["stop", "length", "cancelled"]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    queued_s: float
    first_token_s: float
    total_s: float
    batch: float = 1.0
    drafted: int = 0
    drafts_kept: int = 0
    source: str = "none"
    op: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Error:
    """A request cannot be served; the others go on."""

    id: int
    message: str
    kind: ErrorKind = "rejected"
    op: Literal["error"] = "error"


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life while there is work, and how the engine stands.

    Attributes:
        waiting: Requests in the queue.
        running: Requests that have a slot.
        tokens_per_s: Tokens of prompts and completions a second, lately.
        kept: States in memory.
        kept_bytes: Bytes that they take.
        disk_bytes: Bytes of the states on the disk.
    """

    waiting: int
    running: int
    tokens_per_s: float
    kept: int
    kept_bytes: int
    disk_bytes: int
    op: Literal["beat"] = "beat"


@dataclass(frozen=True, slots=True)
class Log:
    """Something that whoever looks after the engine should know."""

    level: Literal["info", "warning"]
    message: str
    op: Literal["log"] = "log"


ToEngine = Load | Generate | Cancel
FromEngine = Ready | Failed | Accepted | Queued | Piece | Done | Error | Beat | Log

_KINDS: dict[str, type[Any]] = {
    "load": Load, "generate": Generate, "cancel": Cancel, "ready": Ready, "failed": Failed, "accepted": Accepted,
    "queued": Queued, "piece": Piece, "done": Done, "error": Error, "beat": Beat, "log": Log,
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
