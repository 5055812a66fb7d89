"""500 strings that would move the cursor, colour the screen or make a link if anything obeyed them."""

from __future__ import annotations

import random

ESC, BEL, ST = "\x1b", "\x07", "\x1b\\"

PAYLOADS = [
    f"{ESC}[2J{ESC}[H",
    f"{ESC}[10A{ESC}[3D",
    f"{ESC}[31;1mred{ESC}[0m",
    f"{ESC}[?1049h",
    f"{ESC}c",
    f"{ESC}[8m",
    f"{ESC}[48;2;255;0;0m",
    f"{ESC}7{ESC}8",
    f"{ESC}[6n",
    f"{ESC}[?25l",
    f"{ESC}[5;1r",
    f"{ESC}#8",
    f"{ESC}(0",
    f"{ESC}]0;title{BEL}",
    f"{ESC}]8;;https://evil.example/{ST}click{ESC}]8;;{ST}",
    f"{ESC}]52;c;ZXZpbA=={BEL}",
    f"{ESC}]1337;File=inline=1:AAAA{BEL}",
    f'{ESC}P$q"p{ST}',
    f"{ESC}_Gf=100;AAAA{ST}",
    f"{ESC}^pm{ST}",
    f"{ESC}X{ST}",
    "\x9b31mred\x9b0m",
    "\x9d8;;https://evil.example/\x9cclick\x9d8;;\x9c",
    "\x90q\x9c",
    "\x85next",
    "\x84\x8d",
    "\r overwritten",
    "back\b\b\b\bspace",
    "\x00nul\x00",
    "bell\a\a",
    "\v\f",
    "\x7f\x7f",
    "\x0e\x0f",
    "tab\tstop",
    "[bold red]markup[/bold red]",
    "[link=https://evil.example/]link[/link]",
    "[@click=app.quit]quit[/]",
    "[on red]bg[/on red]",
    "[$error on $success]theme[/]",
    "[/]",
    "[/bold]",
    "[blink]x",
    "\\[bold]x[/bold]",
    "[[[",
    "[@click=screen.retry()]go[/]",
    "[link='https://evil.example/']x",
    "[reverse]x[/reverse]",
    "[#ff0000]x[/]",
    "[click](https://evil.example/)",
    "![img](https://evil.example/x.png)",
    "<https://evil.example/>",
    "https://evil.example/",
    "[ref]\n\n[ref]: https://evil.example/",
    "<a href='https://evil.example/'>a</a>",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "&#27;[31mred",
    "&#x202e;abc",
    "&lt;b&gt;",
    "&#8238;x&#x9b;1m",
    "\u202egnp.exe\u202c",
    "\u2066abc\u2069",
    "\u200fabc\u200e",
    "\u061cabc",
    "\u202a\u202d",
    "a\u200bb\u200cc\u200dd",
    "\ufeffbom\u2060wj",
    "soft\u00adhyphen",
    "\u180e\u2061\u2062\u2063",
    "\U000e0041\U000e0042\U000e007f",
    "\ufff9a\ufffab\ufffb",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309",
    "e" + "\u0336" * 60,
    "\u0489" * 30,
    "\u20dd" * 9,
    "\u2028line\u2029paragraph",
    "\ue000\uf8ff\U000f0000",
    "\ud800",
    "\udfff\ud800",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u2764\ufe0f",
    "\uff21\uff22",
    "\u3164\u115f\u1160\uffa0",
    "\u2800\u2003\u3000",
    "\ufdfd",
    "\u0e47" * 20,
    "# heading",
    "> quote\n> quote",
    "- a\n- b",
    "1. x",
    "| a |\n| - |\n| b |",
    "```\ncode",
    "~~x~~ **b** _i_",
    "---",
    "    code",
    '{"a": "\\u001b[31m"}',
    "$(reboot)",
    "`reboot`",
    "%s%n",
    "'; DROP TABLE hosts; --",
    "../../etc/passwd",
    "\\x1b[31m",
    "\\e[31m",
]


def strings() -> list[str]:
    """The strings, always the same."""
    chance = random.Random(7)
    found = list(dict.fromkeys(PAYLOADS))
    while len(found) < 494:
        parts = chance.sample(PAYLOADS, chance.randint(1, 4))
        glue = chance.choice(["", " ", "word ", "\n", " 10.0.0.1 ", "ÄÖÜ", "漢字"])
        text = glue.join(parts) * chance.choice([1, 1, 1, 3, 20])
        if text not in found:
            found.append(text)
    million = 1_000_000
    found += ["x" * million, f"{ESC}[31m" * (million // 5), "\u202e" * million, "e" + "\u0301" * million,
              "[bold]x[/]" * (million // 10), "漢" * million]  # fmt: skip
    return found
