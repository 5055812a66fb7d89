"""The line below the conversation: model, tokens, speed, quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tools.wording import number
from tui.safe import line

if TYPE_CHECKING:
    from models.progress import Progress
    from tools.records import Account
    from tui.chat.meter import Meter
    from tui.models.slot import ModelSlot

_WORK = {"fetch": "fetching", "hash": "checking", "quantize": "making"}
_WARN_SHARE = 0.8


class StatusBar(Static):
    """One line, shown anew by `show`."""

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__(Content(""), id="status", markup=False)

    def show(self, slot: ModelSlot, meter: Meter, account: Account | None, doing: str) -> None:
        """Shows how things are.

        Args:
            slot: The model.
            meter: Its tokens.
            account: Whose quota is shown; None where there is none.
            doing: What is going on, in a word or two.
        """
        about = "~" if meter.estimated else ""
        pieces: list[Content | tuple[str, str]] = [*_model(slot)]
        if doing:
            pieces.append((f"  {doing}", "$text-accent bold"))
        # What comes last is cut first where the line is short.
        if account is not None and account.token_cap:
            pieces.append(_quota(account))
        if meter.tokens_in or meter.tokens_out:
            pieces.append((f"  in {meter.tokens_in:,} out {about}{meter.tokens_out:,}", "$muted"))
        if meter.tokens_per_s is not None:
            pieces.append((f"  {about}{number(meter.tokens_per_s, 0)} tok/s", "$muted"))
        if meter.first_token_s is not None:
            pieces.append((f"  first {number(meter.first_token_s, 2)} s", "$muted"))
        self.update(Content.assemble(*pieces), layout=False)


def _model(slot: ModelSlot) -> list[tuple[str, str]]:
    named = slot.provider.info.name if slot.provider else ""
    pieces = [("● ", "$text-success"), (line(named, 40), "bold")] if named else []
    if slot.loading:
        pieces.append((f"{'   ' if named else ''}◌ loading {line(slot.loading, 40)}", "$text-accent"))
        if slot.progress is not None:
            pieces.append((f", {progress_words(slot.progress)}", "$text-accent"))
    elif slot.problem:
        pieces.append((f"{'   ' if named else ''}✗ no other model", "$text-error"))
    return pieces


def _quota(account: Account) -> tuple[str, str]:
    used = 1 - account.tokens / account.token_cap
    colour = "$text-warning bold" if used >= _WARN_SHARE else "$muted"
    return f"  quota {_short(account.tokens)}/{_short(account.token_cap)}", colour


def _short(tokens: int) -> str:
    return f"{number(tokens / 1000)}k" if tokens >= 10_000 else f"{tokens:,}"


def progress_words(progress: Progress) -> str:
    """How far a download or a conversion is, in words."""
    from models.tables import megabytes

    words = _WORK[progress.stage]
    if progress.stage == "quantize":
        return f"{words}, {progress.done} of {progress.total} tensors"
    if progress.total:
        return f"{words} {progress.done / progress.total:.0%} of {megabytes(progress.total)}"
    return f"{words} {megabytes(progress.done)}"
