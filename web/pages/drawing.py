"""Small pictures as SVG: sparklines and uptime bars. Values come from results, words from templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from web.network.series import Point

_WIDTH, _HEIGHT = 120, 28
_BAR, _GAP, _BAR_HEIGHT = 4, 2, 26


def sparkline(points: Sequence[Point]) -> Markup:
    """Average response times as a line, failures as marks below it; empty where nothing was measured."""
    times = [point.avg_ms for point in points]
    known = [time for time in times if time is not None]
    if len(points) < 2 or not known:
        return Markup("")
    top = max(known) or 1.0
    step = _WIDTH / (len(points) - 1)
    runs: list[list[str]] = [[]]
    marks: list[str] = []
    for index, (point, time) in enumerate(zip(points, times, strict=True)):
        x = round(index * step, 1)
        if time is None:
            runs.append([])
        else:
            runs[-1].append(f"{x},{round(2 + (_HEIGHT - 6) * (1 - time / top), 1)}")
        if point.failures:
            marks.append(f'<rect x="{max(x - 1.5, 0)}" y="{_HEIGHT - 3}" width="3" height="3" class="bad"/>')
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in runs if run)
    said = f"Response times of the last day, up to {top:.0f} milliseconds"
    inside = lines + "".join(marks)
    return Markup(  # noqa: S704 - numbers and fixed words only
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}">{inside}</svg>'
    )


def uptime_bars(days: Sequence[tuple[datetime, float | None]]) -> Markup:
    """A bar a day: full, damaged or unknown; each says its date and share when pointed at."""
    width = len(days) * (_BAR + _GAP) - _GAP
    bars: list[str] = []
    for index, (day, share) in enumerate(days):
        kind = "none" if share is None else "good" if share >= 99.9 else "fair" if share >= 98 else "bad"
        words = "no checks" if share is None else f"{share:.2f} %"
        bars.append(
            f'<rect x="{index * (_BAR + _GAP)}" width="{_BAR}" height="{_BAR_HEIGHT}" rx="1" class="{kind}">'
            f"<title>{day:%Y-%m-%d}: {words}</title></rect>"
        )
    known = [share for _, share in days if share is not None]
    said = f"Uptime of the last {len(days)} days" + (
        f", {sum(known) / len(known):.2f} % on average" if known else ""
    )
    return Markup(  # noqa: S704 - numbers and fixed words only
        f'<svg class="bars" viewBox="0 0 {width} {_BAR_HEIGHT}" role="img" aria-label="{said}">{"".join(bars)}</svg>'
    )
