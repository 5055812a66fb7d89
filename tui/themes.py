"""The two looks: dark and light."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="dark",
    primary="#3fb6a0",
    secondary="#6d9fe8",
    accent="#e8b355",
    foreground="#d9dee5",
    background="#10141a",
    surface="#171d25",
    panel="#212a35",
    success="#63c98b",
    warning="#e8b355",
    error="#f0736f",
    dark=True,
    variables={
        "muted": "#8d98a7",
        "footer-key-foreground": "#3fb6a0",
        "input-selection-background": "#6d9fe8 35%",
        "block-cursor-text-style": "bold",
    },
)

LIGHT = Theme(
    name="light",
    primary="#0b7766",
    secondary="#2b5fc4",
    accent="#9a5b00",
    foreground="#20262e",
    background="#fbfaf8",
    surface="#f2f0eb",
    panel="#e5e2da",
    success="#1a7a41",
    warning="#9a5b00",
    error="#bf332d",
    dark=False,
    variables={
        "muted": "#646d79",
        "footer-key-foreground": "#0b7766",
        "input-selection-background": "#2b5fc4 25%",
        "block-cursor-text-style": "bold",
    },
)

THEMES = {"dark": DARK, "light": LIGHT}
