// Holds a reply to the tools on offer, token by token: the `copy` grammar of providers/dialects/netmon_grammar.py, as
// a recogniser of beginnings. Values that name something may only be pieces of the conversation, or marks of its names.
// All texts here are bytes, one a character ("binary strings"), since tokens end inside of characters.

import { AMOUNTS, CLOSE_CALL, copiedValues, type Message, openCall, readTexts, type Schema, type Tool } from "./dialect.ts";
import { type Names, unmarked } from "./marks.ts";
import { ZONES } from "./quantities.ts";
import { SPACE } from "./space.ts";

/** Where a rule can end, and whether the text ran out while it could go on. */
interface Match {
  readonly ends: readonly number[];
  readonly open: boolean;
}
type Rule = (text: string, at: number) => Match;

export interface Verdict {
  /** More may follow. */
  readonly open: boolean;
  /** The reply may end here. */
  readonly whole: boolean;
}

/** Characters of the conversation, counted from its end, that values may be copied from. */
const COPY_CHARS = 6000;
const LARGEST = 999_999_999;
/** What may follow an amount of a unit, as the 30m of 1h30m: the unit, and how many there may be. */
const LESSER: Readonly<Record<string, readonly [string, number]>> = { m: ["s", 59], h: ["m", 59], d: ["h", 23] };
const SIZES: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

// -- rules

const literal = (word: string): Rule => (text, at) => {
  const there = text.slice(at, at + word.length);
  if (there === word) return { ends: [at + word.length], open: false };
  return { ends: [], open: at + there.length === text.length && word.startsWith(there) };
};

const sequence = (...rules: readonly Rule[]): Rule => (text, at) => {
  let ends: readonly number[] = [at];
  let open = false;
  for (const rule of rules) {
    const matches = ends.map((end) => rule(text, end));
    open ||= matches.some((match) => match.open);
    ends = [...new Set(matches.flatMap((match) => match.ends))];
  }
  return { ends, open };
};

const either = (...rules: readonly Rule[]): Rule => (text, at) => {
  const matches = rules.map((rule) => rule(text, at));
  return { ends: [...new Set(matches.flatMap((match) => match.ends))], open: matches.some((match) => match.open) };
};

const nothing: Rule = (_text, at) => ({ ends: [at], open: false });
const optional = (rule: Rule): Rule => either(nothing, rule);

/** `rule` from `least` to `most` times. */
function repeated(rule: Rule, least: number, most: number): Rule {
  return (text, at) => {
    let [ends, open]: [readonly number[], boolean] = [[at], false];
    const found = new Set(least ? [] : [at]);
    for (let count = 1; count <= most && ends.length; count++) {
      const matches = ends.map((end) => rule(text, end));
      open ||= matches.some((match) => match.open);
      ends = [...new Set(matches.flatMap((match) => match.ends))];
      if (count >= least) for (const end of ends) found.add(end);
    }
    return { ends: [...found], open };
  };
}

const oneOf = (chars: string): Rule => (text, at) =>
  at === text.length ? { ends: [], open: true } : { ends: chars.includes(text[at]!) ? [at + 1] : [], open: false };

const DIGITS = "0123456789";
const digits = (least: number, most: number): Rule => repeated(oneOf(DIGITS), least, most);
const words = (...all: readonly string[]): Rule => either(...all.map(literal));
const list = (item: Rule): Rule => sequence(item, repeated(sequence(literal(","), item), 0, Infinity));
const quoted = (rule: Rule): Rule => sequence(literal('"'), rule, literal('"'));

/** Whole numbers from `low` to `high`, neither negative, without leading zeros. */
function wholeNumber(low: number, high: number): Rule {
  return (text, at) => {
    const ends: number[] = [];
    for (let end = at; ; end++) {
      const written = text.slice(at, end);
      const value = Number(written);
      if (written && value >= low && value <= high) ends.push(end);
      // Whether more digits could bring it within the bounds.
      let more = !written;
      for (let [least, most] = [value * 10, value * 10 + 9]; written && value && least <= high; [least, most] = [least * 10, most * 10 + 9]) more ||= most >= low;
      if (!more) return { ends, open: false };
      if (end === text.length) return { ends, open: true };
      if (!DIGITS.includes(text[end]!)) return { ends, open: false };
    }
  };
}

function bounds(schema: Schema): readonly [number, number] {
  return [(schema["minimum"] as number | undefined) ?? -LARGEST, (schema["maximum"] as number | undefined) ?? LARGEST];
}

function integer(schema: Schema): Rule {
  const [low, high] = bounds(schema);
  const rules: Rule[] = [];
  if (high >= 0) rules.push(wholeNumber(Math.max(low, 0), high));
  if (low < 0) rules.push(sequence(literal("-"), wholeNumber(Math.max(1, -high), -low)));
  return either(...rules);
}

/** Amounts of time whose number of the tool's units lies within the bounds. */
function amount(name: string, schema: Schema): Rule {
  const own = AMOUNTS[name]!;
  const low = (schema["minimum"] as number | undefined) ?? 0;
  const high = (schema["maximum"] as number | undefined) ?? LARGEST;
  const rules: Rule[] = [];
  for (const [unit, ms] of Object.entries(SIZES)) {
    const size = ms / SIZES[own]!;
    const [least, most] = [Math.ceil(low / size), Math.floor(high / size)];
    const lesser = LESSER[unit];
    // 1h30m: the part of the smaller unit is less than one of the larger.
    if (lesser && Math.max(least, 1) < most)
      rules.push(sequence(wholeNumber(Math.max(least, 1), most - 1), literal(unit), wholeNumber(1, lesser[1]), literal(lesser[0])));
    if (least > most || (unit === "ms" && own !== "ms")) continue;
    const parts = [wholeNumber(least, most)];
    if (size > 1) {
      // Not after the last number: a part of a unit more must still be within.
      if (most > least) parts.push(sequence(wholeNumber(least, most - 1), literal("."), digits(1, 3)));
      if (least && 0.1 * size >= low) parts.push(sequence(literal("0."), oneOf("123456789"), digits(0, 2)));
    }
    rules.push(sequence(either(...parts), unit === own ? optional(literal(unit)) : literal(unit)));
  }
  return either(...rules);
}

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CLOCK = sequence(either(sequence(oneOf("01"), digits(1, 1)), sequence(literal("2"), oneOf("0123"))), literal(":"), oneOf("012345"), digits(1, 1));
const ANY_CLOCK = sequence(digits(2, 2), literal(":"), digits(2, 2));
const ZONE = words(...Object.keys(ZONES).filter((zone) => zone.length > 1));

/** Ends that lie ahead whatever the time is, and at most a week. */
const UNTIL = sequence(
  literal("until "),
  either(sequence(words("tomorrow", ...WEEKDAYS), optional(sequence(literal(" "), CLOCK))), CLOCK),
  optional(sequence(literal(" "), ZONE)),
);

const DAY = either(
  words("today", "tonight", "tomorrow", "yesterday", "week", "month", "year", ...WEEKDAYS),
  sequence(literal("last "), words(...WEEKDAYS)),
  sequence(literal("+"), digits(1, 3), literal("d")),
  sequence(digits(4, 4), literal("-"), digits(2, 2), literal("-"), digits(2, 2)),
  sequence(digits(2, 2), literal("-"), digits(2, 2)),
  sequence(digits(1, 2), literal("."), digits(1, 2), literal("."), optional(digits(4, 4))),
);
const POINT = either(
  literal("now"),
  sequence(oneOf("+-"), digits(1, 5), optional(sequence(literal("."), digits(1, 2))), oneOf("smhdw")),
  sequence(
    either(sequence(DAY, optional(sequence(literal(" "), ANY_CLOCK))), ANY_CLOCK),
    optional(sequence(literal(" "), repeated(oneOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 2, 4))),
  ),
);
const PORT = digits(1, 5);
const PORT_RANGE = sequence(PORT, optional(sequence(literal("-"), PORT)));

// -- what may be copied

/** A label of a name with the dot or @ that goes on with it, or one character: a copy ends where a name does. */
const CHUNK = /[A-Za-z0-9_-]+(?:[.@](?=[a-z0-9_-]|[A-Z](?![a-z])))?|./gsu;

/** A name that is a whole number, as JSON writes it. */
const WHOLE = /^(?:0|[1-9][0-9]*)$/;
const BLANK = new RegExp(`^[${SPACE}]$`, "u");

/** The conversation's words, cut where a copied value may begin and end, and the marks of its names. */
class Source {
  readonly #bytes: string;
  /** By byte: whether a chunk begins there, or ends before it; what the byte is. */
  readonly #begins: boolean[] = [];
  readonly #ends: boolean[] = [];
  readonly #spaces: boolean[] = [];
  readonly #forbidden: boolean[] = [];
  readonly #names: Names;

  constructor(messages: readonly Message[], names: Names) {
    this.#names = names;
    // Marks that users or tools wrote are nobody's.
    const said = unmarked([...textOf(messages)].slice(-COPY_CHARS).join(""));
    let bytes = "";
    for (const chunk of [said, ...names.keys()].join("\n").match(CHUNK) ?? []) {
      const binary = toBinary(chunk);
      this.#begins[bytes.length] = true;
      for (let at = bytes.length; at < bytes.length + binary.length; at++) {
        this.#spaces[at] = BLANK.test(chunk);
        // eslint-disable-next-line no-control-regex
        this.#forbidden[at] = /^["\\\x00-\x1f]$/.test(chunk);
      }
      bytes += binary;
      this.#ends[bytes.length] = true;
    }
    this.#bytes = bytes;
  }

  /** Any run of chunks that neither begins nor ends with white space; without `spaces`, none inside either. */
  copied(spaces: boolean): Rule {
    return (text, at) => {
      const ends = new Set<number>();
      let open = false;
      for (let from = 0; from < this.#bytes.length; from++) {
        if (!this.#begins[from] || this.#spaces[from]) continue;
        let length = 0;
        while (this.#may(from + length, spaces) && text[at + length] === this.#bytes[from + length]) {
          length++;
          if (this.#stops(from + length)) ends.add(at + length);
        }
        open ||= at + length === text.length && this.#goesOn(from + length, spaces);
      }
      return { ends: [...ends], open };
    };
  }

  /** A whole number, or the mark of one. */
  integer(schema: Schema): Rule {
    const [low, high] = bounds(schema);
    const marks = [...this.#names].filter(([, name]) => WHOLE.test(name) && Number(name) >= low && Number(name) <= high).map(([mark]) => toBinary(mark));
    return marks.length ? either(integer(schema), words(...marks)) : integer(schema);
  }

  #may(at: number, spaces: boolean): boolean {
    return at < this.#bytes.length && !this.#forbidden[at] && (spaces || !this.#spaces[at]);
  }

  #stops(end: number): boolean {
    return !!this.#ends[end] && !this.#spaces[end - 1];
  }

  /** Whether a value that has come this far can still reach another end. */
  #goesOn(at: number, spaces: boolean): boolean {
    for (let end = at; this.#may(end, spaces); ) if (this.#stops(++end)) return true;
    return false;
  }
}

export function toBinary(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function textOf(messages: readonly Message[]): string {
  return [...readTexts(messages).filter((text) => text), ...copiedValues(messages.flatMap(({ calls = [] }) => calls))].join("\n");
}

// -- calls

function value(name: string, schema: Schema, source: Source): Rule {
  const kind = schema["type"];
  if (name in AMOUNTS && kind === "integer") return quoted(name === "duration_min" ? either(amount(name, schema), UNTIL) : amount(name, schema));
  if (schema["format"] === "date-time") return quoted(POINT);
  if (Array.isArray(schema["enum"])) return words(...schema["enum"].map((item) => toBinary(JSON.stringify(item))));
  if (kind === "integer") return source.integer(schema);
  if (kind === "boolean") return words("true", "false");
  if (kind === "array") {
    const items = (schema["items"] ?? {}) as Schema;
    return sequence(literal("["), list(items["type"] === "integer" ? source.integer(items) : quoted(source.copied(true))), literal("]"));
  }
  if (name === "ports") return quoted(list(PORT_RANGE));
  if (schema["format"] === "uri") return quoted(sequence(optional(words("https://", "http://")), source.copied(false)));
  return quoted(source.copied(name === "expect_text" || name === "agent_location"));
}

/** One tool's call; parameters come in the schema's order, each at most once. */
function call(tool: Tool, source: Source): Rule {
  const needed = new Set((tool.parameters["required"] ?? []) as string[]);
  const pairs = Object.entries((tool.parameters["properties"] ?? {}) as Record<string, Schema>).map(([name, schema]) => ({
    needed: needed.has(name),
    rule: sequence(literal(toBinary(`${JSON.stringify(name)}:`)), value(name, schema, source)),
  }));
  const from = (place: number, first: boolean): Rule => (text, at) => {
    const pair = pairs[place];
    if (!pair) return nothing(text, at);
    const here = sequence(first ? nothing : literal(","), pair.rule, from(place + 1, false));
    return (pair.needed ? here : either(here, from(place + 1, first)))(text, at);
  };
  return sequence(literal(toBinary(openCall(tool.name))), from(0, true), literal(CLOSE_CALL));
}

/**
 * Makes the judge of a reply's beginnings: words, or one call or more of the tools on offer.
 *
 * @param names What the marks of the conversation stand for.
 */
export function grammar(tools: readonly Tool[], messages: readonly Message[], names: Names): (reply: string) => Verdict {
  const source = new Source(messages, names);
  const calls = repeated(either(...tools.map((tool) => call(tool, source))), 1, Infinity);
  return (reply) => {
    if (!reply) return { open: true, whole: false };
    // eslint-disable-next-line no-control-regex
    if (!/^[<\x00-\x08]/.test(reply)) return reply.includes("<to") ? { open: false, whole: false } : { open: true, whole: true };
    if (!tools.length) return { open: false, whole: false };
    const { ends, open } = calls(reply, 0);
    return { open, whole: ends.includes(reply.length) };
  };
}
