// A turn of the model in the browser: the loop of agent/loop.py with the same limits and the same events. The model is
// asked here; only calls go to the server, which judges, asks for approval where it must, and runs them.

import type { ToolCall, ToolResult } from "../types.ts";
import type { Emit, Question, Talk, ToolAnswer, ToolPort } from "./contract.ts";
import { type Message, type Piece, quoteOf, read, render, type Tool } from "./dialect.ts";
import { grammar, type Verdict } from "./grammar.ts";
import { named } from "./marks.ts";

const STEPS = 8;
const CALLS = 10;
const IDENTICAL = 3;
const REASKS = 2;
const REPLY_TOKENS = 512;
/** Characters of the conversation that the model sees; reading them takes a second or two on a slow machine. */
const HISTORY_CHARS = 4000;
/** Calls that run together. */
const TOGETHER = 4;
const EXCERPT = 60;
const LAST = "No tool can be called any more. Answer from the results above, and say what is missing.";
const CIRCLES = "The model went round in circles with the same calls.";

/** Completes prompts; `BrowserEngine` is one. */
export interface Completer {
  complete(prompt: string, judge: (reply: string) => Verdict, most: number, signal: AbortSignal, onWords: (text: string) => void): Promise<{ text: string; cut: boolean }>;
}

/** Works on one question; returns when there is an answer or a limit. Errors of the model and the tools go out. */
export async function runTurn(model: Completer, question: Question, port: ToolPort, emit: Emit, signal: AbortSignal): Promise<void> {
  await new Turn(model, question, port, emit, signal).run();
}

class Turn {
  readonly #model: Completer;
  readonly #port: ToolPort;
  readonly #emit: Emit;
  readonly #signal: AbortSignal;
  readonly #messages: Message[];
  readonly #seen = new Map<string, number>();
  readonly #replies: string[] = [];
  readonly #remembered = new Set<string>();
  #calls = 0;
  #named = 0;
  #reasks = 0;
  #steps = 0;
  #limit = "";

  constructor(model: Completer, question: Question, port: ToolPort, emit: Emit, signal: AbortSignal) {
    this.#model = model;
    this.#port = port;
    this.#emit = emit;
    this.#signal = signal;
    const { messages, dropped } = trimmed(question.history);
    this.#messages = [...messages, { role: "user", content: question.text }];
    if (dropped) emit({ type: "history-trimmed", dropped });
  }

  async run(): Promise<void> {
    while (!this.#limit && this.#steps < STEPS) {
      const pieces = await this.#ask(this.#port.tools);
      const calls = pieces.filter((piece) => piece.kind === "call");
      const broken = pieces.filter((piece) => piece.kind === "malformed");
      if (!calls.length && !broken.length) return;
      await this.#act(pieces, calls, broken);
    }
    const words = this.#limit || `The limit of ${STEPS} steps was reached.`;
    this.#emit({ type: "limit-reached", message: words });
    this.#messages.push({ role: "user", content: `${words} ${LAST}` });
    const last = await this.#ask([]);
    if (!last.length) this.#emit({ type: "text-delta", text: `I stopped before I could answer. ${words}` });
  }

  /** Has the model make one reply. */
  async #ask(tools: readonly Tool[]): Promise<Piece[]> {
    this.#signal.throwIfAborted();
    this.#emit({ type: "step-started", step: ++this.#steps });
    const quote = quoteOf(this.#messages);
    let quoted = false;
    const { text: prompt, names } = render(this.#messages, tools);
    const words = (text: string): void => {
      if (!quoted) this.#emit({ type: "text-delta", text: quote ?? named(text, names) });
      quoted = quote !== undefined;
    };
    const judge = grammar(tools, this.#messages, names);
    const reply = await this.#model.complete(prompt, judge, REPLY_TOKENS, this.#signal, words);
    const pieces = read(named(reply.text, names), tools, this.#port.now());
    return pieces.map((piece) => (piece.kind === "text" && quote !== undefined ? { ...piece, text: quote } : piece));
  }

  async #act(pieces: readonly Piece[], calls: readonly Extract<Piece, { kind: "call" }>[], broken: readonly Extract<Piece, { kind: "malformed" }>[]): Promise<void> {
    const text = pieces.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
    const named = calls.map((call): ToolCall => ({ id: `here-${++this.#named}`, name: call.name, arguments: call.arguments }));
    this.#messages.push({ role: "assistant", content: text || (calls.length ? "" : broken[0]!.raw), calls: named });
    for (const { raw, reason } of broken) this.#emit({ type: "malformed-call", raw, reason });
    const repeated = this.#judge(named);
    const contents: string[] = [];
    for (let at = 0; at < named.length; at += TOGETHER) {
      const some = named.slice(at, at + TOGETHER);
      contents.push(...(await Promise.all(some.map((call, index) => this.#answer(call, repeated[at + index]!)))));
    }
    for (const content of contents) this.#messages.push({ role: "tool", content });
    if (broken.length && this.#reasks++ < REASKS) this.#messages.push({ role: "user", content: reask(broken) });
    else if (broken.length && !calls.length) this.#limit = `The model wrote calls that could not be read, ${REASKS + 1} times.`;
  }

  /** Says of each call whether it comes up once too often, or replies alternate: A, B, A, B. */
  #judge(calls: readonly ToolCall[]): boolean[] {
    const prints = calls.map((call) => (this.#port.tools.find((tool) => tool.name === call.name)?.polling ? "" : `${call.name} ${canonical(call.arguments)}`));
    const counted = prints.filter(Boolean).join("\n");
    if (counted) this.#replies.push(counted);
    const [a, b, c, d] = this.#replies.slice(-4);
    const alternating = !!counted && !!d && a === c && b === d && a !== b;
    return prints.map((print) => {
      const times = (this.#seen.get(print) ?? 0) + 1;
      this.#seen.set(print, times);
      return !!print && (alternating || times >= IDENTICAL);
    });
  }

  /** Answers a call; returns what the model is told. */
  async #answer(call: ToolCall, repeated: boolean): Promise<string> {
    const effect = this.#port.tools.find((tool) => tool.name === call.name)?.effect ?? "";
    this.#emit({ type: "tool-call-proposed", index: 0, call, effect });
    if (repeated) {
      this.#limit ||= CIRCLES;
      return this.#refuse(call, "repeated", "It was called like this before, in this very turn. Answer from the results you have.");
    }
    if (++this.#calls > CALLS) {
      this.#limit ||= `The limit of ${CALLS} calls in a row was reached.`;
      return this.#refuse(call, "call-limit", "Too many calls in a row. Answer from the results you have.");
    }
    if (effect === "read") this.#emit({ type: "tool-running", call });
    let answer = await this.#port.call(call.name, call.arguments, this.#signal);
    if (answer.state === "waiting") {
      const decided = await this.#approve(call, answer);
      if (!decided) return this.#refuse(call, "not-approved", "nobody allowed it in time.");
      answer = decided;
    }
    return this.#finish(call, answer);
  }

  async #approve(call: ToolCall, asked: ToolAnswer): Promise<ToolAnswer | null> {
    const approval = asked.approval!;
    this.#emit({ type: "approval-requested", call_id: call.id, approval });
    const remembered = this.#remembered.has(call.name);
    const decision = remembered ? { approve: true, remember: true } : await this.#port.approval(approval.id, this.#signal);
    if (decision.approve && decision.remember) this.#remembered.add(call.name);
    this.#emit({ type: "approval-decided", call_id: call.id, verdict: decision.approve ? "approved" : "denied" });
    return this.#port.decide(approval.id, decision.approve, remembered, this.#signal);
  }

  #finish(call: ToolCall, answer: ToolAnswer): string {
    const [result, content] = [answer.result!, answer.content ?? JSON.stringify(answer.result)];
    const told = { call_id: call.id, name: call.name, result, content };
    if (answer.state === "rejected") this.#emit({ type: "call-rejected", reason: answer.reason ?? "", ...told });
    else this.#emit({ type: "tool-finished", seconds: answer.seconds, ...told });
    return content;
  }

  #refuse(call: ToolCall, reason: string, why: string): string {
    const result: ToolResult = { success: false, message: `${call.name} was not run${why.startsWith("nobody") ? ":" : "."} ${why}`, data: {} };
    const content = JSON.stringify({ ...result, truncated: false, next_page: null });
    this.#emit({ type: "call-rejected", call_id: call.id, name: call.name, reason, result, content });
    return content;
  }
}

/** Tells the model where its calls broke. */
export function reask(broken: readonly Extract<Piece, { kind: "malformed" }>[]): string {
  const places = broken.slice(0, 3).map(({ raw, reason, position }) => {
    const start = Math.max(0, position - EXCERPT);
    return `${reason}, at character ${position}: '${start ? "…" : ""}${raw.slice(start, position)}⟦here⟧${raw.slice(position, position + EXCERPT)}'`;
  });
  return `Your tool call could not be read and was not run (${places.join("; ")}). Write the whole call again in the right form, or answer in words.`;
}

/** Arguments as one text, whatever the order of their names. */
function canonical(values: Record<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * The newest turns that fit; a turn stays or goes whole. Where one is too much, half of them go, so that the next
 * questions find the same beginning, which the model need not read again.
 */
function trimmed(history: readonly Talk[]): { messages: Message[]; dropped: number } {
  const sizes = history.map((talk) => talk.reduce((sum, { content, calls }) => sum + Math.min(content.length, 500) + JSON.stringify(calls ?? []).length, 0));
  let [first, chars] = [0, 0];
  for (const [index, size] of sizes.entries()) {
    chars += size;
    if (chars > HISTORY_CHARS) while (first <= index && chars > HISTORY_CHARS / 2) chars -= sizes[first++]!;
  }
  return { messages: history.slice(first).flat(), dropped: history.slice(0, first).flat().length };
}
