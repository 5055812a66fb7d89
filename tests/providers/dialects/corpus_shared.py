"""Replies in the families that share their readers' forms, and what is to be read in them."""

from __future__ import annotations

from tests.providers.dialects.corpus_json import NOW, ROME, W
from tests.providers.dialects.support import Case, case

P = '{"city": "Rome"}'
_TURN = "<|END_OF_TURN_TOKEN|>"

COHERE: dict[str, Case] = {
    "two": case(
        "<|START_THINKING|>plan<|END_THINKING|><|START_ACTION|>[\n"
        f'    {{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {P}}},\n'
        '    {"tool_call_id": "1", "tool_name": "now", "parameters": {}}\n]<|END_ACTION|>',
        ROME,
        NOW,
        thinks="plan",
        repairs=None,
    ),
    "answer": case("<|START_RESPONSE|>It rains.<|END_RESPONSE|>", says="It rains."),
    "older": case(
        f'Action: ```json\n[{{"tool_name": "get_weather", "parameters": {P}}}]\n```', ROME, repairs=None
    ),
    "cut": case('<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "para', broken=1),
}

APERTUS: dict[str, Case] = {
    "two": case(
        f'ok<|tools_prefix|>[{{"get_weather": {P}}}, {{"now": {{}}}}]<|tools_suffix|>', ROME, NOW, says="ok"
    ),
    "thinking": case(
        f'<|inner_prefix|>hm<|inner_suffix|><|tools_prefix|>[{{"get_weather": {P}}}]<|tools_suffix|>',
        ROME,
        thinks="hm",
    ),
    "unknown": case('<|tools_prefix|>[{"zap": {"a": [1]}}]<|tools_suffix|>', ("zap", {"a": [1]})),
    "no end": case(f'<|tools_prefix|>[{{"get_weather": {P}}}]', ROME, repairs="missing-end-tag"),
    "cut": case(
        f'<|tools_prefix|>[{{"get_weather": {P}', ROME, repairs="truncated missing-brace missing-end-tag"
    ),
    "no object": case('<|tools_prefix|>[{"get_weather": 5}]<|tools_suffix|>', broken=1),
}

MINIMAX: dict[str, Case] = {
    "two": case(
        '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Rome</parameter>\n'
        '<parameter name="days">2</parameter>\n</invoke>\n<invoke name="now">\n</invoke>\n</minimax:tool_call>',
        ("get_weather", {"city": "Rome", "days": 2}),
        NOW,
    ),
    "objects": case(f'<tool_calls>\n{W}\n{{"name": "now", "arguments": {{}}}}\n</tool_calls>', ROME, NOW),
    "sign before tags": case(
        ']<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="get_weather">]<]minimax[>[<city>Rome]<]minimax[>[</city>'
        "]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>",
        ROME,
        repairs=None,
    ),
    "value not closed": case(
        '<minimax:tool_call><invoke name="get_weather"><parameter name="city">Rome</invoke></minimax:tool_call>',
        ROME,
        repairs="missing-end-tag",
    ),
}

SEED_OSS: dict[str, Case] = {
    "one": case(
        "<seed:think>hm</seed:think><seed:tool_call>\n<function=get_weather>\n<parameter=city>Rome</parameter>\n"
        "</function>\n</seed:tool_call>",
        ROME,
        thinks="hm",
    ),
}


def _step(words: str) -> str:
    return f"<\uff5c{words}\uff5c>"


STEP3: dict[str, Case] = {
    "one": case(
        f"{_step('tool_calls_begin')}{_step('tool_call_begin')}function{_step('tool_sep')}"
        '<steptml:invoke name="get_weather"><steptml:parameter name="city">Rome</steptml:parameter></steptml:invoke>'
        f"{_step('tool_call_end')}{_step('tool_calls_end')}",
        ROME,
    ),
}

GIGACHAT: dict[str, Case] = {
    "message": case(f"ok<|message_sep|>\n\nfunction call<|role_sep|>\n{W}", ROME, says="ok"),
    "header": case(f"ok<|function_call|>{W}</s>", ROME, says="ok"),
    "tags": case(
        '<\uff5cGCML\uff5ctool_calls><\uff5cGCML\uff5cinvoke name="get_weather"><\uff5cGCML\uff5cparameter '
        'name="city" string="true">Rome</\uff5cGCML\uff5cparameter></\uff5cGCML\uff5cinvoke>'
        "</\uff5cGCML\uff5ctool_calls>",
        ROME,
        repairs=None,
    ),
}

NEMOTRON: dict[str, Case] = {
    "array": case(f"<think>a</think>\n<TOOLCALL>[{W}, {W}]</TOOLCALL>", ROME, ROME, thinks="a"),
    "no end": case(f"<TOOLCALL>[{W}]", ROME, repairs="missing-end-tag"),
}

INTERNLM: dict[str, Case] = {
    "one": case(
        f'I look.<|action_start|><|plugin|>\n{{"name": "get_weather", "parameters": {P}}}<|action_end|>\n',
        ROME,
        says="I look.",
    ),
}

JAMBA: dict[str, Case] = {
    "array": case(f" <tool_calls>[\n    {W}\n]</tool_calls>", ROME),
    "no call": case("<tool_calls>[]</tool_calls>"),
}

HUNYUAN: dict[str, Case] = {
    "array": case(
        f"<think>a</think><answer>ok</answer><tool_calls>[{W}]</tool_calls>", ROME, says="ok", thinks="a"
    ),
    "pairs": case(
        "<tool_calls>\n<tool_call>get_weather<tool_sep>\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n"
        "</tool_call>\n<tool_call>now<tool_sep>\n</tool_call>\n</tool_calls>",
        ROME,
        NOW,
    ),
}

GEMMA: dict[str, Case] = {
    "two": case('```tool_code\nget_weather(city="Rome")\nnow()\n```', ROME, NOW),
    "printed": case('```tool_code\nprint(get_weather(city="Rome"))\n```', ROME),
    "assigned": case(
        'Look:\n```tool_code\na = get_weather(city="Rome")\nprint(a)\n```\nok', ROME, says="Look:\nok"
    ),
    "prefixed": case(
        '```tool_code\nprint(default_api.get_weather(city="Rome"))\n```', ROME, repairs="prefixed-name"
    ),
    "a program": case(
        "```python\nfor x in y:\n    now()\n```", says="```python\nfor x in y:\n    now()\n```"
    ),
    "objects": case(f"```json\n[{W}]\n```", ROME),
}

REACT: dict[str, Case] = {
    "action": case(f"Thought: hm\nAction: get_weather\nAction Input: {P}\n", ROME, thinks="hm"),
    "answer": case("Thought: I know.\nFinal Answer: 42", says="42", thinks="I know."),
    "made up": case(
        f"Thought: hm\nAction: get_weather\nAction Input: {P}\nObservation: sun\nThought: so\nAction: now\n"
        "Action Input: {}",
        ROME,
        thinks="hm",
    ),
    "text": case(
        "Action: ping\nAction Input: db-03", ("ping", {"target": "db-03"}), repairs="positional-arguments"
    ),
    "unclear": case("Action: now\nAction Input: all of it is unclear", broken=1),
    "no tool": case("Action: none needed", says="Action: none needed"),
    "mid-line": case("The Action: now is no action.", says="The Action: now is no action."),
}


def _atem(name: str, *given: tuple[str, str]) -> str:
    parameters = "".join(f'<atem:parameter name="{k}">{v}</atem:parameter>\n' for k, v in given)
    return (
        f'<atem:function_calls>\n<atem:invoke name="{name}">\n{parameters}</atem:invoke>\n'
        "</atem:function_calls>"
    )


_START = "<|start|>assistant"
MUSE: dict[str, Case] = {
    "two": case(
        f" to=self<|message|>hm<|eom|>{_START} to=get_weather<|message|>"
        f"{_atem('get_weather', ('city', 'Rome'))}<|eom|>{_START} to=now<|message|>{_atem('now')}<|eot|>",
        ROME,
        NOW,
        thinks="hm",
    ),
    "said, then called": case(
        f" to=user<|message|>I look.<|eom|>{_START} to=now<|message|>{_atem('now')}", NOW, says="I look."
    ),
    "spoken of": case(
        f" to=user<|message|>Like this: {_atem('now')}<|eot|>", says=f"Like this: {_atem('now')}"
    ),
    "thought of": case(f" to=self<|message|>maybe {_atem('now')} or", thinks=f"maybe {_atem('now')} or"),
    "no header": case("to=x names it.", says="to=x names it."),
    "cut": case(
        f"{_START} to=get_weather<|message|>"
        '<atem:function_calls>\n<atem:invoke name="get_weather">\n<atem:parameter name="city">Ro',
        broken=1,
    ),
}

_CALL = "<|content_invoke_tool_json|>"
INKLING: dict[str, Case] = {
    "two": case(
        f'<|content_thinking|>hm<|end_message|><|message_model|>get_weather{_CALL}{{"name":"get_weather","args":{P}}}'
        f'<|end_message|><|message_model|>now{_CALL}{{"name":"now","args":{{}}}}<|end_message|>',
        ROME,
        NOW,
        thinks="hm",
    ),
    "text": case("Hi <|message_model|><|content_text|>there<|end_message|>", says="Hi there"),
    "the prompt opened it": case(
        f'now{_CALL}{{"name":"now","args":{{}}}}<|end_message|><|content_model_end_sampling|>', NOW
    ),
    "no end": case(f'{_CALL}{{"name":"get_weather","args":{P}}}', ROME, repairs="missing-end-tag"),
    "no function": case("<|content_invoke_tool_text|>words<|end_message|>ok", says="ok", broken=1),
    "no object": case(f"{_CALL}[1, 2]<|end_message|>", broken=1),
}
