// What the Python code says (vectors.json) is said here too; tests/web/widget_vectors.py writes the file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Message, quoteOf, read, render, type Tool } from "./dialect.ts";
import { grammar, toBinary } from "./grammar.ts";
import { Marks, named } from "./marks.ts";
import { iso, resolveAmount, resolvePoint, spellAmount, type Toward, type Unit } from "./quantities.ts";
import { plain } from "./results/plain.ts";
import * as words from "./spoken/words.ts";
import { written } from "./spoken/written.ts";
import { completed } from "./unsaid.ts";

interface Vectors {
  readonly amounts: readonly [string, Unit, number | null][];
  readonly spelled: readonly [number, Unit, string][];
  readonly points: readonly [string, string, Toward, string | null][];
  readonly marks: readonly [string, string, string[]][];
  readonly named: readonly [string, string, string, string, string][];
  readonly prompts: readonly { messages: Message[]; tools: string[]; prompt: string; names: [string, string][] }[];
  readonly replies: readonly { said: string; reply: string; now: string; pieces: { kind: string }[] }[];
  readonly quotes: readonly { messages: Message[]; quote: string | null }[];
  readonly spoken: readonly [string, string][];
  readonly spoken_words: readonly [string, string[]][];
  readonly unsaid: readonly [string, string, string][];
  readonly results: readonly [string, string][];
  readonly grammar: readonly { said: string; replies: [string, number, boolean][] }[];
}

const vectors = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8")) as Vectors;
const schema = JSON.parse(readFileSync(new URL("../../../../tools/schema.json", import.meta.url), "utf8")) as { function: Tool }[];
const tools = schema.map((entry) => entry.function);

test("amounts and points in time", () => {
  for (const [text, unit, expected] of vectors.amounts) assert.equal(resolveAmount(text, unit), expected, `${text} in ${unit}`);
  for (const [value, unit, expected] of vectors.spelled) assert.equal(spellAmount(value, unit), expected);
  for (const [text, now, toward, expected] of vectors.points) {
    const found = resolvePoint(text, Date.parse(now), toward);
    assert.equal(found === null ? null : iso(found), expected, `${JSON.stringify(text)} at ${now}, ${toward}`);
  }
});

test("names get marks", () => {
  for (const [text, marked, names] of vectors.marks) {
    const marks = new Marks();
    assert.equal(marks.read(text), marked);
    assert.deepEqual([...marks.names.values()], names, text);
  }
});

test("marks stand in place of names in words and calls", () => {
  for (const [heard, words, marked, calls, called] of vectors.named) {
    const marks = new Marks();
    marks.read(heard);
    assert.equal(marks.said(words), marked, heard);
    assert.equal(marks.called(calls), called, heard);
  }
});

test("prompts", () => {
  for (const { messages, tools: offered, prompt, names } of vectors.prompts) {
    const rendered = render(messages, tools.filter((tool) => offered.includes(tool.name)));
    assert.equal(rendered.text, prompt);
    assert.deepEqual([...rendered.names], names);
  }
});

test("replies", () => {
  for (const { said, reply, now, pieces } of vectors.replies) {
    const { names } = render([{ role: "user", content: said }], tools);
    assert.deepEqual(read(named(reply, names), tools, Date.parse(now)), pieces, `${reply} at ${now}`);
  }
});

test("results are quoted", () => {
  for (const { messages, quote } of vectors.quotes) assert.equal(quoteOf(messages) ?? null, quote, JSON.stringify(messages));
});

test("results are written in the plain form", () => {
  for (const [text, expected] of vectors.results) assert.equal(plain(text), expected, text);
});

test("dictated addresses are written out", () => {
  for (const [text, expected] of vectors.spoken) assert.equal(written(text), expected, JSON.stringify(text));
  assert.deepEqual(Object.entries(words).map(([name, found]) => [name, [...found].sort()]).sort(), vectors.spoken_words);
});

test("half unsaid names are written out", () => {
  for (const [before, said, expected] of vectors.unsaid) assert.equal(completed(said, [before], [before]), expected, `${said} after ${before}`);
});

test("a reply is judged byte by byte as llguidance judges it", () => {
  let wholes = 0;
  for (const { said, replies } of vectors.grammar) {
    const messages: Message[] = [{ role: "user", content: said }];
    const judge = grammar(tools, messages, render(messages, tools).names);
    for (const [reply, accepted, whole] of replies) {
      const bytes = toBinary(reply);
      let length = 0;
      while (length < bytes.length) {
        const verdict = judge(bytes.slice(0, length + 1));
        if (!verdict.open && !verdict.whole) break;
        length++;
      }
      assert.equal(length, accepted, `${reply}: here ${bytes.slice(0, length)}|`);
      if (length === bytes.length) assert.equal(judge(bytes).whole, whole, reply);
      wholes += whole ? 1 : 0;
    }
  }
  assert.ok(wholes > 50, String(wholes));
});

test("words may be anything but a call, and without tools nothing else may", () => {
  const judge = grammar([], [{ role: "user", content: "hi" }], new Map());
  assert.deepEqual(judge("Hello <b> <<t"), { open: true, whole: true });
  assert.deepEqual(judge("Hello <tool_call>"), { open: false, whole: false });
  assert.deepEqual(judge("<"), { open: false, whole: false });
  assert.deepEqual(judge(""), { open: true, whole: false });
});

test("what is no call is told where it breaks", () => {
  assert.deepEqual(read("<tool_call>{\"name\":", tools, 0), [{ kind: "malformed", raw: "{\"name\":", reason: "the call breaks off", position: 8 }]);
  assert.equal(read("<tool_call>[1]</tool_call>", tools, 0)[0]?.kind, "malformed");
  assert.equal(read("<tool_call>{nonsense}</tool_call>", tools, 0)[0]?.kind, "malformed");
});
