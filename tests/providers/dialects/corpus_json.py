"""Replies in the families whose calls are JSON objects, and what is to be read in them."""

from __future__ import annotations

from tests.providers.dialects.support import Case, case

W = '{"name": "get_weather", "arguments": {"city": "Rome"}}'
ROME = ("get_weather", {"city": "Rome"})
NOW = ("now", {})

HERMES: dict[str, Case] = {
    "one": case(f"<tool_call>\n{W}\n</tool_call>", ROME),
    "compact": case('<tool_call>{"name":"now","arguments":{}}</tool_call>', NOW),
    "two": case(f"<tool_call>{W}</tool_call>\n<tool_call>{W}</tool_call>", ROME, ROME),
    "text around": case(
        f"Let me look.\n<tool_call>{W}</tool_call>\nand\n<tool_call>{W}</tool_call> so",
        ROME,
        ROME,
        says="Let me look.\nand\nso",
    ),
    "arguments first": case(
        '<tool_call>{"arguments": {"name": "x"}, "name": "ping"}</tool_call>', ("ping", {"name": "x"})
    ),
    "unknown dotted": case(
        '<tool_call>{"name": "a.b.c", "arguments": {"x": null}}</tool_call>', ("a.b.c", {"x": None})
    ),
    "types kept": case(
        '<tool_call>{"name": "ping", "arguments": {"a": "1", "b": 1, "c": 1.0, "d": 123456789012345678901}}'
        "</tool_call>",
        ("ping", {"a": "1", "b": 1, "c": 1.0, "d": 123456789012345678901}),
    ),
    "signs in strings": case(
        '<tool_call>{"name": "ping", "arguments": {"target": "a } ] \\" , { [ </tool_call> ```json\\n<tool_call>"}}'
        "</tool_call>",
        ("ping", {"target": 'a } ] " , { [ </tool_call> ```json\n<tool_call>'}),
    ),
    "unicode": case(
        '<tool_call>{"name": "ping", "arguments": {"target": "Zürich \\u00e9 \\ud83d\\ude00 😀"}}</tool_call>',
        ("ping", {"target": "Zürich é 😀 😀"}),
    ),
    "reasoning": case(
        f"<think>I could {W} or <tool_call>{W}</tool_call></think>\n\nDone.",
        says="Done.",
        thinks=f"I could {W} or <tool_call>{W}</tool_call>",
    ),
    "reasoning then call": case(f"<think>hm</think>\n<tool_call>{W}</tool_call>", ROME, thinks="hm"),
    "reasoning open": case("<think><tool_call>nah uhg</tool_call>", thinks="<tool_call>nah uhg</tool_call>"),
    "reasoning unopened": case(f"hm</think>\n<tool_call>{W}</tool_call>", ROME, says="hm"),
    "end of turn left in": case(f"<tool_call>{W}</tool_call><|im_end|>", ROME),
    "no end": case(f"<tool_call>\n{W}", ROME, repairs="missing-end-tag"),
    "no end, then text": case(
        f"<tool_call>{W} and then some", ROME, says="and then some", repairs="missing-end-tag"
    ),
    "half an end": case(f"<tool_call>{W}</tool_ca", ROME, repairs="missing-end-tag"),
    "opening as end": case(f"<tool_call>{W}<tool_call>", ROME, repairs="missing-end-tag"),
    "no start": case(f"{W}\n</tool_call>", ROME, repairs="missing-start-tag"),
    "neither": case(f"This is it:\n{W}", ROME, says="This is it:", repairs="missing-start-tag"),
    "array": case(f"<tool_call>[{W}, {W}]</tool_call>", ROME, ROME),
    "bare array": case(f"[{W}]", ROME, repairs="missing-start-tag"),
    "two in one tag": case(f"<tool_call>{W}\n{W}</tool_call>", ROME, ROME),
    "brace too few": case(f"<tool_call>{W[:-1]}</tool_call>", ROME, repairs="missing-brace"),
    "no brace at all": case(f"<tool_call>{W[1:]}</tool_call>", ROME, repairs="missing-brace"),
    "brace too many": case(f"<tool_call>{W}}}</tool_call>", ROME, repairs="extra-brace"),
    "doubled braces": case(f"<tool_call>{{{W}}}</tool_call>", ROME, repairs="extra-brace"),
    "python": case(
        "<tool_call>{'name': 'ping', 'arguments': {'target': \"it's\", 'x': True, 'y': None}}</tool_call>",
        ("ping", {"target": "it's", "x": True, "y": None}),
        repairs="single-quotes python-literals",
    ),
    "apostrophe": case(
        "<tool_call>{'name': 'ping', 'arguments': {'target': 'it's mine'}}</tool_call>",
        ("ping", {"target": "it's mine"}),
        repairs="single-quotes unescaped-quotes",
    ),
    "unescaped quotes": case(
        '<tool_call>{"name": "ping", "arguments": {"target": "say "hi" now"}}</tool_call>',
        ("ping", {"target": 'say "hi" now'}),
        repairs="unescaped-quotes",
    ),
    "commas": case(
        '<tool_call>{"name": "ping", "arguments": {"a": 1, "b": [1, 2,],}}</tool_call>',
        ("ping", {"a": 1, "b": [1, 2]}),
        repairs="trailing-comma",
    ),
    "comma missing": case(
        '<tool_call>{"name": "ping" "arguments": {"a": "x"\n "b": 2}}</tool_call>',
        ("ping", {"a": "x", "b": 2}),
        repairs="missing-comma",
    ),
    "keys bare": case(
        "<tool_call>{name: 'ping', arguments: {a: 1}}</tool_call>",
        ("ping", {"a": 1}),
        repairs="unquoted-keys single-quotes",
    ),
    "comments": case(
        '<tool_call>{"name": "ping", // it\'s here\n "arguments": {"a": 1 /* } */}}</tool_call>',
        ("ping", {"a": 1}),
        repairs="comments",
    ),
    "encoded twice": case(
        '<tool_call>{"name": "ping", "arguments": "{\\"a\\": \\"b \\\\\\"c\\\\\\"\\"}"}</tool_call>',
        ("ping", {"a": 'b "c"'}),
        repairs="double-encoded",
    ),
    "whole encoded twice": case(
        '<tool_call>"{\\"name\\": \\"now\\", \\"arguments\\": {}}"</tool_call>', NOW, repairs="double-encoded"
    ),
    "escaped quotes": case(
        '<tool_call>{\\"name\\": \\"ping\\", \\"arguments\\": {\\"a\\": \\"x\\"}}</tool_call>',
        ("ping", {"a": "x"}),
        repairs="escaped-quotes",
    ),
    "markdown escapes": case(
        '<tool_call>{"name": "get\\_weather", "arguments": {"city": "a\\*b"}}</tool_call>',
        ("get_weather", {"city": "a*b"}),
        repairs="markdown-escapes",
    ),
    "backslash": case(
        '<tool_call>{"name": "ping", "arguments": {"target": "C:\\Users\\d"}}</tool_call>',
        ("ping", {"target": "C:\\Users\\d"}),
        repairs="invalid-escapes",
    ),
    "line break": case(
        '<tool_call>{"name": "ping", "arguments": {"target": "a\nb"}}</tool_call>',
        ("ping", {"target": "a\nb"}),
        repairs="raw-control-characters",
    ),
    "other keys": case(
        '<tool_call>{"function": "ping", "args": {"a": 1}}</tool_call>',
        ("ping", {"a": 1}),
        repairs="wrong-key-names",
    ),
    "parameters": case(
        '<tool_call>{"name": "ping", "parameters": {"a": 1}}</tool_call>',
        ("ping", {"a": 1}),
        repairs="wrong-key-names",
    ),
    "flat": case(
        '<tool_call>{"name": "ping", "target": "a"}</tool_call>',
        ("ping", {"target": "a"}),
        repairs="flat-arguments",
    ),
    "none given": case('<tool_call>{"name": "now"}</tool_call>', NOW, repairs="missing-arguments"),
    "twice the key": case(
        '<tool_call>{"name": "ping", "arguments": {"a": 1, "a": 2}}</tool_call>',
        ("ping", {"a": 2}),
        repairs="duplicate-keys",
    ),
    "fenced inside": case(f"<tool_call>\n```json\n{W}\n```\n</tool_call>", ROME, repairs="fenced"),
    "fenced outside": case(f"```json\n{W}\n```", ROME, repairs="fenced"),
    "fenced plain": case(f"```\n  {W}\n```", ROME, repairs="fenced"),
    "another tag": case(f"<tools>\n  {W}\n</tools>", ROME, repairs="other-tag"),
    "another tag, fenced": case(
        f"```json\n\n    <function_call> {W} \n    </function_call> \n``` ", ROME, repairs="other-tag"
    ),
    "function tag": case(
        '<function=get_weather>{"city": "Rome"}</function>', ROME, repairs="missing-start-tag"
    ),
    "function name": case(
        '<function name="get_weather">\n{"city": "Rome"}\n</function>', ROME, repairs="missing-start-tag"
    ),
    "tagged parameters": case(
        "<tool_call><function=get_weather><parameter=city>Rome</parameter></function></tool_call>",
        ROME,
        repairs="other-form",
    ),
    "openai": case(
        '{"tool_calls": [{"id": "c", "type": "function", "function": {"name": "ping", "arguments": "{\\"a\\": 1}"}}]}',
        ("ping", {"a": 1}),
        repairs="missing-start-tag wrapped double-encoded",
    ),
    "leading text": case(f"<tool_call>Sure: {W}</tool_call>", ROME, repairs="leading-text"),
    "cut after a value": case(
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"',
        ROME,
        repairs="truncated missing-brace missing-end-tag",
    ),
    "cut in a string": case('<tool_call>{"name": "get_weather", "arguments": {"city": "Ro', broken=1),
    "cut in a number": case('<tool_call>{"name": "get_weather", "arguments": {"days": 4', broken=1),
    "cut after a comma": case('<tool_call>{"name": "get_weather", "arguments": {"days": 4,', broken=1),
    "cut at once": case("<tool_call>", broken=1),
    "string not closed": case(
        f'<tool_call>{{"name": "ping", "arguments": {{"a": "x}}}}</tool_call>\n<tool_call>{W}</tool_call>',
        ("ping", {"a": "x"}),
        ROME,
        repairs="missing-quotes",
    ),
    "one of three": case(
        f'<tool_call>{W}</tool_call><tool_call>{{"name": "ping", "arguments": {{"a": }}}}</tool_call>'
        f"<tool_call>{W}</tool_call>",
        ROME,
        ROME,
        broken=1,
    ),
    "one of three in an array": case(
        f'<tool_call>[{W}, {{"name": "ping", "arguments": {{"a": }}}}, {W}]</tool_call>', ROME, ROME, broken=1
    ),
    "no call in a tag": case("<tool_call>nah uhg</tool_call> well", says="well", broken=1),
    "no name": case('<tool_call>{"arguments": {}}</tool_call>', broken=1),
    "two names": case('<tool_call>{"name": "now", "arguments": {}, "name": "ping"}</tool_call>', broken=1),
    "arguments no object": case('<tool_call>{"name": "now", "arguments": [1]}</tool_call>', broken=1),
    "NaN": case('<tool_call>{"name": "ping", "arguments": {"a": NaN}}</tool_call>', broken=1),
    "too deep": case(
        '<tool_call>{"name": "ping", "arguments": {"a": ' + "[" * 5000 + "]" * 5000 + "}}</tool_call>",
        broken=1,
    ),
    "talk of the tag": case("The <tool_call> tag opens a call.", says="The <tool_call> tag opens a call."),
    "talk of thinking": case("It writes `<think>` first.", says="It writes `<think>` first."),
    "other JSON": case('{"name": "Ann", "age": 3}', says='{"name": "Ann", "age": 3}'),
    "JSON in a fence": case('Like\n```json\n{"a": 1}\n```\nok', says='Like\n```json\n{"a": 1}\n```\nok'),
    "a description": case(
        '{"name": "ping", "parameters": {"type": "object", "properties": {}}}',
        says='{"name": "ping", "parameters": {"type": "object", "properties": {}}}',
    ),
    "not on offer": case('{"name": "zap", "arguments": {}}', says='{"name": "zap", "arguments": {}}'),
    "links": case("See [now](http://x) and [a](b).", says="See [now](http://x) and [a](b)."),
}

SMOLLM2: dict[str, Case] = {
    "array": case(f"<tool_call>[{W}]</tool_call>", ROME),
    "two in an array": case(f"<tool_call>[\n{W},\n{W}\n]</tool_call>", ROME, ROME),
    "after words": case(f"Let me look. <tool_call>[{W}]</tool_call>", ROME, says="Let me look."),
}

GRANITE: dict[str, Case] = {
    "token": case(f"<|tool_call|> [{W}, {W}]\nWait.", ROME, ROME, says="Wait."),
    "tag without end": case(f"<tool_call> [{W}]", ROME),
    "hermes": case(f"<tool_call>{W}</tool_call>", ROME),
    "no array": case(f"<|tool_call|>{W}", ROME),
    "response": case("<think>a</think><response>Hello</response>", says="Hello", thinks="a"),
    "cut": case('<|tool_call|> [{"name": "func", "arguments": {', broken=1),
}

XLAM: dict[str, Case] = {
    "bare": case(f"[{W}, {W}]", ROME, ROME),
    "after reasoning": case(f"<think>I help.</think>[{W}]", ROME, thinks="I help."),
    "fenced": case(f"I help.\n```json\n[{W}]\n```", ROME, says="I help."),
    "token": case(f"I help.[TOOL_CALLS][{W}]", ROME, says="I help."),
    "tagged": case(f"<tool_call>[{W}]</tool_call>", ROME),
    "one of three": case(
        f'Sure [{W}, {{"name": "v", "arguments": {{"c": }}}}, {W}] ok', ROME, ROME, says="Sure ok", broken=1
    ),
    "other arrays": case('[1, 2, {"name": "w"}]', says='[1, 2, {"name": "w"}]'),
}

PHI4: dict[str, Case] = {
    "array": case(f"Look.\nfunctools[{W}, {W}]\nMore?", ROME, ROME, says="Look.\nMore?"),
    "blank first": case(f" functools[{W}]", ROME),
    "template tags": case(f"<|tool_call|>[{W}]<|/tool_call|>", ROME),
    "empty": case("functools[] Just text", says="Just text"),
    "no JSON": case("functools[ just text ]", says="functools[ just text ]"),
    "cut": case('functools[{"name": "func", "arguments": {', broken=1),
    "no object": case('functools[{"name": "func", "arguments": "not a dict"}]', broken=1),
}

P = '{"name": "get_weather", "parameters": {"city": "Rome"}}'

LLAMA3: dict[str, Case] = {
    "bare": case(P, ROME),
    "joined": case(f"{P}; {P} ;{P} Anything else?", ROME, ROME, ROME, says="Anything else?"),
    "in a sentence": case(f"Here it is: {P} Well?", ROME, says="Here it is: Well?"),
    "type": case('{"type": "function", "name": "now", "parameters": {}}', NOW),
    "arguments": case(W, ROME, repairs="wrong-key-names"),
    "tagged": case(f"<|python_tag|>{P}<|eom_id|>", ROME),
    "builtin": case("<|python_tag|>python.call(code=\"print('hey')\")", ("python", {"code": "print('hey')"})),
    "code": case("<|python_tag|>import os\nprint(1)", ("python", {"code": "import os\nprint(1)"})),
    "unknown": case(
        '{"name": "zap", "parameters": {"a": {"b": {"c": {}}}}}', ("zap", {"a": {"b": {"c": {}}}})
    ),
    "string not closed": case(
        f'{{"name": "zap", "parameters": {{"a": "x}}}}; {P}',
        ("zap", {"a": "x"}),
        ROME,
        repairs="missing-quotes",
    ),
    "invalid": case('{"name": "zap", "parameters": {invalid json}', broken=1),
    "part of other JSON": case(f'{{"a": [1, {P}]}}', says=f'{{"a": [1, {P}]}}'),
    "other tool shape": case('{"tool": "hammer", "input": {}}', says='{"tool": "hammer", "input": {}}'),
}

RWKV: dict[str, Case] = {
    "announced": case(f"**Tool Call:**\n```json\n{W}\n```", ROME),
    "two": case(
        f"Yes.\n**Tool Call:**\n```json\n{W}\n```\n**Tool Call:**\n```json\n{W}\n```", ROME, ROME, says="Yes."
    ),
    "bare fence": case(
        'Thus.</think>\n```json\n{\n  "name": "ping",\n  "arguments": "{\\"target\\": \\"a\\"}",\n'
        '  "id": "call_1"\n}\n```',
        ("ping", {"target": "a"}),
        says="Thus.",
        repairs="double-encoded",
    ),
    "legacy": case(
        "Need it.\n<tool_call>\n{'arguments': {'path': 'c.py'}, 'name': 'read', 'type': 'tool_call'}\n",
        ("read", {"path": "c.py"}),
        says="Need it.",
        repairs="single-quotes missing-end-tag",
    ),
    "fence in a string": case(
        '**Tool Call:**\n```json\n{"name": "ping", "arguments": {"target": "a ```json b```"}}\n```\nok',
        ("ping", {"target": "a ```json b```"}),
        says="ok",
    ),
    "no fence": case(f"**Tool Call:**\n{W}", ROME, repairs="missing-fence"),
    "brace missing": case(f"**Tool Call:**\n```json\n{W[:-1]}\n```", ROME, repairs="missing-brace"),
    "other fence": case("Run:\n```bash\nls -l\n```", says="Run:\n```bash\nls -l\n```"),
    "not on offer": case(
        '```json\n{"name": "zap", "arguments": {}}\n```',
        says='```json\n{"name": "zap", "arguments": {}}\n```',
    ),
    "talk": case("Use **Tool Call:** for it.", says="Use **Tool Call:** for it."),
}

NETMON: dict[str, Case] = {
    "one": case(
        '<tool_call>{"name":"ping","arguments":{"target":"db-03"}}</tool_call>', ("ping", {"target": "db-03"})
    ),
    "two": case(
        '<tool_call>{"name":"now","arguments":{}}</tool_call><tool_call>{"name":"ping","arguments":{"target":"a"}}</tool_call>\x00',
        NOW,
        ("ping", {"target": "a"}),
    ),
    "the same again": case(
        '<tool_call>{"name":"now","arguments":{}}</tool_call><tool_call>{"name":"now","arguments":{}}</tool_call>\x00',
        NOW,
        repairs="repeated-call",
    ),
    "text": case('Well {"name":"now","arguments":{}}', says='Well {"name":"now","arguments":{}}'),
}
