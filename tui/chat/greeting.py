"""What an empty conversation shows."""

from __future__ import annotations

GREETING = (
    "What shall we look at?\n\n"
    "  is the certificate of example.org all right?\n"
    "  ping gw1.lan\n"
    "  which hosts are down?\n"
    "  watch shop.example.org every five minutes\n\n"
    "Before anything is changed you are asked. F1 shows the keys, Ctrl+P all that can be done."
)
