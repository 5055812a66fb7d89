import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameParser } from "./sse.ts";
import { fill, strings } from "./strings.ts";
import { answer, ask, facts, fromMessages, hostIds, isOver, reduce, table, type Turn } from "./turns.ts";
import type { Event } from "./types.ts";

const call = { id: "c1", name: "ping_host", arguments: { target: "db-03" } };
const result = { success: true, message: "db-03 answered.", data: { sent: 4, received: 4 } };

function play(...events: Event[]): Turn {
  return events.reduce(reduce, ask("ping db-03", "testllm"));
}

test("a turn with a call", () => {
  const turn = play(
    { type: "turn-started", model: "testllm" },
    { type: "tool-call-proposed", index: 0, call, effect: "read" },
    { type: "tool-running", call },
    { type: "tool-finished", call_id: "c1", name: "ping_host", result, seconds: 0.2 },
    { type: "text-delta", text: "db-03 " },
    { type: "text-delta", text: "answered." },
    { type: "quota-updated", charged: 3, estimated: false, balance: 7, cap: 10, used: 3, refill_at: "", warning: false },
    { type: "run-ended", state: "finished", charged: 3 },
  );
  assert.equal(turn.parts.length, 2);
  assert.equal(turn.parts[0]?.kind === "call" && turn.parts[0].state, "done");
  assert.equal(answer(turn), "db-03 answered.");
  assert.equal(turn.charged, 3);
  assert.ok(isOver(turn));
});

test("an approval is asked, decided, and gone when the run ends", () => {
  const asked = play(
    { type: "tool-call-proposed", index: 0, call, effect: "write" },
    { type: "approval-requested", call_id: "c1", approval: { id: "a1", tool: "ping_host", arguments: "{}", effect: "write" } },
  );
  assert.equal(asked.parts[0]?.kind === "call" && asked.parts[0].approval?.id, "a1");
  for (const event of [
    { type: "approval-decided", call_id: "c1", verdict: "denied" },
    { type: "run-ended", state: "cancelled", charged: 0 },
  ] as Event[]) {
    const after = reduce(asked, event);
    assert.equal(after.parts[0]?.kind === "call" && after.parts[0].approval, null);
    assert.equal(after.parts[0]?.kind === "call" && after.parts[0].state, "rejected");
  }
});

test("an unknown event changes nothing", () => {
  const turn = play({ type: "text-delta", text: "a" });
  assert.equal(reduce(turn, { type: "tomorrow" } as unknown as Event), turn);
});

test("stored messages make the same turn as events do", () => {
  const turns = fromMessages([
    { role: "user", content: "ping db-03", calls: [], call_id: null, note: "" },
    { role: "assistant", content: null, calls: [call], call_id: null, note: "" },
    { role: "tool", content: JSON.stringify(result), calls: [], call_id: "c1", note: "" },
    { role: "assistant", content: "db-03 answered.", calls: [], call_id: null, note: "" },
  ]);
  assert.equal(turns.length, 1);
  assert.deepEqual(turns[0]?.parts.map((part) => part.kind), ["call", "text"]);
  assert.equal(turns[0]?.parts[0]?.kind === "call" && turns[0].parts[0].result?.message, "db-03 answered.");
});

test("a result that is no JSON is shown as it is", () => {
  const turns = fromMessages([
    { role: "user", content: "q", calls: [], call_id: null, note: "" },
    { role: "assistant", content: null, calls: [call], call_id: null, note: "" },
    { role: "tool", content: "plain", calls: [], call_id: "c1", note: "" },
  ]);
  assert.equal(turns[0]?.parts[0]?.kind === "call" && turns[0].parts[0].result?.message, "plain");
});

test("tables, facts and hosts of results", () => {
  const data = { hosts: [{ id: 7, address: "a" }, { id: 8, address: "b", enabled: false }], total: 2 };
  assert.deepEqual(table(data), { head: ["id", "address", "enabled"], rows: [["7", "a", ""], ["8", "b", "false"]] });
  assert.deepEqual(facts(data), [["total", "2"]]);
  assert.deepEqual(hostIds({ success: true, message: "", data }), [7, 8]);
  assert.equal(table({ nested: [{ a: { b: 1 } }] }), null);
});

test("frames come out the same however the stream is cut", () => {
  const stream = ": hello\r\n\r\nid: 1\r\nevent: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid: 2\ndata:y\n\ndata: z\r\r";
  const whole = new FrameParser().push(stream);
  assert.deepEqual(whole, [
    { id: "1", data: '{"a":\n1}' },
    { id: "2", data: "y" },
    { id: "2", data: "z" },
  ]);
  for (let size = 1; size < stream.length; size++) {
    const parser = new FrameParser();
    const frames = [];
    for (let at = 0; at < stream.length; at += size) frames.push(...parser.push(stream.slice(at, at + size)));
    assert.deepEqual(frames, whole, `pieces of ${size}`);
  }
});

test("languages have the same strings and places", () => {
  const [en, zh] = [strings(["en"]), strings(["zh-CN"])];
  assert.notEqual(en, zh);
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    if (typeof en[key] === "string") assert.deepEqual(places(zh[key] as string), places(en[key] as string), key);
  }
  assert.equal(strings(["xx"]), en);
  assert.equal(fill("{a} of {b}", { a: 1 }), "1 of {b}");
});
