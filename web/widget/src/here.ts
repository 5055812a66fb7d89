// The model that runs in this browser: a file of its own, fetched when it is first asked something.

import type { Api } from "./api.ts";
import { Refusal } from "./api.ts";
import type { BrowserModel, Emit, HereModel, HereModule, OfferedTool, Talk, ToolPort } from "./local/contract.ts";
import type { Message } from "./local/dialect.ts";
import type { Turn } from "./turns.ts";

declare const LOCAL_VERSION: string;

/** The name of the model button's entry. */
export const HERE = "browser";

/** This browser, or this page, cannot run the model. */
export class Unable extends Error {}

export class Here {
  readonly #api: Api;
  #offer: Promise<BrowserModel | null> | null = null;
  #model: HereModel | null = null;
  #tools: readonly OfferedTool[] | null = null;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What the server offers to be run here; null where it offers nothing. */
  offer(): Promise<BrowserModel | null> {
    this.#offer ??= this.#api.browserModel().catch(() => {
      this.#offer = null;
      return null;
    });
    return this.#offer;
  }

  /** Forgets which tools are offered: somebody else asks from now on. */
  forget(): void {
    this.#tools = null;
  }

  /**
   * Answers a question here.
   *
   * @throws Unable where this browser cannot.
   */
  async ask(text: string, earlier: readonly Turn[], emit: Emit, approval: ToolPort["approval"], signal: AbortSignal): Promise<void> {
    const offer = await this.offer();
    if (!offer) throw new Unable("the server does not offer it");
    const model = await this.#open(offer, (share) => emit({ type: "model-loading", share }));
    signal.throwIfAborted();
    emit({ type: "turn-started", model: offer.model });
    try {
      await model.turn({ text, history: earlier.map(talk) }, await this.#port(approval), emit, signal);
    } finally {
      if (model.lost) this.#model = null;
    }
  }

  /** Whether the model has died, and must be started again. */
  get lost(): boolean {
    return !this.#model;
  }

  async #open(offer: BrowserModel, onProgress: (share: number) => void): Promise<HereModel> {
    if (this.#model) return this.#model;
    try {
      const server = this.#api.server;
      const module = (await import(`${server}/static/local.js?v=${LOCAL_VERSION}`)) as HereModule;
      this.#model = await module.open(server, offer, onProgress);
      return this.#model;
    } catch (error) {
      throw new Unable(error instanceof Error ? error.message : String(error));
    }
  }

  async #port(approval: ToolPort["approval"]): Promise<ToolPort> {
    const api = this.#api;
    await api.session();
    this.#tools ??= await api.tools();
    return {
      tools: this.#tools,
      now: () => Date.now(),
      call: (name, values, signal) => api.callTool(name, values, signal),
      approval,
      decide: async (id, approve, remembered, signal) => {
        try {
          return await api.decideTool(id, approve, remembered, signal);
        } catch (error) {
          if (error instanceof Refusal && error.code === "expired") return null;
          throw error;
        }
      },
    };
  }
}

/** A turn as the messages that a model sees: calls and their results, then words. */
export function talk(turn: Turn): Talk {
  const messages: Message[] = [{ role: "user", content: turn.question }];
  for (const part of turn.parts) {
    if (part.kind === "text") messages.push({ role: "assistant", content: part.text });
    if (part.kind !== "call") continue;
    const result = part.result ?? { success: false, message: `${part.name} was not run: the turn was ended before that.`, data: {} };
    messages.push({ role: "assistant", content: "", calls: [{ name: part.name, arguments: part.arguments ?? {} }] });
    messages.push({ role: "tool", content: part.content ?? JSON.stringify(result) });
  }
  return messages;
}
