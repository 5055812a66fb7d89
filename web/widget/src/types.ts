// What the server says: see docs/web-api.md. Only the fields that the widget uses.

export interface Session {
  readonly kind: "nobody" | "visitor" | "account" | "program";
  readonly account: { readonly email: string } | null;
  readonly csrf_token: string | null;
  readonly token: string | null;
}

export interface Model {
  readonly name: string;
  readonly label: string;
  readonly available: boolean;
  readonly reason: string | null;
  /** What is to be fetched to run it; only of the model in this browser. */
  readonly bytes?: number;
}

export interface Offer {
  readonly action: "log-in" | "install-agent" | "upgrade";
  readonly plan: string;
  readonly cap: number;
  readonly daily_refill: number;
}

export interface Quota {
  readonly plan: string;
  readonly cap: number;
  readonly balance: number;
  readonly used: number;
  readonly refill_at: string;
  readonly warning: boolean;
  readonly offers: readonly Offer[];
}

export interface Head {
  readonly id: string;
  readonly title: string;
  readonly updated: string;
  readonly active_run: string | null;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

export interface ToolResult {
  readonly success: boolean;
  readonly message: string;
  readonly data: unknown;
  readonly truncated?: boolean;
  readonly next_page?: number | null;
}

export interface StoredMessage {
  readonly role: "user" | "assistant" | "tool";
  readonly content: string | null;
  readonly calls: readonly ToolCall[];
  readonly call_id: string | null;
  readonly note: "" | "partial" | "reask" | "agent";
}

export interface StoredConversation extends Head {
  readonly said: readonly StoredMessage[];
}

export interface Run {
  readonly id: string;
  readonly conversation: string;
  readonly state: string;
}

export type Event =
  | { readonly type: "model-loading"; readonly share: number }
  | { readonly type: "run-queued"; readonly position: number; readonly waiting: number; readonly expected_wait_s: number }
  | { readonly type: "turn-started"; readonly model: string }
  | { readonly type: "step-started"; readonly step: number }
  | { readonly type: "history-trimmed"; readonly dropped: number }
  | { readonly type: "text-delta"; readonly text: string }
  | { readonly type: "reasoning-delta"; readonly text: string }
  | { readonly type: "tool-call-started"; readonly index: number; readonly name: string }
  | { readonly type: "tool-call-proposed"; readonly index: number; readonly call: ToolCall; readonly effect: string }
  | {
      readonly type: "approval-requested";
      readonly call_id: string;
      readonly approval: { readonly id: string; readonly tool: string; readonly arguments: string; readonly effect: string };
    }
  | { readonly type: "approval-decided"; readonly call_id: string; readonly verdict: string }
  | { readonly type: "tool-running"; readonly call: ToolCall }
  | { readonly type: "tool-finished"; readonly call_id: string; readonly name: string; readonly result: ToolResult; readonly seconds: number; readonly content?: string }
  | { readonly type: "call-rejected"; readonly call_id: string; readonly name: string; readonly reason: string; readonly result: ToolResult; readonly content?: string }
  | { readonly type: "malformed-call"; readonly raw: string; readonly reason: string }
  | { readonly type: "limit-reached"; readonly message: string }
  | {
      readonly type: "quota-updated";
      readonly charged: number;
      readonly estimated: boolean;
      readonly balance: number;
      readonly cap: number;
      readonly used: number;
      readonly refill_at: string;
      readonly warning: boolean;
    }
  | { readonly type: "turn-finished"; readonly reason: string; readonly text: string; readonly seconds: number }
  | { readonly type: "turn-failed"; readonly message: string; readonly retryable: boolean; readonly text: string }
  | { readonly type: "run-failed"; readonly code: string; readonly message: string }
  | { readonly type: "run-ended"; readonly state: "finished" | "failed" | "cancelled" | "interrupted"; readonly charged: number };
