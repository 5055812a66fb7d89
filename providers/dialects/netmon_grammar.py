"""Grammars that hold the shipped family's replies to the tools on offer.

Two strengths: `schema` lets any text stand in a string; `copy` lets a value that names something (a host, a URL, an
id, a person's own words) be only a piece of the conversation. The grammar copies, the model chooses where.
A mark stands for a whole number only where its name is one that may be written there.

The notation is llguidance's Lark: terminals are regular expressions, `&` is intersection, and
`%regex {"substring_chunks": [...]}` is any run of adjacent chunks. What is of the conversation comes first; the comment
`// followed:` says which values it decides, for an engine that follows them without compiling the conversation.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from providers.base import Message, ToolSpec
from providers.dialects.marks import unmarked
from providers.dialects.netmon_pieces import CLOSE_CALL, copied_values, open_call, read_texts
from providers.dialects.netmon_wire import AMOUNTS, Kind, kind_of
from providers.dialects.quantities import SECONDS, ZONES

#: Characters of the conversation, counted from its end, that values may be copied from.
COPY_CHARS = 6000

#: A label of a name holds the dot or @ that goes on with it, so that a copy may begin at any label but ends with the
#: whole name: of `it@shop.acme.org`, `acme.org`, never `it` or `shop.acme`. `db-03.Then` is two sentences.
_CHUNK = re.compile(r"[A-Za-z0-9_-]+(?:[.@](?=[a-z0-9_-]|[A-Z](?![a-z])))?|.", re.S)
#: Anything that neither begins like a call nor holds the beginning of one, `<to`: a call stands alone.
_WORDS = r"[^<\x00-\x08]([^<]|<(<|t<)*([^<t]|t[^<o]))*(<(<|t<)*t?)?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
#: Ends that lie ahead whatever the time is, and at most a week.
_END = (
    rf"((tomorrow|mon|tue|wed|thu|fri|sat|sun)( {_CLOCK})?|{_CLOCK})"
    rf"( ({'|'.join(zone for zone in ZONES if len(zone) > 1)}))?"
)
_POINT = (
    r"(now|[+\-][0-9]{1,5}(\.[0-9]{1,2})?(s|m|h|d|w)"
    r"|((today|tonight|tomorrow|yesterday|week|month|year|(last )?(mon|tue|wed|thu|fri|sat|sun)|\+[0-9]{1,3}d"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}-[0-9]{2}|[0-9]{1,2}\.[0-9]{1,2}\.([0-9]{4})?)( [0-9]{2}:[0-9]{2})?"
    r"|[0-9]{2}:[0-9]{2})( [A-Z]{2,4})?)"
)
#: Texts that may have white space in them.
_WITH_SPACES = ("expect_text", "agent_location")
#: Sets of tools whose rules are kept as text.
_KEPT = 32
#: What may follow an amount of a unit, as the 30m of 1h30m.
_LESSER = {"m": "([1-9]|[1-5][0-9])s", "h": "([1-9]|[1-5][0-9])m", "d": "([1-9]|1[0-9]|2[0-3])h"}
#: Beyond it no integer is written.
_LARGEST = 999_999_999
_PORTS = r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*"


def grammar(
    tools: Sequence[ToolSpec],
    messages: Sequence[Message],
    *,
    copy: bool,
    names: Mapping[str, str] | None = None,
) -> str:
    """Writes the grammar of a reply: words, or one call or more of the tools on offer.

    Args:
        tools: The tools on offer.
        messages: The conversation that values may be copied from.
        copy: Whether values that name something must be copied.
        names: What the marks of the conversation stand for.
    """
    names = names or {}
    source = "\n".join([unmarked(_source(messages)), *names]) if copy else ""
    pieces = ""
    if source:
        chunks = json.dumps(_CHUNK.findall(source), ensure_ascii=True)
        pieces = f'PIECE: %regex {{"substring_chunks": {chunks}}}\n'
    rules = _rules(tools, copied=bool(source))
    integers = "".join(_integer_terminal(*each, names) for each in rules.integers.items())
    return pieces + integers + rules.text


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is not of the conversation.

    Attributes:
        tools: The tools on offer.
        integers: The terminals of whole numbers, by their expressions; what they are depends on the conversation.
        text: All else.
    """

    tools: tuple[ToolSpec, ...]
    integers: Mapping[str, str]
    text: str


_written: dict[tuple[int, ...], _Rules] = {}


def _rules(tools: Sequence[ToolSpec], *, copied: bool) -> _Rules:
    """Writes all that is not of the conversation; that of the tools that were asked for last is kept."""
    # By identity, since schemas have no hash: the tools are kept with their rules, so that none can take one's place.
    key = (*map(id, tools), copied)
    found = _written.get(key)
    if found is None:
        if len(_written) >= _KEPT:
            _written.pop(next(iter(_written)), None)
        found = _written[key] = _write_rules(tools, copied=copied)
    return found


def _integer_terminal(expression: str, terminal: str, names: Mapping[str, str]) -> str:
    """Whole numbers within bounds, and the marks of such."""
    marks = "".join(mark for mark, name in names.items() if re.fullmatch(expression, name))
    return f"{terminal}: /{f'[{marks}]|' if marks else ''}{expression}/\n"


def _write_rules(tools: Sequence[ToolSpec], *, copied: bool) -> _Rules:
    lines = [
        "start: words | calls" if tools else "start: words",
        f"words: /{_WORDS}/",
    ]
    if tools:
        lines.append("calls: (" + " | ".join(f"call_{index}" for index in range(len(tools))) + ")+")
    if copied:
        lines.append(r'COPIED: PIECE & /[^"\\\s\x00-\x1f]([^"\\\x00-\x1f]*[^"\\\s\x00-\x1f])?/')
        lines.append(r"NAME: COPIED & /[^\s]+/")
    else:
        lines.append(r'COPIED: /([^"\\\x00-\x1f]|\\["\\\/bfnrt]|\\u[0-9a-fA-F]{4})+/')
        lines.append(r'NAME: /[^"\\\s\x00-\x1f]+/')
    lines += [
        f"POINT: /{_POINT}/",
        f"END: /{_END}/",
        f"PORTS: /{_PORTS}/",
    ]
    numbers = _Numbers()
    for index, tool in enumerate(tools):
        lines += _call(index, tool, numbers)
    lines += [f"{terminal}: /{expression}/" for expression, terminal in numbers.amounts.items()]
    followed = {open_call(tool.name): _followed(tool, numbers, copied=copied) for tool in tools}
    lines.append(f"// followed: {json.dumps(followed)}")
    return _Rules(tuple(tools), numbers.integers, "\n".join(lines) + "\n")


class _Numbers:
    """Terminals of numbers, by their expressions: one for all values of the same bounds."""

    def __init__(self) -> None:
        self.amounts: dict[str, str] = {}
        self.integers: dict[str, str] = {}

    def amount(self, name: str, schema: Mapping[str, Any]) -> str:
        """The terminal of an amount of time."""
        return self.amounts.setdefault(_amount(name, schema), f"AMOUNT_{len(self.amounts)}")

    def integer(self, schema: Mapping[str, Any]) -> str:
        """The terminal of a whole number."""
        return self.integers.setdefault(_integer(schema), f"INTEGER_{len(self.integers)}")


def _followed(tool: ToolSpec, numbers: _Numbers, *, copied: bool) -> dict[str, str]:
    """The values of a call that the conversation decides, by key; the engine reads it (`engine.constrain`)."""
    found: dict[str, str] = {}
    properties: Mapping[str, Mapping[str, Any]] = tool.parameters.get("properties", {})
    for name, schema in properties.items():
        kind = kind_of(name, schema)
        if kind == "integer":
            found[name] = numbers.integer(schema)
        elif kind == "integers":
            found[name] = numbers.integer(schema.get("items", {}))
        elif copied and kind in ("text", "texts") and name != "ports":
            found[name] = _how_copied(name, schema)
    return found


def _how_copied(name: str, schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "uri":
        return "uri"
    return "text" if name in _WITH_SPACES or schema.get("type") == "array" else "name"


def _source(messages: Sequence[Message]) -> str:
    texts = [text for text in read_texts(messages) if text]
    texts += [value for message in messages for value in copied_values(message.tool_calls)]
    return "\n".join(texts)[-COPY_CHARS:]


def _call(index: int, tool: ToolSpec, numbers: _Numbers) -> list[str]:
    """Rules of one tool's call; parameters come in the schema's order, each at most once."""
    properties: Mapping[str, Mapping[str, Any]] = tool.parameters.get("properties", {})
    needed = set(tool.parameters.get("required", ()))
    names = list(properties)
    rules = [f"call_{index}: {_quote(open_call(tool.name))} first_{index}_0 {_quote(CLOSE_CALL)}"]
    for place, name in enumerate(names):
        value = _value(name, properties[name], numbers)
        rules.append(f"pair_{index}_{place}: {_quote(json.dumps(name) + ':')} {value}")
        after = f"rest_{index}_{place + 1}"
        first = f"pair_{index}_{place} {after}"
        rest = f'"," pair_{index}_{place} {after}'
        if name not in needed:
            first += f" | first_{index}_{place + 1}"
            rest += f" | {after}"
        rules += [f"first_{index}_{place}: {first}", f"rest_{index}_{place}: {rest}"]
    return [*rules, f'first_{index}_{len(names)}: ""', f'rest_{index}_{len(names)}: ""']


def _value(name: str, schema: Mapping[str, Any], numbers: _Numbers) -> str:
    kind: Kind = kind_of(name, schema)
    match kind:
        case "choice":
            return "(" + " | ".join(_quote(json.dumps(value)) for value in schema["enum"]) + ")"
        case "integer":
            return numbers.integer(schema)
        case "boolean":
            return '("true" | "false")'
        case "amount":
            end = ' | "until " END' if name == "duration_min" else ""
            return _quote('"') + f" ({numbers.amount(name, schema)}{end}) " + _quote('"')
        case "point":
            return _quote('"') + " POINT " + _quote('"')
        case "integers":
            item = numbers.integer(schema.get("items", {}))
            return f'"[" {item} ("," {item})* "]"'
        case "texts":
            item = _quote('"') + " COPIED " + _quote('"')
            return f'"[" {item} ("," {item})* "]"'
        case "text":
            return _quote('"') + f" {_text(name, schema)} " + _quote('"')


def _integer(schema: Mapping[str, Any]) -> str:
    """A regular expression of the integers within the bounds."""
    low, high = schema.get("minimum", -_LARGEST), schema.get("maximum", _LARGEST)
    below = f"-{whole_numbers(max(1, -high), -low)}" if low < 0 else ""
    above = whole_numbers(max(low, 0), high) if high >= 0 else ""
    return "|".join(filter(None, (above, below)))


def _amount(name: str, schema: Mapping[str, Any]) -> str:
    """A regular expression of the amounts of time whose number of the tool's units lies within the bounds."""
    own = AMOUNTS[name]
    low, high = schema.get("minimum", 0), schema.get("maximum", _LARGEST)
    found: list[str] = []
    for unit, seconds in SECONDS.items():
        size = round(seconds * 1000) / round(SECONDS[own] * 1000)
        least, most = math.ceil(low / size), math.floor(high / size)
        # 1h30m: the part of the smaller unit is less than one of the larger.
        if unit in _LESSER and max(least, 1) < most:
            found.append(rf"({whole_numbers(max(least, 1), most - 1)}{unit}{_LESSER[unit]})")
        if least > most or (unit == "ms" and own != "ms"):
            continue
        parts = [whole_numbers(least, most)]
        if size > 1:
            # Not after the last number: a part of a unit more must still be within.
            parts += [rf"{whole_numbers(least, most - 1)}\.[0-9]{{1,3}}"] if most > least else []
            parts += [r"0\.[1-9][0-9]{0,2}"] if least and 0.1 * size >= low else []
        found.append(f"({'|'.join(parts)})" + (f"({unit})?" if unit == own else unit))
    return "|".join(found)


@cache
def whole_numbers(low: int, high: int) -> str:
    """A regular expression of the whole numbers from `low` to `high`, neither negative, without leading zeros."""
    found: list[str] = []
    while low <= high:
        # The longest run from `low` on that ends in as many nines as possible.
        nines = 0
        while low % 10 ** (nines + 1) == 0 and low + 10 ** (nines + 1) - 1 <= high and low:
            nines += 1
        step = 10**nines
        digit = low // step % 10
        last = min(digit + (high - low + 1) // step - 1, 9)
        head = str(low // step // 10) if low // step >= 10 else ""
        found.append(f"{head}[{digit}-{last}]" + "[0-9]" * nines)
        low += (last - digit + 1) * step
    return "(" + "|".join(_joined(found)) + ")"


def _joined(alternatives: list[str]) -> list[str]:
    """Writes runs of `[1-9]`, `[1-9][0-9]`, … as one, which compiles several times faster."""
    whole = [item for item in alternatives if re.fullmatch(r"\[1-9\](\[0-9\])*", item)]
    if len(whole) < 2:
        return alternatives
    lengths = [item.count("[0-9]") for item in whole]
    rest = [item for item in alternatives if item not in whole]
    return [f"[1-9][0-9]{{{min(lengths)},{max(lengths)}}}", *rest]


def _text(name: str, schema: Mapping[str, Any]) -> str:
    if name == "ports":
        return "PORTS"
    if schema.get("format") == "uri":
        return '("https://" | "http://")? NAME'
    return "COPIED" if name in _WITH_SPACES else "NAME"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
