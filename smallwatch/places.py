"""Where a user's files are."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

from agent.conversation import StoreError
from models.paths import user_path
from settings.schema import AgentSettings


def conversation_files(settings: AgentSettings) -> tuple[Path, Path]:
    """Where conversations, and decisions about approvals, are kept; their folders are made.

    Raises:
        StoreError: A folder cannot be made.
    """
    store = (
        user_path(settings.store) if settings.store else user_data_path("smallwatch") / "conversations.sqlite"
    )
    audit = user_path(settings.audit) if settings.audit else store.with_name("approvals.jsonl")
    for path in (store, audit):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path.parent} cannot be made: {error.strerror}; name another file as agent.store"
            ) from error
    return store, audit
