"""Tools that tell how the monitored hosts have done."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from tools.context import ToolContext
from tools.declarations.types import HostId, PageNumber, PageSize
from tools.errors import Refused
from tools.formats import Instant
from tools.paging import cut, paged
from tools.records import HostData, Uptime
from tools.registry import tool
from tools.results import ToolResult, done
from tools.selection import labels, select
from tools.wording import clock, count, join, length, ms, number

Period = Literal["24h", "7d", "30d", "90d"]

_PERIODS: dict[Period, tuple[timedelta, str]] = {
    "24h": (timedelta(hours=24), "the last 24 hours"),
    "7d": (timedelta(days=7), "the last 7 days"),
    "30d": (timedelta(days=30), "the last 30 days"),
    "90d": (timedelta(days=90), "the last 90 days"),
}


@tool(effect="read")
async def get_host_data(
    context: ToolContext,
    host_id: HostId | None = None,
    address: str | None = None,
    date_start: Instant | None = None,
    date_end: Instant | None = None,
    alert_flag: bool | None = None,
    detail_response: bool | None = None,
    page: PageNumber | None = None,
    page_size: PageSize | None = None,
) -> ToolResult:
    """Latest or historical check results of monitored hosts: status, response times, packet loss, alert flags.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
        date_start: Start of the period, ISO 8601.
        date_end: End of the period, ISO 8601.
        alert_flag: Only hosts that have (true) or lack (false) an active alert.
        detail_response: Also response-time statistics and packet counts.
        page: 1-based page of the result.
        page_size: Rows a page.
    """
    start, end = _period(date_start, date_end, context.clock())
    hosts = await select(context, host_id, address, all_if_unnamed=True)
    hosts = [host for host in hosts if alert_flag is None or host.alert == alert_flag]
    data = await context.backend.hosts.data([host.id for host in hosts], start, end)
    rows = [_data_row(item, with_period=start is not None, detailed=bool(detail_response)) for item in data]
    part = paged(rows, page, page_size, context.limits)
    if start is not None and end is not None:
        text = _period_words(data, f"from {clock(start)} to {clock(end)}")
    else:
        text = _now_words(data, alert_flag)
    result = done(
        f"{text}{part.note}.",
        hosts=part.rows,
        total=part.total,
        page=part.number,
        pages=part.pages,
        date_start=start,
        date_end=end,
    )
    return dataclasses.replace(result, truncated=part.pages > 1, next_page=part.next_page)


@tool(effect="read")
async def get_uptime_report(
    context: ToolContext,
    # The period comes last in the schema and is the one that is required.
    host_id: HostId | None = None,
    address: str | None = None,
    *,
    period: Period,
) -> ToolResult:
    """Uptime percentage, outage count and response-time percentiles over a period.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
        period: Length of the period, ending now.
    """
    span, words = _PERIODS[period]
    end = context.clock()
    hosts = await select(context, host_id, address, all_if_unnamed=True)
    reports = sorted(
        await context.backend.hosts.uptime([host.id for host in hosts], end - span, end),
        key=lambda report: 101.0 if report.uptime_pct is None else report.uptime_pct,
    )
    rows = [_uptime_row(report) for report in reports]
    shown = rows[: context.limits.max_rows]
    known = [report.uptime_pct for report in reports if report.uptime_pct is not None]
    mean = sum(known) / len(known) if known else None
    result = done(
        _uptime_words(reports, mean, words),
        period=period,
        mean_uptime_pct=None if mean is None else round(mean, 3),
        hosts=shown,
        total=len(rows),
    )
    return cut(result, len(shown), len(rows), "hosts, worst first")


def _period(
    start: datetime | None, end: datetime | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Completes a period: it ends now, and is a day long, unless said otherwise."""
    if start is None and end is None:
        return None, None
    end = min(end or now, now)
    start = start or end - timedelta(days=1)
    if start >= end:
        raise Refused(
            f"The period from {clock(start)} to {clock(end)} is empty: date_start must lie before date_end"
            f" and in the past; now is {clock(now)}."
        )
    return start, end


def _data_row(data: HostData, *, with_period: bool, detailed: bool) -> dict[str, object]:
    host = data.host
    row: dict[str, object] = {
        "id": host.id,
        "address": host.address,
        "endpoint": host.endpoint,
        "status": host.status,
        "alert": host.alert,
        "last_check": data.last_check,
        "response_ms": data.response_ms,
        "loss_pct": data.loss_pct,
    }
    if with_period or detailed:
        row |= {"checks": data.checks, "failures": data.failures, "avg_ms": data.avg_ms}
    if detailed:
        row |= {"p50_ms": data.p50_ms, "p95_ms": data.p95_ms, "max_ms": data.max_ms}
    return row


def _now_words(data: Sequence[HostData], alert_flag: bool | None) -> str:
    names = labels([item.host for item in data])
    if alert_flag is not None:
        has = ("has" if len(data) < 2 else "have") + (
            " an active alert" if alert_flag else " no active alert"
        )
        if not data:
            return f"No host {'has an active alert' if alert_flag else 'is without an alert'}"
        return f"{count(len(data), 'host')} {has}: {join(names)}"
    if not data:
        return "No host is monitored"
    if len(data) == 1:
        return _state_words(data[0])
    kinds = [
        (kind, [name for name, item in zip(names, data, strict=True) if item.host.status == kind])
        for kind in ("up", "down", "pending", "paused", "maintenance")
    ]
    parts = [
        f"{len(members)} {'is' if len(members) == 1 else 'are'} "
        + (kind if kind == "up" else f"{'in ' if kind == 'maintenance' else ''}{kind} ({join(members, 5)})")
        for kind, members in kinds
        if members
    ]
    alerts = sum(item.host.alert for item in data)
    well = all(item.host.status == "up" for item in data)
    head = f"All {len(data)} hosts are up" if well else f"Of {len(data)} hosts, {join(parts)}"
    return f"{head}, and {count(alerts, 'alert')} {'is' if alerts == 1 else 'are'} active"


def _state_words(data: HostData) -> str:
    host = data.host
    alert = "an alert is active" if host.alert else "no alert is active"
    if data.last_check is None:
        return f"{host.address} is {host.status} and has not been checked yet"
    if host.status == "paused":
        return f"{host.address} is paused; it was last checked at {clock(data.last_check)}, and {alert}"
    state = "in maintenance" if host.status == "maintenance" else host.status
    if data.response_ms is None:
        return f"{host.address} is {state}: the check at {clock(data.last_check)} failed, and {alert}"
    loss = f", {number(data.loss_pct)} % packet loss" if host.endpoint == "icmp" else ""
    return f"{host.address} is {state}: {ms(data.response_ms)}{loss} at {clock(data.last_check)}, and {alert}"


def _period_words(data: Sequence[HostData], period: str) -> str:
    checks, failures = sum(item.checks for item in data), sum(item.failures for item in data)
    if not checks:
        return f"There are no results {period}"
    failed = f"{failures:,} failed" if failures else "none failed"
    if len(data) > 1:
        worst = max(data, key=lambda item: item.failures / max(1, item.checks))
        most = (
            f"; {worst.host.address} failed most ({worst.failures:,} of {worst.checks:,})" if failures else ""
        )
        return f"{len(data)} hosts were checked {checks:,} times {period}: {failed}{most}"
    average = f", {ms(data[0].avg_ms)} on average" if data[0].avg_ms is not None else ""
    return f"{data[0].host.address} was checked {checks:,} times {period}: {failed}{average}"


def _uptime_row(report: Uptime) -> dict[str, object]:
    return {
        "id": report.host.id,
        "address": report.host.address,
        "uptime_pct": report.uptime_pct,
        "outages": report.outages,
        "downtime_s": round(report.downtime_s),
        "p50_ms": report.p50_ms,
        "p95_ms": report.p95_ms,
        "p99_ms": report.p99_ms,
    }


def _uptime_words(reports: Sequence[Uptime], mean: float | None, words: str) -> str:
    if not reports:
        return "No host is monitored."
    worst = reports[0]
    if mean is None or worst.uptime_pct is None:
        verb = "has" if len(reports) == 1 else "have"
        return (
            f"{join(labels([report.host for report in reports]), 5)} {verb} not been checked yet in {words}."
        )
    outages = count(sum(report.outages for report in reports), "outage")
    if len(reports) > 1:
        return (
            f"Over {words} {len(reports)} hosts were up {number(mean, 3)} % of the time on average,"
            f" with {outages}; the lowest is {worst.host.address} with {number(worst.uptime_pct, 3)} %."
        )
    down = f" ({length(worst.downtime_s)} in all)" if worst.outages else ""
    times = ""
    if worst.p50_ms is not None and worst.p95_ms is not None:
        times = f"; the median response took {ms(worst.p50_ms)}, the 95th percentile {ms(worst.p95_ms)}"
    up = f"{worst.host.address} was up {number(worst.uptime_pct, 3)} % of {words}"
    return f"{up}, with {outages}{down}{times}."
