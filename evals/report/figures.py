"""The drawings of a report, as SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby

from evals.comparison import Grouping, accuracy
from evals.loaded import LoadedRun
from evals.report.markup import Markup, element, join
from evals.scorer import ROW_LABELS
from evals.statistics import Interval

FAILURES = tuple(label for label in ROW_LABELS if label not in ("infra_error", "correct"))
_WIDTH, _HEIGHT = 680.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 120.0, 16.0, 44.0
_BAR_LEFT, _BAR_WIDTH, _BAR_STEP = 190.0, 400.0, 34.0
_COLOURS = 6

_Point = tuple[str, int, Interval]
_Scale = Callable[[float], float]


def scatter(runs: Sequence[LoadedRun], grouping: Grouping) -> Markup:
    """Accuracy against file size, with intervals and a line for each family of models."""
    points: list[_Point] = []
    for run in runs:
        interval, size = accuracy(run, grouping), run.record.model.file_bytes
        if interval is not None and size:
            points.append((run.name, size, interval))
    missing = [run.name for run in runs if run.name not in {name for name, _, _ in points}]
    note = f"Not drawn, since the file's size or the accuracy is not known: {', '.join(missing)}."
    drawing = element("div", _plot(points), class_="wide", tabindex="0") if points else ""
    return join(drawing, element("p", note, class_="note") if missing else "")


def labels_chart(runs: Sequence[LoadedRun]) -> Markup:
    """What went wrong in each run, by label; infrastructure errors in bars of their own."""
    most = max(
        (max(_failed(run), run.summary.infra_errors) / max(1, len(run.rows)) for run in runs), default=0
    )
    if not most:
        return element("p", "No reply failed.")
    bars = [_bar(run, number, _BAR_WIDTH / most) for number, run in enumerate(runs)]
    height = _BAR_STEP * 2 * len(runs)
    drawing = element(
        "svg", *bars, viewBox=f"0 0 {_WIDTH:g} {height:g}", role="img", class_="chart",
        aria_label="Failures of each run by label",
    )  # fmt: skip
    return join(element("div", drawing, class_="wide", tabindex="0"), _legend(runs))


def _plot(points: Sequence[_Point]) -> Markup:
    sizes = [math.log10(size) for _, size, _ in points]
    low, high = min(sizes) - 0.15, max(sizes) + 0.15
    floor = math.floor(min(interval.low for _, _, interval in points) * 10) / 10
    ceiling = max(floor + 0.1, math.ceil(max(interval.high for _, _, interval in points) * 10) / 10)

    def across(size: float) -> float:
        share = (math.log10(size) - low) / (high - low)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def up(rate: float) -> float:
        share = (rate - floor) / (ceiling - floor)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts: list[Markup] = []
    for tenth in range(round(floor * 10), round(ceiling * 10) + 1):
        y = up(tenth / 10)
        parts.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", f"{tenth * 10} %", x=_LEFT - 8, y=y + 4, text_anchor="end"))
    parts += _families(points, across, up)
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    axis = "size of the model's file (logarithmic)"
    parts.append(element("text", axis, x=middle, y=_HEIGHT - 6, text_anchor="middle"))
    return element(
        "svg", *parts, viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", role="img", class_="chart",
        aria_label="Accuracy against file size",
    )  # fmt: skip


def _families(points: Sequence[_Point], across: _Scale, up: _Scale) -> list[Markup]:
    parts: list[Markup] = []
    ordered = sorted(points, key=lambda point: (_family(point[0]), point[1]))
    for number, (_, members) in enumerate(groupby(ordered, key=lambda point: _family(point[0]))):
        colour = f"c{number % _COLOURS}"
        family = list(members)
        line = " ".join(f"{across(size)},{up(interval.estimate)}" for _, size, interval in family)
        parts.append(element("polyline", points=line, class_=f"line {colour}"))
        for name, size, interval in family:
            x, y = across(size), up(interval.estimate)
            said = (
                f"{name}: {interval.estimate:.1%}, 95 % CI {interval.low:.1%} … {interval.high:.1%}, "
                f"{megabytes(size)}"
            )
            bar = element(
                "line", x1=x, x2=x, y1=up(interval.low), y2=up(interval.high), class_=f"bar {colour}"
            )
            dot = element("circle", element("title", said), cx=x, cy=y, r=5.0, class_=f"dot {colour}")
            parts += [bar, dot, element("text", name, x=x + 9, y=y + 4)]
            below = _HEIGHT - _BOTTOM + 16
            parts.append(element("text", megabytes(size), x=x, y=below, text_anchor="middle", class_="faint"))
    return parts


def megabytes(size: int) -> str:
    """A size in bytes, for people."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"


def _bar(run: LoadedRun, number: int, scale: float) -> Markup:
    """The bars of one run; `scale` is the width of all its replies."""
    top, rows = _BAR_STEP * 2 * number, max(1, len(run.rows))
    parts = [element("text", run.name, x=_BAR_LEFT - 8, y=top + 18, text_anchor="end")]
    x = _BAR_LEFT
    for place, label in enumerate(FAILURES):
        count = run.summary.labels.get(label, 0)
        if count:
            width = round(count / rows * scale, 2)
            said = element("title", f"{run.name}: {label} {count} of {rows}")
            parts.append(element("rect", said, x=x, y=top + 4, width=width, height=20.0, class_=f"l{place}"))
            x += width
    parts.append(element("text", str(_failed(run)), x=x + 6, y=top + 18))
    infra = run.summary.infra_errors
    parts.append(
        element("text", "infrastructure", x=_BAR_LEFT - 8, y=top + 40, text_anchor="end", class_="faint")
    )
    width = round(infra / rows * scale, 2)
    said = element("title", f"{run.name}: infra_error {infra} of {rows}")
    parts.append(element("rect", said, x=_BAR_LEFT, y=top + 30, width=width, height=12.0, class_="infra"))
    parts.append(element("text", str(infra), x=_BAR_LEFT + width + 6, y=top + 40, class_="faint"))
    return join(*parts)


def _legend(runs: Sequence[LoadedRun]) -> Markup:
    items: list[Markup] = []
    for place, label in enumerate(FAILURES):
        counts = [run.summary.labels.get(label, 0) for run in runs]
        if any(counts):
            swatch = element("span", class_=f"swatch l{place}")
            items.append(element("li", swatch, f" {label}: {' / '.join(map(str, counts))}"))
    return element("ul", *items, class_="legend")


def _failed(run: LoadedRun) -> int:
    return sum(run.summary.labels.get(label, 0) for label in FAILURES)


def _family(name: str) -> str:
    return name.partition(":")[0]
