// Server-sent events out of a byte stream, by the WHATWG rules that matter to a client: lines end in LF, CR or CRLF,
// an empty line sends what was gathered, lines that open with a colon are comments.

export interface Frame {
  readonly id: string;
  readonly data: string;
}

/** Takes pieces of text, however they are cut, and gives whole frames. */
export class FrameParser {
  #rest = "";
  #id = "";
  #data: string[] = [];
  #ended = false;

  push(piece: string): Frame[] {
    const frames: Frame[] = [];
    // A CR at the end of a piece may be half of a CRLF.
    let text = this.#rest + piece;
    if (this.#ended && text.startsWith("\n")) text = text.slice(1);
    this.#ended = false;
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at];
      if (char !== "\n" && char !== "\r") continue;
      this.#line(text.slice(start, at), frames);
      if (char === "\r") {
        if (at + 1 === text.length) this.#ended = true;
        else if (text[at + 1] === "\n") at++;
      }
      start = at + 1;
    }
    this.#rest = text.slice(start);
    return frames;
  }

  #line(line: string, frames: Frame[]): void {
    if (line === "") {
      if (this.#data.length) frames.push({ id: this.#id, data: this.#data.join("\n") });
      this.#data = [];
      return;
    }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }
}
