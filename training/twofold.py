"""Conversations about two things at once: two hosts, two jobs; `the first one` is the one spoken of first."""

from __future__ import annotations

from training import phrases
from training.aspects import Clause, Kind, Subject
from training.changing import Changer
from training.results import outcome
from training.telling import Exchange, Story
from training.writer import Call

_FIRST = ("the first one", "the first", "the former", "the first host", "the one from before", "the one I asked about first", "the earlier one", "the previous one", "the first of the two", "the other one", "the one before that", "the one at the start")  # fmt: skip
_SECOND = ("the second one", "the second", "the latter", "the last one", "the one you just did", "the most recent one", "the second host", "the later one")  # fmt: skip
_BOTH = ("both", "both of them", "the two of them", "both hosts", "each of the two", "the pair", "these two")
_SLOWER = ("the slower one", "the slower of the two", "whichever is slower", "the one with the worse time", "the laggier one", "the one that took longer", "the one with the higher latency")  # fmt: skip
_FASTER = ("the faster one", "the quicker of the two", "whichever is faster", "the one with the better time", "the one with the lower latency")  # fmt: skip
_FAILED = ("the one that didn't answer", "the dead one", "the one that failed", "the one with the problem", "the broken one", "the one that's down", "whichever failed")  # fmt: skip
_WORKED = ("the one that answered", "the one that works", "the one that's fine", "the good one", "the one that's up", "whichever answered")  # fmt: skip

_BAD = frozenset({"dead", "error", "expired", "wrong", "missing", "broken", "closed", "filtered"})
_GOOD = frozenset({"alive", "up", "valid", "found", "reached", "open"})

_JOB_DONE = ("is {} done?", "is {} finished", "how far is {}?", "any result of {} yet?", "status of {} please", "and {}, is it through?", "what did {} find?", "check on {}", "show me the outcome of {}", "how is {} coming along?", "has {} come back?", "did {} finish?", "what about {}?", "let me see the result of {}", "where are we with {}")  # fmt: skip
_JOB_STOP = ("cancel {}", "stop {}", "abort {} please", "kill {}", "call {} off", "never mind {}, stop that", "{} takes too long, cancel", "I don't need {} any more, abort", "halt {}", "terminate {}", "please end {}", "{} was a mistake, stop it", "let {} go, cancel it")  # fmt: skip
_JOBS_BOTH = ("both jobs", "both scans", "the two scans", "both of them", "the two jobs", "both")


class Twofold(Changer):
    """Draws conversations with two subjects in play."""

    def _two(self) -> Story:
        """Two hosts were asked about, one after the other; one of them, or both, come up again."""
        rng = self._rng
        kinds: tuple[Kind, ...] = rng.choice((("name", "host"), ("host",), ("host",), ("watched",)))
        first = self._clause(rng.choice(("do", "q")), *kinds)
        same = rng.random() < 0.55
        second = first if same else self._clause(rng.choice(("do", "q")), *kinds)
        one, two = self._about(kinds, first), self._about(kinds, second)
        while two.text == one.text:
            two = self._about(kinds, second)
        past_one, found_one = self._exchange(first.text(one.text), first.call(one))
        said = (
            rng.choice(phrases.SAME).format(two.text)
            if same and rng.random() < 0.5
            else second.text(two.text)
        )
        past_two, found_two = self._exchange(said, second.call(two))
        then = self._fitting(kinds, one, two)
        draw = rng.random()
        chosen, words = [one], rng.choice(_FIRST)
        if draw < 0.2:
            chosen, words = [two], rng.choice(_SECOND)
        elif draw < 0.36:
            chosen, words = [one, two], rng.choice(_BOTH)
        elif draw < 0.75:
            averages = [float(f.data.get("avg_ms", f.data.get("time_ms", 0))) for f in (found_one, found_two)]
            kinds_found = (found_one.kind, found_two.kind)
            if (
                0 not in averages
                and averages[0] != averages[1]
                and first.aspect.call.tool == second.aspect.call.tool
            ):
                slower = rng.random() < 0.7
                chosen = [one if (averages[0] > averages[1]) is slower else two]
                words = rng.choice(_SLOWER if slower else _FASTER)
            elif (kinds_found[0] in _BAD and kinds_found[1] in _GOOD) or (
                kinds_found[0] in _GOOD and kinds_found[1] in _BAD
            ):
                failed = rng.random() < 0.7
                chosen = [one if (kinds_found[0] in _BAD) is failed else two]
                words = rng.choice(_FAILED if failed else _WORKED)
        calls: list[Call] = [then.call(subject) for subject in chosen]
        if then.aspect.call.tool == "set_maintenance" and len(calls) > 1:
            name, arguments = calls[0]
            calls = [(name, arguments | {"addresses": [subject.host for subject in chosen]})]
            if not all(subject.host for subject in chosen):
                return self._two()
        return Story((past_one, past_two), self._lead() + then.text(words) + self._end(), calls=tuple(calls))

    def _fitting(self, kinds: tuple[Kind, ...], one: Subject, two: Subject) -> Clause:
        """A clause that both subjects fit: one that takes ids, where one is known by its id."""
        form = self._rng.choice(("do", "do", "q"))
        by_id = one.host_id is not None or two.host_id is not None
        while True:
            then = self._clause(form, *(("watched",) if by_id else kinds))
            if not by_id or then.takes_id:
                return then

    def _job_started(self, tool: str) -> tuple[Exchange, str, str, str]:
        """A long call: what was said, its id, its target, what it is."""
        while True:
            said, call = self._ask(tool)
            found = outcome(*call, self._rng, ok=True)
            if found.kind != "job":
                continue
            past, found = self._found(said, call, found)
            if found.rows:
                profile = str(call[1].get("profile", "quantum"))
                return past, found.rows[0].name, str(call[1]["target"]), profile

    def _two_jobs(self) -> Story:
        """Two long calls run; one is told from the other by what it does, its target or its place."""
        rng = self._rng
        tools = rng.choice(
            (("run_nmap", "scan_quantum_ports"), ("scan_quantum_ports", "run_nmap"), ("run_nmap", "run_nmap"))
        )
        one, two = (self._job_started(tool) for tool in tools)
        while two[1] == one[1] or two[2] == one[2]:
            two = self._job_started(tools[1])
        index = rng.randrange(2)
        mine, other = (one, two) if index == 0 else (two, one)
        ways = [f"the scan of {mine[2]}", f"the one on {mine[2]}", f"the {mine[2]} scan", mine[1]]
        ways += (
            ["the first scan", "the first one", "the first job"]
            if index == 0
            else ["the second scan", "the last scan", "the second one", "the second job"]
        )
        if mine[3] != other[3]:
            word = {
                "vuln": "vulnerability",
                "ping": "ping",
                "quick": "port",
                "service": "service",
                "quantum": "quantum",
            }[mine[3]]
            ways += [f"the {word} scan", f"the {word} one", f"the {word} job"] * 2
        draw = rng.random()
        if draw < 0.15:
            stop = rng.random() < 0.5
            words = rng.choice(_JOB_STOP if stop else _JOB_DONE[3:6]).format(rng.choice(_JOBS_BOTH))
            tool = "cancel_function" if stop else "get_function_status"
            return Story(
                (one[0], two[0]), words, calls=tuple((tool, {"message_id": job[1]}) for job in (one, two))
            )
        if draw < 0.55:
            words, tool = rng.choice(_JOB_DONE), "get_function_status"
        else:
            words, tool = rng.choice(_JOB_STOP), "cancel_function"
        return Story(
            (one[0], two[0]),
            self._lead() + words.format(rng.choice(ways)),
            calls=((tool, {"message_id": mine[1]}),),
        )
