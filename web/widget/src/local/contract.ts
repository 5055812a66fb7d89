// What the widget and the model in the browser, two files that are fetched apart, say to each other.

import type { Event, ToolResult } from "../types.ts";
import type { Message, Tool } from "./dialect.ts";

/** A tool that the server would run. */
export interface OfferedTool extends Tool {
  readonly effect: string;
  readonly polling: boolean;
}

/** What the server says to a call; see `POST /api/tool-calls` in docs/web-api.md. */
export interface ToolAnswer {
  readonly id: string;
  readonly state: "finished" | "rejected" | "waiting";
  readonly reason: string | null;
  readonly approval: { readonly id: string; readonly tool: string; readonly arguments: string; readonly effect: string } | null;
  readonly result: ToolResult | null;
  readonly content: string | null;
  readonly seconds: number;
}

/** The server's tools, and the person who is asked for approval. */
export interface ToolPort {
  readonly tools: readonly OfferedTool[];
  now(): number;
  call(name: string, values: Record<string, unknown>, signal: AbortSignal): Promise<ToolAnswer>;
  /** Waits for the person. */
  approval(id: string, signal: AbortSignal): Promise<{ readonly approve: boolean; readonly remember: boolean }>;
  /** Tells the server; null where it was too late. */
  decide(id: string, approve: boolean, remembered: boolean, signal: AbortSignal): Promise<ToolAnswer | null>;
}

/** The messages of one earlier turn. */
export type Talk = readonly Message[];

export interface Question {
  readonly text: string;
  readonly history: readonly Talk[];
}

export type Emit = (event: Event) => void;

/** What `GET /api/models/browser` says. */
export interface BrowserModel {
  readonly model: string;
  readonly url: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A model that runs here. */
export interface HereModel {
  /** Why it can no longer be used; empty where it can. */
  readonly lost: string;
  turn(question: Question, port: ToolPort, emit: Emit, signal: AbortSignal): Promise<void>;
}

/** What the file `local.js` offers. */
export interface HereModule {
  open(server: string, model: BrowserModel, onProgress: (share: number) => void): Promise<HereModel>;
}
