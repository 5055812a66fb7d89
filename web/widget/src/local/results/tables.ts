// Tables and blocks of `key: value` lines in a tool's text: the same as providers/dialects/netmon_tables.py.

import { isKnown } from "./keys.ts";
import { type Row, rowOf, writePairs, writeRows } from "./rows.ts";

type Split = (line: string) => string[] | null;

const MOST_LINES = 500;
const LONGEST_LINE = 2000;
/** Lines before a table or blocks, and after a table, that are no part of it. */
const [BEFORE, AFTER] = [8, 2];
const RULE = /^[ \t|+:=-]+$/;
const DASHES = /^-{3,}$/;
// eslint-disable-next-line no-control-regex
const HEAD = /^[^0-9\x00-\x20.,:;=|"'<>{}[\]!?*-][^\x00-\x1f,:;=|"<>{}[\]!?*]{0,40}$/u;
// eslint-disable-next-line no-control-regex
const PAIR = /^[ \t]*([^\x00-\x20:=,;|"'<>{}[\]!?*-][^\x00-\x1f:=,;|"<>{}[\]!?*]{0,40}?)[ \t]*(?::(?![^ \t])|=)[ \t]*([^\n]*)$/u;
/** Pairs that stand in a line with others. */
const INLINE = /[ ,;|][A-Za-z_]+=|[,;|] ?[A-Za-z_]+: /;

/** Text without the characters at its ends. */
export function stripped(text: string, chars = " \t"): string {
  let [start, end] = [0, text.length];
  while (start < end && chars.includes(text[start]!)) start++;
  while (end > start && chars.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Writes a text in the plain form if it is a table or blocks of pairs, null if it is neither. */
export function layOut(text: string): string | null {
  const lines = text.split(/\r?\n/);
  if (lines.length < 2 || lines.length > MOST_LINES || lines.some((line) => line.length > LONGEST_LINE && [...line].length > LONGEST_LINE)) return null;
  return table(lines.filter((line) => stripped(line) && !RULE.test(line))) ?? blocks(lines);
}

/** Whether cells can be the heads of columns: words, all different, at least so many of them known. */
export function headsOf(cells: readonly string[], known = 1): boolean {
  if (cells.length < 2 || new Set(cells).size !== cells.length) return false;
  return cells.every((cell) => cell === "#" || HEAD.test(cell)) && cells.filter(isKnown).length >= known;
}

function table(lines: readonly string[]): string | null {
  for (let start = 0; start < Math.min(lines.length - 1, BEFORE); start++) {
    for (const [split, known] of splits(lines[start]!)) {
      const heads = split(lines[start]!);
      // Below other lines, a row must not be taken for heads.
      if (!heads || !headsOf(heads, start ? Math.max(known, 2) : known)) continue;
      const found = body(heads, lines.slice(start + 1), split);
      if (found) return [...lead(lines.slice(0, start)), ...writeRows(found.rows), ...found.after].join("\n");
    }
  }
  return null;
}

/** The ways to split lines, and how many heads must be known for each. */
function splits(header: string): [Split, number][] {
  return [[bars(header), 1], [marks("\t"), 1], [marks(";"), 1], [marks(","), 1], [columns(header, /[^ ]+/g), 2], [columns(header, /[^ ]+(?: [^ ]+)*/g), 1]];
}

/** The rows below the heads, and the few lines behind them. */
function body(heads: readonly string[], lines: readonly string[], split: Split): { rows: Row[]; after: readonly string[] } | null {
  const cells: string[][] = [];
  for (const line of lines) {
    const row = split(line);
    if (row?.length !== heads.length) break;
    cells.push(row);
  }
  if (!cells.length || lines.length - cells.length > AFTER) return null;
  return { rows: cells.map((row) => rowOf("", heads.map((head, at) => [head, row[at]!] as const))), after: lines.slice(cells.length) };
}

function lead(lines: readonly string[]): readonly string[] {
  const found = pairs(lines);
  return found.size ? [writePairs(rowOf("", found).cells)] : lines;
}

function bars(header: string): Split {
  const outer = stripped(header).startsWith("|");
  return (line) => {
    const bare = stripped(line);
    if (!bare.includes("|") || outer !== bare.startsWith("|")) return null;
    return (outer ? bare.slice(1).replace(/\|$/, "") : bare).split("|").map((cell) => stripped(cell));
  };
}

function marks(mark: string): Split {
  const cell = new RegExp(` *(?:"((?:[^"]|"")*)" *|([^${mark}]*))${mark}`, "g");
  return (line) => Array.from((line + mark).matchAll(cell), ([, quoted, bare]) => quoted?.replaceAll('""', '"') || stripped(bare ?? ""));
}

/** Columns that begin where the heads begin. */
function columns(header: string, head: RegExp): Split {
  const starts = Array.from(header.matchAll(head), (match) => [...header.slice(0, match.index)].length);
  return (line) => {
    const chars = [...line];
    if (starts.some((start) => start && stripped(chars[start - 1] ?? "", " "))) return null;
    return starts.map((start, at) => stripped(chars.slice(start, starts[at + 1]).join(""), " "));
  };
}

function blocks(lines: readonly string[]): string | null {
  let found: string[][] = [[]];
  for (const line of lines) {
    if (!stripped(line) || DASHES.test(line)) found.push([]);
    else found[found.length - 1]!.push(line);
  }
  found = found.filter((block) => block.length);
  // A word of greeting or a count may stand before the first.
  const first = found[0]?.[0];
  const before = first !== undefined && !PAIR.test(first) ? [first] : [];
  if (before.length) found = [found[0]!.slice(1), ...found.slice(1)].filter((block) => block.length);
  const all = found.map(pairs);
  if (!all.length || all.some(({ size }) => !size) || all.reduce((sum, { size }) => sum + size, 0) < 2) return null;
  const rows = all.map((one) => rowOf("", one));
  return [...before, ...(rows.length > 1 ? writeRows(rows) : [writePairs(rows[0]!.cells)])].join("\n");
}

/** The pairs of a block, one a line; none where a line is no pair, a key comes twice or no key is known. */
function pairs(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const match = PAIR.exec(line);
    if (match && !INLINE.test(match[2]!)) found.set(match[1]!, stripped(match[2]!));
  }
  return found.size === lines.length && [...found.keys()].some(isKnown) ? found : new Map();
}
