"""A watched host at close range: facts, a chart of its response times, its incidents."""

from __future__ import annotations

import math
from contextlib import aclosing
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.content import Content
from textual.widgets import Static
from textual_plotext import PlotextPlot

from tools.errors import ToolError
from tools.records import MonitoredHost
from tools.wording import clock, count, length, ms, number
from tui.hosts.cells import STATES, days_left
from tui.hosts.changing import HostActions
from tui.hosts.feed import HostDetail
from tui.keys import binding
from tui.rows import Rows
from tui.safe import line

#: Lines of the screen that are not the chart, and levels that a chart has at least; at most one in three lines.
_ROWS_BESIDE, _LEAST_LEVELS = 16, 3
_PERIODS = ((24, "24 hours"), (168, "7 days"), (720, "30 days"), (1, "1 hour"))


class HostScreen(HostActions):
    """One host, kept up to date while the screen is seen."""

    AUTO_FOCUS = "#incidents"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("back", "Back", show=True),
        binding("host_period", "Period", show=True),
        binding("host_pause", "Pause", show=True),
        binding("host_maintenance", "Maintenance", show=True),
        binding("host_delete", "Delete"),
        binding("reload", "Reload"),
    ]

    def __init__(self, host: MonitoredHost) -> None:
        """Takes the host."""
        super().__init__()
        self._host = host
        self._period = 0
        self._shown: HostDetail | None = None

    def content(self) -> ComposeResult:
        """Facts above, the chart, incidents below."""
        yield Static(Content(line(self._host.address)), id="facts", markup=False)
        yield PlotextPlot(id="chart")
        yield Rows("incidents")

    def on_mount(self) -> None:
        """Begins to follow the host."""
        self.query_one(Rows).add_columns("began", "lasted", "cause")
        self.say(self._host.address)
        self._follow()
        self.owner.theme_changed_signal.subscribe(self, lambda theme: self._draw())

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        feed = await self.feed()
        await self._load()
        async with aclosing(feed.changes()) as changes:
            async for _ in changes:
                if self.is_current:
                    await self._load()

    async def _load(self) -> None:
        feed = await self.feed()
        try:
            self._shown = await feed.detail(self._host.id, _PERIODS[self._period][0])
        except ToolError as error:
            self.query_one("#facts", Static).update(Content(line(str(error), 400)))
            return
        self._host = self._shown.row.host
        self._draw()

    def _draw(self) -> None:
        detail = self._shown
        if detail is None or not self.is_mounted:
            return
        self.query_one("#facts", Static).update(self._facts(detail))
        self._chart(detail)
        table = self.query_one(Rows)
        table.clear()
        now = self.owner.services.clock()
        for incident in detail.incidents[:200]:
            lasted = length(((incident.ended or now) - incident.began).total_seconds())
            table.add_row(
                Text(clock(incident.began)),
                Text(lasted if incident.ended else f"{lasted}, goes on"),
                Text(line(incident.cause, 120)),
            )
        if not detail.incidents:
            table.add_row(Text("none"), Text(""), Text("no outage is known"))

    def _facts(self, detail: HostDetail) -> Content:
        row, uptime, host = detail.row, detail.uptime, detail.row.host
        mark, colour = STATES[host.status]
        port = f" port {host.port}" if host.port else ""
        facts = [
            f"every {length(host.interval_s)}",
            "no answer" if row.response_ms is None else f"last {ms(row.response_ms)}",
        ]
        if row.last_check is not None:
            facts.append(f"checked {clock(row.last_check)}")
        if row.certificate_ends is not None:
            left = days_left(row.certificate_ends, self.owner.services.clock())
            facts.append(f"certificate {left} days")
        known = [] if uptime.uptime_pct is None else [f"uptime {number(uptime.uptime_pct, 3)} %"]
        known.append(f"{count(uptime.outages, 'outage')}, {length(uptime.downtime_s)} down")
        for name, value in (("p50", uptime.p50_ms), ("p95", uptime.p95_ms), ("p99", uptime.p99_ms)):
            if value is not None:
                known.append(f"{name} {ms(value)}")
        return Content.assemble(
            (f"{mark} ", f"${colour}"),
            (line(host.address, 60), "bold"),
            (f"  {host.endpoint}{port}, {host.status}", "$muted"),
            f"\n{'  '.join(facts)}\n{_PERIODS[self._period][1]}: {'  '.join(known)}",
        )

    def _chart(self, detail: HostDetail) -> None:
        """Draws mean response times; crosses at the bottom where checks failed."""
        chart = self.query_one(PlotextPlot)
        plot = chart.plt
        plot.clear_data()
        now, hours = self.owner.services.clock(), _PERIODS[self._period][0]
        places = [(sample.at - now).total_seconds() / 3600 for sample in detail.samples]
        pairs = list(zip(places, detail.samples, strict=True))
        drawn = [(at, sample.response_ms) for at, sample in pairs if sample.response_ms is not None]
        failed = [at for at, sample in pairs if sample.failed > 0]
        colours = self.owner.theme_variables
        if drawn:
            values = [value for _, value in drawn]
            plot.plot([at for at, _ in drawn], values, color=_rgb(colours["primary"]), marker="braille")
            top = max(values) * 1.15 or 1
            plot.ylim(0, top)
            # By the screen: the chart itself may not have its size yet.
            levels = _levels(top, at_most=max(_LEAST_LEVELS, (self.size.height - _ROWS_BESIDE) // 3))
            plot.yticks(levels, [number(level, 2) for level in levels])
        if failed:
            plot.scatter(failed, [0] * len(failed), color=_rgb(colours["error"]), marker="x")
        ticks = [-hours * part / 4 for part in range(4, -1, -1)]
        plot.xlim(-hours, 0)
        plot.xticks(ticks, [_ago(-tick) for tick in ticks])
        plot.title("response time, ms; x: checks failed" if failed else "response time, ms")
        chart.refresh()

    def chosen(self) -> MonitoredHost:
        """The host."""
        return self._host

    def reload(self) -> None:
        """Reads the host anew."""
        self._reload()

    @work(exclusive=True, group="reload")
    async def _reload(self) -> None:
        await self._load()

    def gone(self) -> None:
        """Goes back to the list."""
        self.dismiss()

    def action_reload(self) -> None:
        """Reads the host anew."""
        self.reload()

    def action_back(self) -> None:
        """Goes back to the list."""
        self.dismiss()

    def action_host_period(self) -> None:
        """Shows another period."""
        self._period = (self._period + 1) % len(_PERIODS)
        self.reload()


def _ago(hours: float) -> str:
    if not hours:
        return "now"
    return f"-{number(hours / 24)} d" if hours >= 48 else f"-{number(hours)} h"


def _levels(top: float, at_most: int) -> list[float]:
    """Round levels from 0 to `top`: one, two or five of a power of ten apart."""
    exponent = math.floor(math.log10(top / at_most))
    step = next(each for each in (size * 10.0**exponent for size in (1, 2, 5, 10)) if top / each <= at_most)
    return [step * place for place in range(int(top / step) + 1)]


def _rgb(colour: str) -> tuple[int, int, int]:
    return Color.parse(colour).rgb
