"""The parameters of calls one by one: what columns are called, what cells hold, how a sentence says a value.

`said` forms go after a host in a sentence, `short` ones into a line or a cell without a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from training import values
from training.aspects import draw_subject
from training.bank import required, schemas
from training.listing import sibling
from training.slots import fill
from training.template import Part, Slot
from training.values import Filled, Value
from training.writer import Writer


@dataclass(frozen=True, slots=True)
class Wording:
    """How one parameter is headed and said; `{}` is the value."""

    heads: tuple[str, ...]
    said: tuple[str, ...]
    short: tuple[str, ...]


def _words(heads: str, said: str, short: str = "{}") -> Wording:
    return Wording(*(tuple(text.strip() for text in listed.split("|")) for listed in (heads, said, short)))


WORDINGS: dict[str, Wording] = {
    "port": _words(
        "port | Port | tcp port | dst port | tcp | p | service port | port no | PORT",
        "on port {} | port {} | at port {} | using port {} | on tcp {}",
        "port {} | port {} | :{} | tcp/{} | {}/tcp | p{} | port={}",
    ),
    "timeout_ms": _words(
        "timeout | limit | max wait | give up after | Timeout | tmo | wait | time limit | patience",
        "with a timeout of {} | with a limit of {} | timeout {} | giving up after {} | with at most {} of waiting | "
        "max {} | waiting {} at most | and no longer than {} | within {} | limited to {} | with {} to answer",
        "timeout {} | {} timeout | limit {} | max {} | within {} | timeout={} | give up after {} | t/o {}",
    ),
    "interval_s": _words(
        "every | interval | poll | period | check every | polling | frequency | Interval | cycle | rhythm",
        "every {} | checked every {} | polling every {} | with an interval of {} | at an interval of {} | "
        "with {} between checks",
        "every {} | each {} | interval {} | poll {} | @ {} | every {}",
    ),
    "retries": _words(
        "retries | attempts before down | failures | retry | tries | Retries | fails allowed",
        "with {} retries | after {} failures in a row | allowing {} retries | tolerating {} failures | retries {}",
        "{} retries | retries {} | retry {} | {} fails | retries={}",
    ),
    "email": _words(
        "alert to | mail | e-mail | email | notify | alerts | contact | Mail to | who to alert | alarm mail",
        "alerts to {} | with alerts to {} | mailing {} | notifying {} | alarm mail to {} | problems go to {} | "
        "and tell {} when it fails",
        "{} | alerts to {} | mail {} | notify {} | -> {} | {}",
    ),
    "agent_location": _words(
        "from | probe | agent | location | vantage point | pop | measured from | From | agent location | "
        "source probe | via probe",
        "from {} | from the {} probe | via the {} agent | as seen from {} | measured from {} | using probe {} | "
        "out of {} | from agent {} | run from {} | by the probe {} | from {}",
        "from {} | from {} | via {} | probe {} | agent {} | @{} | ex {}",
    ),
    "count": _words(
        "count | packets | pings | how many | echo requests | n | times | probes sent | Count",
        "{} times | with {} packets | with {} pings | using {} echo requests | {} packets",
        "{} packets | {} pings | {} times | x{} | count {} | -c {} | {}x",
    ),
    "max_hops": _words(
        "hops | max hops | ttl | hop limit | Max hops | up to hop | maxhops",
        "with at most {} hops | up to {} hops | max {} hops | stopping after {} hops | limited to {} hops | to hop {}",
        "{} hops | max {} hops | hops {} | -m {} | ttl {}",
    ),
    "method": _words(
        "method | verb | http method | request | Method | how",
        "with {} | using {} | as a {} request | by {} | method {}",
        "{} | {} | method {} | {} request",
    ),
    "expect_status": _words(
        "expected | status | should be | expect | code | http status | Status | ok if | want",
        "expecting {} | expecting a {} | which should give {} | with {} as the right status | that must return {}",
        "expect {} | should be {} | -> {} | status {} | want {} | =={}",
    ),
    "expect_text": _words(
        "text | must contain | look for | content | body has | expected text | phrase | keyword",
        'containing "{}" | with "{}" in it | looking for "{}" | that must say "{}" | which has to contain \'{}\' | '
        'and the text "{}"',
        'contains "{}" | must say "{}" | text "{}" | body "{}" | has \'{}\'',
    ),
    "record_type": _words(
        "type | record | rr | record type | qtype | Type | rrtype | which",
        "for {} records | record type {} | type {} | asking for {} | ({}) | for the {} record",
        "{} | {} | type {} | {} record | ({})",
    ),
    "resolver": _words(
        "resolver | dns server | ask | server to ask | via | ns | nameserver | Resolver | @server",
        "at {} | using {} as resolver | via resolver {} | asking {} | through {} | against {} | from the dns server {}",
        "@{} | resolver {} | via {} | ask {} | ns {} | server {}",
    ),
    "starttls": _words(
        "starttls | upgrade | mail protocol | STARTTLS | tls upgrade | protocol",
        "with starttls {} | over {} starttls | using STARTTLS for {} | by {} with starttls",
        "starttls {} | {} starttls | starttls={} | STARTTLS ({})",
    ),
    "algorithms": _words(
        "groups | algorithms | key exchange | kex | offer | Groups | curves",
        "offering {} | with the groups {} | trying {} | with key exchange {} | with {}",
        "groups {} | kex {} | offer {} | with {} | {}",
    ),
    "check": _words(
        "check | type | via | how | test | Check | method", "by {} | with {} | using {}", "{} | by {} | via {}"
    ),
    "locations": _words(
        "locations | from | probes | places | agents | compare | vantage points | sites | Locations",
        "from {} | as seen from {} | between {} | across {} | from the probes {} | in {}",
        "from {} | from {} | probes {} | {} | between {}",
    ),
    "endpoint": _words(
        "type | check | via | method | by | endpoint | Type | kind | check type | monitor type | how",
        "by {} | via {} | with {} | using {} | over {} | as {}",
        "{} | {} | by {} | via {} | ({}) | type {}",
    ),
    "enabled": _words(
        "enabled | active | monitoring | on/off | state | Enabled | on",
        "switched {} | set to {} | turned {}",
        "{} | monitoring {} | set {} | turn {}",
    ),
    "duration_min": _words(
        "for | duration | length | how long | lasts | Duration | takes | time needed",
        "for {} | lasting {} | with a length of {} | {} long | taking {}",
        "for {} | {} | lasts {} | {} long | duration {}",
    ),
    "start": _words(
        "start | begins | when | starts | start time | Start | from | at",
        "starting {} | beginning {} | from {} on | start {}",
        "start {} | starting {} | from {} | begins {}",
    ),
    "profile": _words(
        "profile | scan | type | kind | scan type | Profile | depth | mode",
        "with the {} profile | profile {} | as a {} scan | in {} mode | ({})",
        "{} | {} scan | profile {} | ({})",
    ),
    "ports": _words(
        "ports | port range | range | Ports | which ports | tcp ports | port list",
        "on ports {} | ports {} | for ports {} | just ports {} | only the ports {} | limited to ports {}",
        "ports {} | ports {} | p {} | -p {} | only {}",
    ),
    "period": _words(
        "period | over | span | last | Period | range | time frame | window",
        "over the last {} | for the last {} | for the past {} | of the last {} | over the past {}",
        "last {} | {} | past {} | over {}",
    ),
    "state": _words(
        "state | which | status | State | kind", "state {} | those that are {}", "{} | only {} | state {}"
    ),
    "since": _words(
        "since | after | from | Since | starting | begun after",
        "since {} | that began after {} | from {} on | starting {}",
        "since {} | after {} | from {}",
    ),
    "limit": _words(
        "limit | max | how many | rows | newest | Limit | count | top",
        "at most {} | only the newest {} | max {} | up to {} | the latest {} | no more than {}",
        "max {} | limit {} | top {} | {} newest | newest {}",
    ),
    "date_start": _words(
        "since | from | start | Since | after | from date",
        "since {} | from {} on | starting {} | beginning {}",
        "since {} | from {} | start {}",
    ),
}  # fmt: skip

_HOSTS = (
    "host | server | name | address | box | target | machine | device | node | Host | hostname | system | fqdn | "
    "ip/host | where | Server | HOST"
)
#: What the column of hosts is called.
SUBJECT_HEADS: dict[str, tuple[str, ...]] = {
    name: tuple(word.strip() for word in words.split("|"))
    for name, words in {
        "": _HOSTS,
        "url": "url | site | page | address | link | website | URL | web page | Site",
        "name": "name | domain | host | fqdn | hostname | lookup | query | Name | zone",
        "query": "domain | name | query | ip or domain | Domain | registration | object",
        "message_id": "id | job | job id | message id | run | message_id | task | ID | Job",
        "host_id": "id | host id | host no | no. | # | monitor id | ID | host_id",
    }.items()
}
_SUBJECTS = ("url", "host", "target", "name", "query", "address", "addresses", "message_id")
#: Parameters that no table gives: what pages through a list, and what belongs to the whole call.
_UNSAID = frozenset(
    {"host_id", "page", "page_size", "detail_response", "alert_flag", "all_hosts", "date_end"}
)
#: Amounts whose header may name the unit, so that the cells hold bare numbers: unit, its names, range.
UNITS: dict[str, tuple[tuple[str, tuple[str, ...], tuple[int, int, int]], ...]] = {
    "timeout_ms": (("ms", ("ms", "msec"), (100, 9000, 100)), ("s", ("s", "sec", "seconds"), (1, 60, 1))),
    "interval_s": (
        ("s", ("s", "sec", "seconds"), (10, 900, 5)),
        ("m", ("min", "minutes", "m"), (1, 60, 1)),
        ("h", ("h", "hours"), (1, 12, 1)),
    ),
    "duration_min": (("m", ("min", "minutes"), (5, 240, 5)), ("h", ("h", "hours"), (1, 24, 1))),
}


@cache
def subject_of(tool: str) -> str:
    """The parameter that names what a call of the tool is about."""
    return next(name for name in _SUBJECTS if name in schemas()[tool])


@cache
def options_of(tool: str) -> tuple[str, ...]:
    """The other parameters that people give, in the order of the schema."""
    skipped = _UNSAID | {subject_of(tool)}
    return tuple(name for name in schemas()[tool] if name not in skipped)


@cache
def needed_of(tool: str) -> tuple[str, ...]:
    """Those of `options_of` that a call cannot do without."""
    return tuple(name for name in options_of(tool) if name in required()[tool])


def open_to(tool: str, fixed: Mapping[str, Value]) -> tuple[list[str], list[str]]:
    """Which parameters must still be given beside those that are fixed, and which may be.

    What is switched on or off gets no other change, a sweep for hosts no ports, a window with an end no start.
    """
    needed = [name for name in needed_of(tool) if name not in fixed]
    if fixed.get("endpoint") == "tcp":
        needed.append("port")
    if "enabled" in fixed:
        return needed, []
    unfit = {*fixed, *needed}
    if fixed.get("profile") == "ping":
        unfit.add("ports")
    if str(fixed.get("duration_min", "")).startswith("until"):
        unfit.add("start")
    return needed, [name for name in options_of(tool) if name not in unfit]


def draw_option(name: str, tool: str, rng: Random) -> Filled:
    """Draws a value of a parameter."""
    if name == "enabled":
        on = rng.random() < 0.5
        return Filled(
            rng.choice(("on", "active", "enabled") if on else ("off", "paused", "disabled")), {name: on}
        )
    return fill(name, tool, rng)


def say(name: str, text: str, rng: Random, *, short: bool = False) -> tuple[str, str]:
    """How a value is said after a host: the words with `{}` in them, and what stands there."""
    form = rng.choice(WORDINGS[name].short if short else WORDINGS[name].said)
    if form.startswith(("every ", "checked every ", "polling every ", "last ", "past ", "each ")):
        # "every minute", not "every a minute".
        text = text.removeprefix("a ").removeprefix("an ")
    return form, text


_PLACES = re.compile(r"\{(\w*)\}")


def worded(writer: Writer, form: str, texts: Mapping[str, str]) -> str:
    """Words with the writer's noise, and at `{name}` texts without any."""
    other = writer.fresh()
    parts: list[Part] = []
    for index, piece in enumerate(_PLACES.split(form)):
        if index % 2:
            other.put(f"={piece}", texts[piece])
            parts.append(Slot(f"={piece}"))
        elif piece:
            parts.append(piece)
    return other.text(parts)


def draw_subjects(tool: str, count: int, rng: Random) -> list[Filled]:
    """Draws different things that a tool is called for: one kind, now and then siblings of each other."""
    name = subject_of(tool)
    if name == "address" and tool != "add_host" and rng.random() < 0.2:
        numbers = rng.sample(range(1, rng.choice((60, 999, 9999))), count)
        return [Filled(str(number), {"host_id": number}) for number in numbers]
    found: list[Filled] = []
    while len(found) < count:
        filled = _subject(tool, name, rng)
        beside = rng.choice(found) if found and rng.random() < 0.3 else None
        if beside and beside.values.get(name) == beside.text and (other := sibling(beside.text, rng)):
            filled = Filled(other, {name: other})
        if all(filled.values != f.values and filled.text.lower() != f.text.lower() for f in found):
            found.append(filled)
    return found


def _subject(tool: str, name: str, rng: Random) -> Filled:
    if name == "addresses":
        host = values.host(rng)
        return Filled(host, {name: [host]})
    if name == "address" and tool != "add_host":
        host = draw_subject("watched", rng)
        return Filled(host.text, {name: host.host}) if host.host_id is None else _subject(tool, name, rng)
    return fill(name, tool, rng)


def merge(tool: str, *filled: Filled) -> dict[str, Value]:
    """The arguments of one call, in the order of the schema."""
    found: dict[str, Value] = {}
    for one in filled:
        found |= one.values
    return {name: found[name] for name in schemas()[tool] if name in found}
