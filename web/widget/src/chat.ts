// One conversation: sends, follows, stops, and tells its views. No drawing here.

import { type Api, Refusal } from "./api.ts";
import { follow } from "./follow.ts";
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
  onIdle(): void;
}

export class Chat {
  turns: Turn[] = [];
  conversation: string | null = null;
  #run: string | null = null;
  #abort: AbortController | null = null;
  readonly #api: Api;
  readonly #watcher: ChatWatcher;
  readonly #memory: string;

  constructor(api: Api, watcher: ChatWatcher) {
    this.#api = api;
    this.#watcher = watcher;
    this.#memory = `smallwatch:${api.server}:conversation`;
  }

  get busy(): boolean {
    const last = this.turns.at(-1);
    return !!last && !isOver(last);
  }

  /** Goes on with the conversation of the last visit, a run under way included. */
  async resume(): Promise<void> {
    const id = sessionStorage.getItem(this.#memory);
    if (!id) return;
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
    this.#watcher.onTurns(this.turns);
    if (active) void this.#follow(active);
  }

  /** Begins a new conversation with the next question. */
  fresh(): void {
    this.leave();
    this.conversation = null;
    sessionStorage.removeItem(this.#memory);
    this.turns = [];
    this.#watcher.onTurns(this.turns);
  }

  /** Stops reading; the run goes on. */
  leave(): void {
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
    await this.#api.session();
    if (!this.conversation) this.#remember((await this.#api.newConversation()).id);
    const run = await this.#api.run(this.conversation!, question, model);
    this.turns.push(ask(question, model));
    this.#watcher.onTurn(this.turns.length - 1, this.turns.at(-1)!);
    void this.#follow(run.id);
  }

  async retry(): Promise<void> {
    const last = this.turns.at(-1);
    if (!last || !this.#run) return;
    const run = await this.#api.retry(this.#run);
    this.#update(ask(last.question, last.model));
    void this.#follow(run.id);
  }

  async stop(): Promise<void> {
    if (this.#run) await this.#api.cancel(this.#run);
  }

  async decide(approval: string, approve: boolean, remember: boolean): Promise<void> {
    if (this.#run) await this.#api.decide(this.#run, approval, approve, remember);
  }

  #remember(id: string): void {
    this.conversation = id;
    sessionStorage.setItem(this.#memory, id);
  }

  #update(turn: Turn): void {
    this.turns[this.turns.length - 1] = turn;
    this.#watcher.onTurn(this.turns.length - 1, turn);
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
    if (!abort.signal.aborted) this.#watcher.onIdle();
  }
}
