"""The tolerances that reading a reply may take, by name, each with what was wrong."""

from __future__ import annotations

from collections.abc import Mapping

#: What each name in `Call.repairs` means.
REPAIRS: Mapping[str, str] = {
    # Around a call.
    "missing-start-tag": "nothing opened the call",
    "missing-end-tag": "nothing closed the call, or one of its parts",
    "other-tag": "another tag than the family's stood around the call",
    "other-form": "the call was written in another family's form",
    "leading-text": "words stood between the tag and the call",
    "fenced": "a code fence stood around the call",
    "missing-fence": "the code fence around the call was missing",
    "truncated": "the reply ended before the call did, after a whole value",
    "repeated-call": "the same call was made again in the reply",
    # Of a call.
    "wrong-key-names": "name or arguments went by other keys",
    "keyed": "the tool's name was the key of its arguments",
    "wrapped": "the call stood inside another object",
    "double-encoded": "an object was written as a JSON string",
    "flat-arguments": "the arguments stood beside the name",
    "missing-arguments": "there were no arguments, nor an empty object of them",
    "empty-arguments": "an empty text or null stood in place of the arguments",
    "positional-arguments": "arguments were given by position",
    "missing-brackets": "the list around the call was missing",
    "missing-parenthesis": "the parenthesis after the arguments was missing",
    "prefixed-name": "something stood before the tool's name",
    "guessed-name": "the tool's name was missing; only one on offer takes these arguments",
    # Of JSON.
    "missing-brace": "a brace or bracket was missing",
    "extra-brace": "a brace or bracket too many",
    "missing-colon": "a colon was missing",
    "missing-comma": "a comma was missing",
    "trailing-comma": "a comma stood before a closing bracket",
    "extra-comma": "a comma too many",
    "comments": "comments stood in the JSON",
    "duplicate-keys": "a key was given twice; the last one counts",
    "single-quotes": "strings stood in single quotes",
    "triple-quotes": "strings stood in triple quotes",
    "curly-quotes": "strings stood in typographic quotes",
    "backtick-quotes": "strings stood in backticks",
    "escaped-quotes": "the quotes around strings were escaped",
    "unescaped-quotes": "quotes inside strings were not escaped",
    "escaped-single-quotes": "single quotes were escaped",
    "markdown-escapes": "signs were escaped as in Markdown",
    "invalid-escapes": "a backslash was not doubled",
    "raw-control-characters": "line breaks or other control characters stood in strings",
    "lone-surrogates": "half a surrogate pair was escaped; it was replaced",
    "python-literals": "True, False or None",
    "set-literal": "a set of Python in place of a list",
    "missing-quotes": "a quote was missing",
    "wrong-separators": "other signs stood in place of colons or commas",
    "indented": "a tagged value was indented with its tag",
    "unquoted-keys": "keys stood without quotes",
    "unquoted-values": "strings stood without quotes",
    "loose-number": "a number was written as JSON does not write it",
    "loose-boolean": "1 or 0 stood for true or false",
    "unasked-null": "null stood for a value that may not be null",
}
