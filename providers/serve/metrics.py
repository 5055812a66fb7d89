"""The engines' figures in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from providers.engine.metrics import FIRST_TOKEN_S, EngineMetrics
from providers.serve.pool import Models

CONTENT_TYPE = CONTENT_TYPE_LATEST

_Read = Callable[[EngineMetrics], float]
_COUNTERS: tuple[tuple[str, str, _Read], ...] = (
    ("prompt_tokens", "Tokens of prompts", lambda m: m.prompt_tokens),
    ("cached_tokens", "Tokens of prompts whose state was kept", lambda m: m.cached_tokens),
    ("completion_tokens", "Tokens made", lambda m: m.completion_tokens),
    ("queued_seconds", "Seconds that requests waited for their turn", lambda m: m.queued_sum_s),
    ("batch_size", "Sum of the mean batch sizes of requests", lambda m: m.batch_sum),
    ("drafted_tokens", "Tokens drafted from prompts", lambda m: m.drafted),
    ("drafts_kept_tokens", "Drafted tokens that were right", lambda m: m.drafts_kept),
    ("starts", "Processes started", lambda m: m.starts),
    ("deaths", "Processes that ended and should not have", lambda m: m.deaths),
)
_GAUGES: tuple[tuple[str, str, _Read], ...] = (
    ("queue_length", "Requests that wait for their turn", lambda m: m.beat.waiting),
    ("running", "Requests that are decoded", lambda m: m.beat.running),
    (
        "tokens_per_second",
        "Tokens of prompts and completions a second, lately",
        lambda m: m.beat.tokens_per_s,
    ),
    ("kept_states", "States in memory", lambda m: m.beat.kept),
    ("kept_state_bytes", "Bytes of states in memory", lambda m: m.beat.kept_bytes),
    ("disk_state_bytes", "Bytes of states on the disk", lambda m: m.beat.disk_bytes),
)
_PREFIX = "smallwatch_engine_"
_LABELS = ("model",)


class _Engines(Collector):
    def __init__(self, models: Models) -> None:
        self._models = models

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        found = self._models.metrics()
        for name, text, read in _COUNTERS:
            counter = CounterMetricFamily(_PREFIX + name, text, labels=_LABELS)
            for model, (metrics, _, _) in found.items():
                counter.add_metric((model,), read(metrics))
            yield counter
        for name, text, read in _GAUGES:
            gauge = GaugeMetricFamily(_PREFIX + name, text, labels=_LABELS)
            for model, (metrics, _, _) in found.items():
                gauge.add_metric((model,), read(metrics))
            yield gauge
        loaded = GaugeMetricFamily(_PREFIX + "loaded", "Whether the model is loaded", labels=_LABELS)
        memory = GaugeMetricFamily(_PREFIX + "resident_bytes", "Memory of the process", labels=_LABELS)
        for model, (_, running, resident) in found.items():
            loaded.add_metric((model,), running)
            memory.add_metric((model,), resident)
        yield from (loaded, memory)
        yield _by(
            "requests", "Requests by how they ended", "end", {m: v[0].requests for m, v in found.items()}
        )
        yield _by("prefix_hits", "Requests by where a beginning of their prompt was kept", "source",
                  {m: v[0].hits for m, v in found.items()})  # fmt: skip
        yield _first_token({model: metrics for model, (metrics, _, _) in found.items()})


def _by(name: str, text: str, label: str, counts: dict[str, dict[str, int]]) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, text, labels=("model", label))
    for model, by_kind in counts.items():
        for kind, count in sorted(by_kind.items()):
            family.add_metric((model, kind), count)
    return family


def _first_token(found: dict[str, EngineMetrics]) -> Metric:
    said = "Seconds from a request to its first token"
    family = HistogramMetricFamily(_PREFIX + "first_token_seconds", said, labels=_LABELS)
    bounds = [*map(str, FIRST_TOKEN_S), "+Inf"]
    for model, metrics in found.items():
        buckets = [(bound, float(count)) for bound, count in zip(bounds, metrics.first_token_s, strict=True)]
        family.add_metric((model,), buckets, metrics.first_token_sum_s)
    return family


def exposition(models: Models) -> bytes:
    """All figures as they are now."""
    registry = CollectorRegistry()
    registry.register(_Engines(models))
    return generate_latest(registry)
