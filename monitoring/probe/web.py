"""A page of a watched host: fetched, and held against what is expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.options import HostOptions, status_accepted
from tools.checks.http import HttpReport, check_http
from tools.checks.trust import Trust
from tools.resolve import Resolver

_TLS_VERSIONS = {"TLSv1": 1.0, "TLSv1.1": 1.1, "TLSv1.2": 1.2, "TLSv1.3": 1.3}


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was fetched; `fault` says what is wrong with it."""

    address: str
    total_ms: float
    certificate_ends: datetime | None
    facts: dict[str, float]
    fault: str | None


async def check_page(resolver: Resolver, trust: Trust, spec: ProbeSpec, url: str) -> Page:
    """Fetches and judges a page.

    Raises:
        Refused: It, or a redirect, leads where the policy does not reach.
        CheckFailed: Nothing answers, or the certificate is not good.
    """
    report = await check_http(resolver, trust, url, spec.options.method, spec.timeout_ms / 1000)
    return Page(
        address=report.address,
        total_ms=report.outcome.total_ms,
        certificate_ends=report.tls.not_after if report.tls else None,
        facts=_facts(report),
        fault=_fault(spec, report),
    )


def _fault(spec: ProbeSpec, report: HttpReport) -> str | None:
    options, outcome = spec.options, report.outcome
    good = status_accepted(options.statuses, outcome.status) if options.statuses else outcome.status < 400
    if not good:
        return f"status {outcome.status} {outcome.reason}".rstrip()
    if spec.endpoint == "httphtml" and "<" not in outcome.body:
        return "the page is no HTML" if outcome.body.strip() else "the page is empty"
    return _keyword_fault(options, outcome.body)


def _keyword_fault(options: HostOptions, body: str) -> str | None:
    if not options.keyword or (options.keyword in body) is not options.keyword_absent:
        return None
    return f"the page {'contains' if options.keyword_absent else 'does not contain'} {options.keyword!r}"


def _facts(report: HttpReport) -> dict[str, float]:
    """Numbers by the names that blackbox_exporter gives them; a phase follows a colon."""
    phases = {
        "resolve": report.phases.resolve_ms,
        "connect": report.phases.connect_ms,
        "tls": report.phases.tls_ms,
        "processing": report.phases.first_byte_ms,
        "transfer": report.phases.body_ms,
    }
    facts = {
        "probe_http_status_code": float(report.outcome.status),
        "probe_http_redirects": float(len(report.outcome.redirects)),
        "probe_http_ssl": float(report.tls is not None),
        "probe_http_content_length": float(report.outcome.body_bytes),
        "probe_dns_lookup_time_seconds": report.phases.resolve_ms / 1000,
    }
    facts |= {f"probe_http_duration_seconds:{name}": (took or 0.0) / 1000 for name, took in phases.items()}
    if report.tls is not None:
        facts["probe_ssl_earliest_cert_expiry"] = report.tls.not_after.timestamp()
        facts["probe_tls_version"] = _TLS_VERSIONS.get(report.tls.version, 0.0)
    return facts
