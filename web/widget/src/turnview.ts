// Draws one turn. What did not change stays in the page: open panels, selections and the reading position survive.

import { el, put } from "./dom.ts";
import { markdown } from "./markdown.ts";
import { panel, type PanelActions } from "./panel.ts";
import { fill, type Strings } from "./strings.ts";
import { isOver, type Part, type Turn } from "./turns.ts";

export interface TurnActions extends PanelActions {
  retry(): void;
  /** What people call a model. */
  modelLabel(name: string): string;
}

export class TurnView {
  readonly node: HTMLElement;
  #parts = el("div", { class: "answer" });
  #foot = el("div", { class: "foot" });
  #drawn: { part: Part; node: HTMLElement }[] = [];
  #turn: Turn | null = null;
  readonly #text: Strings;
  readonly #actions: TurnActions;

  constructor(turn: Turn, text: Strings, actions: TurnActions) {
    this.#text = text;
    this.#actions = actions;
    this.node = el(
      "article",
      { class: "turn" },
      el("h3", { class: "sr" }, text.you),
      el("p", { class: "question", dir: "auto" }, turn.question),
      el("h3", { class: "sr" }, text.assistant),
      this.#parts,
      this.#foot,
    );
    this.update(turn);
  }

  update(turn: Turn): void {
    if (turn === this.#turn) return;
    turn.parts.forEach((part, index) => {
      const drawn = this.#drawn[index];
      if (drawn?.part === part) return;
      const node = this.#part(part, drawn?.node);
      if (drawn && drawn.node !== node) drawn.node.replaceWith(node);
      else if (!drawn) this.#parts.append(node);
      this.#drawn[index] = { part, node };
    });
    this.#turn = turn;
    this.node.setAttribute("aria-busy", String(!isOver(turn)));
    this.#drawFoot(turn);
  }

  #part(part: Part, before: HTMLElement | undefined): HTMLElement {
    switch (part.kind) {
      case "call": {
        const open = before instanceof HTMLDetailsElement ? before.open && before.dataset["state"] !== "asking" : false;
        return panel(part, open, this.#text, this.#actions);
      }
      case "text": {
        const node = before ?? el("div", { class: "text", dir: "auto" });
        put(node, markdown(part.text));
        return node;
      }
      case "reasoning": {
        const node = before ?? el("details", { class: "thought" }, el("summary", {}, this.#text.thought), el("p", { dir: "auto" }));
        node.lastElementChild!.textContent = part.text;
        return node;
      }
      case "error":
        return el("p", { class: "error" }, part.text);
      case "note":
        return el("p", { class: "note" }, part.text === "trimmed" ? this.#text.trimmed : part.text);
    }
  }

  #drawFoot(turn: Turn): void {
    const text = this.#text;
    const words: (Node | string)[] = [];
    if (turn.state === "queued" && turn.queue) {
      words.push(el("span", { class: "queue" }, fill(text.queued, { position: turn.queue.position, wait: Math.ceil(turn.queue.wait) })));
    } else if (turn.loading !== null) {
      const label = turn.loading < 1 ? fill(text.loading, { share: Math.round(turn.loading * 100) }) : text.starting;
      words.push(el("progress", { max: "1", value: String(turn.loading), "aria-label": label }), el("span", {}, label));
    } else if (turn.state === "running") {
      words.push(el("span", { class: "busy" }, el("i"), el("i"), el("i"), el("span", { class: "sr" }, text.thinking)));
    }
    if (turn.state === "cancelled") words.push(text.cancelled);
    if (turn.state === "interrupted") words.push(text.interrupted);
    if (isOver(turn) && turn.model) words.push(el("span", { class: "cost" }, `${this.#actions.modelLabel(turn.model)} · ${turn.here ? text.answeredHere : turn.charged ? fill(text.thisTurn, { charged: turn.charged.toLocaleString() }) : text.free}`));
    if (turn.retryable && isOver(turn)) words.push(el("button", { type: "button", class: "retry", onclick: () => this.#actions.retry() }, text.retry));
    put(this.#foot, ...words);
  }
}
