// JSON as Python's json module reads it, with numbers as they were written: 1.0 stays 1.0, which JSON.parse loses.
// Objects keep the order of their keys.

/** A number as it was written. */
export class Numeral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export type Entries = Map<string, Json>;
export type Json = null | boolean | string | Numeral | readonly Json[] | Entries;

/** What is nested deeper stands as it came. */
const NESTED = 64;
const SPACES = " \t\n\r";
const NUMBER = /-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|Infinity)|NaN/y;
const WORDS: readonly (readonly [string, null | boolean])[] = [["null", null], ["true", true], ["false", false]];

/** The value of a text; undefined where it is no JSON, or nested too deep. */
export function readJson(text: string): Json | undefined {
  try {
    const reader = new Reader(text);
    const value = reader.value(0);
    return reader.ended() ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  ended(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  value(depth: number): Json {
    this.#skip();
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") {
      if (depth > NESTED - 1) throw new SyntaxError();
      this.#at++;
      return first === "{" ? this.#object(depth) : this.#list(depth);
    }
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw new SyntaxError();
    this.#at += number.length;
    return new Numeral(number);
  }

  #object(depth: number): Entries {
    const found: Entries = new Map();
    if (this.#takes("}")) return found;
    do {
      this.#skip();
      const key = this.#string();
      if (!this.#takes(":")) throw new SyntaxError();
      found.set(key, this.value(depth + 1));
    } while (this.#takes(","));
    if (!this.#takes("}")) throw new SyntaxError();
    return found;
  }

  #list(depth: number): Json[] {
    const found: Json[] = [];
    if (this.#takes("]")) return found;
    do found.push(this.value(depth + 1));
    while (this.#takes(","));
    if (!this.#takes("]")) throw new SyntaxError();
    return found;
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw new SyntaxError();
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start, end + 1)) as string;
  }

  #takes(mark: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    while (this.#at < this.#text.length && SPACES.includes(this.#text[this.#at]!)) this.#at++;
  }
}
