"""Step3: DeepSeek's markers around function tags of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from providers.base import ToolCall, ToolSpec
from providers.dialects.deepseek import LAYOUT as DEEPSEEK
from providers.dialects.deepseek import DeepSeekReader, mark
from providers.dialects.family import Family
from providers.dialects.layout import OFFERED, Result, Safe, listed
from providers.dialects.qwen_coder import named_parameters

_BEGIN, _END = mark("tool calls begin", "_"), mark("tool calls end", "_")
_CALL, _SEPARATOR, _CALL_END = mark("tool call begin", "_"), mark("tool sep", "_"), mark("tool call end", "_")


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"## Tools\n{OFFERED}{listed(tools, safe, wrapped=False)}\n\nTo call, write the names in tags:\n"
        f'{_BEGIN}\n{_CALL}function{_SEPARATOR}<steptml:invoke name="name">'
        f'<steptml:parameter name="parameter">value</steptml:parameter></steptml:invoke>{_CALL_END}\n{_END}'
    )


def _result(result: Result) -> str:
    return f"<|BOT|>tool_response\n{result.content}<|EOT|>"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    each = (
        f'{_CALL}function{_SEPARATOR}<steptml:invoke name="{call.name}">'
        f"{named_parameters(call, safe, 'steptml:', after='')}</steptml:invoke>{_CALL_END}\n"
        for call in calls
    )
    return f"{_BEGIN}\n{''.join(each)}{_END}"


LAYOUT = replace(
    DEEPSEEK,
    specials=DEEPSEEK.specials | {"<|BOT|>", "<|EOT|>", "<steptml:", "</steptml:"},
    system=("<|BOT|>system\n", "<|EOT|>"),
    user=("<|BOT|>user\n", "<|EOT|>"),
    assistant=("<|BOT|>assistant\n", "<|EOT|>"),
    offer=_offer,
    calls=_calls,
    result=_result,
    stop=("<|EOT|>",),
)

STEP3 = Family("step3", "Step3: function tags between DeepSeek's markers", LAYOUT, DeepSeekReader)
