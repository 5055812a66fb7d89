"""The keys of the terminal, as plain data: it draws its first screen before the settings are read."""

from __future__ import annotations

from typing import Final

DEFAULT_KEYS: Final[dict[str, str]] = {
    "help": "f1",
    "chat": "f2",
    "hosts": "f3",
    "evals": "f4",
    "history": "f5",
    "next_model": "f6",
    "models": "f7",
    "theme": "f8",
    "quit": "ctrl+q",
    "send": "enter",
    "newline": "ctrl+j,shift+enter,alt+enter",
    "stop": "escape",
    "new": "ctrl+n",
    "retry": "ctrl+r",
    "edit_last": "alt+up",
    "copy_answer": "alt+a",
    "copy_call": "alt+c",
    "copy_conversation": "alt+w",
    "fold": "ctrl+t",
    "approval": "ctrl+g",
    "page_up": "pageup",
    "page_down": "pagedown",
    "first": "ctrl+home",
    "last": "ctrl+end",
    "open": "enter",
    "back": "escape",
    "reload": "r",
    "host_add": "a",
    "host_pause": "p",
    "host_maintenance": "m",
    "host_delete": "d",
    "host_period": "t",
    "model_fetch": "f",
    "case_filter": "f",
    "conversation_delete": "ctrl+d",
    "conversation_rename": "ctrl+o",
}
