"""Lists, as people write them: of asks, of hosts, inside a sentence that was meant for one."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from random import Random

from training import values
from training.template import Single, Slot
from training.words import NUMBER_WORDS, SIBLINGS, SUBDOMAINS


def list_of(items: Sequence[str], rng: Random) -> str:
    """Items as a list of asks: `a, b and c`, with dashes, numbers or line breaks too."""
    draw = rng.random()
    if draw < 0.78:
        last = rng.choice(
            (" and ", " and ", ", and ", ", ", " + ", " & ", " plus ", " as well as ", " and also ", "; ")
        )
        return ", ".join(items[:-1]) + last + items[-1]
    if draw < 0.88:
        mark = rng.choice(("- ", "* ", "\u2013 "))
        return "\n" + "\n".join(mark + item for item in items)
    if draw < 0.95:
        style = rng.choice(("{}) ", "{}. ", "({}) "))
        return rng.choice(("\n", " ", "")) + rng.choice(("\n", " ")).join(
            style.format(number) + item for number, item in enumerate(items, 1)
        )
    return rng.choice((" / ", "; ", " + ")).join(items)


def list_of_hosts(items: Sequence[str], rng: Random) -> str:
    """Hosts as people list them."""
    draw = rng.random()
    if draw < 0.72:
        return values.listed(rng, items)
    if draw < 0.84:
        return "\n" + "\n".join(rng.choice(("- ", "", "* ")) + item for item in items) + "\n"
    if draw < 0.92:
        return rng.choice((" / ", "; ", " | ")).join(items)
    number = NUMBER_WORDS.get(len(items), str(len(items)))
    return rng.choice((f"these {number}: ", "the following: ", "each of ", "all of ")) + values.listed(
        rng, items
    )


def in_line(items: Sequence[str], rng: Random) -> str:
    """Items in one line."""
    return values.listed(rng, items)


HOST_SLOTS = frozenset({"target", "host", "address", "name", "query", "url"})
_LISTED_SLOTS = (
    "target",
    "host",
    "address",
    "name",
    "query",
    "url",
    "host_id",
    "port",
    "record_type",
    "period",
)
_LIST_TOOLS = frozenset(
    {"ping_host", "check_http", "check_ssl_certificate", "dns_lookup", "traceroute", "check_port", "whois_lookup", "test_quantum_safety", "add_host",
     "edit_host", "delete_host", "reset_alerts", "get_uptime_report", "get_incidents", "get_host_data", "run_nmap", "scan_quantum_ports"}
)  # fmt: skip


def listable_slot(template: Single) -> str | None:
    """The slot of a single request that may be a list, each item being a call of its own."""
    if template.tool not in _LIST_TOOLS:
        return None
    top = [part.name for part in template.text if isinstance(part, Slot)]
    touching = _touching(template)
    found = [name for name in top if name in _LISTED_SLOTS and top.count(name) == 1 and name not in touching]
    if any(name in ("ports", "locations", "algorithms") for name in top):
        return None
    order = ("record_type", "period", "port", *_LISTED_SLOTS)
    return next(
        (name for name in order if name in found and (name != "port" or template.tool == "check_port")), None
    )


def _touching(template: Single) -> set[str]:
    """Slots that stand against other characters (`www.{domain}`, `{target}:{port}`)."""
    found: set[str] = set()
    parts = template.text
    for index, part in enumerate(parts):
        if isinstance(part, Slot):
            before = parts[index - 1] if index else " "
            after = parts[index + 1] if index + 1 < len(parts) else " "
            if (
                not isinstance(before, str)
                or not isinstance(after, str)
                or before[-1:] not in " \n"
                or after[:1].isalnum()
                or after[:1] in ":./-'_@\""
            ):
                found.add(part.name)
    return found


def plural(text: str) -> str:
    """`is a, b up` as `are a, b up`."""
    for one, many in (("is ", "are "), ("does ", "do "), ("Is ", "Are "), ("Does ", "Do ")):
        if text.startswith(one):
            return many + text[len(one) :]
    return text


_OTHER_WORDS = {word: [w for w in words if w != word] for words in SIBLINGS for word in words}


def sibling(host: str, rng: Random) -> str | None:
    """A name or address like another: the next number, a word's counterpart, another label before the same domain."""
    if host.replace(".", "").isdigit() and host.count(".") == 3:
        stem, _, last = host.rpartition(".")
        return f"{stem}.{(int(last) + rng.randint(1, 9)) % 254 + 1}"
    if any(mark in host for mark in "/*?"):
        return None
    if ":" in host:
        address = host.count(":") > 1 and ipaddress.IPv6Address(
            int(ipaddress.IPv6Address(host)) ^ rng.randint(1, 15)
        )
        return str(address) if address else None
    label, dot, rest = host.partition(".")
    stem, dash, word = label.rpartition("-")
    if dash and word.lower() in _OTHER_WORDS:
        other = rng.choice(_OTHER_WORDS[word.lower()])
        return f"{stem}-{other.upper() if word.isupper() else other}{dot}{rest}"
    digits = len(label) - len(label.rstrip("0123456789"))
    if digits:
        number = int(label[-digits:]) + rng.randint(1, 3)
        return f"{label[:-digits]}{number:0{digits}d}{dot}{rest}"
    if dot and rest.count("."):
        other = rng.choice(SUBDOMAINS) if rng.random() < 0.7 else label + rng.choice(_BESIDE)
        return f"{other if other != label else label + '2'}.{rest}"
    if label and not dot and rng.random() < 0.5:
        return label + rng.choice(_BESIDE)
    return None


_BESIDE = (
    "2",
    "-2",
    "-new",
    "-old",
    "-b",
    "02",
    "-backup",
    "-stage",
    "-test",
    "b",
    "-dr",
    "3",
    "-int",
    "-ext",
)
