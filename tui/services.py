"""What the application works with, handed in at the edge: nothing here opens or reads anything by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.agent import Agent
    from agent.approval import ApprovalGate
    from models.progress import OnProgress
    from providers.info import DescribedProvider
    from settings.schema import Config
    from tools.clock import Clock
    from tools.context import ToolContext
    from tui.hosts.feed import HostFeed


@dataclass(frozen=True, slots=True)
class Network:
    """The network that tools work on.

    Attributes:
        title: What it is, in a few words: `this machine's network`, `a simulated network`.
        context: What tools are handed.
        hosts: The hosts that are watched, and what happens to them.
    """

    title: str
    context: ToolContext
    hosts: HostFeed


#: Opens a model by its name; told of downloads.
OpenModel = Callable[[str, "OnProgress"], Awaitable["DescribedProvider"]]
#: Puts an agent together of a model, a network and a gate.
MakeAgent = Callable[["DescribedProvider", "ToolContext", "ApprovalGate"], "Agent"]


@dataclass(frozen=True, slots=True)
class Services:
    """Where the application gets things from.

    Attributes:
        config: The settings.
        model: The model that answers first.
        open_model: Opens a model.
        open_network: Opens the network, and closes it at the end.
        make_agent: Puts an agent together.
        store: The file of conversations.
        audit: The file in which decisions about approvals are written down.
        runs: The directory of eval runs.
        clock: Gives the present time.
        conversation: The conversation to begin with: its id, the start of it, or `last`; None is a new one, or
            the last where its process died.
    """

    config: Config
    model: str
    open_model: OpenModel
    open_network: Callable[[], AbstractAsyncContextManager[Network]]
    make_agent: MakeAgent
    store: Path
    audit: Path
    runs: Path
    clock: Clock
    conversation: str | None = None
