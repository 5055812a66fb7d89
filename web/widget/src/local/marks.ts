// Marks: a character for each name of a conversation, which the model writes in the name's place. The same as
// providers/dialects/marks.py, held together by vectors.json; what counts as a name, and why, is said there.

import { SPACE } from "./space.ts";

/** Characters of Unicode's private use area, in the order in which names get them. */
export const MARKS = Array.from({ length: 32 }, (_, at) => String.fromCharCode(0xe000 + at));
const ANY = /[\ue000-\ue01f]/g;

const WORD = "\\p{L}\\p{N}_";
const LABEL = `[${WORD}*-]+`;
const UNIT =
  "(?![ ]?(?:ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?" +
  `|am|pm|uhr|percent)(?![${WORD}])|[ ]?%)`;
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
const NAME = new RegExp(
  [
    // A page; the machine in it gets a mark of its own.
    `(?<url>(?<![${WORD}/])https?://[^${SPACE}\\x00-\\x1f"'<>\`|,;(){}\\[\\]\\\\]*[${WORD}/=])`,
    `(?<email>(?<![${WORD}.+-])[${WORD}.+-]*[${WORD}]@[${WORD}-]+(?:\\.[${WORD}-]+)+)`,
    `(?<ipv6>(?<![${WORD}:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?:/[0-9]{1,3})?(?![${WORD}:]))`,
    `(?<ipv4>(?<![${WORD}.-])(?:${OCTET}\\.){3}(?:${OCTET}|\\*)(?:/[0-9]{1,2})?(?![${WORD}]|\\.[0-9]))`,
    // Dates and times are no names.
    `(?<time>(?<![${WORD}.])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z?)?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|[0-9]{1,2}\\.[0-9]{1,2}\\.(?:[0-9]{4})?)(?![${WORD}]))`,
    `(?<host>(?<![${WORD}.@*-])${LABEL}(?:\\.${LABEL})*\\.(?:[a-zA-Z][${WORD}-]*|\\*)(?:(?<=[a-z])/[${WORD}./~%?&=+-]*[${WORD}/])?(?![${WORD}@]))`,
    `(?<word>(?<![${WORD}.@*:/-])(?=[${WORD}*-]*?[a-zA-Z])(?=[${WORD}*-]*?[0-9_*-])[${WORD}][${WORD}*-]*[${WORD}*](?![${WORD}@=]))`,
    `(?<id>(?:(?<=id=)|(?<=port=))[0-9]{1,9}(?![${WORD}.:/-]))`,
    `(?<named>(?:(?<=name=)|(?<=agent=)|(?<=address=))[^${SPACE}\\x00-\\x1f"\\\\<>=,]*[${WORD}])`,
    `(?<number>(?<![${WORD}.,:/=+-])[0-9]{2,9}(?![${WORD}:/-]|[.,][0-9])${UNIT})`,
  ].join("|"),
  "gu",
);
/** What only looks like a name: amounts, ordinals, and the like. */
const NO_NAME = /^(?:[0-9]+(?:ms|s|sec|secs|m|min|mins|h|hr|hrs|d|w|am|pm|st|nd|rd|th|x|k|mb|gb|cet|utc|uhr)|[a-z]'?[a-z]?-[a-z]+ing)$/iu;
/** What Python takes for an i where case does not count. */
const LIKE_I = /[\u0130\u0131]/g;
const PAGE = new RegExp(`^(https?://)([^/:?#]*[${WORD}])([^]*)$`, "u");
/** A text that is a value; any other text, which stays; a number. Numbers within texts are none. */
const VALUE = /"(?<scheme>(?:https?:\/\/)?)(?<rest>[^"\\]+)"(?=[\],}])|"(?:[^"\\]|\\.)*"|(?<=[:[,])(?<number>[0-9]+)(?=[\],}])/gsu;
const CALL = /(<tool_call>[^]*?"arguments":)([^]*?)(?=<tool_call>|$)/gu;

/** What of an expression was found. */
type Groups = Readonly<Record<string, string | undefined>>;

/** What each mark of a conversation stands for. */
export type Names = ReadonlyMap<string, string>;

/** Takes marks out of content, where they mean nothing. */
export function unmarked(text: string): string {
  return text.replace(ANY, "");
}

/** Puts names in the place of marks; a mark that was never given stands for nothing. */
export function named(text: string, names: Names): string {
  return text.replace(ANY, (mark) => names.get(mark) ?? "");
}

/** The marks of one conversation, given in the order in which names are met; those beyond `MARKS` get none. */
export class Marks {
  readonly #of = new Map<string, string>();

  /** What each mark stands for. */
  get names(): Names {
    return new Map([...this.#of].map(([name, mark]) => [mark, name]));
  }

  /** Puts marks before the names in what people and tools say. */
  read(text: string): string {
    return text.replace(NAME, (found: string, ...rest: unknown[]) => {
      const groups = rest.at(-1) as Groups;
      if (groups["time"] !== undefined || (groups["word"] !== undefined && NO_NAME.test(found.replace(LIKE_I, "i")))) return found;
      const page = groups["url"] === undefined ? null : PAGE.exec(found);
      if (!page) return this.#mark(found) + found;
      const whole = page[3] ? this.#mark(found) : "";
      return `${whole}${page[1]}${this.#mark(page[2]!)}${page[2]}${page[3]}`;
    });
  }

  /** Puts marks in place of names in the model's own words; those not met before stay as they are. */
  said(text: string): string {
    return text.replace(NAME, (found: string) => {
      const mark = this.#of.get(found);
      if (mark !== undefined) return mark;
      const page = PAGE.exec(found);
      return page ? `${page[1]}${this.#of.get(page[2]!) ?? page[2]}${page[3]}` : found;
    });
  }

  /** Puts marks in place of names among the arguments of calls. */
  called(text: string): string {
    return text.replace(CALL, (_whole, opening: string, values: string) => opening + values.replace(VALUE, (found: string, ...rest: unknown[]) => this.#value(found, rest.at(-1) as Groups)));
  }

  #mark(name: string): string {
    const next = MARKS[this.#of.size];
    if (!this.#of.has(name) && next !== undefined) this.#of.set(name, next);
    return this.#of.get(name) ?? "";
  }

  #value(found: string, { scheme = "", rest, number }: Groups): string {
    if (number !== undefined) return this.#of.get(number) ?? number;
    if (rest === undefined) return found;
    const whole = this.#of.get(scheme + rest);
    if (whole !== undefined) return `"${whole}"`;
    const mark = this.#of.get(rest);
    return mark !== undefined && scheme ? `"${scheme}${mark}"` : found;
  }
}
