"""Starts workers, here or on a cluster."""

from __future__ import annotations

import asyncio

from evals.provenance import processors
from evals.record import Engine
from evals.workers.local import LocalWorker
from evals.workers.messages import Opening
from evals.workers.pool import WorkerPool
from providers.base import ProviderRejected


async def open_workers(
    opening: Opening,
    *,
    count: int | None,
    concurrency: int,
    engine: Engine = "local",
    address: str | None = None,
) -> WorkerPool:
    """Starts workers that have a model each.

    Args:
        opening: How each gets its model; its threads are shared out, so that workers do not wait for each other.
        count: How many; None is one a processor.
        concurrency: Requests under way at a time, of all workers together.
        engine: On this machine, or on a Ray cluster.
        address: The cluster's; None starts one on this machine.

    Raises:
        ProviderRejected: There is no such model, or the cluster has fewer processors than workers are asked for.
        ProviderError: A worker or the cluster cannot be started.
    """
    if engine == "ray":
        return await _on_ray(opening, count, concurrency, address)
    count = count or processors()
    opening = opening.with_threads(processors() // count)
    pool = WorkerPool(lambda: LocalWorker(opening), count, -(-concurrency // count))
    await pool.start()
    return pool


async def _on_ray(opening: Opening, count: int | None, concurrency: int, address: str | None) -> WorkerPool:
    from evals.workers.on_ray import RayCluster

    cluster = await asyncio.to_thread(RayCluster, address)
    room = cluster.processors
    if count is not None and count > room:
        cluster.close()
        raise ProviderRejected(
            f"the cluster has {room} processors for {count} workers; ask for at most {room}"
        )
    count = count or room
    capacity = -(-concurrency // count)
    opening = opening.with_threads(1)
    pool = WorkerPool(lambda: cluster.worker(opening, capacity), count, capacity, on_close=cluster.close)
    await pool.start()
    return pool
