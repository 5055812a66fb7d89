"""Conversations in which a person adds to what was asked or sets it right: another path, a place more."""

from __future__ import annotations

from datetime import timedelta

from providers.base import DEFAULT_NOW
from providers.dialects.quantities import iso, resolve_amount, resolve_point
from training import times, values
from training.aspects import named
from training.phrases import MEANT, MORE_PLACES, NEXT_WINDOWS, OTHER_PATHS, OTHER_QUESTIONS, SAME_PATHS
from training.telling import Story, Teller
from training.values import Value
from training.writer import Call, in_order

#: How long the windows are that others follow, in minutes.
_LENGTHS = (30, 45, 60, 60, 90, 120, 120, 180, 240)

_WINDOWS = (
    "maintenance for {} {} at {} for {}",
    "silence {} {} from {} on, for {}",
    "{}: window {} {}, {}",
    "put {} into maintenance {} {} for {}",
)
#: The parameter that holds the subject.
_SUBJECTS = {
    "dns_lookup": "name",
    "check_http": "url",
    "ping_host": "target",
    "whois_lookup": "query",
    "check_ssl_certificate": "host",
}
_NO = (
    "no, ", "no no, ", "that's not it. ", "sorry, I meant: ", "not that, ", "hm no. ", "I wanted to know ", 
    "wrong question: ",
    "no, I wanted to know ", "I meant ",
)  # fmt: skip


class Amender(Teller):
    """Draws conversations that amend."""

    def amended(self) -> Story:
        """Draws one of them."""
        return self._rng.choice(
            (self._path, self._path, self._place, self._window_after, self._other_question)
        )()

    def _path(self) -> Story:
        """The same site, another page: said as its path alone."""
        rng = self._rng
        said, (tool, arguments) = self._ask("check_http")
        url = str(arguments["url"])
        scheme, _, rest = url.partition("://")
        base = f"{scheme}://{rest.partition('/')[0]}"
        other = ""
        while not other or other == "/" or url.endswith(other):
            other = values.path(rng).partition("?")[0]
        past, _ = self._exchange(said, (tool, arguments))
        forms = OTHER_PATHS if rng.random() < 0.6 else SAME_PATHS
        kept = {k: v for k, v in arguments.items() if k != "url"}
        return Story(
            (past,),
            rng.choice(forms).format(other),
            calls=((tool, in_order(tool, {"url": base + other, **kept})),),
        )

    def _place(self) -> Story:
        """A comparison again, with one place more or one in another's stead."""
        rng = self._rng
        said, (tool, arguments) = self._ask("compare_locations")
        places = arguments.get("locations")
        if not isinstance(places, list):
            return self._path()
        past, _ = self._exchange(said, (tool, arguments), ok=True)
        added = [place for place in values.some(rng, values.agent, 1, 2) if place not in places]
        if not added:
            return self._path()
        words = rng.choice(MORE_PLACES).format(values.listed(rng, added))
        return Story(
            (past,),
            self._lead() + words + self._end(),
            calls=((tool, in_order(tool, arguments | {"locations": [*map(str, places), *added]})),),
        )

    def _window_after(self) -> Story:
        """Another host's window, right after the one that was set, as long as it."""
        rng = self._rng
        hosts = values.some(rng, values.fqdn, 2, 2)
        day, spelling = times.day(rng, past=False)
        hour, length = rng.randint(0, 19), rng.choice(_LENGTHS)
        begin = f"{spelling} {hour:02d}:00"
        amount, spelled = times.length(rng, length)
        start = resolve_point(begin, DEFAULT_NOW, "future")
        minutes = resolve_amount(spelled, "m")
        if start is None or minutes is None:
            return self._path()
        said = rng.choice(_WINDOWS).format(hosts[0], day, times.clock_text(rng, hour, 0), amount)
        # Earlier calls come back as the tool had them, or as they were written.
        written = _said(iso(start)) if rng.random() < 0.5 else begin
        call: Call = ("set_maintenance", {"addresses": [hosts[0]], "start": written, "duration_min": spelled})
        past, _ = self._exchange(said, call, ok=True)
        end = start + timedelta(minutes=minutes)
        answer = rng.choice(
            ("The window of {} is set: {} to {}.", "Done: {} from {} to {}.", "{} is in maintenance from {} until {}.")
        ).format(hosts[0], _said(iso(start)), _said(iso(end)))  # fmt: skip
        told = type(past)(past.said, past.calls, past.results, answer)
        after: dict[str, Value] = {"addresses": [hosts[1]], "start": _said(iso(end)), "duration_min": spelled}
        return Story(
            (told,),
            rng.choice(NEXT_WINDOWS).format(hosts[1]),
            calls=(("set_maintenance", in_order("set_maintenance", after)),),
        )

    def _other_question(self) -> Story:
        """The host was right, the question was not: no, who has registered it."""
        rng = self._rng
        tool = rng.choice(sorted(_SUBJECTS))
        said, call = self._ask(tool)
        subject = str(call[1][_SUBJECTS[tool]])
        host = named(subject.partition("://")[2].partition("/")[0] if "://" in subject else subject)
        if ":" in host.text or "*" in host.text or host.text.startswith("_"):
            return self._path()
        past, _ = self._exchange(said, call)
        wanted = rng.choice([name for name in OTHER_QUESTIONS if name != tool])
        clause, arguments = rng.choice(OTHER_QUESTIONS[wanted])
        filled: dict[str, Value] = {k: v.format(host=host.text, url=host.url) for k, v in arguments.items()}
        lead = rng.choice(_NO)
        if rng.random() < 0.15:
            lead = rng.choice(MEANT).format("")
        return Story((past,), f"{lead.strip()} {clause}".strip(), calls=((wanted, in_order(wanted, filled)),))


def _said(moment: str) -> str:
    return moment.removesuffix(":00Z").replace("T", " ")
