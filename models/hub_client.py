"""How `huggingface_hub` is used here, whoever uses it."""

from __future__ import annotations


def without_telemetry() -> None:
    """Keeps the client from telling the Hub which programs use it.

    To find that out, it asks the Hub before the first request of a process, in a request that blocks the event loop for
    as long as names are looked up, and whatever server was meant.
    """
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True
