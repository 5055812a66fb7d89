// llama.cpp in WebAssembly, by wllama: one model, one conversation, the likeliest token that the grammar lets pass.

import { Wllama } from "@wllama/wllama/esm/index.js";
import { END } from "./dialect.ts";
import type { Verdict } from "./grammar.ts";

const CONTEXT = 8192;
const BATCH = 256;
/** Tokens looked at before all of them are. */
const FIRST_LOOK = 24;
/** Seconds that starting may take once everything is here; a browser that forbids workers says nothing at all. */
const START_S = 60;

export interface Reply {
  readonly text: string;
  /** Whether it was cut at the limit of tokens. */
  readonly cut: boolean;
  readonly tokens: number;
}

export class BrowserEngine {
  readonly #wllama: Wllama;
  readonly #end: number;
  readonly #pieces = new Map<number, string>();
  #lost = "";
  /** What the model's state holds. */
  #seen = "";

  private constructor(wllama: Wllama, end: number) {
    this.#wllama = wllama;
    this.#end = end;
  }

  /**
   * Starts the model.
   *
   * @throws Error where the browser cannot: no WebAssembly or SIMD, no leave for it, too little memory.
   */
  static async open(weights: Blob, wasm: string): Promise<BrowserEngine> {
    const quiet = (): void => undefined;
    let timer = 0;
    let fail: (reason: unknown) => void = quiet;
    const failed = new Promise<never>((_resolve, reject) => {
      fail = (reason) => reject(reason instanceof Event ? new Error("its worker did not start") : reason);
      timer = window.setTimeout(() => fail(new Error("it did not start in time")), START_S * 1000);
    });
    const logger = { debug: quiet, log: quiet, warn: quiet, error: (reason: unknown): void => fail(reason) };
    const wllama = new Wllama({ "single-thread/wllama.wasm": wasm }, { suppressNativeLog: true, logger });
    try {
      await Promise.race([wllama.loadModel([weights], { n_ctx: CONTEXT, n_batch: BATCH, n_threads: 1 }), failed]);
      const [end] = await wllama.tokenize(END);
      return new BrowserEngine(wllama, end!);
    } catch (error) {
      void wllama.exit().catch(quiet);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Why it can no longer be used; empty where it can. */
  get lost(): string {
    return this.#lost;
  }

  /**
   * Completes a prompt.
   *
   * @param judge Says which beginnings of a reply may be.
   * @param onWords Told of words as they come; of calls it is told nothing.
   * @throws DOMException AbortError, where `signal` ends it.
   */
  async complete(prompt: string, judge: (reply: string) => Verdict, most: number, signal: AbortSignal, onWords: (text: string) => void): Promise<Reply> {
    try {
      return await this.#complete(prompt, judge, most, signal, onWords);
    } catch (error) {
      // What the state holds now is not known.
      this.#seen = "";
      if (signal.aborted) throw signal.reason;
      this.#lost = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  async #complete(prompt: string, judge: (reply: string) => Verdict, most: number, signal: AbortSignal, onWords: (text: string) => void): Promise<Reply> {
    await this.#feed(prompt, signal);
    const decoder = new TextDecoder();
    let [binary, text] = ["", ""];
    for (let tokens = 1; tokens <= most; tokens++) {
      signal.throwIfAborted();
      const token = await this.#choose(binary, judge);
      if (token === this.#end) {
        text += decoder.decode();
        this.#seen = prompt + text;
        return { text, cut: false, tokens };
      }
      const piece = await this.#piece(token);
      binary += piece;
      const words = decoder.decode(Uint8Array.from(piece, (char) => char.charCodeAt(0)), { stream: true });
      text += words;
      if (words && !text.startsWith("<")) onWords(words);
      await this.#wllama.decode([token], {});
    }
    return { text: text + decoder.decode(), cut: true, tokens: most };
  }

  /** Brings the state to the end of a prompt; a state of fixed size can go on, but not back. */
  async #feed(prompt: string, signal: AbortSignal): Promise<void> {
    const known = this.#seen && prompt.startsWith(this.#seen) && prompt.length > this.#seen.length ? this.#seen : "";
    if (!known) await this.#wllama.kvClear();
    this.#seen = "";
    await this.#wllama.decode(await this.#wllama.tokenize(prompt.slice(known.length)), { abortSignal: signal });
  }

  /** The likeliest token that may follow. */
  async #choose(reply: string, judge: (reply: string) => Verdict): Promise<number> {
    const mayEnd = judge(reply).whole;
    for (const looked of [FIRST_LOOK, -1]) {
      for (const { token } of await this.#wllama.getLogits(looked)) {
        if (token === this.#end) {
          if (mayEnd) return token;
          continue;
        }
        const piece = await this.#piece(token);
        const verdict = piece ? judge(reply + piece) : null;
        if (verdict && (verdict.open || verdict.whole)) return token;
      }
    }
    return this.#end;
  }

  async #piece(token: number): Promise<string> {
    let piece = this.#pieces.get(token);
    if (piece === undefined) {
      const bytes = await this.#wllama.detokenize([token]);
      piece = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      this.#pieces.set(token, piece);
    }
    return piece;
  }

  async close(): Promise<void> {
    await this.#wllama.exit();
  }
}
