// The turn's loop with a scripted model and a scripted server: what is asked, shown, refused and stopped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, reduce, type Turn } from "../turns.ts";
import type { Event } from "../types.ts";
import type { Question, ToolAnswer, ToolPort } from "./contract.ts";
import { openCall } from "./dialect.ts";
import { toBinary, type Verdict } from "./grammar.ts";
import { type Completer, runTurn } from "./loop.ts";
import { MARKS } from "./marks.ts";

const parameters = { type: "object", properties: { target: { type: "string" } }, required: ["target"] };
const tools = [
  { name: "ping_host", parameters, effect: "read", polling: false },
  { name: "get_function_status", parameters, effect: "read", polling: true },
  { name: "delete_host", parameters, effect: "write", polling: false },
];
const call = (name: string, target: string): string => `${openCall(name)}"target":"${target}"}}</tool_call>`;

/** A model that says one reply after another, then the last one for ever. */
class Script implements Completer {
  readonly prompts: string[] = [];
  judge: (reply: string) => Verdict = () => assert.fail("nothing was asked");
  readonly #replies: string[];

  constructor(...replies: string[]) {
    this.#replies = replies;
  }

  async complete(prompt: string, judge: (reply: string) => Verdict, _most: number, signal: AbortSignal, onWords: (text: string) => void): Promise<{ text: string; cut: boolean }> {
    signal.throwIfAborted();
    this.prompts.push(prompt);
    this.judge = judge;
    const text = this.#replies[Math.min(this.prompts.length, this.#replies.length) - 1]!;
    if (!text.startsWith("<")) onWords(text);
    return { text, cut: false };
  }
}

class Server implements ToolPort {
  readonly tools = tools;
  readonly calls: string[] = [];
  readonly decisions: [boolean, boolean][] = [];
  readonly #answer: { approve: boolean; remember: boolean };

  constructor(approve = true, remember = false) {
    this.#answer = { approve, remember };
  }

  now = (): number => 0;
  approval = async (): Promise<{ approve: boolean; remember: boolean }> => this.#answer;

  async call(name: string, values: Record<string, unknown>): Promise<ToolAnswer> {
    this.calls.push(`${name} ${String(values["target"])}`);
    const id = String(this.calls.length);
    if (name !== "delete_host") return finished(id, `${String(values["target"])} answered.`);
    return { id, state: "waiting", reason: null, approval: { id, tool: name, arguments: JSON.stringify(values), effect: "write" }, result: null, content: null, seconds: 0 };
  }

  async decide(id: string, approve: boolean, remembered: boolean): Promise<ToolAnswer> {
    this.decisions.push([approve, remembered]);
    return approve ? finished(id, "Deleted.") : { ...finished(id, "delete_host was not run: it was not allowed."), state: "rejected", reason: "not-approved" };
  }
}

function finished(id: string, message: string): ToolAnswer {
  const result = { success: true, message, data: {} };
  return { id, state: "finished", reason: null, approval: null, result, content: JSON.stringify(result), seconds: 0.1 };
}

async function play(model: Completer, server: ToolPort, question: Partial<Question> = {}): Promise<{ turn: Turn; events: Event[] }> {
  const events: Event[] = [];
  let turn = ask("q", "here", true);
  await runTurn(model, { text: "ping db-03", history: [], ...question }, server, (event) => {
    events.push(event);
    turn = reduce(turn, event);
  }, new AbortController().signal);
  return { turn, events };
}

test("a call, its result, an answer", async () => {
  const [model, server] = [new Script(call("ping_host", MARKS[0]!), "It did."), new Server()];
  const { turn } = await play(model, server);
  assert.deepEqual(server.calls, ["ping_host db-03"]);
  assert.deepEqual(turn.parts.map((part) => (part.kind === "call" ? `${part.state}: ${part.result?.message}` : part.text)), ["done: db-03 answered.", "db-03 answered."]);
  assert.equal(model.prompts[1], `${model.prompts[0]}${call("ping_host", MARKS[0]!)}\x00\x03${MARKS[0]}db-03 answered.\x02`);
});

test("people are shown names, and the model its marks again", async () => {
  const model = new Script(`Which port of ${MARKS[0]}${MARKS[7]}?`);
  const { turn } = await play(model, new Server());
  assert.ok(model.prompts[0]!.endsWith(`\x01ping ${MARKS[0]}db-03\x02`));
  assert.deepEqual(turn.parts.map((part) => part.kind === "text" && part.text), ["Which port of db-03?"]);
  assert.ok(model.judge(toBinary(call("ping_host", MARKS[0]!))).whole);
  assert.ok(!model.judge(toBinary(call("ping_host", MARKS[7]!))).whole);
  await play(model, new Server(), { history: [[{ role: "user", content: "ping db-03" }, { role: "assistant", content: "Which port of db-03?" }]] });
  assert.ok(model.prompts[1]!.startsWith(`${model.prompts[0]}Which port of ${MARKS[0]}?\x00\x01`));
});

test("calls of one reply run together, and their results come in their order", async () => {
  const model = new Script(call("ping_host", "a") + call("ping_host", "b"), "Both.");
  await play(model, new Server());
  assert.ok(model.prompts[1]!.indexOf("a answered") < model.prompts[1]!.indexOf("b answered"));
});

for (const [approve, state] of [[true, "done"], [false, "rejected"]] as const) {
  test(`what changes something is asked for: ${state}`, async () => {
    const server = new Server(approve);
    const { turn, events } = await play(new Script(call("delete_host", "db-03"), "So be it."), server);
    assert.ok(events.some((event) => event.type === "approval-requested"));
    assert.deepEqual(server.decisions, [[approve, false]]);
    assert.equal(turn.parts[0]?.kind === "call" && turn.parts[0].state, state);
  });
}

test("what is remembered is asked once a turn", async () => {
  const server = new Server(true, true);
  await play(new Script(call("delete_host", "a"), call("delete_host", "b"), "Done."), server);
  assert.deepEqual(server.decisions, [[true, false], [true, true]]);
});

test("the third identical call does not run, and the turn ends", async () => {
  const server = new Server();
  const { turn } = await play(new Script(call("ping_host", "a")), server);
  assert.equal(server.calls.length, 2);
  assert.ok(turn.parts.some((part) => part.kind === "note" && part.text.includes("circles")));
});

test("replies that alternate end the turn; polling does not", async () => {
  const replies = [call("ping_host", "a"), call("ping_host", "b"), call("ping_host", "a"), call("ping_host", "b"), "Enough."];
  const alternating = new Server();
  await play(new Script(...replies), alternating);
  assert.equal(alternating.calls.length, 3);
  const polling = new Server();
  await play(new Script(...Array<string>(5).fill(call("get_function_status", "7")), "Ready."), polling);
  assert.equal(polling.calls.length, 5);
});

test("steps and calls are limited, and the last answer has no tools", async () => {
  const model = new Script(...Array.from({ length: 8 }, (_, index) => call("ping_host", `h${index}`)), "That is all.");
  const { turn } = await play(model, new Server());
  assert.equal(model.prompts.length, 9);
  assert.ok(model.prompts[8]!.startsWith("\x04\x01"));
  const last = turn.parts.at(-1);
  assert.equal(last?.kind === "text" && last.text, "That is all.");
  const many = new Server();
  await play(new Script(Array.from({ length: 12 }, (_, index) => call("ping_host", `h${index}`)).join(""), "Enough."), many);
  assert.equal(many.calls.length, 10);
});

test("what cannot be read is told to the model twice", async () => {
  const model = new Script("<tool_call>{nonsense", "<tool_call>{nonsense", "<tool_call>{nonsense", "Sorry.");
  const { turn } = await play(model, new Server());
  assert.match(model.prompts[1]!, /could not be read and was not run \(the call breaks off, at character 9/);
  assert.ok(turn.parts.some((part) => part.kind === "note" && part.text.includes("3 times")));
  assert.equal(model.prompts.length, 4);
});

test("history goes along, the oldest is left out", async () => {
  const model = new Script("Yes.");
  const talk = (text: string): Question["history"][number] => [{ role: "user", content: text }, { role: "assistant", content: "ok" }];
  await play(model, new Server(), { history: [talk("before")] });
  assert.ok(model.prompts[0]!.includes(`\x01before\x02ok\x00\x01ping ${MARKS[0]}db-03\x02`));
  const { events } = await play(model, new Server(), { history: Array.from({ length: 40 }, () => talk("x".repeat(400))) });
  assert.ok(events.some((event) => event.type === "history-trimmed" && event.dropped > 0));
});

test("stopping stops", async () => {
  const abort = new AbortController();
  abort.abort();
  await assert.rejects(runTurn(new Script("never"), { text: "q", history: [] }, new Server(), () => undefined, abort.signal), { name: "AbortError" });
});
