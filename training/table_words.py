"""Phrases around a request that is laid out: what refers to the rows, what is said of all or of one, and tails."""

from __future__ import annotations

#: How a sentence points at rows that follow, and at rows before it.
BELOW = (
    "these", "these", "the following", "the following", "the ones below", "everything below", "this list", "the list below", "each of these",
    "all of these", "the rows below", "every row of this table", "what is in this table", "those here", "each line", "the below", "these here",
    "everything in this list", "all rows", "the entries below",
)  # fmt: skip
ABOVE = ("these", "those", "the above", "all of the above", "this list", "each line above", "the ones above", "all of these", "the rows above", "every row", "them", "them all")  # fmt: skip
#: The same for a single row.
ONE_BELOW = (
    "this",
    "this one",
    "the following",
    "the one below",
    "this line",
    "this entry",
    "the row below",
)
ONE_ABOVE = ("this", "that", "this one", "the above", "the one above", "that row")
#: In front of an ask; `{x}` is a person.
LEADS = ("", "", "", "", "", "please ", "please ", "pls ", "can you ", "could you please ", "could you ", "kindly ", "I need you to ", "hi, please ", "hey, ", "next: ", "for today: ", "ok, ", "when you have time, ", "from the spreadsheet: ", "from the ticket, ", "{x} sent this list, ", "as {x} asked, ", "for {x}: ")  # fmt: skip
#: What is said of every row.
ALL = (", all {v}", ", all {v}", ", each {v}", " ({v} in every case)", ", every one {v}", " {v}", " {v}", " - {v} for all of them", ", everything {v}", ", always {v}", "; all {v}", ". All {v}", ". Each one {v}", ". Everything {v}", ", {v} each", " ({v} each)", " (all {v})", ", in each case {v}", ". For all rows: {v}")  # fmt: skip
#: The same after a question.
ALL_AFTER = (" All {v}.", " Each {v}.", " ({v} each)", " All of them {v}.", " Every one {v}, please.")
#: What is said of one row alone.
ONLY = (", but {row} {v}", "; {row} {v}", ", {row} {v} though", " (only {row} {v})", ". Only {row} {v}", ". For {row} {v}", ", and {row} {v}", ", just {row} {v}", ". {row}, however, {v}", ", except that {row} is {v}", " - {row} {v}", ". Note: {row} {v}", ". And {row} {v}, please")  # fmt: skip
#: What the empty cells of a column mean.
EMPTY = (". Where {head} is empty: {v}", ". No {head} given means {v}", "; without {head} use {v}", ". Blank {head} = {v}", ", {v} where {head} is missing", ". If there is no {head}, take {v}", ". Missing {head}: {v}", ". The {head} is {v} where the row gives none", " (default {head} {v})", ". Default {head}: {v}")  # fmt: skip
#: Between a sentence and its rows.
BETWEEN = (":\n", ":\n", ":\n", "\n", ":\n\n", "\n\n", " -\n", "...\n", ".\n")
#: After everything.
TAILS = ("", "", "", "", "", "", "\n\nthanks", "\nthx", "\n\nThat's all.", "\nplease", "\n\nNo rush.", "\n\nIn this order please.", "\n-- \n{x}", "\nCheers, {x}", "\n\n(from {x}'s sheet)", "\n\nThe rest follows tomorrow.")  # fmt: skip
#: What a fence is marked with; None for no fence.
FENCES = (*[None] * 18, "text", "", "")
#: Over a list of different tasks.
TASKS = (
    "do these", "please do the following", "todo", "TODO", "to do", "tasks", "tasks for today", "my list for this morning", "work through this list",
    "checklist", "one after the other", "please go through these", "several things", "a few things", "here is what I need", "shift list", "runbook steps",
    "maintenance checklist", "I need all of this done", "please take care of these", "requests from {x}", "open points", "{x} asks for", "the list",
    "before the meeting", "for ticket {n}", "from the standup", "can you do all of these", "next steps", "please run", "work order", "bitte", "list of jobs",
    "things to check", "after the upgrade", "get these done", "{n} again, same drill", "could you handle these",
)  # fmt: skip
