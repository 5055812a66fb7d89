"""Accuracy against file size, as one SVG file that needs no other; light and dark as the viewer has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby

from evals.report.markup import Markup, element, join
from evals.sweep.record import Result

_WIDTH, _PANEL, _LEFT, _RIGHT = 960.0, 408.0, 60.0, 24.0
_TOP, _BOTTOM, _LEGEND = 40.0, 134.0, 34.0
_LABEL_STEP = 11.0
_FINE = 0.4
_STYLE = """
:root { --ground: #ffffff; --text: #1c2024; --faint: #5f6871; --line: #d6dbe0;
  --c0: #0b5cad; --c1: #b45309; --c2: #1a7f4b; --c3: #8b3aa8; --c4: #b3261e; --c5: #4f6272; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --faint: #9aa5af; --line: #343b42;
  --c0: #7cb7f5; --c1: #eda35a; --c2: #58c48b; --c3: #cf94e6; --c4: #f2837b; --c5: #a5b4c1; } }
.ground { fill: var(--ground); }
text { fill: var(--text); font: 12px system-ui, sans-serif; }
text.title { font-weight: 600; font-size: 13px; }
text.faint { fill: var(--faint); }
text.format { font-size: 10px; }
.grid { stroke: var(--line); } .leader { stroke: var(--line); fill: none; }
.line { fill: none; stroke-width: 1.5; } .bar { stroke-width: 1.5; }
""" + "".join(
    f".line.c{n}, .bar.c{n} {{ stroke: var(--c{n}); }} .dot.c{n}, text.c{n} {{ fill: var(--c{n}); }}\n"
    for n in range(6)
)
_COLOURS = 6
_Scale = Callable[[float], float]


def figure(results: Sequence[Result]) -> str:
    """Draws a panel for each suite and each way to hold calls; a line for each model, from format to format."""
    drawn = [
        result for result in results if result.file_bytes and result.accuracy is not None and result.ci95
    ]
    families = list(dict.fromkeys(_family(result) for result in drawn))
    colours = {family: f"c{number % _COLOURS}" for number, family in enumerate(families)}
    panels = [list(group) for _, group in groupby(sorted(drawn, key=_panel_key), key=_panel_key)]
    height = _LEGEND + _PANEL * max(1, len(panels))
    parts = [
        element("style", Markup(_STYLE)),
        element("rect", width=_WIDTH, height=height, class_="ground"),
        _legend(colours),
        *(_panel(panel, _LEGEND + _PANEL * number, colours) for number, panel in enumerate(panels)),
    ]
    if not panels:
        parts.append(element("text", "no run has a scored reply and a file yet", x=_LEFT, y=_LEGEND + 40))
    return str(
        element(
            "svg", *parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH:g} {height:g}",
            width=_WIDTH, height=height, role="img", aria_label="Accuracy against file size",
        )
    ) + "\n"  # fmt: skip


def _panel(results: Sequence[Result], top: float, colours: dict[str, str]) -> Markup:
    sizes = [math.log10(result.file_bytes or 1) for result in results]
    low, high = min(sizes) - 0.05, max(sizes) + 0.05
    bounds = [bound for result in results for bound in result.ci95 or ()]
    # The axis in steps of 5 points, or of 10 where there would be many.
    step = 5 if max(bounds) - min(bounds) <= _FINE else 10
    floor, ceiling = math.floor(min(bounds) * 100 / step) * step, math.ceil(max(bounds) * 100 / step) * step
    ceiling = max(ceiling, floor + step)
    bottom = top + _PANEL - _BOTTOM

    def across(size: float) -> float:
        return round(_LEFT + (math.log10(size) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)

    def up(rate: float) -> float:
        return round(bottom - (rate * 100 - floor) / (ceiling - floor) * (bottom - top - _TOP), 1)

    first = results[0]
    title = f"{first.suite}, {first.n} cases, calls constrained: {first.constrained}"
    axes = "accuracy with 95 % intervals, by size of the file (logarithmic)"
    parts = [
        element("text", title, x=_LEFT, y=top + 22, class_="title"),
        element("text", axes, x=_WIDTH - _RIGHT, y=top + 22, text_anchor="end", class_="faint"),
    ]
    for points in range(floor, ceiling + 1, step):
        y = up(points / 100)
        parts.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", f"{points} %", x=_LEFT - 8, y=y + 4, text_anchor="end"))
    ordered = sorted(results, key=lambda result: (_family(result), result.file_bytes or 0))
    for family, members in groupby(ordered, key=_family):
        parts.append(_line(list(members), colours[family], across, up))
    parts.append(_formats(results, bottom, colours, across))
    return join(*parts)


def _line(members: Sequence[Result], colour: str, across: _Scale, up: _Scale) -> Markup:
    """One model's formats, the smallest file first."""
    places = [(across(result.file_bytes or 1), up(result.accuracy or 0.0)) for result in members]
    parts = [element("polyline", points=" ".join(f"{x},{y}" for x, y in places), class_=f"line {colour}")]
    for result, (x, y) in zip(members, places, strict=True):
        low, high = result.ci95 or (0.0, 0.0)
        said = (
            f"{result.model}: {result.accuracy:.1%}, 95 % CI {low:.1%} … {high:.1%}, "
            f"{(result.file_bytes or 0) / 1e6:.3g} MB, {result.tokens_per_s:.0f} tokens/s"
        )
        parts.append(element("line", x1=x, x2=x, y1=up(low), y2=up(high), class_=f"bar {colour}"))
        parts.append(element("circle", element("title", said), cx=x, cy=y, r=3.5, class_=f"dot {colour}"))
    return join(*parts)


def _formats(results: Sequence[Result], bottom: float, colours: dict[str, str], across: _Scale) -> Markup:
    """The formats' names and sizes below the axis, moved apart where files are of like size."""
    ordered = sorted(results, key=lambda result: (result.file_bytes or 0, result.model))
    wanted = [across(result.file_bytes or 1) for result in ordered]
    parts: list[Markup] = []
    for result, x, shown in zip(ordered, wanted, _apart(wanted), strict=True):
        points = f"{x},{bottom} {x},{bottom + 5} {shown},{bottom + 14}"
        parts.append(element("polyline", points=points, class_="leader"))
        name = f"{result.format or result.model} {(result.file_bytes or 0) / 1e6:.3g} MB"
        y = bottom + 17
        parts.append(
            element(
                "text", name, x=shown, y=y, transform=f"rotate(90 {shown:g} {y:g})", dy="0.35em",
                class_=f"format {colours[_family(result)]}",
            )
        )  # fmt: skip
    return join(*parts)


def _apart(places: Sequence[float]) -> list[float]:
    """Places in ascending order, moved so that no two are nearer than a line of text."""
    moved: list[float] = []
    for place in places:
        moved.append(place if not moved else max(place, moved[-1] + _LABEL_STEP))
    # What was pushed over the right edge goes back, and pushes the others to the left.
    edge = _WIDTH - _RIGHT
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], edge)
        edge = moved[number] - _LABEL_STEP
    return [round(place, 1) for place in moved]


def _legend(colours: dict[str, str]) -> Markup:
    parts: list[Markup] = []
    x = _LEFT
    for family, colour in colours.items():
        parts.append(element("circle", cx=x, cy=20.0, r=4.0, class_=f"dot {colour}"))
        parts.append(element("text", family, x=x + 9, y=24.0))
        x += 24 + 7.5 * len(family)
    return join(*parts)


def _panel_key(result: Result) -> tuple[str, str]:
    return result.suite, result.constrained


def _family(result: Result) -> str:
    return result.model.partition(":")[0]
