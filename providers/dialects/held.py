"""Reads replies that a grammar held: calls stand between tags, and nothing else in a reply is one."""

from __future__ import annotations

from typing import ClassVar

from providers.dialects.enclosed import EnclosedReader
from providers.dialects.source import Steps


class HeldReader(EnclosedReader):
    """Reads what stands between ``<tool_call>`` tags; what else looks like a call was not held to any schema."""

    openers: ClassVar[frozenset[str]] = frozenset(("<tool_call>",))
    dropped: ClassVar[frozenset[str]] = frozenset(("</tool_call>",))

    def opened(self, marker: str) -> Steps:
        """Reads what follows the opening tag."""
        return self.call_tag(marker)
