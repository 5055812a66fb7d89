// The line under the input: what is used, when it refills, what would give more.

import { el, put } from "./dom.ts";
import { fill, type Strings } from "./strings.ts";
import type { Quota } from "./types.ts";

export interface QuotaActions {
  logIn(): void;
  logOut(): void;
  page(path: string): string;
}

export function drawQuota(node: HTMLElement, quota: Quota | null, email: string | null, text: Strings, actions: QuotaActions): void {
  if (!quota) {
    put(node);
    return;
  }
  const number = (value: number): string => value.toLocaleString();
  const words = fill(text.quota, { used: number(quota.used), cap: number(quota.cap) });
  const offers = quota.offers.slice(0, 2).map((offer) => {
    const given = { cap: number(offer.cap) };
    if (offer.action === "log-in") return el("button", { type: "button", onclick: actions.logIn }, fill(text.offerLogIn, given));
    const path = offer.action === "install-agent" ? "/dashboard/agents" : "/account";
    const label = offer.action === "install-agent" ? text.offerAgent : text.offerUpgrade;
    return el("a", { href: actions.page(path), target: "_blank", rel: "noopener" }, fill(label, given));
  });
  put(
    node,
    el("meter", { min: "0", max: String(quota.cap), high: String(quota.cap * 0.8), optimum: "0", value: String(quota.used), "aria-label": words }),
    el("span", {}, `${words}, ${fill(text.refill, { time: until(quota.refill_at, text) })}`),
    quota.warning && el("span", { class: "warned" }, text.warning),
    ...offers,
    email ? el("button", { type: "button", title: fill(text.loggedInAs, { email }), onclick: actions.logOut }, text.logOut) : null,
  );
}

function until(moment: string, text: Strings): string {
  const minutes = Math.max(0, Math.round((Date.parse(moment) - Date.now()) / 60_000));
  return fill(minutes < 60 ? text.minutes : text.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
