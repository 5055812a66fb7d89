// The conversation as it is shown: events and stored messages go in, plain values come out. No DOM here.

import type { Event, StoredMessage, ToolCall, ToolResult } from "./types.ts";

export type CallState = "writing" | "proposed" | "asking" | "running" | "done" | "failed" | "rejected";

export interface CallView {
  readonly kind: "call";
  readonly id: string;
  readonly name: string;
  readonly arguments: Record<string, unknown> | null;
  readonly state: CallState;
  readonly effect: string;
  readonly approval: { readonly id: string; readonly arguments: string; readonly effect: string } | null;
  readonly result: ToolResult | null;
  /** What the model was told of the result, to the letter; only of the model in this browser. */
  readonly content?: string | undefined;
  readonly seconds: number | null;
}

export interface TextView {
  readonly kind: "text" | "reasoning" | "note" | "error";
  readonly text: string;
}

export type Part = CallView | TextView;

/** One question and what came of it. */
export interface Turn {
  readonly question: string;
  readonly model: string;
  readonly parts: readonly Part[];
  readonly state: "queued" | "running" | "finished" | "failed" | "cancelled" | "interrupted";
  readonly queue: { readonly position: number; readonly wait: number } | null;
  /** The share of the model that has been fetched, while it is; only of the model in this browser. */
  readonly loading: number | null;
  /** Whether it is answered in this browser, and the server knows nothing of it. */
  readonly here: boolean;
  readonly charged: number;
  readonly retryable: boolean;
}

export function ask(question: string, model: string, here = false): Turn {
  return { question, model, parts: [], state: "running", queue: null, loading: null, here, charged: 0, retryable: false };
}

/** Turns stored messages into turns; a result finds its call by id. */
export function fromMessages(messages: readonly StoredMessage[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const turn = turns.at(-1);
    // The program's own words to the model are no part of the talk.
    if (message.note === "reask" || message.note === "agent") continue;
    if (message.role === "user") {
      turns.push({ ...ask(message.content ?? "", ""), state: "finished" });
    } else if (turn && message.role === "assistant") {
      const parts: Part[] = [...turn.parts];
      if (message.content) parts.push({ kind: "text", text: message.content });
      for (const call of message.calls) parts.push(called(call, "done"));
      turns[turns.length - 1] = { ...turn, parts, state: message.note === "partial" ? "cancelled" : "finished" };
    } else if (turn && message.role === "tool") {
      const result = parseResult(message.content ?? "");
      turns[turns.length - 1] = change(turn, message.call_id ?? "", (call) => ({
        ...call,
        result,
        state: result.success ? "done" : "failed",
      }));
    }
  }
  return turns;
}

/** The turn after an event. Unknown events change nothing, so that an older widget outlives a newer server. */
export function reduce(turn: Turn, event: Event): Turn {
  switch (event.type) {
    case "run-queued":
      return { ...turn, state: "queued", queue: { position: event.position, wait: event.expected_wait_s } };
    case "model-loading":
      return { ...turn, loading: event.share };
    case "turn-started":
      return { ...turn, state: "running", queue: null, loading: null, model: event.model || turn.model };
    case "step-started":
      return { ...turn, state: "running", queue: null };
    case "text-delta":
      return append(turn, "text", event.text);
    case "reasoning-delta":
      return append(turn, "reasoning", event.text);
    case "history-trimmed":
      return event.dropped ? add(turn, { kind: "note", text: "trimmed" }) : turn;
    case "tool-call-proposed":
      return add(turn, { ...called(event.call, "proposed"), effect: event.effect });
    case "approval-requested": {
      const { id, arguments: text, effect } = event.approval;
      return change(turn, event.call_id, (call) => ({ ...call, state: "asking", approval: { id, arguments: text, effect } }));
    }
    case "approval-decided":
      return change(turn, event.call_id, (call) => ({
        ...call,
        approval: null,
        state: event.verdict === "approved" ? "running" : "rejected",
      }));
    case "tool-running":
      return change(turn, event.call.id, (call) => ({ ...call, state: "running", arguments: event.call.arguments }));
    case "tool-finished":
      return change(turn, event.call_id, (call) => ({
        ...call,
        result: event.result,
        content: event.content,
        seconds: event.seconds,
        state: event.result.success ? "done" : "failed",
      }));
    case "call-rejected":
      return change(turn, event.call_id, (call) => ({ ...call, result: event.result, content: event.content, approval: null, state: "rejected" }));
    case "limit-reached":
      return add(turn, { kind: "note", text: event.message });
    case "quota-updated":
      return { ...turn, charged: turn.charged + event.charged };
    case "turn-failed":
      return { ...add(turn, { kind: "error", text: event.message }), retryable: event.retryable };
    case "run-failed":
      return add(turn, { kind: "error", text: event.message });
    case "run-ended": {
      const parts = turn.parts.map((part) => (part.kind === "call" && !part.result ? settle(part) : part));
      return { ...turn, parts, state: event.state, queue: null, loading: null, charged: event.charged, retryable: turn.retryable || event.state === "interrupted" };
    }
    default:
      return turn;
  }
}

/** The answer's words, without thoughts and calls. */
export function answer(turn: Turn): string {
  return turn.parts
    .filter((part) => part.kind === "text")
    .map((part) => (part as TextView).text)
    .join("\n\n");
}

export function isOver(turn: Turn): boolean {
  return turn.state !== "running" && turn.state !== "queued";
}

/** The first list of flat objects in a result, as a table; null where there is none. */
export function table(data: unknown): { readonly head: string[]; readonly rows: string[][] } | null {
  const lists = Array.isArray(data) ? [data] : data && typeof data === "object" ? Object.values(data) : [];
  for (const list of lists) {
    if (!Array.isArray(list) || !list.length || !list.every(isFlat)) continue;
    const head = [...new Set(list.flatMap((row) => Object.keys(row)))].slice(0, 6);
    return { head, rows: list.slice(0, 50).map((row) => head.map((key) => shown(row[key]))) };
  }
  return null;
}

/** The scalar facts of a result, as pairs. */
export function facts(data: unknown): [string, string][] {
  if (!data || typeof data !== "object" || Array.isArray(data)) return [];
  return Object.entries(data)
    .filter(([, value]) => value === null || typeof value !== "object")
    .map(([key, value]) => [key, shown(value)]);
}

/** Ids of monitored hosts that a result speaks of. */
export function hostIds(result: ToolResult | null): number[] {
  const found = new Set<number>();
  const data = result?.data;
  if (!data || typeof data !== "object") return [];
  const rows: unknown[] = [data, ...Object.values(data).flat()];
  for (const row of rows) {
    if (!row || typeof row !== "object") continue;
    const { id, host_id: hostId, address } = row as Record<string, unknown>;
    if (Number.isInteger(hostId)) found.add(hostId as number);
    else if (Number.isInteger(id) && typeof address === "string") found.add(id as number);
  }
  return [...found].slice(0, 5);
}

function isFlat(row: unknown): row is Record<string, unknown> {
  return !!row && typeof row === "object" && !Array.isArray(row) && Object.values(row).every((value) => value === null || typeof value !== "object");
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function called(call: ToolCall, state: CallState): CallView {
  return { kind: "call", id: call.id, name: call.name, arguments: call.arguments, state, effect: "", approval: null, result: null, seconds: null };
}

function settle(call: CallView): CallView {
  return { ...call, approval: null, state: "rejected" };
}

function add(turn: Turn, part: Part): Turn {
  return { ...turn, parts: [...turn.parts, part] };
}

function append(turn: Turn, kind: "text" | "reasoning", text: string): Turn {
  const last = turn.parts.at(-1);
  if (last?.kind !== kind) return add(turn, { kind, text });
  return { ...turn, parts: [...turn.parts.slice(0, -1), { kind, text: last.text + text }] };
}

function change(turn: Turn, id: string, update: (call: CallView) => CallView): Turn {
  return { ...turn, parts: turn.parts.map((part) => (part.kind === "call" && part.id === id ? update(part) : part)) };
}

function parseResult(content: string): ToolResult {
  try {
    const value: unknown = JSON.parse(content);
    if (value && typeof value === "object" && "success" in value) return value as ToolResult;
  } catch {
    // Not JSON: the words themselves are the result.
  }
  return { success: true, message: content, data: null };
}
