"""What the palette offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from tui.models.slot import HOSTED

if TYPE_CHECKING:
    from tui.app import SmallwatchApp

_WRITING = ("send", "newline")


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Actions that belong together: a title, and the keys and the label of each."""

    title: str
    actions: tuple[tuple[str, str], ...]


def commands(app: SmallwatchApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Every action that has a key here, and the hosted models."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        shown = active.binding
        if not shown.id or shown.id in seen or shown.id in _WRITING:
            continue
        seen.add(shown.id)
        key = f"Key: {app.get_key_display(shown)}"
        yield SystemCommand(shown.description, key, _runner(app, shown.action, active.node))
    for name in HOSTED:
        yield SystemCommand(f"Model {name}", "A hosted model", partial(app.slot.choose, name))


def key_groups(app: SmallwatchApp, screen: Screen[Any]) -> tuple[KeyGroup, KeyGroup]:
    """The keys of this place, and those that mean the same everywhere."""
    here: dict[str, list[str]] = {}
    everywhere: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        shown = active.binding
        if shown.id:
            group = everywhere if active.node is app else here
            group.setdefault(shown.description, []).append(app.get_key_display(shown))
    return _group("Here", here), _group("Everywhere", everywhere)


def _group(title: str, keys: dict[str, list[str]]) -> KeyGroup:
    return KeyGroup(title, tuple((", ".join(dict.fromkeys(each)), label) for label, each in keys.items()))


def _runner(app: SmallwatchApp, action: str, node: DOMNode) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await app.run_action(action, node)

    return run
