"""What a user may choose for one session; apart from the rest, because that takes longer to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smallwatch.backend import Tools


@dataclass(frozen=True, slots=True)
class AssistantOptions:
    """What a user may choose for one session.

    Attributes:
        model: The model's name, as `providers.registry.open_provider` takes it.
        tools: The network that tools work on.
        read_only: Offer no tool that changes something, whatever the settings say.
        reach: Ranges that checks may reach, besides those of the settings.
    """

    model: str | None = None
    tools: Tools = "real"
    read_only: bool = False
    reach: tuple[str, ...] = ()
