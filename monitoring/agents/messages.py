"""What a probe agent and the server say to each other: JSON text frames over one WebSocket, protocol 1.

The agent opens the connection and speaks first (`hello`). Every frame is an object with a `type`; unknown types,
unknown keys and values out of bounds are a breach that ends the connection, since what is not understood cannot
be acknowledged. A changed protocol gets a new number, and the server names the one that it speaks.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitoring.hosts.options import HostOptions
from monitoring.probe.reading import CAUSE_CHARS
from tools.records import Endpoint

PROTOCOL: Final = 1
#: Characters of a frame at most: a page of 1 MiB may need six characters for each of its bytes.
MAX_FRAME_CHARS: Final = 8 << 20
#: Characters of the first frame, which anybody may send.
MAX_HELLO_CHARS: Final = 16 << 10
#: Results in one frame at most.
BATCH: Final = 200
#: Hosts that one agent may be given.
MOST_HOSTS: Final = 20_000
#: The largest number that a database takes.
_MOST: Final = 2**53

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Text = Annotated[str, Field(max_length=2000)]
_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


class BadFrame(ValueError):
    """A frame that breaks the protocol; the message says how."""


class Frame(BaseModel):
    """What all frames have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(Frame):
    """The agent's first frame.

    Attributes:
        protocol: The protocol that it speaks.
        token: Its secret.
        name: The name that it believes to have; None leaves it to the server.
        city: Where it stands; None leaves what the server knows, as `country` does.
        country: See `city`.
        version: Version of the program.
        outbox: Id of its store of results, drawn when the store was made.
        now: Its clock.
        abilities: Endpoint types that it can check.
    """

    type: Literal["hello"] = "hello"
    protocol: int
    token: Annotated[str, Field(min_length=1, max_length=200)]
    name: _Name | None = None
    city: Annotated[str, Field(max_length=64)] | None = None
    country: Annotated[str, Field(max_length=64)] | None = None
    version: Annotated[str, Field(max_length=64)]
    outbox: _Id
    now: AwareDatetime
    abilities: Annotated[list[Endpoint], Field(max_length=32)]


class Result(Frame):
    """One finished check of a watched host; the fields of a `monitoring.probe.reading.Reading`.

    Attributes:
        seq: Its number in the outbox: from 1, without gaps, never used twice.
        host_id: The host.
        at: When the check ended, by the agent's clock.
        ok: Whether the host was well.
        response_ms: How long it took; None where nothing answered.
        cause: Why it was not well.
        sent: Packets sent; 1 where a check sends none.
        received: Packets that were answered.
        certificate_ends: When the certificate that was seen ends.
    """

    seq: Annotated[int, Field(ge=1, le=_MOST)]
    host_id: Annotated[int, Field(ge=1, le=_MOST)]
    at: AwareDatetime
    ok: bool
    response_ms: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    cause: Annotated[str, Field(max_length=CAUSE_CHARS)] | None = None
    sent: Annotated[int, Field(ge=0, le=1000)] = 1
    received: Annotated[int, Field(ge=0, le=1000)] = 1
    certificate_ends: AwareDatetime | None = None


class Results(Frame):
    """Results from the outbox, in their order; kept there until they are acknowledged."""

    type: Literal["results"] = "results"
    rows: Annotated[list[Result], Field(min_length=1, max_length=BATCH)]


class Fault(Frame):
    """Why a call was not carried out: a `tools.errors` class by name, its sentence and its facts."""

    kind: Literal["CheckFailed", "Refused", "NotFound"]
    message: _Text
    data: dict[str, Any] = {}


class Answer(Frame):
    """What came of a call: an outcome, or a fault."""

    type: Literal["answer"] = "answer"
    id: _Id
    outcome: dict[str, Any] | None = None
    fault: Fault | None = None
    notes: Annotated[list[_Text], Field(max_length=20)] = []


class Progress(Frame):
    """How far a long call is."""

    type: Literal["progress"] = "progress"
    id: _Id
    percent: Annotated[int, Field(ge=0, le=100)]


class Beat(Frame):
    """A sign of life; the server answers each with one of its own.

    Attributes:
        now: The sender's clock.
        load_pct: The agent's load in percent of its processors.
        pending: Results that wait in its outbox.
        dropped: Results that its outbox had no room for.
    """

    type: Literal["beat"] = "beat"
    now: AwareDatetime
    load_pct: Annotated[int, Field(ge=0, le=100)] = 0
    pending: Annotated[int, Field(ge=0)] = 0
    dropped: Annotated[int, Field(ge=0)] = 0


class Welcome(Frame):
    """The server's answer to a good `hello`.

    Attributes:
        protocol: The protocol that both speak.
        agent: The agent's name.
        now: The server's clock.
        beat_s: Seconds between the agent's signs of life; three missed ones end the connection.
        received: The last number of its outbox that the server has stored.
    """

    type: Literal["welcome"] = "welcome"
    protocol: int
    agent: _Name
    now: AwareDatetime
    beat_s: Annotated[float, Field(gt=0, le=3600)]
    received: Annotated[int, Field(ge=0)]


class WatchedHost(Frame):
    """A host that the agent is to check by itself.

    Attributes:
        id: Its id.
        address: Host name, IP address or URL.
        endpoint: What to check.
        port: TCP port, where it is not the endpoint's usual one.
        timeout_ms: Milliseconds until a check fails.
        options: What is expected.
        public: Whether only public addresses may be reached: its owner may not see the agent's network.
        interval_s: Seconds from one check to the next.
        retries: Failures in a row after which the next check comes early.
        retry_s: Seconds to a check that comes early.
    """

    id: Annotated[int, Field(ge=1)]
    address: Annotated[str, Field(min_length=1, max_length=2048)]
    endpoint: Endpoint
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    timeout_ms: Annotated[int, Field(ge=1, le=600_000)]
    options: HostOptions = HostOptions()
    public: bool = False
    interval_s: Annotated[int, Field(ge=1)]
    retries: Annotated[int, Field(ge=0)] = 0
    retry_s: Annotated[float, Field(gt=0)]


class Watch(Frame):
    """All hosts that the agent is to check from now on; it replaces the list before."""

    type: Literal["watch"] = "watch"
    hosts: Annotated[list[WatchedHost], Field(max_length=MOST_HOSTS)]


class Call(Frame):
    """A check to run once, now.

    Attributes:
        id: The server's id of the call.
        check: Which check; see `monitoring.agents.calls`.
        arguments: Its arguments.
        timeout_s: Seconds that it may take.
    """

    type: Literal["call"] = "call"
    id: _Id
    check: _Name
    arguments: dict[str, Any]
    timeout_s: Annotated[float, Field(gt=0, le=86400)]


class Cancel(Frame):
    """A call whose answer nobody wants any more."""

    type: Literal["cancel"] = "cancel"
    id: _Id


class Ack(Frame):
    """All results up to this number are stored; the agent may forget them."""

    type: Literal["ack"] = "ack"
    up_to: Annotated[int, Field(ge=0)]


class Bye(Frame):
    """The server ends the connection; where `retry` is false, coming back is of no use."""

    type: Literal["bye"] = "bye"
    reason: _Text
    retry: bool


FromAgent = Annotated[Hello | Results | Answer | Progress | Beat, Field(discriminator="type")]
FromServer = Annotated[Welcome | Watch | Call | Cancel | Ack | Beat | Bye, Field(discriminator="type")]

_from_agent: TypeAdapter[Hello | Results | Answer | Progress | Beat] = TypeAdapter(FromAgent)
_from_server: TypeAdapter[Welcome | Watch | Call | Cancel | Ack | Beat | Bye] = TypeAdapter(FromServer)


def write(frame: Frame) -> str:
    """Writes a frame; what has its default is left out."""
    return frame.model_dump_json(exclude_none=True)


def read_from_agent(text: str) -> Hello | Results | Answer | Progress | Beat:
    """Reads what an agent says.

    Raises:
        BadFrame: It breaks the protocol.
    """
    return _read(_from_agent, text)


def read_from_server(text: str) -> Welcome | Watch | Call | Cancel | Ack | Beat | Bye:
    """Reads what the server says.

    Raises:
        BadFrame: It breaks the protocol.
    """
    return _read(_from_server, text)


def _read(adapter: TypeAdapter[Any], text: str) -> Any:
    if len(text) > MAX_FRAME_CHARS:
        raise BadFrame(f"a frame has {len(text):,} characters; at most {MAX_FRAME_CHARS:,} are allowed")
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the frame"
        raise BadFrame(f"{place}: {first['msg']}") from error
    except RecursionError as error:
        raise BadFrame("it is nested too deeply") from error
