// Tool results in one plain form, whatever JSON or table the tool gave: the same as
// providers/dialects/netmon_results.py, held together by vectors.json.

import { type Entries, type Json, readJson } from "./json.ts";
import { truthOf, wordsOf } from "./keys.ts";
import { isLong, isNested, type Keys, put, type Row, rowOf, textOf, wellFormed, writePairs, writeRows } from "./rows.ts";
import { headsOf, layOut, stripped } from "./tables.ts";

/** Keys that say only that something is inside. */
const WRAPPERS = wordsOf(
  "data result results response payload output body value values content return answer report info items " +
    "rows records list entries objects elements found members set hosts monitors devices nodes targets checks " +
    "servers machines systems endpoints inventory agents probes incidents job hops r api",
);
/** Keys of one thing, which say nothing where it is the only object. */
const THINGS = wordsOf("host monitor device check incident job item record entry object target node server machine system agent");
/** Keys of parts that belong to one thing, so that they are no names of rows. */
const PARTS = wordsOf("before after old new was now from to previous current changed changes rtt timing timings time_ms times");
const SUCCESS = wordsOf("success ok successful");
const SENTENCES = wordsOf("message msg");
const HEADS = wordsOf("columns cols fields headers header head schema");
/** What names have and the keys of parts have not. */
const NAME = /[0-9.:-]/;
/** Objects in objects are gone into so far. */
const DEEPEST = 5;
const STRIPPED = " \t\r\n";

class Shown {
  readonly sentences: string[] = [];
  failed = false;
  readonly values = new Map<string, string>();
  readonly lists: string[] = [];
  readonly lines: string[] = [];
}

/** Writes a result in the plain form. */
export function plain(content: string): string {
  const value = readAll(content);
  if (typeof value === "string") return wellFormed(stripped(value, STRIPPED));
  if (value === undefined || !isNested(value)) {
    const text = stripped(content, STRIPPED);
    return wellFormed(layOut(text) || text);
  }
  const shown = new Shown();
  walk("", "", value, shown, 0);
  const values = [shown.failed ? "failed" : "", writePairs(shown.values), ...shown.lists].filter(Boolean);
  return wellFormed([...shown.sentences, values.join(" "), ...shown.lines].filter(Boolean).join("\n") || "ok");
}

/** The JSON value of a result, or the objects that it has one a line; undefined where it is none. */
function readAll(content: string): Json | undefined {
  const value = readJson(content);
  if (value !== undefined || !stripped(content, STRIPPED).startsWith("{")) return value;
  const lines: Json[] = [];
  for (const line of content.split("\n")) {
    if (!stripped(line, STRIPPED)) continue;
    const object = readJson(line);
    if (!(object instanceof Map)) return undefined;
    lines.push(object);
  }
  return lines;
}

/** Takes what stands behind a key, which is empty where it says nothing; a path of keys ends in a dot. */
function walk(path: string, key: string, value: Json, shown: Shown, depth: number, beside: Keys = new Set()): void {
  if (value instanceof Map && depth <= DEEPEST && !isLong(path + key)) walkObject(key ? `${path}${key}.` : path, value, shown, depth);
  else if (isList(value)) walkList(path, key, value, shown);
  else put(shown.values, key || "value", value, beside, path);
}

function walkObject(path: string, value: Entries, shown: Shown, depth: number): void {
  if (takesColumns(path, value, shown)) return;
  if (namesRows(value, depth)) {
    add(path, Array.from(value, ([key, cells]) => rowOf(key, cells as Entries)), shown);
    return;
  }
  // Where there are several, what they are called tells them apart.
  const alone = [...value.values()].filter((inner) => inner instanceof Map).length === 1;
  const wrappers = [...value].filter(([key, inner]) => wraps(key.toLowerCase(), inner, alone)).map(([key]) => key);
  for (const [key, inner] of value) {
    if (!path && said(key.toLowerCase(), inner, shown, depth)) continue;
    walk(path, wrappers.length === 1 && wrappers[0] === key ? "" : key, inner, shown, depth + 1, value);
  }
}

/** Whether a key says only that something is inside. */
function wraps(word: string, value: Json, alone: boolean): boolean {
  if (value instanceof Map) return WRAPPERS.has(word) || (alone && THINGS.has(word));
  return isList(value) && WRAPPERS.has(word) && value.some(isNested);
}

/** Takes what is no fact of its own: the tool's sentence, whether it went well, what is not there. */
function said(word: string, value: Json, shown: Shown, depth: number): boolean {
  if (value === null) return true;
  if (SENTENCES.has(word) && typeof value === "string" && depth <= 1) {
    shown.sentences.push(value);
    return true;
  }
  const truth = truthOf(value);
  if (SUCCESS.has(word) && truth !== undefined) {
    shown.failed ||= !truth;
    return true;
  }
  return word === "truncated" && value === false;
}

/** Takes `{"columns": [...], "data": [[...], ...]}` as rows; false where it is none. */
function takesColumns(path: string, value: Entries, shown: Shown): boolean {
  const [heads, names] = [...value].find(([key, inner]) => HEADS.has(key.toLowerCase()) && isTexts(inner)) ?? [];
  if (heads === undefined || !isTexts(names) || !names.length) return false;
  for (const [key, inner] of value) {
    if (key === heads || !isList(inner) || !inner.length || !isRectangle(inner, names.length)) continue;
    walkObject(path, new Map([...value].filter(([other]) => other !== heads && other !== key)), shown, 1);
    add(path, inner.map((row) => rowOf("", names.map((name, at) => [name, row[at]!] as const))), shown);
    return true;
  }
  return false;
}

function walkList(path: string, key: string, value: readonly Json[], shown: Shown): void {
  const whole = `${path}${key}.`;
  const [first] = value;
  if (value.length && value.every((item) => item instanceof Map)) {
    const pairs = namedValues(value);
    for (const [name, inner] of pairs) put(shown.values, name, inner, pairs, HEADS.has(key) ? "" : whole.replace(/^\.+/, ""));
    if (!pairs.size) add(whole, value.map((item) => rowOf("", item)), shown);
  } else if (value.length > 1 && isTexts(first) && headsOf(first) && isRectangle(value, first.length)) {
    add(whole, value.slice(1).map((row) => rowOf("", first.map((name, at) => [name, row[at]!] as const))), shown);
  } else if (value.length && value.every(isList)) {
    head(whole, shown);
    for (const [index, row] of value.entries()) shown.lines.push(`${index + 1}. ${row.map(textOf).join(" ")}`);
  } else if (key) put(shown.values, key, value, new Set(), path);
  else shown.lists.push(textOf(value));
}

/** The pairs of `[{"k": key, "v": value}, ...]`; empty where it is none. */
function namedValues(value: readonly Entries[]): Entries {
  for (const [key, inner] of [["k", "v"], ["key", "value"], ["field", "value"]] as const) {
    if (!value.every((item) => item.size === 2 && typeof item.get(key) === "string" && item.has(inner))) continue;
    const found: Entries = new Map(value.map((item) => [item.get(key) as string, item.get(inner)!]));
    return found.size === value.length ? found : new Map();
  }
  return new Map();
}

function add(path: string, rows: readonly Row[], shown: Shown): void {
  head(path, shown);
  for (const line of writeRows(rows)) shown.lines.push(line);
}

/** Heads a table with the path of keys that leads to it, which ends in a dot. */
function head(path: string, shown: Shown): void {
  const name = stripped(path, ".");
  if (name) shown.lines.push(`${textOf(name)}:`);
}

/** Whether the keys of an object are names, of rows that are alike, and no parts of one thing. */
function namesRows(value: Entries, depth: number): boolean {
  const cells = [...value.values()].filter((inner): inner is Entries => inner instanceof Map && inner.size > 0);
  if (!cells.length || cells.length < value.size) return false;
  const keys = [...value.keys()];
  if (keys.some((key) => PARTS.has(key.toLowerCase()) || WRAPPERS.has(key.toLowerCase()))) return false;
  const names = keys.filter((key) => NAME.test(key)).length;
  const alike = cells.length > 1 && cells.every((row) => [...row.keys()].some((key) => cells[0]!.has(key)));
  return names === keys.length || (alike && (depth > 0 || names > 0));
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const isTexts = (value: Json | undefined): value is readonly string[] => isList(value) && value.every((item) => typeof item === "string");

function isRectangle(value: readonly Json[], width: number): value is readonly (readonly Json[])[] {
  return value.every((row) => isList(row) && row.length === width);
}
