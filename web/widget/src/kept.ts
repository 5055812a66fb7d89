// Turns of the model in this browser are kept by this browser, in the tab: the server has never seen them.

import type { Turn } from "./turns.ts";

interface Kept {
  /** The turn's place among all turns of the conversation. */
  readonly at: number;
  readonly turn: Turn;
}

/** The place of a conversation that the server does not know yet. */
export const UNSENT = "unsent";

export class KeptTurns {
  readonly #prefix: string;

  constructor(server: string) {
    this.#prefix = `smallwatch:${server}:here:`;
  }

  /** Keeps those of the turns that the server does not have. */
  save(conversation: string, turns: readonly Turn[]): void {
    const kept = turns.flatMap((turn, at): Kept[] => (turn.here ? [{ at, turn }] : []));
    try {
      if (kept.length) sessionStorage.setItem(this.#prefix + conversation, JSON.stringify(kept));
      else this.remove(conversation);
    } catch {
      // The tab's storage is full; the turns are still on the page.
    }
  }

  remove(conversation: string): void {
    sessionStorage.removeItem(this.#prefix + conversation);
  }

  /** The turns of the server with those of this browser put back in their places. */
  restore(conversation: string, turns: readonly Turn[]): Turn[] {
    const all = [...turns];
    for (const { at, turn } of this.#read(conversation)) {
      all.splice(at, 0, turn.state === "running" ? { ...turn, state: "interrupted", loading: null } : turn);
    }
    return all;
  }

  #read(conversation: string): readonly Kept[] {
    try {
      return JSON.parse(sessionStorage.getItem(this.#prefix + conversation) ?? "[]") as Kept[];
    } catch {
      return [];
    }
  }
}
