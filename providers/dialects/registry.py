"""All dialects by name, and the choice of one from what a model's file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from providers.dialects.base import Dialect
from providers.dialects.family import Family, thinking

_THINKING = "-thinking"

#: One line about each dialect, by name.
DIALECTS: Mapping[str, str] = {
    "netmon": "The shipped family: compact JSON between <tool_call> tags, times as people say them",
    "rwkv_world": "RWKV-7 World and G1: announced JSON in a code fence, turns in plain words",
    "hermes": "Hermes, Qwen 2.5 and Qwen 3: JSON between <tool_call> tags",
    "llama3": "Llama 3.1 to 3.3: bare JSON with name and parameters",
    "pythonic": "Llama 4, OLMo 3: a list of calls in Python",
    "lfm2": "LFM2: a tagged list of calls in Python",
    "mistral_nemo": "Mistral Nemo: [TOOL_CALLS] and a JSON array",
    "mistral_small": "Mistral Small 3.2: [TOOL_CALLS]name[ARGS]{..}",
    "qwen_coder": "Qwen3-Coder: tagged parameters, typed by the schema",
    "deepseek": "DeepSeek V3.1 (and V3, R1): name, separator, JSON between markers",
    "glm": "GLM-4.5 and later: pairs of key and value, typed by the schema",
    "functionary": "Functionary 3.2: >>>name and JSON on the next line",
    "functionary_3_1": "Functionary 3.1: <function=name>{..}</function>",
    "phi4": "Phi-4-mini, Firefunction: functools and a JSON array",
    "granite": "Granite 3 and 4: a JSON array after <|tool_call|>, or the Hermes form",
    "xlam": "xLAM: a JSON array of calls, bare, fenced or tagged",
    "functiongemma": "FunctionGemma: call:name{key:<escape>text<escape>}",
    "kimi": "Kimi K2: numbered calls between markers",
    "harmony": "gpt-oss: messages with channels and recipients",
}

# Where each is defined; imported when it is asked for.
_DEFINED: Mapping[str, tuple[str, str]] = {
    **{name: (name, name.upper()) for name in DIALECTS},
    "functionary": ("functionary", "FUNCTIONARY_32"),
    "functionary_3_1": ("functionary", "FUNCTIONARY_31"),
}

# What a chat template holds that only one family writes; the first that fits decides.
_BY_TEMPLATE: tuple[tuple[str, str], ...] = (
    ("<|tool_calls_section_begin|>", "kimi"),
    ("<start_function_call>", "functiongemma"),
    ("<|constrain|>", "harmony"),
    ("<\uff5ctool\u2581call", "deepseek"),
    ("\uff5cDSML\uff5c", "deepseek"),
    ("<arg_key>", "glm"),
    ("<parameter=", "qwen_coder"),
    ("<|tool_call_start|>", "lfm2"),
    ("[ARGS]", "mistral_small"),
    ("[TOOL_CALLS]", "mistral_nemo"),
    ("functools[", "phi4"),
    ("<|/tool_call|>", "phi4"),
    ("<|tool_call|>", "granite"),
    ("<|start_of_role|>", "granite"),
    (">>>all", "functionary"),
    ("<function=", "functionary_3_1"),
    ("<tool_call>", "hermes"),
    ("<function_calls>", "pythonic"),
    ("<|python_start|>", "pythonic"),
    ("<|header_start|>", "pythonic"),
    ("xlam", "xlam"),
    ("<|python_tag|>", "llama3"),
    ("<|start_header_id|>", "llama3"),
    ("rwkv", "rwkv_world"),
    ("<|im_start|>", "hermes"),
)

_BY_ARCHITECTURE: Mapping[str, str] = {
    "rwkv6": "rwkv_world", "rwkv7": "rwkv_world", "arwkv7": "rwkv_world", "rwkv6qwen2": "hermes",
    "llama": "llama3", "llama4": "pythonic", "olmo2": "pythonic", "olmo3": "pythonic",
    "lfm2": "lfm2", "lfm2moe": "lfm2", "mistral3": "mistral_small", "deepseek2": "deepseek",
    "glm4": "glm", "glm4moe": "glm", "phi3": "phi4", "phimoe": "phi4", "granite": "granite",
    "granitemoe": "granite", "granitehybrid": "granite", "gemma3": "functiongemma", "gpt-oss": "harmony",
    "kimi-k2": "kimi", "kimi-linear": "kimi", "qwen2": "hermes", "qwen2moe": "hermes", "qwen3": "hermes",
    "qwen3moe": "hermes", "qwen3next": "qwen_coder",
}  # fmt: skip

#: What the shipped family's files say of themselves as chat template.
NETMON_TEMPLATE = "netmon"


def dialect(name: str) -> Dialect:
    """Returns a dialect by name; with "-thinking" behind it the variant whose prompt opens the reasoning.

    Raises:
        ValueError: There is none of that name; the message says which are near.
    """
    plain = name.removesuffix(_THINKING)
    if plain not in _DEFINED:
        near = get_close_matches(name, DIALECTS, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(DIALECTS)}."
        raise ValueError(f"there is no dialect {name!r}; {hint}")
    module, variable = _DEFINED[plain]
    found: Dialect = getattr(import_module(f"providers.dialects.{module}"), variable)
    if plain == name:
        return found
    if not isinstance(found, Family) or not found.reader.thinking:
        raise ValueError(f"the dialect {plain!r} has no reasoning that a prompt could open")
    return thinking(found)


@dataclass(frozen=True, slots=True)
class Choice:
    """The dialect of a model, and what decided it, in a few words."""

    dialect: Dialect
    because: str


def choose(architecture: str, chat_template: str | None = None, name: str | None = None) -> Dialect:
    """Chooses the dialect of a model; see `choice`."""
    return choice(architecture, chat_template, name).dialect


def choice(architecture: str, chat_template: str | None = None, name: str | None = None) -> Choice:
    """Chooses the dialect of a model, and says why.

    Args:
        architecture: `general.architecture` of its GGUF file.
        chat_template: `tokenizer.chat_template` of that file, if it has one.
        name: A dialect asked for by name, which then decides.

    Raises:
        ValueError: No dialect of that name, or none known for this model; name one then.
    """
    if name:
        return Choice(dialect(name), "it is named for this model")
    template = chat_template or ""
    if template == NETMON_TEMPLATE:
        return Choice(dialect("netmon"), "the chat template names it")
    mark, found = next(((mark, family) for mark, family in _BY_TEMPLATE if mark in template), ("", None))
    because = f"the chat template holds {mark}"
    if found is None:
        found = _BY_ARCHITECTURE.get(architecture.lower())
        because = f"the architecture is {architecture}"
    if found is None:
        names = ", ".join(DIALECTS)
        raise ValueError(
            f"no dialect is known for a model of architecture {architecture!r}; name one of {names}."
        )
    if _opens_thinking(template) and found in _CAN_THINK:
        return Choice(dialect(found + _THINKING), f"{because}, and opens the reasoning")
    return Choice(dialect(found), because)


def _opens_thinking(template: str) -> bool:
    """Says whether the template's invitation to speak opens the reasoning, without a condition."""
    tail = template[-240:]
    return "<think>\\n" in tail and "enable_thinking" not in tail and "</think>" not in tail


_CAN_THINK = frozenset(("hermes", "deepseek", "qwen_coder", "glm", "granite", "rwkv_world"))
