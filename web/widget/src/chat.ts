// One conversation: sends, follows, stops, and tells its views. No drawing here.

import { type Api, Refusal } from "./api.ts";
import { follow } from "./follow.ts";
import { Here, HERE, Unable } from "./here.ts";
import { KeptTurns, UNSENT } from "./kept.ts";
import { ask, fromMessages, isOver, reduce, type Turn } from "./turns.ts";
import type { Event, Quota } from "./types.ts";

export interface ChatWatcher {
  /** A turn is new or has changed; `index` is its place. */
  onTurn(index: number, turn: Turn): void;
  /** All turns were replaced. */
  onTurns(turns: readonly Turn[]): void;
  onQuota(change: Partial<Quota>): void;
  onEvent(event: Event, turn: Turn): void;
  onConnection(up: boolean): void;
  /** A turn is over; `here`: the server had no part in it. */
  onIdle(here: boolean): void;
  /** This browser cannot run its model; somebody else must answer. */
  onUnable(question: string, reason: string): void;
}

/** A turn under way in this browser. */
interface Working {
  readonly abort: AbortController;
  readonly approvals: Map<string, (decision: { approve: boolean; remember: boolean }) => void>;
}

export class Chat {
  turns: Turn[] = [];
  conversation: string | null = null;
  #run: string | null = null;
  #abort: AbortController | null = null;
  #working: Working | null = null;
  readonly here: Here;
  readonly #kept: KeptTurns;
  readonly #api: Api;
  readonly #watcher: ChatWatcher;
  readonly #memory: string;

  constructor(api: Api, watcher: ChatWatcher) {
    this.#api = api;
    this.#watcher = watcher;
    this.#memory = `smallwatch:${api.server}:conversation`;
    this.here = new Here(api);
    this.#kept = new KeptTurns(api.server);
  }

  get busy(): boolean {
    const last = this.turns.at(-1);
    return !!last && !isOver(last);
  }

  /** Goes on with the conversation of the last visit, a run under way included. */
  async resume(): Promise<void> {
    const id = sessionStorage.getItem(this.#memory);
    if (!id) {
      this.turns = this.#kept.restore(UNSENT, []);
      if (this.turns.length) this.#watcher.onTurns(this.turns);
      return;
    }
    try {
      await this.open(id);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      sessionStorage.removeItem(this.#memory);
    }
  }

  async open(id: string): Promise<void> {
    const stored = await this.#api.conversation(id);
    this.leave();
    this.#remember(id);
    this.turns = fromMessages(stored.said);
    const active = stored.active_run;
    if (active) {
      // The event log tells the last turn from its beginning.
      const question = this.turns.at(-1)?.question ?? "";
      this.turns[Math.max(this.turns.length - 1, 0)] = ask(question, "");
    }
    this.turns = this.#kept.restore(id, this.turns);
    this.#watcher.onTurns(this.turns);
    if (active) void this.#follow(active);
  }

  /** Begins a new conversation with the next question. */
  fresh(): void {
    this.leave();
    this.conversation = null;
    this.#kept.remove(UNSENT);
    sessionStorage.removeItem(this.#memory);
    this.turns = [];
    this.#watcher.onTurns(this.turns);
  }

  /** Stops reading; a run of the server goes on. */
  leave(): void {
    this.#working?.abort.abort();
    this.#working = null;
    this.#abort?.abort();
    this.#abort = null;
    this.#run = null;
  }

  /**
   * Asks a question.
   *
   * @throws Refusal where the server takes no run now; the question is not kept then.
   */
  async send(question: string, model: string): Promise<void> {
    if (model === HERE) {
      void this.#answerHere(question);
      return;
    }
    await this.#api.session();
    if (!this.conversation) this.#remember((await this.#api.newConversation()).id);
    this.#keep();
    const run = await this.#api.run(this.conversation!, question, model);
    this.turns.push(ask(question, model));
    this.#watcher.onTurn(this.turns.length - 1, this.turns.at(-1)!);
    void this.#follow(run.id);
  }

  async retry(): Promise<void> {
    const last = this.turns.at(-1);
    if (last?.here) {
      this.turns.pop();
      this.#watcher.onTurns(this.turns);
      void this.#answerHere(last.question);
      return;
    }
    if (!last || !this.#run) return;
    const run = await this.#api.retry(this.#run);
    this.#update(ask(last.question, last.model));
    void this.#follow(run.id);
  }

  async stop(): Promise<void> {
    if (this.#working) this.#working.abort.abort();
    else if (this.#run) await this.#api.cancel(this.#run);
  }

  async decide(approval: string, approve: boolean, remember: boolean): Promise<void> {
    if (this.#working) this.#working.approvals.get(approval)?.({ approve, remember });
    else if (this.#run) await this.#api.decide(this.#run, approval, approve, remember);
  }

  /** Whether the server lacks a part of what is on the page. */
  get hasKept(): boolean {
    return this.turns.some((turn) => turn.here);
  }

  #keep(): void {
    this.#kept.save(this.conversation ?? UNSENT, this.turns);
  }

  #remember(id: string): void {
    if (!this.conversation) this.#kept.remove(UNSENT);
    this.conversation = id;
    sessionStorage.setItem(this.#memory, id);
  }

  #update(turn: Turn): void {
    this.turns[this.turns.length - 1] = turn;
    this.#watcher.onTurn(this.turns.length - 1, turn);
  }

  /** Answers in this browser: what is asked and said stays here, only calls go out. */
  async #answerHere(question: string): Promise<void> {
    const working: Working = { abort: new AbortController(), approvals: new Map() };
    this.#working = working;
    this.#run = null;
    const earlier = [...this.turns];
    this.turns.push(ask(question, "", true));
    this.#watcher.onTurn(this.turns.length - 1, this.turns.at(-1)!);
    const tell = (event: Event): void => {
      if (this.#working !== working) return;
      const turn = reduce(this.turns.at(-1)!, event);
      this.#update(turn);
      if (event.type !== "text-delta" && event.type !== "model-loading") this.#keep();
      this.#watcher.onEvent(event, turn);
    };
    const { signal } = working.abort;
    const approval = (id: string): Promise<{ approve: boolean; remember: boolean }> =>
      new Promise((resolve, reject) => {
        working.approvals.set(id, resolve);
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    try {
      await this.here.ask(question, earlier, tell, approval, signal);
      tell({ type: "run-ended", state: "finished", charged: 0 });
    } catch (error) {
      if (this.#working !== working) return;
      if (signal.aborted) tell({ type: "run-ended", state: "cancelled", charged: 0 });
      else if (this.#hand(question, error)) return;
      else {
        if (error instanceof Refusal && error.status === 401) this.#api.forget();
        const message = error instanceof Error ? error.message : String(error);
        tell({ type: "turn-failed", message, retryable: true, text: "" });
        tell({ type: "run-ended", state: "failed", charged: 0 });
      }
    }
    if (this.#working !== working) return;
    this.#working = null;
    this.#watcher.onIdle(true);
  }

  /** Hands a question on that cannot be answered here, if nothing of the answer was seen; returns whether. */
  #hand(question: string, error: unknown): boolean {
    const unable = error instanceof Unable || (this.here.lost && !this.turns.at(-1)?.parts.length);
    if (!unable) return false;
    this.#working = null;
    this.turns.pop();
    this.#keep();
    this.#watcher.onTurns(this.turns);
    this.#watcher.onUnable(question, error instanceof Error ? error.message : String(error));
    return true;
  }

  async #follow(run: string): Promise<void> {
    const abort = new AbortController();
    this.#run = run;
    this.#abort = abort;
    try {
      await follow(this.#api, run, abort.signal, {
        onEvent: (event) => {
          const turn = reduce(this.turns.at(-1)!, event);
          this.#update(turn);
          if (event.type === "quota-updated") this.#watcher.onQuota(event);
          this.#watcher.onEvent(event, turn);
        },
        onConnection: (up) => this.#watcher.onConnection(up),
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#update(reduce(reduce(this.turns.at(-1)!, { type: "run-failed", code: "lost", message }), { type: "run-ended", state: "failed", charged: 0 }));
    }
    if (!abort.signal.aborted) this.#watcher.onIdle(false);
  }
}
