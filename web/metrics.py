"""What the process does, for Prometheus."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.services import Services

REGISTRY: Final = CollectorRegistry()
_REQUESTS: Final = Counter(
    "smallwatch_http_requests_total", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
_SECONDS: Final = Histogram(
    "smallwatch_http_request_seconds",
    "Seconds until an answer began.",
    ("method", "route"),
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_RUNS: Final = Gauge("smallwatch_runs_active", "Runs that this process drives.", registry=REGISTRY)
_QUEUED: Final = Gauge(
    "smallwatch_queue_waiting", "Runs that wait, in all processes.", ("model",), registry=REGISTRY
)
_RUNNING: Final = Gauge("smallwatch_queue_running", "Runs that have a place.", ("model",), registry=REGISTRY)
_AVAILABLE: Final = Gauge(
    "smallwatch_model_available", "Whether a model can be used.", ("model",), registry=REGISTRY
)
_TASKS: Final = Gauge("smallwatch_tasks", "Tasks of the event loop.", registry=REGISTRY)
ProcessCollector(registry=REGISTRY)


async def exposition(parts: Services) -> tuple[bytes, str]:
    """Returns the metrics as text, and its media type."""
    _RUNS.set(parts.runs.active)
    _TASKS.set(len(asyncio.all_tasks()))
    for name in parts.models.offered:
        _AVAILABLE.labels(name).set(parts.models.problem(name) is None)
        if parts.models.slots(name):
            queue = await parts.book.queue(name)
            _QUEUED.labels(name).set(len(queue.runs))
            _RUNNING.labels(name).set(queue.running)
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


class Counting:
    """Counts requests by route, which says nothing of who asked for what."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                _REQUESTS.labels(method, route, message["status"]).inc()
                _SECONDS.labels(method, route).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, counted)


_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
