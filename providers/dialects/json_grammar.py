"""Grammars for families that write calls as JSON between tags: a reply is words, or calls that fit their schemas.

Where a family was tuned to write a list of calls in any case, a reply is that list.

llguidance itself compiles the JSON Schema of each tool's parameters (`%json`). Properties come in the schema's order,
with the white space that `json.dumps` writes. Words hold no opening tag; the families read replies that were held so
by `held.HeldReader`, for which nothing but tagged calls is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

from providers.base import Message, ToolSpec
from providers.dialects.base import ReplyGrammar

Json: TypeAlias = Any

#: Anything but what begins like the opening tag, `<to`, and what a text may end with of that.
_WORD = r"([^<]|<(<|t<)*([^<t]|t[^<o]))"
_PART = r"(<(<|t<)*t?)?"
#: How llguidance writes JSON, and that formats which it does not know hold nothing.
_STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True}
#: Formats of this project's tools that JSON Schema lacks, in terms of what it has.
_FORMATS: Mapping[str, Mapping[str, Json]] = {
    "host": {"pattern": r"^[^\s\x00-\x1f\x7f]+$"},
    "ip": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]},
}


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a family writes calls.

    Attributes:
        opening: What stands before the first.
        between: What stands between two.
        closing: What stands after the last.
        always: A reply is always a list of calls, an empty one where none is needed; only what follows a result may
            be words.
        after_words: Words, such as reasoning, may precede.
    """

    opening: str
    between: str
    closing: str
    always: bool = False
    after_words: bool = False


#: The families, by their dialect's name.
FORMS: Mapping[str, CallForm] = {
    "smollm2": CallForm("<tool_call>[", ", ", "]</tool_call>", always=True),
    "hermes": CallForm("<tool_call>\n", "\n</tool_call>\n<tool_call>\n", "\n</tool_call>", after_words=True),
}


def grammar_of(dialect: str) -> ReplyGrammar | None:
    """The writer of grammars for a dialect; None where its calls are no JSON between tags."""
    form = FORMS.get(dialect)
    return partial(grammar, form) if form else None


def grammar(
    form: CallForm,
    tools: Sequence[ToolSpec],
    messages: Sequence[Message],
    *,
    copy: bool,
    names: Mapping[str, str] | None = None,
) -> str:
    """Writes the grammar of a reply in llguidance's Lark.

    Args:
        form: How the family writes calls.
        tools: The tools on offer.
        messages: The conversation; whether it ends with a result.
        copy: Not looked at: values are not held to the conversation's words.
        names: Not looked at either: these families have no marks.
    """
    if not tools:
        return f"start: WORDS\nWORDS: /{_WORD}+{_PART}/\n"
    some = f"call ({_quote(form.between)} call)*"
    answers = not form.always or (len(messages) > 0 and messages[-1].role == "tool")
    lines = [
        "start: WORDS | calls" if answers else "start: calls",
        f"WORDS: /{_WORD}+{_PART}/",
        # One terminal with the words before it: a lexer that reads as much as it can would take the tag's beginning
        # for words.
        f"OPENING: /{f'{_WORD}*(<t?)*' if form.after_words else ''}{_escape(form.opening)}/",
        f"calls: OPENING {f'({some})?' if form.always else some} {_quote(form.closing)}",
        "call: " + " | ".join(f"call_{index}" for index in range(len(tools))),
    ]
    for index, tool in enumerate(tools):
        opening = f'{{"name": {json.dumps(tool.name)}, "arguments": '
        schema = {"type": "object", **_known(tool.parameters), "x-guidance": _STYLE}
        lines.append(f'call_{index}: {_quote(opening)} arguments_{index} "}}"')
        lines.append(f"arguments_{index}: %json {json.dumps(schema)}")
    return "\n".join(lines) + "\n"


def _known(schema: Json) -> Json:
    """The same schema with our own formats in terms of what JSON Schema has."""
    if isinstance(schema, list):
        return [_known(item) for item in cast("list[Json]", schema)]
    if not isinstance(schema, dict):
        return schema
    written = cast("dict[str, Json]", schema)
    found = {key: value if key in ("enum", "const") else _known(value) for key, value in written.items()}
    own = found.get("format")
    if isinstance(own, str) and own in _FORMATS:
        del found["format"]
        found |= _FORMATS[own]
    return found


def _escape(text: str) -> str:
    return re.escape(text).replace("\\\n", "\\n")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
