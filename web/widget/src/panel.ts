// A tool call as a panel: what was asked, how it goes, what came of it.

import { el } from "./dom.ts";
import { fill, type Strings } from "./strings.ts";
import { type CallView, facts, hostIds, table } from "./turns.ts";

export interface PanelActions {
  decide(approval: string, approve: boolean, remember: boolean): void;
  hostPage(id: number): string;
}

const LONGEST = 400;

export function panel(call: CallView, open: boolean, text: Strings, actions: PanelActions): HTMLElement {
  const states = {
    writing: text.stateProposed, proposed: text.stateProposed, asking: text.stateAsking, running: text.stateRunning,
    done: text.stateDone, failed: text.stateFailed, rejected: text.stateRejected,
  };
  const seconds = call.seconds === null ? "" : ` · ${duration(call.seconds)}`;
  const details = el(
    "details",
    { class: "call", "data-state": call.state, "data-call": call.id, open: open || call.state === "asking" },
    el(
      "summary",
      {},
      el("span", { class: "dot", "aria-hidden": "true" }),
      el("code", {}, call.name),
      el("span", { class: "brief" }, brief(call)),
      el("span", { class: "state" }, states[call.state] + seconds),
    ),
    argumentList(call, text),
    call.approval && approval(call, text, actions),
    call.result && result(call, text),
  );
  const links = hostIds(call.result).map((id) =>
    el("a", { href: actions.hostPage(id), target: "_blank", rel: "noopener" }, fill(text.chart, { id })),
  );
  if (links.length) details.append(el("p", { class: "links" }, ...links));
  return details;
}

function duration(seconds: number): string {
  return seconds < 0.95 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
}

function brief(call: CallView): string {
  const value = Object.values(call.arguments ?? {}).find((item) => typeof item === "string");
  return clip(String(value ?? ""), 40);
}

function argumentList(call: CallView, text: Strings): HTMLElement | null {
  const pairs = Object.entries(call.arguments ?? {});
  if (!pairs.length) return null;
  return el("dl", { "aria-label": text.arguments }, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, el("bdi", {}, clip(typeof value === "string" ? value : JSON.stringify(value), LONGEST)))]));
}

function approval(call: CallView, text: Strings, actions: PanelActions): HTMLElement {
  const asked = call.approval!;
  const decide = (approve: boolean, remember: boolean) => () => actions.decide(asked.id, approve, remember);
  return el(
    "div",
    { class: "approval", role: "group", "aria-label": fill(text.approvalTitle, { tool: call.name }) },
    el("p", {}, fill(text.approvalTitle, { tool: call.name }), " ", asked.effect === "intrusive" ? text.approvalIntrusive : text.approvalWrite),
    el("pre", {}, clip(asked.arguments, LONGEST)),
    el("button", { type: "button", class: "primary", "data-approve": "once", onclick: decide(true, false) }, text.approve),
    el("button", { type: "button", "data-approve": "remember", onclick: decide(true, true) }, text.remember),
    el("button", { type: "button", "data-approve": "no", onclick: decide(false, false) }, text.deny),
  );
}

function result(call: CallView, text: Strings): HTMLElement {
  const found = call.result!;
  const rows = table(found.data);
  const pairs = rows ? [] : facts(found.data);
  return el(
    "div",
    { class: "result" },
    el("p", {}, el("bdi", {}, clip(found.message, 1000))),
    rows &&
      el(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": text.result },
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, ...rows.head.map((name) => el("th", { scope: "col" }, name)))),
          el("tbody", {}, ...rows.rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, el("bdi", {}, clip(cell, 120))))))),
        ),
      ),
    pairs.length > 0 && el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, el("bdi", {}, clip(value, LONGEST)))])),
    found.truncated && el("p", { class: "cut" }, text.cut),
  );
}

function clip(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
