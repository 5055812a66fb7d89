"""Serves metrics over HTTP, in a thread of its own: a page of many hosts takes a while to write."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector


class MetricsError(Exception):
    """The address cannot be listened on."""


@contextmanager
def serving_metrics(collector: Collector, host: str, port: int) -> Generator[tuple[str, int]]:
    """Serves `/metrics` as long as the block lasts; yields address and port.

    Args:
        collector: Gives the metrics; asked in the server's thread.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.

    Raises:
        MetricsError: The address cannot be listened on.
    """
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        raise MetricsError(
            f"Metrics cannot be served on {host}:{port}: {error}; choose another address."
        ) from error
    try:
        yield str(server.server_address[0]), int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
