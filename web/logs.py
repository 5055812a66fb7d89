"""Logs as JSON lines: what happened, never what somebody said, and no secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final

#: Tokens of this server, and what stands in headers and URLs where secrets do.
_SECRETS: Final = re.compile(
    r"sw[spa]_[A-Za-z0-9_-]+|(?i:bearer\s+)\S+|(?<=://)[^/@\s]+@|(?i:(?:code|state|token|password|key)=)[^&\s]+"
)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            # The place, not the words: an exception may quote what somebody said.
            kind, _, trace = record.exc_info
            line["error"] = kind.__name__ if kind else ""
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                line["where"] = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        return json.dumps(line, ensure_ascii=False)


def masked(text: str) -> str:
    """Replaces what looks like a secret."""
    return _SECRETS.sub("***", text)


def set_up(level: str = "INFO") -> None:
    """Sends all logs of this process to stderr, as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Requests of models and checks would name what people asked about.
    for name in ("httpx", "httpx2", "openai", "sqlalchemy.engine", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
