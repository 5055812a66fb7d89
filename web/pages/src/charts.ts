// Response times by uPlot; the period is chosen by buttons beside the chart.

import uPlot from "uplot";

interface Point {
  readonly at: string;
  readonly checks: number;
  readonly failures: number;
  readonly avg_ms: number | null;
  readonly max_ms: number | null;
}

export function charts(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLElement>("[data-series]")) {
    const section = node.closest("section") ?? node;
    const buttons = [...section.querySelectorAll<HTMLButtonElement>("[data-step]")];
    const words = section.querySelector<HTMLElement>("[data-chart-words]");
    let plot: uPlot | null = null;
    const show = async (step: string): Promise<void> => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["step"] === step));
      const response = await fetch(`${node.dataset["series"]}?step=${step}`, { credentials: "same-origin" });
      if (!response.ok) {
        if (words) words.textContent = `The results cannot be shown: ${response.status} ${response.statusText}.`;
        return;
      }
      const { points } = (await response.json()) as { points: readonly Point[] };
      plot?.destroy();
      plot = points.length ? draw(node, points) : null;
      if (words) words.textContent = describe(points);
    };
    for (const button of buttons) button.addEventListener("click", () => void show(button.dataset["step"] ?? "check"));
    new ResizeObserver(() => plot?.setSize({ width: node.clientWidth, height: 240 })).observe(node);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => buttons.find((button) => button.ariaPressed === "true")?.click());
    void show("check");
  }
}

function draw(node: HTMLElement, points: readonly Point[]): uPlot {
  const style = getComputedStyle(node);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const lowest = 0;
  const times = { ...axis, values: (_plot: uPlot, ticks: number[]): string[] => ticks.map(label) };
  const options: uPlot.Options = {
    width: node.clientWidth,
    height: 240,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { y: { range: (_plot, _min, max) => [lowest, (max || 1) * 1.1] } },
    axes: [times, { ...axis, values: (_plot, ticks) => ticks.map((tick) => `${tick} ms`), size: 70 }],
    series: [
      { label: "time (UTC)", value: (_plot, value) => (value === null ? "–" : new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ")) },
      { label: "average", stroke: colour("--accent"), width: 2, value: (_plot, value) => (value === null ? "–" : `${value} ms`) },
      { label: "longest", stroke: colour("--quiet"), dash: [4, 4], value: (_plot, value) => (value === null ? "–" : `${value} ms`) },
      { label: "failures", stroke: colour("--bad"), paths: () => null, points: { show: true, size: 7, fill: colour("--bad") }, value: (_plot, value) => (value === null ? "–" : "yes") },
    ],
  };
  const data: uPlot.AlignedData = [
    points.map((point) => Date.parse(point.at) / 1000),
    points.map((point) => point.avg_ms),
    points.map((point) => point.max_ms),
    points.map((point) => (point.failures ? lowest : null)),
  ];
  return new uPlot(options, data, node);
}

/** A moment below the axis, UTC: the time of day, and at its beginning the day. */
function label(seconds: number, index: number): string {
  const text = new Date(seconds * 1000).toISOString();
  const [day, time] = [text.slice(5, 10), text.slice(11, 16)];
  if (time === "00:00") return day;
  return index ? time : `${time}\n${day}`;
}

function describe(points: readonly Point[]): string {
  const times = points.map((point) => point.avg_ms).filter((time) => time !== null);
  const checks = points.reduce((sum, point) => sum + point.checks, 0);
  const failures = points.reduce((sum, point) => sum + point.failures, 0);
  if (!checks) return "Nothing was checked in this period.";
  const average = times.length ? `${(times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(1)} ms on average, ` : "";
  return `${average}${checks.toLocaleString()} checks, ${failures.toLocaleString()} failed.`;
}
