// The dialect of the shipped family: how a conversation is written for it, and how its replies are read. The same as
// providers/dialects/netmon*.py, held together by vectors.json. Its replies are held to its grammar (grammar.ts), so
// reading them needs no tolerance; what is no JSON all the same is told to the model.

import { Marks, type Names, unmarked } from "./marks.ts";
import { iso, resolveAmount, resolvePoint, spellAmount, type Unit } from "./quantities.ts";
import { plain } from "./results/plain.ts";
import { stripped } from "./space.ts";
import { written } from "./spoken/written.ts";
import { completed } from "./unsaid.ts";

export const [END, USER, ASSISTANT, RESULT, TOOLS] = ["\x00", "\x01", "\x02", "\x03", "\x04"] as const;

export type Schema = Readonly<Record<string, unknown>>;
export type Arguments = Record<string, unknown>;

export interface Tool {
  readonly name: string;
  readonly parameters: Schema;
}

export interface Call {
  readonly name: string;
  readonly arguments: Arguments;
}

/** One message; the results of several calls stand in the order of the calls. */
export interface Message {
  readonly role: "user" | "assistant" | "tool";
  readonly content: string;
  readonly calls?: readonly Call[];
}

/** A conversation up to where the model goes on, and what the marks stand for that its reply may hold. */
export interface Prompt {
  readonly text: string;
  readonly names: Names;
}

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: Arguments }
  | { readonly kind: "malformed"; readonly raw: string; readonly reason: string; readonly position: number };

/** The tools that the family was trained on. */
export const TOOL_NAMES = [
  "get_host_list", "get_host_data", "get_uptime_report", "get_incidents", "get_user_info", "get_agents",
  "get_available_endpoints", "get_function_status", "check_http", "check_ssl_certificate", "ping_host",
  "dns_lookup", "traceroute", "check_port", "whois_lookup", "test_quantum_safety", "compare_locations",
  "add_host", "edit_host", "delete_host", "set_maintenance", "reset_alerts", "cancel_function", "run_nmap",
  "scan_quantum_ports",
];

/** Parameters that hold an amount of time, and the unit that the tool takes it in. */
export const AMOUNTS: Readonly<Record<string, Unit>> = { timeout_ms: "ms", interval_s: "s", duration_min: "m" };

/** Characters of a tool result that the model is shown. */
const RESULT_CHARS = 450;
const OPEN = "<tool_call>";
const CLOSE = "</tool_call>";

/** Text without anything that would open a turn or a call. */
export function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "").replaceAll(OPEN, "<tool call>");
}

/** What the model reads and copies of each message; in what users say, dictated and half unsaid names are written out. */
export function readTexts(messages: readonly Message[]): string[] {
  const before: string[] = [];
  const asked: string[] = [];
  return messages.map(({ role, content, calls = [] }) => {
    const text = role === "user" ? completed(written(clean(content)), before, asked) : clean(role === "tool" ? plain(content) : content);
    const values = copiedValues(calls);
    before.push(role === "tool" ? [...text].slice(0, RESULT_CHARS).join("") : text, ...values);
    asked.push(...(role === "user" ? [text] : []), ...values);
    return text;
  });
}

/** The texts among the arguments of calls. */
export function copiedValues(calls: readonly Call[]): string[] {
  return calls.flatMap((call) => Object.values(call.arguments).flat()).filter((value): value is string => typeof value === "string");
}

export const openCall = (name: string): string => `${OPEN}{"name":"${name}","arguments":{`;
export const CLOSE_CALL = `}}${CLOSE}`;

/** Writes the conversation up to where the model goes on. */
export function render(messages: readonly Message[], tools: readonly Tool[]): Prompt {
  const offers = new Set(tools.map((tool) => tool.name));
  const offered = TOOL_NAMES.filter((name) => offers.has(name));
  let asked: readonly Call[] = [];
  let answered = 0;
  const texts = readTexts(messages);
  const marks = new Marks();
  const turns = messages.map(({ role, content, calls = [] }, index) => {
    if (role === "user") return USER + marks.read(unmarked(texts[index]!));
    if (role === "tool") return marks.read(unmarked(showResult(content, asked.length > 1 ? asked[answered++] : undefined)));
    asked = calls.map(({ name, arguments: values }) => ({ name, arguments: toWire(values, parametersOf(tools, name)) }));
    answered = 0;
    const written = asked.map((call) => writeCall(call.name, call.arguments)).join("");
    return ASSISTANT + marks.said(unmarked(texts[index]!)) + marks.called(unmarked(written)) + END;
  });
  const text = TOOLS + (offered.length === TOOL_NAMES.length ? "*" : offered.join(" ")) + turns.join("") + ASSISTANT;
  return { text, names: marks.names };
}

/** A tool's result in the plain form, cut to what the model can use; headed by what was asked where that is given. */
function showResult(content: string, asked?: Call): string {
  const shown = asked && Object.keys(asked.arguments).length ? `(${aboutCall(asked.arguments)}) ${plain(content)}` : plain(content);
  const chars = [...shown];
  return RESULT + clean(chars.length > RESULT_CHARS ? `${chars.slice(0, RESULT_CHARS).join("")}… (cut)` : shown);
}

/** What heads the result of one of several calls: the values that it was made with. */
function aboutCall(values: Arguments): string {
  const said = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.values(values).map((value) => (Array.isArray(value) ? value.map(said).join(",") : said(value))).join(" ");
}

function writeCall(name: string, values: Arguments): string {
  return openCall(name) + JSON.stringify(values).slice(1, -1) + CLOSE_CALL;
}

/**
 * Reads a whole reply that has names in place of marks (`named`); relative times count from `now`. A call that was made
 * before in it, word for word, is left out.
 */
export function read(reply: string, tools: readonly Tool[], now: number): Piece[] {
  const seen = new Set<string>();
  return readAll(reply, tools, now).filter((piece) => {
    if (piece.kind !== "call") return true;
    const said = JSON.stringify(piece);
    const first = !seen.has(said);
    seen.add(said);
    return first;
  });
}

function readAll(reply: string, tools: readonly Tool[], now: number): Piece[] {
  const pieces: Piece[] = [];
  const [words = "", ...calls] = reply.split(OPEN);
  if (stripped(words)) pieces.push({ kind: "text", text: words });
  for (const rest of calls) {
    const [body = "", after = ""] = rest.split(CLOSE);
    pieces.push(rest.includes(CLOSE) ? readCall(body, tools, now) : { kind: "malformed", raw: body, reason: "the call breaks off", position: body.length });
    if (stripped(after)) pieces.push({ kind: "text", text: after });
  }
  return pieces;
}

function readCall(body: string, tools: readonly Tool[], now: number): Piece {
  try {
    const { name, arguments: values } = JSON.parse(body) as { name?: unknown; arguments?: unknown };
    if (typeof name === "string" && values && typeof values === "object" && !Array.isArray(values)) {
      return { kind: "call", name, arguments: fromWire(values as Arguments, parametersOf(tools, name), now) };
    }
    return { kind: "malformed", raw: body, reason: "a call has a name and an object of arguments", position: 0 };
  } catch {
    return { kind: "malformed", raw: body, reason: "this is no JSON", position: 0 };
  }
}

/** What the results at the end of a conversation say in words: a model this small quotes them. */
export function quoteOf(messages: readonly Message[]): string | undefined {
  const results = messages.slice(messages.reduce((last, { role }, at) => (role === "tool" ? last : at + 1), 0));
  const said = results.map(({ content }) => sentence(content));
  return said.length && said.every((one) => one) ? said.join(" ") : undefined;
}

function sentence(content: string): string {
  try {
    const result = JSON.parse(content) as { message?: unknown } | null;
    return typeof result?.message === "string" ? stripped(result.message) : "";
  } catch {
    return "";
  }
}

/** The JSON Schemas of a tool's parameters. */
export function parametersOf(tools: readonly Tool[], name: string): Readonly<Record<string, Schema>> {
  return (tools.find((tool) => tool.name === name)?.parameters["properties"] ?? {}) as Record<string, Schema>;
}

function isPoint(schema: Schema | undefined): boolean {
  return schema?.["format"] === "date-time";
}

function amountOf(name: string, schema: Schema | undefined): Unit | undefined {
  return schema?.["type"] === "integer" ? AMOUNTS[name] : undefined;
}

/** Turns the model's arguments into the tool's; what cannot be understood stays as it is, for the server to refuse. */
export function fromWire(values: Arguments, schemas: Readonly<Record<string, Schema>>, now: number): Arguments {
  const result: Arguments = { ...values };
  let start = now;
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string" || !isPoint(schemas[name]) || amountOf(name, schemas[name])) continue;
    // Windows lie ahead; the periods of reports lie behind.
    const moment = resolvePoint(value, now, name === "start" ? "future" : "past");
    if (moment === null) continue;
    if (name === "start") start = moment;
    result[name] = iso(moment);
  }
  for (const [name, value] of Object.entries(values)) {
    const unit = amountOf(name, schemas[name]);
    const amount = typeof value === "string" && unit ? readAmount(value, unit, start) : null;
    if (amount !== null) result[name] = amount;
  }
  return result;
}

function readAmount(text: string, unit: Unit, start: number): number | null {
  if (!text.startsWith("until ")) return resolveAmount(text, unit);
  // A bare end ("until 03:00") is the first such time after the start.
  const end = resolvePoint(text.slice("until ".length), start, "future");
  return end === null || end < start ? null : resolveAmount(`${Math.round((end - start) / 1000)}s`, unit);
}

/** Writes a tool's arguments as the model would have written them, in the schema's order. */
export function toWire(values: Arguments, schemas: Readonly<Record<string, Schema>>): Arguments {
  const order = Object.keys(schemas);
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const result: Arguments = {};
  for (const name of Object.keys(values).sort((a, b) => place(a) - place(b))) {
    const value = values[name];
    const unit = amountOf(name, schemas[name]);
    if (unit && Number.isInteger(value) && (value as number) >= 0) result[name] = spellAmount(value as number, unit);
    else if (!unit && isPoint(schemas[name]) && typeof value === "string") result[name] = value.replace(/Z$/, "").replace(/:00$/, "").replaceAll("T", " ");
    else result[name] = value;
  }
  return result;
}
