"""Scripts in YAML: replies to be played in order, or rules that answer what is said."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from providers.base import (
    Malformed,
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Settings,
    ToolCall,
    ToolSpec,
)
from providers.dialects.base import Dialect
from providers.dialects.registry import dialect as find_dialect
from providers.scripted import Rule, ScriptedProvider, ScriptedReply, in_order

#: The script that ships: it answers simple words such as `ping gw1.lan`, `hosts`, `add x.org`, `help`.
DEMO = Path(__file__).with_name("scripts") / "demo.yaml"

_ERRORS: dict[str, type[ProviderError]] = {
    "timeout": ProviderTimeout,
    "unavailable": ProviderUnavailable,
    "overloaded": ProviderOverloaded,
    "incomplete": ProviderIncomplete,
    "rejected": ProviderRejected,
}
_WHOLE = re.compile(r"\{(\w+)(:int)?\}")


class ScriptError(Exception):
    """A script cannot be used; the message names the file, the place and what was expected."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CallForm(_Form):
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])
    id: str = ""


class _MalformedForm(_Form):
    raw: str
    reason: str
    position: int = Field(default=0, ge=0)


class _ReplyForm(_Form):
    reasoning: str = ""
    text: str = ""
    calls: tuple[_CallForm, ...] = ()
    malformed: tuple[_MalformedForm, ...] = ()
    raw: str = ""
    error: Literal["timeout", "unavailable", "overloaded", "incomplete", "rejected"] | None = None
    delay_s: float = Field(default=0.0, ge=0)
    piece_delay_s: float = Field(default=0.0, ge=0)

    def reply(self, fill: Callable[[str], Any] = str) -> ScriptedReply:
        """Makes the reply; `fill` fills in every text that the script lets vary."""
        error = _ERRORS[self.error](f"the script says: {self.error}") if self.error else None
        return ScriptedReply(
            reasoning=str(fill(self.reasoning)),
            text=str(fill(self.text)),
            calls=tuple(ToolCall(c.id, c.name, _filled(c.arguments, fill)) for c in self.calls),
            malformed=tuple(Malformed(m.raw, m.reason, m.position) for m in self.malformed),
            raw=self.raw,
            error=error,
            delay_s=self.delay_s,
            piece_delay_s=self.piece_delay_s,
        )


def _compiled(pattern: object) -> re.Pattern[str]:
    try:
        return re.compile(str(pattern), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error


class _RuleForm(_ReplyForm):
    when: Annotated[re.Pattern[str], BeforeValidator(_compiled)] = re.compile("")
    after: Literal["user", "tool", "any"] = "user"

    @property
    def names(self) -> frozenset[str]:
        """The tools that it calls."""
        return frozenset(call.name for call in self.calls)


class _ScriptForm(_Form):
    name: str = "scripted"
    dialect: str | None = None
    piece_chars: int = Field(default=4, ge=1)
    again: bool = False
    replies: tuple[_ReplyForm, ...] = ()
    rules: tuple[_RuleForm, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> _ScriptForm:
        if bool(self.replies) == bool(self.rules):
            raise ValueError("a script has either replies or rules")
        if self.dialect is not None:
            find_dialect(self.dialect)
        return self


def load_script(path: Path = DEMO, dialect: Dialect | None = None) -> ScriptedProvider:
    """Makes a provider of a script.

    A rule applies when its pattern `when` is found in the user's last message (case does not matter), the
    last message is of the role `after`, and every tool that it calls is on offer; the first that applies
    makes the reply. In its texts and arguments `{group}` stands for a named group of the pattern,
    `{group:int}` for the same as a number, and `{results}` for what the tools have just said; an argument
    whose group is empty is left out.

    Args:
        path: The file; the shipped demonstration if not given.
        dialect: Reads replies that are `raw`; the one that the file names if None.

    Raises:
        ScriptError: The file cannot be read or is no script.
    """
    try:
        data = path.read_bytes()
        form = _ScriptForm.model_validate(yaml.safe_load(data.decode("utf-8")))
    except OSError as error:
        raise ScriptError(f"{path} cannot be read: {error.strerror}; name a script that can") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path} is no YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ScriptError(f"{path}: {place}: {first['msg']}") from error
    script = in_order([r.reply() for r in form.replies], again=form.again) if form.replies else _rules(form)
    reads = dialect or (find_dialect(form.dialect) if form.dialect else None)
    provider = ScriptedProvider(script, model=form.name, dialect=reads, piece_chars=form.piece_chars)
    # Runs tell scripts apart as they tell weights apart: by what the file holds.
    provider.info = replace(
        provider.info, file_bytes=len(data), weights_sha256=hashlib.sha256(data).hexdigest()
    )
    return provider


def _rules(form: _ScriptForm) -> Rule:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> ScriptedReply:
        asked = next((m.content or "" for m in reversed(messages) if m.role == "user"), "")
        last = messages[-1].role if messages else "user"
        offered = {tool.name for tool in tools}
        for candidate in form.rules:
            if candidate.after not in (last, "any") or not offered.issuperset(candidate.names):
                continue
            found = candidate.when.search(asked)
            if found:
                return candidate.reply(_filler({**found.groupdict(), "results": _results(messages)}))
        raise ProviderRejected("the script has no rule for this message; add one without `when` to its end")

    return rule


def _filler(values: Mapping[str, str | None]) -> Callable[[str], Any]:
    """Makes what fills values into a text; a text that is only a placeholder becomes the value, or None."""

    def fill(text: str) -> Any:
        whole = _WHOLE.fullmatch(text)
        if whole and whole[1] in values:
            value = values[whole[1]]
            return int(value) if whole[2] and value else value
        return _WHOLE.sub(lambda m: (values[m[1]] or "") if m[1] in values else m[0], text)

    return fill


def _filled(arguments: Mapping[str, Any], fill: Callable[[str], Any]) -> dict[str, Any]:
    filled = {key: _fill_value(value, fill) for key, value in arguments.items()}
    return {key: value for key, value in filled.items() if value is not None}


def _fill_value(value: Any, fill: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_fill_value(item, fill) for item in cast("list[Any]", value)]
    return value


def _results(messages: Sequence[Message]) -> str:
    """Joins what the tools have said since the model last spoke."""
    said: list[str] = []
    for message in reversed(messages):
        if message.role == "assistant":
            break
        if message.role == "tool":
            said.append(_sentence(message.content or ""))
    return " ".join(reversed(said))


def _sentence(content: str) -> str:
    try:
        result: Any = json.loads(content)
    except ValueError:
        return content
    match result:
        case {"message": str() as sentence}:
            return sentence
        case _:
            return content
