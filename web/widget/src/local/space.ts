// White space as Python has it, which is not JavaScript's: the conversation is read as the Python code reads it.

/** The characters, for use within brackets of an expression. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
// A run is entered at its beginning alone, so that a long one within the text takes no time.
const ENDS = new RegExp(`^[${SPACE}]+|(?<![${SPACE}])[${SPACE}]+$`, "gu");

/** Text without the white space at its ends. */
export function stripped(text: string): string {
  return text.replace(ENDS, "");
}
