"""A run as a log that `inspect view` opens, written with Inspect itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalError,
    EvalLog,
    EvalMetric,
    EvalPlan,
    EvalPlanStep,
    EvalResults,
    EvalRevision,
    EvalSample,
    EvalScore,
    EvalSpec,
    EvalStats,
    write_eval_log,
)
from inspect_ai.model import ChatCompletionChoice, GenerateConfig, ModelOutput, ModelUsage
from inspect_ai.model import ChatMessageAssistant as Assistant

from evals.cases import Case
from evals.inspect_messages import chat_message
from evals.inspect_rows import conversation
from evals.inspect_scores import score_of
from evals.loaded import LoadedRun
from evals.questions import expected_lines, read_questions
from evals.record import RunRecord
from evals.rows import Row
from evals.summary import Rate
from providers.base import Message, Usage

_SCORER = "smallwatch/verdict"


def write_log(run: LoadedRun, path: Path) -> None:
    """Writes a run as an Inspect log in its compact form, the one that `inspect view` lists by any name.

    Raises:
        OSError: The file cannot be written.
    """
    write_eval_log(log_of(run), str(path), format="eval")


def log_of(run: LoadedRun) -> EvalLog:
    """A run as Inspect's log."""
    questions, note = read_questions(run.record)
    samples = [_sample(run.record, row, questions.get(row.id)) for row in run.rows.values()]
    usage = _total(run)
    return EvalLog(
        status="success" if len(run.rows) == run.record.total else "cancelled",
        eval=_spec(run, note),
        plan=EvalPlan(name="smallwatch", steps=[EvalPlanStep(solver="smallwatch/examine")]),
        results=_results(run),
        stats=EvalStats(
            started_at=run.record.created,
            completed_at=_moment(max((row.started + row.seconds for row in run.rows.values()), default=0.0)),
            model_usage={run.record.model.name: usage},
        ),
        samples=samples,
    )


def _spec(run: LoadedRun, note: str) -> EvalSpec:
    record = run.record
    code = record.code
    return EvalSpec(
        created=record.created,
        task=f"smallwatch-{record.suite.name}".replace(":", "-"),
        task_id=record.suite.sha256[:22],
        run_id=run.directory.resolve().name,
        task_args={"suite": record.suite.name},
        dataset=EvalDataset(
            name=record.suite.name,
            location=record.suite.path,
            samples=record.total // record.repeats,
            sample_ids=list(dict.fromkeys(case for case, _ in run.rows)),
        ),
        model=f"smallwatch/{record.model.name}",
        model_generate_config=GenerateConfig(
            max_tokens=record.sampler.get("max_tokens"),
            temperature=record.sampler.get("temperature"),
            seed=record.seed,
        ),
        config=EvalConfig(epochs=record.repeats, limit=record.limit),
        revision=EvalRevision(type="git", origin="", commit=code.revision) if code.revision else None,
        packages=record.packages,
        metadata={**record.model_dump(mode="json", exclude={"packages"}), "note": note},
    )


def _results(run: LoadedRun) -> EvalResults:
    summary = run.summary
    groups = {"accuracy": summary.overall, **{f"{name}": rate for name, rate in summary.by_category.items()}}
    metrics = {name: _metric(name, rate) for name, rate in groups.items() if rate.accuracy is not None}
    strict = summary.overall.accuracy_strict
    if strict is not None:
        metrics["strict"] = EvalMetric(name="strict", value=strict)
    return EvalResults(
        total_samples=run.record.total,
        completed_samples=summary.overall.n,
        scores=[
            EvalScore(
                name="verdict",
                scorer=_SCORER,
                scored_samples=summary.overall.n,
                unscored_samples=summary.infra_errors,
                metrics=metrics,
            )
        ],
        metadata={"labels": summary.labels},
    )


def _metric(name: str, rate: Rate) -> EvalMetric:
    low, high = rate.ci95 or (None, None)
    return EvalMetric(
        name=name, value=rate.accuracy or 0.0, metadata={"n": rate.n, "ci95_low": low, "ci95_high": high}
    )


def _sample(record: RunRecord, row: Row, case: Case | None) -> EvalSample:
    said = conversation(case, row)
    failed = row.label == "infra_error"
    return EvalSample(
        id=row.id,
        epoch=row.repeat + 1,
        input=[chat_message(message) for message in case.messages] if case else row.id,
        target=["\n".join(calls) or "no call" for calls in expected_lines(case)] if case else "",
        messages=[chat_message(message) for message in (said[:-1] if failed else said)],
        output=ModelOutput() if failed else _output(record, row, said),
        scores=None if failed else {"verdict": score_of(row)},
        metadata={"category": row.category, "label": row.label, "attempts": row.attempts},
        model_usage={record.model.name: _usage(row.usage)},
        total_time=row.seconds,
        working_time=row.timing.total_s or row.seconds,
        started_at=_moment(row.started) or None,
        completed_at=_moment(row.started + row.seconds) or None,
        error=EvalError(message=row.reason, traceback=row.reason, traceback_ansi=row.reason)
        if failed
        else None,
    )


def _output(record: RunRecord, row: Row, said: list[Message]) -> ModelOutput:
    last = next((message for message in reversed(said) if message.role == "assistant"), Message("assistant"))
    message = chat_message(last)
    assert isinstance(message, Assistant)
    reason = (
        "tool_calls" if row.finish == "tool_calls" else "max_tokens" if row.finish == "length" else "stop"
    )
    return ModelOutput(
        model=record.model.name,
        choices=[ChatCompletionChoice(message=message, stop_reason=reason)],
        usage=_usage(row.usage),
        time=row.seconds,
    )


def _usage(usage: Usage) -> ModelUsage:
    return ModelUsage(
        input_tokens=usage.prompt_tokens - usage.cached_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        input_tokens_cache_read=usage.cached_tokens,
    )


def _total(run: LoadedRun) -> ModelUsage:
    usages = [row.usage for row in run.rows.values()]
    return _usage(
        Usage(
            sum(usage.prompt_tokens for usage in usages),
            sum(usage.cached_tokens for usage in usages),
            sum(usage.completion_tokens for usage in usages),
        )
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
