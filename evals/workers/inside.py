"""A worker in the run's own process: for models whose engine is a process already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from evals.footprint import pids_of
from evals.workers.messages import Answer, Opened, Request, answer
from evals.workers.pool import WorkerLost
from providers.info import DescribedProvider


class InsideWorker:
    """A provider as a worker; implements `evals.workers.pool.Worker`.

    An engine that dies starts again by itself: what it had under way fails as the provider says, and the run asks it
    again.
    """

    def __init__(self, open_provider: Callable[[], Awaitable[DescribedProvider]]) -> None:
        """Opens nothing yet."""
        self._open = open_provider
        self._provider: DescribedProvider | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """The engine's process."""
        return () if self._provider is None else pids_of(self._provider)

    async def start(self) -> Opened:
        """Opens the model.

        Raises:
            ProviderError: It cannot be opened.
        """
        self._provider = await self._open()
        # All of them are of this one process.
        return Opened(self._provider.name, self._provider.info, code="")

    async def ask(self, request: Request) -> Answer:
        """Makes one reply.

        Raises:
            WorkerLost: The model is closed.
        """
        if self._provider is None:
            raise WorkerLost("the model is closed")
        return await answer(self._provider, request)

    async def aclose(self) -> None:
        """Closes the model."""
        provider, self._provider = self._provider, None
        if provider is not None:
            await provider.aclose()
