"""The errors of providers, made again from what the agent's loop tells of them."""

from __future__ import annotations

import providers.base
from providers.base import ProviderError, ProviderUnavailable


def failure(kind: str, message: str) -> ProviderError:
    """Makes the error of a `TurnFailed`; of an unknown kind, one that may be tried again.

    Args:
        kind: Name of its type, such as `ProviderTimeout`.
        message: Cause and cure.
    """
    found = getattr(providers.base, kind, None)
    if isinstance(found, type) and issubclass(found, ProviderError):
        return found(message)
    return ProviderUnavailable(message)
