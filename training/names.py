"""Draws names that are no hosts: probe agents, ids of long-running calls, people and their mail.

None of them is an ordinary English word, so that "from now" and "stop that" name nobody.
"""

from __future__ import annotations

import unicodedata
from random import Random

from training.hosts import domain, label
from training.places import (
    CITIES,
    CODES,
    COMPASS,
    CONTINENTS,
    COUNTRIES,
    OWN_SITES,
    PLACE_ENDS,
    PROVIDERS,
    TOWN_ENDS,
    WORDLY_CODES,
)
from training.words import FIRST_NAMES, ID_HEADS, ID_TAILS, LAST_NAMES, MAIL_HOSTS, MAIL_ROLES, SYLLABLES

_ENDS = (*PLACE_ENDS, *COMPASS)
_HEADS = (*CONTINENTS, *COUNTRIES)


def agent(rng: Random) -> str:
    """The name of a probe agent: a place, a code, a region of a provider, with what people put around it."""
    kind = rng.random()
    if kind < 0.32:
        return _cased(rng, _city(rng))
    if kind < 0.5:
        return _decorated_city(rng)
    if kind < 0.68:
        return _code(rng)
    if kind < 0.78:
        return _region(rng)
    if kind < 0.86:
        where = rng.choice((_code, _code, _region, _slug))(rng)
        return f"{rng.choice(PROVIDERS)}{rng.choice('-_-/.-')}{where}"
    if kind < 0.92:
        return _own_site(rng)
    return (
        f"{_made_up(rng)}{rng.choice(('', '-', '_'))}{rng.choice((str(rng.randint(1, 30)), *PLACE_ENDS[:6]))}"
    )


def _city(rng: Random) -> str:
    """A city of the world, now and then one that does not exist; half of those with accents without them."""
    if rng.random() < 0.15:
        town = "".join([rng.choice(SYLLABLES) for _ in range(rng.randint(1, 2))]) + rng.choice(TOWN_ENDS)
        return town.capitalize()
    city = rng.choice(CITIES)
    return city if city.isascii() or rng.random() < 0.6 else _plain(city)


def _plain(text: str) -> str:
    """The text without accents, as far as letters come apart from them."""
    bare = unicodedata.normalize("NFKD", text).translate(
        {0x142: "l", 0x141: "L", 0xF8: "o", 0xD8: "O", 0x131: "i"}
    )
    return "".join([char for char in bare if not unicodedata.combining(char)])


def _cased(rng: Random, text: str) -> str:
    kind = rng.random()
    return text.lower() if kind < 0.5 else text if kind < 0.96 else text.upper()


def _slug(rng: Random) -> str:
    """A city in one word."""
    return (
        _city(rng).lower().replace(". ", "-").replace(" ", rng.choice(("-", "", "_", "-"))).replace("'", "")
    )


def _decorated_city(rng: Random) -> str:
    slug = _slug(rng)
    if rng.random() < 0.4:
        slug = slug.title() if rng.random() < 0.8 else slug.upper()
    kind = rng.random()
    if kind < 0.4:
        number = rng.choice((str(rng.randint(1, 9)), str(rng.randint(1, 40)), f"{rng.randint(1, 20):02d}"))
        return slug + rng.choice(("-", "-", "_", "", "#")) + number
    if kind < 0.6:
        return slug + rng.choice(("-", "-", "_")) + rng.choice(_ENDS)
    if kind < 0.7:
        return slug + rng.choice(("_", "-")) + rng.choice("abcdefwxABC")
    country = rng.choice(COUNTRIES)
    code = country.upper() if rng.random() < 0.6 else country
    end = rng.choice(("", "", "-1", "-2", "01", str(rng.randint(1, 99))))
    return f"{code}{rng.choice(('-', '-', '_', '/', '.'))}{slug}{end}"


def _code(rng: Random) -> str:
    """A code such as FRA, ams3, SIN-2, lhr50-c2, de-fra1."""
    kind = rng.random()
    if kind < 0.3:
        code = rng.choice(CODES)
        return code.upper() if rng.random() < 0.65 else code
    if kind < 0.5:
        code = rng.choice(WORDLY_CODES)
    elif kind < 0.85:
        code = rng.choice(CODES)
    else:
        code = "".join([rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.choice((3, 3, 4)))])
    number = rng.choice((str(rng.randint(1, 9)), str(rng.randint(1, 99)), f"{rng.randint(1, 20):02d}"))
    if rng.random() < 0.12:
        number += rng.choice(("-", "-", "_", ".")) + rng.choice(
            ("a", "b", "c2", "p1", "eq5", "pop", "lab", "edge")
        )
    before = f"{rng.choice(COUNTRIES)}-" if rng.random() < 0.15 else ""
    whole = before + code + rng.choice(("", "", "-", "-", "_")) + number
    return whole.upper() if rng.random() < 0.4 else whole


def _region(rng: Random) -> str:
    """A cloud's region, as eu-west-2 or asia-southeast1-b."""
    head = rng.choice(_HEADS)
    style = rng.choice(("{}-{}-{}", "{}-{}-{}", "{}-{}{}", "{}_{}_{}", "{}{}{}", "{}.{}.{}"))
    end = rng.choice(("", "", "", rng.choice("abc"), "-" + rng.choice("abc")))
    return style.format(head, rng.choice(COMPASS), rng.randint(1, 9)) + end


def _own_site(rng: Random) -> str:
    site = rng.choice(OWN_SITES)
    if rng.random() < 0.5:
        return (
            f"{site}{rng.choice(('-', '-', '_', ''))}{rng.choice((rng.randint(1, 12), rng.randint(1, 250)))}"
        )
    return f"{site}-{rng.choice((_slug(rng), rng.choice(CODES), _made_up(rng)))}"


def _made_up(rng: Random) -> str:
    """A word of three or four syllables that nobody has read before."""
    return "".join([rng.choice(SYLLABLES) for _ in range(rng.randint(3, 4))])


def message_id(rng: Random) -> str:
    """The id of a long-running call; it always holds a digit."""
    found = _id(rng)
    while not any(char.isdigit() for char in found):
        found = _id(rng)
    return found


def _id(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return f"m-{rng.getrandbits(16):04x}"
    head = rng.choice(ID_HEADS) if rng.random() < 0.8 else label(rng)
    between = rng.choice(("-", "-", "-", "_", "", ":", "/", "#", "."))
    if kind < 0.6:
        size = rng.randint(3, 16)
        body = f"{rng.getrandbits(64):016x}"[:size]
        found = f"{head}{between}{body}"
    elif kind < 0.72:
        found = f"{head}{between}{rng.choice((rng.randint(1, 999), rng.randint(1, 99999), rng.randint(10**6, 10**9)))}"
    elif kind < 0.8:
        found = _dated(rng, head)
    else:
        found = _bare_id(rng)
    if rng.random() < 0.12:
        found += rng.choice(("-", "_", ".")) + (
            rng.choice(ID_TAILS) if rng.random() < 0.7 else str(rng.randint(1, 9))
        )
    return found.upper() if rng.random() < 0.12 else found


def _bare_id(rng: Random) -> str:
    """An id without a word in front: uuid, ulid, hexadecimal number, k7-2209."""
    kind = rng.random()
    whole = f"{rng.getrandbits(128):032x}"
    if kind < 0.22:
        return f"{whole[:8]}-{whole[8:12]}-4{whole[13:16]}-a{whole[17:20]}-{whole[20:]}"
    if kind < 0.36:
        return "01" + "".join(
            [rng.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(rng.choice((8, 14, 24)))]
        )
    if kind < 0.5:
        return f"0x{whole[: rng.randint(3, 10)]}"
    if kind < 0.62:
        return whole[: rng.choice((6, 7, 8, 10, 12, 16))]
    if kind < 0.8:
        letters = "".join([rng.choice("abcdefghjkmnpqrstuvwxyz") for _ in range(rng.randint(1, 3))])
        return f"{letters}{rng.randint(0, 99)}{rng.choice('-_.')}{rng.randint(1, 9999)}"
    symbols = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join([rng.choice(symbols) for _ in range(rng.randint(7, 14))])


def _dated(rng: Random, head: str) -> str:
    """An id with a date inside."""
    mark = rng.choice(("", "-", "-"))
    date = f"{rng.randint(2024, 2027)}{mark}{rng.randint(1, 12):02d}{mark}{rng.randint(1, 28):02d}"
    end = rng.choice((str(rng.randint(1, 999)), f"{rng.getrandbits(16):04x}", f"{rng.randint(0, 99):03d}"))
    return rng.choice(
        (f"{head}-{date}-{end}", f"{date}-{head}-{end}", f"{head}_{date}_{end}", f"{date}-{end}")
    )


def person(rng: Random) -> str:
    """A first name."""
    return rng.choice(FIRST_NAMES)


def email(rng: Random) -> str:
    """An e-mail address."""
    first, last = _plain(person(rng)).lower(), rng.choice(LAST_NAMES)
    kind = rng.random()
    if kind < 0.3:
        local = rng.choice(MAIL_ROLES)
        local += rng.choice(("", "", "", "-" + rng.choice(CODES), f"{rng.randint(1, 24)}", "." + label(rng)))
    elif kind < 0.42:
        local = rng.choice((first, last, label(rng)))
    elif kind < 0.62:
        local = f"{first}{rng.choice('._-')}{last}"
    elif kind < 0.78:
        local = rng.choice(
            (f"{first[0]}.{last}", f"{first[0]}{last}", f"{last}.{first[0]}", f"{last}{first[0]}")
        )
    elif kind < 0.88:
        local = f"{first}{rng.choice(('', '.', '_'))}{rng.randint(1, 2026)}"
    else:
        local = "".join([rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))]) + str(rng.randint(0, 999))
    if rng.random() < 0.12:
        local += "+" + rng.choice((rng.choice(MAIL_ROLES), label(rng), rng.choice(CODES)))
    where = rng.random()
    if where < 0.7:
        return f"{local}@{domain(rng)}"
    if where < 0.82:
        return f"{local}@{rng.choice(MAIL_HOSTS)}"
    return f"{local}@{rng.choice(('mail', 'corp', 'noc', 'support', label(rng)))}.{domain(rng)}"
