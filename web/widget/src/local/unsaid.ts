// Names that a user leaves half unsaid, written out from what was named before: "and web-17?" after web-07.acme.net. The
// same as providers/dialects/unsaid.py, held together by vectors.json; what is rewritten, and why, is said there.

import { SPACE } from "./space.ts";
import { SECOND_LEVELS, TLDS, WORDLIKE } from "./spoken/words.ts";

const REMEMBERED = 4096;
const WORD = "\\p{L}\\p{N}_";
const LABEL = "[a-z0-9](?:[a-z0-9_-]{0,62})";
const HOST = new RegExp(`(?<![${WORD}.@-])(${LABEL})((?:\\.${LABEL})*\\.[a-z]{2,24})(?![${WORD}-]|\\.[${WORD}])`, "giu");
const IPV4 = new RegExp(`(?<![${WORD}.-])((?:[0-9]{1,3}\\.){3})([0-9]{1,3})(?![${WORD}-]|\\.[0-9])`, "gu");
const ORIGIN = /https?:\/\/[a-z0-9.:_-]*[a-z0-9]/gi;
const SHORT = new RegExp(`(?<![${WORD}.:/@\\\\-])(${LABEL})(?![${WORD}/@\\\\*-]|\\.[${WORD}])`, "giu");
const STEM = /^(.*?[a-z].*?)([0-9]{1,4}[a-z]?|(?<=-)[a-z])$/is;
const TAIL = new RegExp(`(?<![${WORD}.*)\\]/-])((?:\\.[0-9]{1,3}){1,2})(?![${WORD}-]|\\.[${WORD}])`, "gu");
const TLD = new RegExp(`(?<![${WORD}.*)\\]/-])\\.([a-z]{2,})(?![${WORD}-]|\\.[${WORD}])`, "giu");
const PATH = new RegExp(`(?<![^${SPACE}"'(])(/[a-z][${WORD}%~./?&=+-]*[${WORD}/])`, "giu");
const NUMBER = new RegExp(
  `(?<![${WORD}.,:/-])(?<!port )(?<!id )(?:(?:number|no\\.?|nr\\.?|#)[${SPACE}]*)?([0-9]{1,4})` +
    `(?=[.,;!?)]*(?:[${SPACE}]*$|[.,;!?)][${SPACE}]|[${SPACE}](?:i|is|was|not|instead|rather|please|sorry|that|then|and|but)(?![${WORD}])))`,
  "giu",
);
const INSTEAD = new RegExp(`(?<![${WORD}])(?:not|instead of|rather than)[${SPACE}]+(?:the[${SPACE}]+)?$`, "iu");

/** Writes out the names that a user's words leave half unsaid; a path belongs to a page out of `asked`. */
export function completed(text: string, before: readonly string[], asked: readonly string[]): string {
  if (!before.length) return text;
  const known = new Known(last(before), last(asked));
  return known
    .anotherNumber(text)
    .replace(SHORT, (whole, label: string) => known.host(whole, label))
    .replace(TAIL, (whole, tail: string) => known.address(whole, tail))
    .replace(TLD, (whole, domain: string) => known.domain(whole, domain))
    .replace(PATH, (whole, path: string) => known.page(whole, path));
}

const last = (texts: readonly string[]): string => [...texts.join("\n")].slice(-REMEMBERED).join("");

/** The names of a conversation so far; of several that fit, the one said last counts. */
class Known {
  readonly #hosts: readonly RegExpExecArray[];
  readonly #addresses: readonly RegExpExecArray[];
  readonly #origins: readonly string[];
  readonly #names = new Map<string, string>();
  readonly #domains = new Map<string, string>();
  readonly #whole: ReadonlySet<string>;

  constructor(before: string, asked: string) {
    this.#hosts = [...before.matchAll(HOST)].filter((match) => isEnding(match[2]!.split(".").at(-1)!));
    this.#addresses = [...before.matchAll(IPV4)];
    this.#origins = [...asked.matchAll(ORIGIN)].map((match) => match[0]);
    this.#whole = new Set([...before.matchAll(SHORT)].map((match) => match[1]!.toLowerCase()));
    for (const match of this.#hosts) {
      const label = match[1]!.toLowerCase();
      this.#names.set(label, match[1]! + match[2]!);
      const stem = STEM.exec(label)?.[1];
      if (stem !== undefined && stem.replace(/^[-_]+|[-_]+$/g, "").length > 1) this.#domains.set(stem, match[2]!);
    }
  }

  /** A short name, such as web-17 after web-07.acme.net. */
  host(whole: string, said: string): string {
    const label = said.toLowerCase();
    if (/^[a-z]+$|^[0-9]+$|[-_]$/.test(label)) return whole;
    const name = this.#names.get(label);
    if (name !== undefined) return name;
    const domain = this.#domains.get(STEM.exec(label)?.[1] ?? "");
    return domain === undefined || this.#whole.has(label) ? whole : said + domain;
  }

  /** The end of an IPv4 address, such as .8 after 10.0.0.7. */
  address(whole: string, tail: string): string {
    const parts = tail.slice(1).split(".");
    if (!this.#addresses.length || parts.some((part) => Number(part) > 255)) return whole;
    const found = this.#addresses.findLast((address) => address[0].endsWith(tail));
    return found ? found[0] : [...this.#addresses.at(-1)![0].split(".").slice(0, -parts.length), ...parts].join(".");
  }

  /** A top-level domain, such as .org after shop.acme.com. */
  domain(whole: string, said: string): string {
    if (!this.#hosts.length || !TLDS.has(said.toLowerCase())) return whole;
    const labels = this.#hosts.at(-1)![0].split(".");
    const end = labels.length > 2 && SECOND_LEVELS.has(labels.at(-2)!.toLowerCase()) ? -2 : -1;
    return [...labels.slice(0, end), said].join(".");
  }

  /** A path, such as /login after https://shop.acme.org. */
  page(whole: string, path: string): string {
    return this.#origins.length ? this.#origins.at(-1)! + path : whole;
  }

  /** A number that takes another's place: "number 8, not 7" after cam-7.acme.net or 10.0.0.7. */
  anotherNumber(text: string): string {
    const numbers = [...text.matchAll(NUMBER)];
    const host = this.#hosts.at(-1);
    const address = this.#addresses.at(-1);
    if (numbers.length !== 2 || !(host || address)) return text;
    const wrong = numbers.find((number) => INSTEAD.test(text.slice(0, number.index)));
    if (!wrong) return text;
    const right = numbers[1 - numbers.indexOf(wrong)]!;
    const isHost = !address || (host !== undefined && host.index >= address.index);
    const name = isHost ? host![0] : address[0];
    const places = isHost ? [...host![1]!.matchAll(/[0-9]+/g)] : [...name.matchAll(/[0-9]+$/g)];
    const same = places.filter((place) => Number(place[0]) === Number(wrong[1]));
    if (same.length !== 1) return text;
    const [digits, at] = [same[0]![0], same[0]!.index];
    const number = digits.startsWith("0") ? right[1]!.padStart(digits.length, "0") : right[1]!;
    const named = name.slice(0, at) + number + name.slice(at + digits.length);
    return text.slice(0, right.index) + named + text.slice(right.index + right[0].length);
  }
}

const isEnding = (label: string): boolean => TLDS.has(label.toLowerCase()) || WORDLIKE.has(label.toLowerCase());
