from __future__ import annotations

import pytest

from models.family import OWN_DIALECT, WRITTEN_DIALECT
from providers.dialects.family import Family
from providers.dialects.registry import DIALECTS, choose, dialect


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_knows_its_name_and_description(name: str) -> None:
    found = dialect(name)
    assert found.name == name
    if isinstance(found, Family):
        assert found.description == DIALECTS[name]


def test_an_unknown_name_is_told_with_the_near_ones() -> None:
    with pytest.raises(ValueError, match=r"did you mean .*hermes"):
        dialect("hermess")
    with pytest.raises(ValueError, match="choose one of"):
        dialect("zzzzz")
    with pytest.raises(ValueError, match="no reasoning"):
        dialect("harmony-thinking")


@pytest.mark.parametrize(
    ("architecture", "template", "name"),
    [
        ("rwkv7", None, "rwkv_world"),
        ("rwkv7", "rwkv-world", "rwkv_world"),
        ("qwen3", "{{ '<|im_start|>' }} <tool_call>", "hermes"),
        ("qwen3moe", "<tool_call>\n<function=x>\n<parameter=y>", "qwen_coder"),
        ("llama", "<|start_header_id|> <|python_tag|>", "llama3"),
        ("llama", "<|start_header_id|> <tool_call>", "hermes"),
        ("llama", "[TOOL_CALLS] [AVAILABLE_TOOLS]", "mistral_nemo"),
        ("llama", "[TOOL_CALLS] [ARGS]", "mistral_small"),
        ("llama", "<|start_header_id|> >>>all", "functionary"),
        ("llama4", None, "pythonic"),
        ("lfm2", "<|tool_call_start|>", "lfm2"),
        ("deepseek2", None, "deepseek"),
        ("glm4moe", "<tool_call> <arg_key>", "glm"),
        ("granitehybrid", "<|start_of_role|> <tool_call>", "granite"),
        ("phi3", "<|tool_call|> <|/tool_call|>", "phi4"),
        ("gemma3", "<start_function_call>", "functiongemma"),
        ("gpt-oss", "<|constrain|>", "harmony"),
        ("deepseek2", "<|tool_calls_section_begin|>", "kimi"),
        (
            "qwen2",
            "<tool_call> {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}",
            "hermes-thinking",
        ),
    ],
)
def test_a_file_says_which_dialect_it_speaks(architecture: str, template: str | None, name: str) -> None:
    assert choose(architecture, template).name == name


def test_the_shipped_dialect_is_known_by_the_name_in_its_files() -> None:
    assert dialect(WRITTEN_DIALECT) is dialect(OWN_DIALECT)


def test_a_name_decides() -> None:
    assert choose("rwkv7", "rwkv-world", "hermes").name == "hermes"
    with pytest.raises(ValueError, match="no dialect is known"):
        choose("mamba", "something")
