"""Workers on a Ray cluster: one actor with one model each, spread over its machines.

Needs the extra `ray`. Every machine needs Smallwatch in the same version, and the model's file or the means to make
or fetch it; the pool refuses workers that have another model or other code.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

from evals.provenance import read_code
from evals.workers.messages import Answer, Failure, Opened, Opening, Request, answer, open_model
from evals.workers.pool import Worker, WorkerLost
from providers.base import ProviderError, ProviderRejected, ProviderUnavailable
from providers.info import DescribedProvider

_START_S = 180.0
_CHECK_S = 5.0


class Asker:
    """What runs on a machine of the cluster; Ray makes an actor of it."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._provider: DescribedProvider | None = None

    async def open(self) -> Opened | Failure:
        """Opens the model."""
        try:
            self._provider = await open_model(self._opening)
        except ProviderError as error:
            return Failure.of(error)
        return Opened(self._provider.name, self._provider.info, read_code().sha256)

    async def ask(self, request: Request) -> Answer:
        """Makes one reply."""
        if self._provider is None:
            return Failure.of(ProviderUnavailable("the worker has no model"))
        return await answer(self._provider, request)

    async def close(self) -> None:
        """Closes the model."""
        if self._provider is not None:
            await self._provider.aclose()


class RayCluster:
    """A connection to a cluster, or a cluster on this machine alone."""

    def __init__(self, address: str | None) -> None:
        """Connects.

        Args:
            address: Of the head, such as `10.0.0.5:6379`, or `auto`; None starts a cluster on this machine.

        Raises:
            ProviderRejected: Ray is not installed.
            ProviderUnavailable: There is no cluster at the address.
        """
        # Asked for before Ray is imported: it counts what is used, and sends that to its makers.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ProviderRejected(
                "Ray is not installed; install it with `pip install ray`, or leave out `--engine ray`"
            ) from error
        self._ray: Any = ray
        self._mine = not self._ray.is_initialized()
        if not self._mine:
            return
        try:
            _knock(address)
            self._ray.init(
                address=address, log_to_driver=False, include_dashboard=False if address is None else None
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise ProviderUnavailable(
                f"there is no Ray cluster at {address or 'this machine'}: {error}; start one with "
                "`ray start --head`, or check --address"
            ) from error

    @property
    def processors(self) -> int:
        """Processors of all machines together."""
        return int(self._ray.cluster_resources().get("CPU", 1))

    def worker(self, opening: Opening, capacity: int) -> Worker:
        """Makes a worker that is not started."""
        return RayWorker(self._ray, opening, capacity)

    def close(self) -> None:
        """Disconnects, and ends a cluster that was started here."""
        if self._mine:
            self._ray.shutdown()


def _knock(address: str | None) -> None:
    """Finds out in seconds whether anything listens; Ray itself tries for many minutes.

    Raises:
        OSError: Nothing does.
    """
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdigit() and "://" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _CHECK_S).close()


class RayWorker:
    """An actor with one model; implements `evals.workers.pool.Worker`."""

    def __init__(self, ray: Any, opening: Opening, capacity: int) -> None:
        """Starts nothing yet."""
        self._ray = ray
        self._opening = opening
        self._capacity = capacity
        self._actor: Any = None

    async def start(self) -> Opened:
        """Has the cluster start an actor where there is room, and waits until its model is open.

        Raises:
            ProviderUnavailable: There is no room, or the actor died.
            ProviderError: The model cannot be opened.
        """
        # A lost actor is replaced by the pool, which knows that its requests are lost too.
        kind = self._ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, max_concurrency=self._capacity + 2,
            scheduling_strategy="SPREAD",
        )(Asker)  # fmt: skip
        self._actor = kind.remote(self._opening)
        try:
            async with asyncio.timeout(_START_S):
                opened = await self._result(self._actor.open.remote())
        except TimeoutError:
            await self.aclose()
            raise ProviderUnavailable(
                f"the cluster had no room for a worker within {_START_S:.0f} s"
            ) from None
        if isinstance(opened, Failure):
            await self.aclose()
            raise opened.error()
        return opened

    async def ask(self, request: Request) -> Answer:
        """Makes one reply.

        Raises:
            WorkerLost: The actor died, or its machine did.
        """
        return await self._result(self._actor.ask.remote(request))

    async def aclose(self) -> None:
        """Ends the actor."""
        actor, self._actor = self._actor, None
        if actor is None:
            return
        try:
            async with asyncio.timeout(_CHECK_S):
                await self._result(actor.close.remote())
        except (TimeoutError, WorkerLost):
            pass
        self._ray.kill(actor)

    async def _result(self, reference: Any) -> Any:
        try:
            return await reference
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.ObjectLostError) as error:
            first = str(error).strip().splitlines()
            raise WorkerLost(f"a worker on the cluster was lost: {first[0] if first else error}") from None
