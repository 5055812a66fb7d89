"""What can go wrong between a model's name and its file. Each message names the cause and the cure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ModelError(Exception):
    """A model cannot be had."""


class CatalogueError(ModelError):
    """The catalogue file itself is wrong."""


class UnknownModel(ModelError):
    """No model, or no format of it, has that name."""


class WeightsMissing(ModelError):
    """The weights are not on this machine and cannot be fetched now."""


class DownloadError(ModelError):
    """The weights could not be fetched."""


class QuantizeError(ModelError):
    """The weights could not be converted."""


class GGUFError(ModelError):
    """The file is no usable GGUF file."""


def nearest(asked: str, known: Iterable[str]) -> str:
    """Ends a sentence about an unknown name: the near ones, or all of them where none is near."""
    names = list(known)
    near = get_close_matches(asked, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
