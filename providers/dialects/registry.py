"""All dialects by name, and the choice of one from what a model's file says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from models.family import OWN_DIALECT, WRITTEN_DIALECT
from providers.dialects.base import Dialect
from providers.dialects.family import Family, thinking

_THINKING = "-thinking"
_SEPARATORS = re.compile(r"[^a-z0-9]+")

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
    "cohere": "Command R7B and Command A: an array of calls after <|START_ACTION|>",
    "apertus": "Apertus: objects keyed by the name after <|tools_prefix|>",
    "minimax": "MiniMax M2: function tags between <minimax:tool_call> tags",
    "seed_oss": "Seed-OSS: function tags between <seed:tool_call> tags",
    "step3": "Step3: function tags between DeepSeek's markers",
    "gigachat": "GigaChat 3: a JSON object after its own header",
    "nemotron": "Nemotron Nano 2: an array of calls between <TOOLCALL> tags",
    "internlm": "InternLM 2, Intern-S1: an object after <|plugin|>",
    "jamba": "Jamba: an array of calls between <tool_calls> tags",
    "hunyuan": "Hunyuan: an array of calls between <tool_calls> tags",
    "gemma": "Gemma 2 and 3: Python in a code fence labelled tool_code",
    "inkling": "Inkling: a JSON object with name and args in a message of its kind",
    "muse": "Muse: function tags in messages with a recipient",
    "smollm2": "SmolLM2: a JSON array of calls between <tool_call> tags",
    "react": "ReAct: Action and Action Input in words, for any model",
}

#: What others call their parsers of a family, and which of ours reads it.
ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("qwen", "qwen25", "qwen3", "hermes_2_pro", "trinity", "longcat", "ernie45"), "hermes"),
    **dict.fromkeys(("dots", "minicpm5", "minicpm5xml", "mimo_json", "exaone", "generic", "reka"), "hermes"),
    **dict.fromkeys(("solar", "solar_open", "solar_open2", "plamo3", "k2_horizon", "k2_v3", "holo2"), "hermes"),
    **dict.fromkeys(("exaone4", "exaone_moe", "pangu", "openpangu", "openpangu_v2", "qwen25_coder"), "hermes"),
    **dict.fromkeys(("qwen2_5_coder", "bielik", "content_only", "csm", "cwm", "step_audio_2", "rust", "tng"), "hermes"),
    **dict.fromkeys(("json_array", "json", "multi_format"), "hermes"),
    **dict.fromkeys(("qwen3_coder", "qwen3_xml", "qwen35_coder", "step3p5", "mimo", "berrylm"), "qwen_coder"),
    **dict.fromkeys(("iquest_coder", "iquest_coder_v2", "nemotron_v3", "nemotron_3_nano"), "qwen_coder"),
    **dict.fromkeys(("mimov2_flash", "minicpmv", "qwen35", "qwen3_next"), "qwen_coder"),
    **dict.fromkeys(("llama", "llama3_json", "llama4_json", "llama3_x", "llama_3_x"), "llama3"),
    **dict.fromkeys(("llama_3_x_with_builtin_tools", "llama32"), "llama3"),
    **dict.fromkeys(("llama4_pythonic", "olmo3", "gorilla", "nexusraven", "toolace"), "pythonic"),
    **dict.fromkeys(("mistral", "magistral", "ministral", "ministral_3", "devstral"), "mistral_small"),
    **dict.fromkeys(("deepseek_v3", "deepseek_v31", "deepseek_v32", "deepseek_v4", "deepseek_r1"), "deepseek"),
    **dict.fromkeys(("deepseekv3", "deepseekv31", "deepseekv32", "deepseekv4", "deepseekv41"), "deepseek"),
    **dict.fromkeys(("deepseek_v3_1", "deepseek_v3_2", "deepseek_v4_1", "deepseek_v41"), "deepseek"),
    **dict.fromkeys(("kimi_k2", "kimi_k25", "kimi_k3"), "kimi"),
    **dict.fromkeys(("glm4", "glm45", "glm47", "glm53_flash", "glm_4_5", "glm4_moe", "glm47_moe"), "glm"),
    **dict.fromkeys(("ling3", "poolside_v1", "spark", "spark25", "spark3", "iquest_q1"), "glm"),
    **dict.fromkeys(("hyperclovax_seed_think", "hyperclovax_seed_think_14b"), "glm"),
    **dict.fromkeys(("granite4", "granite_20b_fc", "granite_pythonic"), "granite"),
    **dict.fromkeys(("phi4_mini_json", "phi4mini", "firefunction", "firefunction_v2"), "phi4"),
    **dict.fromkeys(("openai", "gpt_oss", "gptoss", "llm_jp"), "harmony"),
    **dict.fromkeys(("functionary_v3_1_llama_3_1", "functionary_3_1_llama_3_1"), "functionary_3_1"),
    **dict.fromkeys(("functionary_v3_2", "functionary_3_2"), "functionary"),
    **dict.fromkeys(("command_r7b", "command_r_plus", "command_a", "cohere2_moe"), "cohere"),
    **dict.fromkeys(("cohere_command3", "cohere_command4"), "cohere"),
    **dict.fromkeys(("minimax_m1", "minimax_m2", "minimax_m3", "minimax_m2_sanitized"), "minimax"),
    **dict.fromkeys(("nemotron_v2", "nemotron_nano_v2", "nemotron_json"), "nemotron"),
    **dict.fromkeys(("gigachat3", "gigachat35"), "gigachat"),
    **dict.fromkeys(("internlm2", "interns1", "intern_s1"), "internlm"),
    **dict.fromkeys(("hunyuan_a13b", "hy_v3", "hy_v4", "apriel", "apriel_1_5", "apriel_1_6"), "hunyuan"),
    "gemma4": "functiongemma", "rwkv": "rwkv_world", "apertus2509": "apertus", "muse_glimmer": "muse",
    "xiaomi_mimo": "hermes", "lfm2_with_json_tools": "lfm2",
    # What the shipped family's files call theirs, and runs that were recorded when it was so called here.
    WRITTEN_DIALECT: OWN_DIALECT,
}  # fmt: skip

# Where each is defined; imported when it is asked for.
_DEFINED: Mapping[str, tuple[str, str]] = {
    **{name: (name, name.upper()) for name in DIALECTS},
    "functionary": ("functionary", "FUNCTIONARY_32"),
    "functionary_3_1": ("functionary", "FUNCTIONARY_31"),
    "hunyuan": ("jamba", "HUNYUAN"),
    "react": ("agents", "REACT"),
}

# What a chat template holds that only one family writes; the first that fits decides.
_BY_TEMPLATE: tuple[tuple[str, str], ...] = (
    ("<|tool_calls_section_begin|>", "kimi"),
    ("<|content_invoke_tool_json|>", "inkling"),
    ("<atem:", "muse"),
    ("<start_function_call>", "functiongemma"),
    ("<|constrain|>", "harmony"),
    ("steptml:", "step3"),
    ("<\uff5ctool\u2581call", "deepseek"),
    ("\uff5cDSML\uff5c", "deepseek"),
    ("<|START_ACTION|>", "cohere"),
    ("<|tools_prefix|>", "apertus"),
    ("<minimax:tool_call>", "minimax"),
    ("]~b]", "minimax"),
    ("<seed:tool_call>", "seed_oss"),
    ("<TOOLCALL>", "nemotron"),
    ("<|role_sep|>", "gigachat"),
    ("<|action_start|>", "internlm"),
    ("<|bom|>", "jamba"),
    ("<|extra_0|>", "hunyuan"),
    ("<|tool_call>", "functiongemma"),
    ("<|open|>", "kimi"),
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
    ("<start_of_turn>", "gemma"),
    ("rwkv", "rwkv_world"),
    ("You are a helpful AI assistant named SmolLM", "smollm2"),
    ("<|im_start|>", "hermes"),
)

_BY_ARCHITECTURE: Mapping[str, str] = {
    "rwkv6": "rwkv_world", "rwkv7": "rwkv_world", "arwkv7": "rwkv_world", "rwkv6qwen2": "hermes",
    "llama": "llama3", "llama4": "pythonic", "olmo2": "pythonic", "olmo3": "pythonic",
    "lfm2": "lfm2", "lfm2moe": "lfm2", "mistral3": "mistral_small", "deepseek2": "deepseek",
    "glm4": "glm", "glm4moe": "glm", "phi3": "phi4", "phimoe": "phi4", "granite": "granite",
    "granitemoe": "granite", "granitehybrid": "granite", "gemma": "gemma", "gemma2": "gemma",
    "gemma3": "gemma", "gemma3n": "gemma", "gpt-oss": "harmony", "cohere2": "cohere",
    "command-r": "cohere", "apertus": "apertus", "minimax-m2": "minimax", "seed_oss": "seed_oss",
    "internlm2": "internlm", "jamba": "jamba", "hunyuan-moe": "hunyuan", "hunyuan-dense": "hunyuan",
    "nemotron_h": "nemotron", "ernie4_5": "hermes", "ernie4_5-moe": "hermes", "exaone4": "hermes",
    "falcon-h1": "hermes", "bailingmoe": "hermes", "bailingmoe2": "hermes", "smollm3": "hermes",
    "dots1": "hermes", "kimi-k2": "kimi", "kimi-linear": "kimi", "qwen2": "hermes",
    "qwen2moe": "hermes", "qwen3": "hermes", "qwen3moe": "hermes", "qwen3next": "qwen_coder",
}  # fmt: skip


def dialect(name: str) -> Dialect:
    """Returns a dialect by name; with "-thinking" behind it the variant whose prompt opens the reasoning.

    Capitals and the signs between the words of a name make no difference.

    Raises:
        ValueError: There is none of that name; the message says which are near.
    """
    written = _SEPARATORS.sub("_", name.lower().removesuffix(_THINKING)).strip("_")
    plain = written if written in _DEFINED else ALIASES.get(written, written)
    if plain not in _DEFINED:
        near = get_close_matches(written, DIALECTS, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(DIALECTS)}."
        raise ValueError(f"there is no dialect {name!r}; {hint}")
    module, variable = _DEFINED[plain]
    found: Dialect = getattr(import_module(f"providers.dialects.{module}"), variable)
    if not name.lower().endswith(_THINKING):
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
