"""Phrases for taking back, putting right and asking again with one thing changed."""

from __future__ import annotations

from training.phrases import CHANGES

#: Tools whose last call is made again with another option.
TOOLS = tuple(sorted(CHANGES))

ALL_ELSE = (
    "{}, everything else as before", "{} - rest unchanged", "same again but {}", "once more, {}", "repeat, {}", "{}. all other settings stay", "again please: {}", "the same thing, {}", "{}; keep the rest", "rerun it, {}", "{}, otherwise the same", "do it over, {}", "one change: {}", "like before, {}",
)  # fmt: skip

WITHOUT = (
    "without {}", "leave out {}", "drop {} from that", "not {}", "{} is not needed", "take {} out", "again without {}", "skip {} this time", "minus {}", "remove {} from the list", "the same without {}", "forget about {}", "{} can go", "exclude {}", "I don't need {} in there", "repeat it, but leave {} away",
    "once more, only without {}", "ignore {}", "cut {}", "no {} please, run it again",
)  # fmt: skip
ADDED = (
    "add {}", "and {} too", "include {} as well", "with {} too", "also {}", "put {} in as well", "you forgot {}", "plus {}", "again, with {} added", "same again plus {}", "{} belongs in there too", "and {} in addition", "once more including {}", "I left out {}, add it", "{} as well please", "take {} along as well", "don't forget {}",
    "make that including {}", "{} should be in it as well", "expand that by {}",
)  # fmt: skip
SWAPPED = (
    "{new} instead of {old}", "replace {old} with {new}", "use {new} rather than {old}", "swap {old} for {new}", "not {old}, {new}", "{new}, not {old}", "I said {old} but meant {new}", "change {old} to {new}", "again with {new} in place of {old}", "{old} was wrong, it's {new}", "put {new} where {old} was", "make {old} {new}",
    "sorry, {new} and not {old}", "{old} should be {new}", "take {new} for {old}",
)  # fmt: skip

UNDO = (
    "undo that", "undo", "revert that", "put it back", "take that back", "no, undo it", "roll that back", "change it back", "set it back", "reverse that please", "undo the last change", "that was a mistake, undo it", "hm, better not. undo", "I changed my mind, revert", "back to how it was", "make it like before", "restore it",
    "oops, undo please", "wrong decision, put it back", "revert!", "ctrl-z", "make that undone", "can you reverse what you just did", "as it was, please", "scrap that change", "back out of that", "please restore the previous state",
)  # fmt: skip
AS_BEFORE = (
    "set it to what it was before", "give it its old value again", "put the old value back", "the previous value was better", "back to the original setting", "use the value from the list again", "same as it was in the list", "the old setting please", "restore what it had", "make it the old one again", "go back to what it said before",
)  # fmt: skip
VALUE_BEFORE = {
    "interval_s": ("back to the old interval", "the interval it had was fine, restore that", "check it as often as before", "put the interval back", "old frequency again please"),
    "port": ("back to the old port", "the old port was right", "put the port back", "use the port it had", "wrong port, restore the one from before"),
    "retries": ("back to the old number of retries", "as many retries as before", "restore the retries", "the retry count it had was ok"),
    "endpoint": ("back to the old check type", "check it the way it was before", "the old kind of check again", "restore the endpoint type it had"),
    "agent_location": ("back to the old probe", "from where it was checked before", "the agent it had before please", "move it back to its old location"),
}  # fmt: skip
SET = {
    "interval_s": ("check {} every {}", "set the interval of {} to {}", "interval of {}: {}", "make {} every {}", "poll {} every {}"),
    "port": ("move {} to port {}", "set the port of {} to {}", "port of {} is {}", "check {} on port {}", "change {} to port {}"),
    "retries": ("set the retries of {} to {}", "retries for {}: {}", "give {} this many retries: {}"),
    "endpoint": ("check {} with {}", "switch {} to {}", "use {1} for {0}", "change {} to {}"),
    "agent_location": ("check {} from {}", "move {} to {}", "use {1} for {0}", "monitor {} from {}"),
}  # fmt: skip
RESUME = (
    "resume it", "switch it back on", "unpause it", "turn it on again", "no wait, keep it running", "activate it again", "re-enable it", "ok, start checking it again", "we're done there, resume", "it's back, switch the monitoring on", "on again please", "it should run after all", "continue monitoring it", "the work is over, resume it", "wake it up again",
    "enable it again", "go on checking it", "let it run again", "please reactivate", "it's repaired, resume",
)  # fmt: skip
RESUME_LATER = (
    "ok, now resume the one I paused", "and switch the paused host back on", "now unpause what I paused before", "you can resume the host we paused", "turn the paused one on again", "the one I put on hold can run again", "time to resume the paused one", "and wake up the one that I had you pause", "re-enable the monitor you paused for me earlier",
)  # fmt: skip
PAUSE_AGAIN = ("pause it again", "off again please", "no, disable it again", "hm, pause it after all", "switch it back off", "suspend it again", "put it on hold again", "it's not ready, pause it again", "too early. pause it")  # fmt: skip
PAUSE_AGAIN_LATER = ("pause the one that I resumed again", "and suspend the host we switched on", "the one we re-enabled: pause it again", "put the one you resumed back on hold", "the host from before that I enabled, disable it again")  # fmt: skip
ADD_AGAIN = (
    "oh no, add it again", "that was wrong, put it back as it was", "undo the delete", "I need it after all, add it again with the same settings", "restore it", "bring it back", "add it back please", "wrong one! add it again like it was", "sorry, I still need that one. monitor it again, same settings", "put it back on the list", "undo, please",
    "start monitoring it again exactly as before", "hm, the customer stays. add it back", "can you re-add it with the old values", "un-delete it", "recreate that one the way it was", "it should have stayed. add it", "please set it up again as it was",
)  # fmt: skip
WINDOW_OFF = (
    "end the maintenance now", "we're finished early, end the window", "cancel the window", "stop the maintenance", "maintenance is over already", "undo the window", "no maintenance after all", "lift it again", "call the maintenance off", "the work was cancelled, take the window away", "end it right now", "alerts on again please", "turn the alerts back on, we're done",
    "done sooner than planned, close the window", "the technician didn't come. drop the maintenance", "unmute it", "remove that maintenance window", "finish the maintenance at once", "I want the alarms back now",
)  # fmt: skip
REMOVE_AGAIN = (
    "no, remove it again", "delete it again", "undo that", "oh, wrong one, take it out again", "I didn't mean to add it, delete it", "remove that again please", "sorry, not needed, delete", "drop it again", "undo the adding", "scratch that, delete it", "that host doesn't belong to us, remove it", "take it off again", "stop monitoring it, that was a test",
    "get rid of it again", "it was only a trial, remove it", "please delete what you just added", "hm no, out with it", "revert, don't monitor it", "we already have that one, delete the new one",
)  # fmt: skip
NOT_BUT = (
    "{right}, not {wrong}", "not {wrong}, {right}", "I meant {right}, not {wrong}", "no: {right} instead of {wrong}", "{wrong}? no, {right}", "sorry, {right} and not {wrong}", "wrong one, {right} rather than {wrong}", "that was {wrong}; I want {right}", "leave {wrong}, take {right}", "should be {right}, {wrong} is something else",
    "no no, not {wrong}: {right}", "mixed up {wrong} with {right}. the latter please",
)  # fmt: skip

#: Record types, and how a question for them is put: `{}` is the name.
RECORDS = (("", "{}"), ("", "what {} resolves to"), ("MX", "the MX of {}"), ("NS", "the name servers of {}"), ("TXT", "the TXT records of {}"), ("AAAA", "the AAAA of {}"), ("SOA", "the SOA of {}"), ("CAA", "the CAA of {}"))  # fmt: skip
ASK_IT = ("now ask {it} for {what}", "use {it} as resolver: {what}", "ask {it} directly: {what}", "what does {it} say about {what}", "query {it} for {what}", "look up {what} there, at {it}", "and {what} according to {it}?", "get {what} from {it} as the DNS server", "{what}, resolver is {it}", "send the question to {it}: {what}", "check {what} at {it}")  # fmt: skip
