// Requests to the server. On its own pages a cookie and a CSRF header; on other people's pages a bearer token.

import type { BrowserModel, OfferedTool, ToolAnswer } from "./local/contract.ts";
import type { Head, Model, Quota, Run, Session, StoredConversation } from "./types.ts";

/** A refusal of the server, with the sentence that it gives. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;

  constructor(status: number, code: string, message: string, details: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export class Api {
  readonly server: string;
  readonly embedded: boolean;
  #csrf = "";
  #token: string | null;
  #session: Promise<Session> | null = null;

  constructor(server: string, embedded: boolean) {
    this.server = server;
    this.embedded = embedded;
    this.#token = embedded ? localStorage.getItem(this.#key) : null;
  }

  get #key(): string {
    return `smallwatch:${this.server}:token`;
  }

  /** The session, begun when it is first needed. */
  session(): Promise<Session> {
    this.#session ??= this.#begin().catch((error: unknown) => {
      this.#session = null;
      throw error;
    });
    return this.#session;
  }

  async #begin(): Promise<Session> {
    let session: Session | null = null;
    if (!this.embedded || this.#token) {
      try {
        session = await this.#json<Session>("GET", "/api/session");
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 401) throw error;
        this.forget();
      }
    }
    if (!session || session.kind === "nobody") session = await this.#json<Session>("POST", "/api/session", { embedded: this.embedded });
    this.#keep(session);
    return session;
  }

  #keep(session: Session): void {
    this.#csrf = session.csrf_token ?? "";
    if (this.embedded && session.token) {
      this.#token = session.token;
      localStorage.setItem(this.#key, session.token);
    }
  }

  /** Trades a code of the login window for a session of the account. */
  async logInByCode(code: string): Promise<Session> {
    const session = await this.#json<Session>("POST", "/api/session/embedded", { code });
    this.#keep(session);
    this.#session = Promise.resolve(session);
    return session;
  }

  async logOut(): Promise<void> {
    await this.#request("DELETE", "/api/session");
    localStorage.removeItem(this.#key);
    this.#token = null;
    this.#session = null;
  }

  /** Forgets a session that the server no longer knows. */
  forget(): void {
    if (this.embedded) localStorage.removeItem(this.#key);
    this.#token = null;
    this.#session = null;
  }

  models(): Promise<readonly Model[]> {
    return this.#json("GET", "/api/models");
  }

  /** The model that browsers may run themselves; null where there is none. */
  async browserModel(): Promise<BrowserModel | null> {
    const answer = await this.#json<BrowserModel & { readonly available: boolean }>("GET", "/api/models/browser");
    return answer.available ? answer : null;
  }

  /** The tools that the server runs for this person. */
  tools(): Promise<readonly OfferedTool[]> {
    return this.#json("GET", "/api/tools");
  }

  callTool(name: string, values: Record<string, unknown>, signal: AbortSignal): Promise<ToolAnswer> {
    return this.#json("POST", "/api/tool-calls", { name, arguments: values }, signal);
  }

  decideTool(id: string, approve: boolean, remembered: boolean, signal: AbortSignal): Promise<ToolAnswer> {
    return this.#json("POST", `/api/tool-calls/${encodeURIComponent(id)}/decision`, { approve, remembered }, signal);
  }

  quota(): Promise<Quota> {
    return this.#json("GET", "/api/quota");
  }

  conversations(): Promise<readonly Head[]> {
    return this.#json("GET", "/api/conversations");
  }

  conversation(id: string): Promise<StoredConversation> {
    return this.#json("GET", `/api/conversations/${encodeURIComponent(id)}`);
  }

  newConversation(): Promise<Head> {
    return this.#json("POST", "/api/conversations", {});
  }

  async removeConversation(id: string): Promise<void> {
    await this.#request("DELETE", `/api/conversations/${encodeURIComponent(id)}`);
  }

  run(conversation: string, text: string, model: string): Promise<Run> {
    return this.#json("POST", `/api/conversations/${encodeURIComponent(conversation)}/runs`, { text, model });
  }

  async cancel(run: string): Promise<void> {
    await this.#request("POST", `/api/runs/${encodeURIComponent(run)}/cancel`);
  }

  retry(run: string): Promise<Run> {
    return this.#json("POST", `/api/runs/${encodeURIComponent(run)}/retry`);
  }

  async decide(run: string, approval: string, approve: boolean, remember: boolean): Promise<void> {
    const path = `/api/runs/${encodeURIComponent(run)}/approvals/${encodeURIComponent(approval)}`;
    await this.#request("POST", path, { approve, remember });
  }

  /** Opens a run's event stream behind the event `after`. */
  events(run: string, after: string, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (after) headers["last-event-id"] = after;
    return this.#request("GET", `/api/runs/${encodeURIComponent(run)}/events`, undefined, headers, signal);
  }

  async #json<T>(method: string, path: string, body?: unknown, signal: AbortSignal | null = null): Promise<T> {
    const response = await this.#request(method, path, body, {}, signal);
    return (await response.json()) as T;
  }

  async #request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    signal: AbortSignal | null = null,
  ): Promise<Response> {
    if (body !== undefined) headers["content-type"] = "application/json";
    if (this.#token) headers["authorization"] = `Bearer ${this.#token}`;
    else if (method !== "GET" && this.#csrf) headers["x-csrf-token"] = this.#csrf;
    const response = await fetch(this.server + path, {
      method,
      headers,
      signal,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: this.embedded ? "omit" : "same-origin",
      cache: "no-store",
    });
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function refusal(response: Response): Promise<Refusal> {
  let code = "http";
  let message = `${response.status} ${response.statusText}`;
  let details: unknown = null;
  try {
    const body = (await response.json()) as { error?: { code: string; message: string; details: unknown } };
    if (body.error) ({ code, message, details } = body.error);
  } catch {
    // No JSON: a proxy's own page. The status says enough.
  }
  return new Refusal(response.status, code, message, details);
}
