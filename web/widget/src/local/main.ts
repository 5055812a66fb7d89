// local.js: the model in the visitor's browser. The widget fetches it when somebody asks this model something.

import type { BrowserModel, Emit, HereModel, Question, ToolPort } from "./contract.ts";
import { BrowserEngine } from "./engine.ts";
import { weights } from "./fetching.ts";
import { runTurn } from "./loop.ts";

declare const WASM_VERSION: string;

/**
 * Fetches the model and starts it.
 *
 * @throws Error where this browser or this page cannot run it.
 */
export async function open(server: string, model: BrowserModel, onProgress: (share: number) => void): Promise<HereModel> {
  // Nothing need be fetched to know that it is missing, or that the page forbids it.
  try {
    await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  } catch {
    throw new Error("it has no WebAssembly, or this page forbids it");
  }
  const engine = await BrowserEngine.open(await weights(server, model, onProgress), `${server}/static/wllama.wasm?v=${WASM_VERSION}`);
  return {
    get lost() {
      return engine.lost;
    },
    turn: (question: Question, port: ToolPort, emit: Emit, signal: AbortSignal) => runTurn(engine, question, port, emit, signal),
  };
}
