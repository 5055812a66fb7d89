"""Passwords as argon2id, a few at a time: each takes 19 MiB and a processor."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE: Final = 2
#: A hash of no password: checking it takes as long as checking a real one.
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$c21hbGx3YXRjaC1ub2JvZHk$Zm9yIG5vYm9keSBhdCBhbGwsIG5ldmVyIHRydWU"
)


class Passwords:
    """Hashes and checks passwords in threads of its own."""

    def __init__(self) -> None:
        """Starts no thread yet."""
        self._threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="argon2")

    async def hash(self, password: str) -> str:
        """Hashes a password, with a salt of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _HASHER.hash, password)

    async def right(self, known: str | None, password: str) -> bool:
        """Checks a password; for an account that is not there (None) it takes as long."""
        work = asyncio.get_running_loop().run_in_executor(self._threads, _right, known or _NOBODY, password)
        return await work and known is not None

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False)


def _right(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
