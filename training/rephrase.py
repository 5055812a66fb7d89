"""Variety that templates alone do not have: other words for the same thing, lost words, and talk around a request.

All of it changes only what a person says around the values, never a value, and never what is asked.
"""

from __future__ import annotations

import re
from random import Random

#: Words that may stand for each other in any request, without changing which call is right.
_GROUPS = (
    ("server", "machine", "box", "host", "system", "node", "computer"),
    ("website", "site", "web site", "webpage", "page"),
    ("certificate", "cert", "ssl cert", "tls cert", "ssl certificate", "tls certificate"),
    ("show me", "give me", "tell me", "let me see", "list", "display", "get me", "bring up", "show", "fetch"),
    ("show", "give me", "tell me", "display", "get", "pull up"),
    ("I want to know", "I'd like to know", "I need to know", "I wonder", "tell me", "find out", "let me know", "any idea"),
    ("can you", "could you", "would you", "will you", "can u", "please", "I need you to", "I'd like you to", "kindly"),
    ("could you", "can you", "would you", "might you", "are you able to", "pls"),
    ("please", "pls", "plz", "kindly", "if you can", "if possible"),
    ("right now", "now", "at the moment", "currently", "just now", "at present", "as we speak"),
    ("currently", "right now", "at the moment", "presently"),
    ("remove", "delete", "drop", "get rid of", "take out", "kick out"),
    ("delete", "remove", "erase", "drop"),
    ("pause", "suspend", "halt", "put on hold", "disable"),
    ("resume", "reenable", "re-enable", "unpause", "turn back on", "reactivate"),
    ("change", "set", "switch", "adjust", "modify", "update", "alter"),
    ("set", "put", "change", "make"),
    ("every", "each", "once every"),
    ("monitor", "watch", "keep an eye on", "start monitoring", "keep watching"),
    ("alerts", "alarms", "notifications", "warnings"),
    ("alert", "alarm", "warning"),
    ("clear", "reset", "acknowledge", "wipe"),
    ("outages", "incidents", "downtimes", "failures", "disruptions"),
    ("outage", "incident", "downtime", "failure"),
    ("scan", "portscan", "scan with nmap", "nmap"),
    ("slow", "sluggish", "laggy", "crawling"),
    ("fast", "quick", "speedy"),
    ("who owns", "who is behind", "who registered", "who has"),
    ("expire", "run out", "lapse", "end"),
    ("expires", "runs out", "lapses", "ends"),
    ("boss", "manager", "chief", "supervisor", "director"),
    ("customer", "client", "user", "visitor"),
    ("customers", "clients", "users", "visitors", "people"),
    ("quantum safe", "quantum-safe", "post-quantum safe", "quantum secure", "quantum resistant", "pq safe"),
    ("quantum-safe", "quantum safe", "post-quantum", "quantum resistant"),
    ("encryption", "crypto", "cryptography", "key exchange"),
    ("locations", "sites", "places", "probes", "spots"),
    ("agents", "probes", "probe agents", "monitoring agents"),
    ("timeout", "time limit", "time-out", "max wait"),
    ("maintenance", "maintenance mode", "a maintenance window", "planned maintenance"),
    ("silence", "mute", "quiet", "suppress"),
    ("mute", "silence", "hush"),
    ("reachable", "available", "online", "up", "alive"),
    ("again", "once more", "another time"),
    ("hello", "hi", "hey", "good day"),
    ("stop", "abort", "cancel", "kill"),
    ("job", "task", "run", "process"),
    ("job", "scan", "task"),
    ("finished", "done", "complete", "ready", "through"),
    ("details", "full details", "all details", "details too"),
    ("because", "since", "as", "cause"),
    ("problem", "issue", "trouble", "fault"),
    ("problems", "issues", "troubles"),
    ("need", "want", "require", "would like"),
    ("help me", "help", "assist me"),
    ("look at", "have a look at", "take a look at", "inspect", "examine"),
    ("find out", "figure out", "determine", "work out"),
    ("verify", "confirm", "make sure", "double check", "validate"),
)  # fmt: skip
_OTHERS: dict[str, list[tuple[str, ...]]] = {}
for _group in _GROUPS:
    _OTHERS.setdefault(_group[0].lower(), []).append(_group[1:])
_PATTERN = re.compile(
    r"(?<![\w-])("
    + "|".join(re.escape(word) for word in sorted(_OTHERS, key=len, reverse=True))
    + r")(?![\w-])",
    re.IGNORECASE,
)

#: After them, "monitor" and "scan" are things, and words for doing do not fit.
_OF_THINGS = re.compile(
    r"\b(?:a|an|the|this|that|my|our|your|its|their|any|each|every|no|new|old|last) $", re.IGNORECASE
)
_DEEDS = {"monitor", "scan"}

#: Words that carry little; a hurried person leaves them out.
_LOSABLE = re.compile(
    r" (?:the|a|an|is|are|of|to|me|my|our|please|for|that|it|do|does|you|with|have|just|be) ", re.IGNORECASE
)


def substitute(text: str, rng: Random, share: float) -> str:
    """Replaces each known word by another of its group with the given probability."""

    def other(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        if match[0].lower() in _DEEDS and _OF_THINGS.search(match.string, 0, match.start()):
            return match[0]
        word = rng.choice(rng.choice(_OTHERS[match[0].lower()]))
        return word[0].upper() + word[1:] if match[0][0].isupper() and word[0].islower() else word

    return _PATTERN.sub(other, text)


def lose(text: str, rng: Random, share: float) -> str:
    """Leaves out small words with the given probability."""
    return _LOSABLE.sub(lambda match: " " if rng.random() < share else match[0], text)


_LEADS = (
    "Our customers are complaining.", "I'm on call tonight.", "Since the update this morning things are odd.", "Sorry to bother you.",
    "My colleague asked me about this.", "I just came back from holiday.", "We had a power cut last night.", "This is urgent.",
    "I'm not very technical.", "The boss is standing behind me.", "Before the meeting starts:", "For the audit:", "For my report:",
    "New ticket came in.", "It was working yesterday.", "I've been at this for an hour.", "Just to be safe:", "Out of curiosity,",
    "I got a phone call about it.", "We changed our provider last week.", "Handover note:", "From the runbook:", "Next step:",
    "As discussed,", "As agreed with the team,", "First things first.", "Small favour:", "Here is what I need:", "Quick one.",
    "Task for you:", "So, here's the thing.", "Not sure how to say this, but", "I hope you can help.", "The dashboard looks weird.",
    "We are migrating today.", "There was an alert at night.", "Somebody rebooted something.", "I'm new here.", "Testing something:",
    "Good morning!", "Good evening.", "Dear assistant,", "Hi team,", "Hello there.", "Ok next.", "Alright.", "Listen,", "Right,",
    "On behalf of the network team:", "For the record,", "It's me again.", "Me again.", "Another thing.", "While you're at it:",
    "The internet is slow here today.", "Half the office is on vacation.", "I have five minutes before lunch.", "Customer is waiting.",
    "We got a letter from the insurance.", "My phone keeps buzzing.", "Not an emergency.", "If you have a minute:", "When you get a chance:",
)  # fmt: skip
_TAILS = (
    "It's for a customer.", "I need it for a report.", "No rush.", "That's all.", "Would be great.", "My boss wants to know.",
    "I'm in a hurry.", "It was fine yesterday.", "Just being careful.", "Thank you so much!", "Appreciate it.", "Let me know.",
    "I have a bad feeling.", "Somebody asked me.", "We had trouble there last week.", "You're the best.", "Sorry for the trouble.",
    "I'll wait.", "Get back to me.", "It's driving me crazy.", "The customer is on the phone.", "I promised to check.", "Hurry!",
    "Then I can go home.", "The auditor wants it.", "That would help a lot.", "I forgot how to do it myself.", "Cheers, the night shift.",
    "It's the last thing for today.", "I can't do it from here.", "Thanks a lot.", "Thx!", "Over.", "Please and thank you.",
    "I don't want surprises tomorrow.", "We changed nothing, I swear.", "Nobody else is here.", "I'm only the intern.",
)  # fmt: skip


def surround(text: str, rng: Random) -> str:
    """Puts a sentence before or after a request that has nothing to do with it."""
    draw = rng.random()
    if draw < 0.6:
        return f"{rng.choice(_LEADS)} {text}"
    end = "" if text[-1:] in ".?!" else rng.choice((".", ".", "?", ",", " -", "!"))
    text = f"{text}{end} {rng.choice(_TAILS)}"
    return text if draw < 0.9 else f"{rng.choice(_LEADS)} {text}"
