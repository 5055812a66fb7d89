"""What Prometheus reads: the last reading of each host by blackbox_exporter's names, and how the watcher is doing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.notify.notifier import Notifier
from monitoring.watch.watched import Watched
from monitoring.watch.watcher import Watcher
from tools.masking import mask_url

_LABELS: Final = ("instance", "job", "host_id", "endpoint")
_STATUSES: Final = ("up", "down", "pending", "paused", "maintenance")
#: Numbers of one check, and what they are; those with a phase have it as a label.
_FACTS: Final = {
    "probe_duration_seconds": "How long the check took.",
    "probe_dns_lookup_time_seconds": "How long the name lookup took.",
    "probe_dns_answer_rrs": "Records in the answer.",
    "probe_http_status_code": "Status code of the last answer.",
    "probe_http_redirects": "Redirects that were followed.",
    "probe_http_ssl": "Whether the last request went over TLS.",
    "probe_http_content_length": "Bytes of the body that were read.",
    "probe_http_duration_seconds": "How long each phase of the request took.",
    "probe_icmp_duration_seconds": "Mean round-trip time.",
    "probe_ip_protocol": "IP version that was used.",
    "probe_ssl_earliest_cert_expiry": "End of the certificate, in seconds since 1970.",
}
_TLS_VERSION: Final = "probe_tls_version"


class WatchCollector(Collector):
    """Collects from a running watcher, from any thread: it takes copies of what may change meanwhile."""

    def __init__(self, watcher: Watcher, notifier: Notifier | None = None) -> None:
        """Takes the watcher, and the notifier if there is one."""
        self._watcher = watcher
        self._notifier = notifier

    def collect(self) -> Iterable[Metric]:
        """Returns all metrics."""
        yield from self._probes()
        yield from self._own()

    def _probes(self) -> Iterable[Metric]:
        success = GaugeMetricFamily("probe_success", "Whether the last check was good.", labels=_LABELS)
        failing = GaugeMetricFamily(
            "smallwatch_host_up", "1 up, 0 down, as settled by retries.", labels=_LABELS
        )
        tls = GaugeMetricFamily("probe_tls_version_info", "TLS version.", labels=(*_LABELS, "version"))
        facts = {
            name: GaugeMetricFamily(name, text, labels=(*_LABELS, "phase") if _phased(name) else _LABELS)
            for name, text in _FACTS.items()
        }
        for watched in list(self._watcher.hosts.values()):
            if watched.reading is None:
                continue
            labels = _labels_of(watched)
            success.add_metric(labels, float(watched.reading.ok))
            if watched.state.settled is not None:
                failing.add_metric(labels, float(watched.state.settled == "up"))
            for fact, value in watched.reading.facts.items():
                name, _, phase = fact.partition(":")
                if name == _TLS_VERSION:
                    tls.add_metric([*labels, f"TLS {value}"], 1)
                elif name in facts:
                    facts[name].add_metric([*labels, phase] if phase else labels, value)
        yield from (success, failing, tls, *facts.values())

    def _own(self) -> Iterable[Metric]:
        now = self._watcher.snapshot()
        hosts = GaugeMetricFamily("smallwatch_hosts", "Hosts by status.", labels=("status",))
        for status in _STATUSES:
            hosts.add_metric([status], now.hosts.get(status, 0))
        yield hosts
        for name, text, value in (
            ("smallwatch_checks_running", "Checks that run now.", now.running),
            ("smallwatch_results_waiting", "Results that wait for the database.", now.recorder.waiting),
            ("smallwatch_database_up", "Whether the database takes results.", now.recorder.problem is None),
            (
                "smallwatch_latest_start_seconds",
                "The longest that a check waited for its start.",
                now.latest_s,
            ),
        ):
            yield GaugeMetricFamily(name, text, float(value))
        for name, text, value in (
            ("smallwatch_checks", "Checks that were started.", now.started),
            ("smallwatch_missed_ticks", "Checks that were not started in time.", now.missed),
            ("smallwatch_check_faults", "Checks that ended by an internal error.", now.faults),
            ("smallwatch_results_recorded", "Results that were kept.", now.recorder.recorded),
            ("smallwatch_results_dropped", "Results that there was no room for.", now.recorder.dropped),
        ):
            yield CounterMetricFamily(name, text, float(value))
        if self._notifier is not None:
            counters = self._notifier.counters
            sent = CounterMetricFamily(
                "smallwatch_notifications", "Messages by outcome.", labels=("outcome",)
            )
            sent.add_metric(["sent"], counters.sent)
            sent.add_metric(["retried"], counters.retried)
            sent.add_metric(["failed"], counters.failed)
            yield sent


def _labels_of(watched: Watched) -> list[str]:
    host = watched.host
    return [mask_url(host.spec.address), host.spec.options.name, str(host.id), host.spec.endpoint]


def _phased(name: str) -> bool:
    return name in ("probe_http_duration_seconds", "probe_icmp_duration_seconds")
