"""Actions and their keys: the key map of the configuration, on Textual's own key maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.binding import Binding

from settings.terminal import DEFAULT_KEYS

#: Actions that never wait for a key in the same place, so that they may share one.
_PLACES: tuple[frozenset[str], ...] = (
    frozenset({"open", "back", "reload", "host_add", "host_pause", "host_maintenance", "host_delete", "host_period"}),
    frozenset({"open", "back", "reload", "model_fetch"}),
    frozenset({"open", "back", "reload", "case_filter"}),
    frozenset({"open", "back", "conversation_delete", "conversation_rename"}),
    frozenset(
        {
            "send", "newline", "stop", "new", "retry", "edit_last", "copy_answer", "copy_call",
            "copy_conversation", "fold", "approval", "page_up", "page_down", "first", "last",
        }
    ),
)  # fmt: skip
_EVERYWHERE = frozenset(
    {"help", "chat", "hosts", "evals", "history", "next_model", "models", "theme", "quit"}
)


class KeyMapError(ValueError):
    """Two actions of one place have the same key, or an action has none."""


def binding(
    name: str, label: str, *, action: str = "", show: bool = False, priority: bool = False
) -> Binding:
    """Binds an action to the key that it has where the configuration does not say otherwise.

    Args:
        name: The action's name in the key map.
        label: What it does, in a word or two.
        action: What Textual runs; by default the method `action_NAME`.
        show: Whether the last line of the screen shows it.
        priority: Whether it comes before the focused widget's own keys.
    """
    return Binding(DEFAULT_KEYS[name], action or name, label, show=show, priority=priority, id=name)


def keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """The key map as Textual takes it.

    Args:
        keys: The key of each action of `settings.terminal.DEFAULT_KEYS`.

    Raises:
        KeyMapError: A key would mean two things, or an action has no key.
    """
    chosen = {name: split_keys(value) for name, value in keys.items()}
    for name, each in chosen.items():
        if not each:
            raise KeyMapError(f"tui.keys.{name} names no key; name one, such as {DEFAULT_KEYS[name]}")
    for place in _PLACES:
        _check(chosen, place | _EVERYWHERE)
    return {name: ",".join(each) for name, each in chosen.items()}


def _check(chosen: Mapping[str, tuple[str, ...]], place: frozenset[str]) -> None:
    taken: dict[str, str] = {}
    for name, key in _pairs(chosen, place):
        other = taken.setdefault(key, name)
        if other != name:
            raise KeyMapError(f"tui.keys: {other} and {name} are both on {key}; give one of them another key")


def _pairs(chosen: Mapping[str, tuple[str, ...]], place: frozenset[str]) -> Iterator[tuple[str, str]]:
    return ((name, key) for name in chosen if name in place for key in chosen[name])


def split_keys(value: str) -> tuple[str, ...]:
    """The keys of a value of the key map."""
    return tuple(part for part in (piece.strip().lower() for piece in value.split(",")) if part)
