// Rows and pairs of the plain form: the same as providers/dialects/netmon_rows.py.

import { type Json, Numeral } from "./json.ts";
import { pairOf } from "./keys.ts";

/** A row: its name, empty where it has none, and its cells as they are written. */
export interface Row {
  readonly name: string;
  readonly cells: ReadonlyMap<string, string>;
}

export interface Keys {
  has(key: string): boolean;
}

const [MOST, LEAST] = ["(most)", "(least)"];
/** A path of keys beyond it is not gone deeper into. */
export const LONGEST = 100;
const NUMBER = /^"?(-?[0-9]+(?:\.[0-9]+)?) ?(ms|s|%|days|d)?"?$/;
/** Columns that people compare; others hold numbers that are names. */
const COMPARED =
  /(?:^|[_.])(?:ms|loss|load|busy|cpu|pct|percent|days|uptime|availability|sla|outages|incidents|failures|checks|jobs|count|time|interval|timeout|retries|preference|priority|pref|min|max|avg|size|rate|score|tokens|age|duration)(?:$|[_.])/;
// eslint-disable-next-line no-control-regex
const QUOTED = /[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff="]/;

/** Makes a row out of keys and values as a tool wrote them; nested objects are flattened. */
export function rowOf(name: string, cells: Iterable<readonly [string, Json]>): Row {
  const found = new Map<string, string>();
  const pairs = [...cells];
  const beside = new Set(pairs.map(([spelling]) => spelling));
  for (const [spelling, value] of pairs) put(found, spelling, value, beside);
  return /^[0-9]+$/.test(name) && !found.has("id") ? { name: "", cells: new Map([["id", name], ...found]) } : { name, cells: found };
}

/** Characters as Python counts them. */
const lengthOf = (text: string): number => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
export const isLong = (path: string): boolean => path.length > LONGEST && lengthOf(path) > LONGEST;

/**
 * Adds what stands behind a key, at a path of keys that ends in a dot; no two values share a key. `beside` holds all
 * keys of the object that this is one of: what is the family's word for one of them is no other's.
 */
export function put(found: Map<string, string>, spelling: string, given: Json, beside: Keys, path = ""): void {
  if (given instanceof Map && given.size && !isLong(path + spelling)) {
    for (const [inner, deeper] of given) put(found, inner, deeper, given, `${path}${spelling}.`);
    return;
  }
  const [known, value] = pairOf(spelling, given);
  let key = path + (beside.has(known) || found.has(path + known) ? spelling : known);
  for (let count = found.size; found.has(key); count++) key = `${path}${spelling}#${count}`;
  found.set(key, textOf(value));
}

/** A value in a row: bare where it can be, quoted where it holds spaces. */
export function textOf(value: Json): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value instanceof Numeral) return value.text;
  if (typeof value === "string") return !value || QUOTED.test(value) ? quote(value) : value;
  if (!(value instanceof Map) && !value.some(isNested)) return value.map(item).join(",") || "none";
  return jsonOf(value);
}

export const isNested = (value: Json): boolean => value instanceof Map || Array.isArray(value);

const item = (value: Json): string => (typeof value === "string" && value.includes(",") ? quote(value) : textOf(value));

function jsonOf(value: Json): string {
  if (value instanceof Map) return `{${Array.from(value, ([key, inner]) => `${quote(key)}:${jsonOf(inner)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  return typeof value === "string" ? quote(value) : textOf(value);
}

const quote = (text: string): string => JSON.stringify(wellFormed(text));

/** Text without halves of characters. */
export const wellFormed = (text: string): string => text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");

/** Writes pairs in a line. */
export const writePairs = (cells: Iterable<readonly [string, string]>): string => Array.from(cells, ([key, value]) => `${textOf(key)}=${value}`).join(" ");

/** Writes rows, a line each, numbered from 1. */
export function writeRows(rows: readonly Row[]): string[] {
  const marks = marksOf(rows);
  return rows.map(({ name, cells }, index) => {
    const pairs = Array.from(cells, ([key, value]) => [key, value + (marks.get(key)?.get(index) ?? "")] as const);
    return [`${index + 1}.`, name && textOf(name), writePairs(pairs)].filter(Boolean).join(" ");
  });
}

/** What marks a cell, by key and row. */
function marksOf(rows: readonly Row[]): Map<string, Map<number, string>> {
  const columns = new Map<string, { index: number; number: number; unit: string }[]>();
  for (const [index, { cells }] of rows.entries()) {
    for (const [key, value] of cells) {
      const found = NUMBER.exec(value);
      if (!found || !COMPARED.test(key)) continue;
      const cell = { index, number: Number(found[1]), unit: found[2] ?? "" };
      const column = columns.get(key);
      if (column) column.push(cell);
      else columns.set(key, [cell]);
    }
  }
  const marks = new Map<string, Map<number, string>>();
  for (const [key, cells] of columns) {
    const least = cells.reduce((found, { number }) => Math.min(found, number), Infinity);
    const most = cells.reduce((found, { number }) => Math.max(found, number), -Infinity);
    if (least >= most || cells.some(({ unit }) => unit !== cells[0]!.unit)) continue;
    const ends = cells.filter(({ number }) => number === least || number === most);
    marks.set(key, new Map(ends.map(({ index, number }) => [index, number === most ? MOST! : LEAST!])));
  }
  return marks;
}
