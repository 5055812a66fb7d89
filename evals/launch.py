"""One run from options to figures: suite, provider, store, rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from evals.cases import Suite, find_suite, load_suite, select
from evals.provenance import read_code, read_hardware, read_packages
from evals.record import RunRecord, SuiteRef
from evals.run import CaseFinished, RunEvent, run_suite
from evals.runs import find_run, new_directory
from evals.store import RunStore, StoreError, read_record, read_rows
from evals.summary import Tally
from providers.base import Constraint, Settings
from providers.info import DescribedProvider, ModelInfo

DEFAULT_SUITE = "netmon-dev"
# Settings of a reply that a run's record has under names of their own, or that each case sets.
_RECORDED_APART = ("seed", "constrained", "now")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; None where nothing was said.

    Attributes:
        model: The model's name.
        suite: A suite's name or path.
        limit: Only so many of its first cases.
        seed: Seed of repeat 0.
        repeats: How often each case is asked.
        constrained: How calls are held to the schemas.
        out: Directory of a new run.
        resume: Path or name of the run to go on with; it says all that the user does not.
        concurrency: Cases under way at a time.
        command: How the program was started.
        only: Ids of the only cases to run; empty for all.
    """

    model: str | None = None
    suite: str | None = None
    limit: int | None = None
    seed: int | None = None
    repeats: int | None = None
    constrained: Constraint | None = None
    out: Path | None = None
    resume: str | None = None
    concurrency: int = 32
    command: str = ""
    only: tuple[str, ...] = ()


class Display(Protocol):
    """Who is told how a run goes."""

    def begin(self, directory: Path, record: RunRecord, tally: Tally) -> None:
        """The run's directory is there; `tally` has the rows that are there from before."""
        ...

    def show(self, event: RunEvent, tally: Tally) -> None:
        """Something has happened; `tally` has the rows so far."""
        ...


async def launch(
    options: Options,
    open_provider: Callable[[str | None], Awaitable[DescribedProvider]],
    display: Display,
    reply: Settings | None = None,
) -> tuple[Path, RunRecord, Tally]:
    """Makes a run, or the rest of one.

    Args:
        options: What to run.
        open_provider: Makes a provider of a model's name.
        display: Who is told.
        reply: How replies are made, but for what the options say; the defaults if None.

    Returns:
        The run's directory, its record and its rows, added up.

    Raises:
        SuiteError: The suite is not valid; nothing was run.
        StoreError: The directory cannot be used, or the run differs from the one to be resumed.
        ProviderError: There is no such model, or it cannot be loaded.
    """
    resumed = find_run(options.resume) if options.resume else None
    if resumed:
        options = _completed(options, read_record(resumed))
    whole = load_suite(options.suite or DEFAULT_SUITE)
    suite = select(whole, options.only)
    provider = await open_provider(options.model)
    try:
        settings = replace(
            reply or Settings(),
            seed=options.seed or 0,
            constrained=options.constrained or provider.info.default_constrained,
        )
        record = _record(options, whole, provider.info, settings)
        if resumed:
            store = RunStore.resume(resumed, record)
        else:
            store = RunStore.create(options.out or new_directory(provider.info.name, suite.name), record)
        with store:
            tally = Tally()
            for row in read_rows(store.directory):
                tally.add(row)
            display.begin(store.directory, store.record, tally)
            events = run_suite(
                provider,
                suite,
                settings,
                store,
                limit=record.limit,
                repeats=record.repeats,
                concurrency=options.concurrency,
            )
            async for event in events:
                if isinstance(event, CaseFinished):
                    tally.add(event.row)
                display.show(event, tally)
            return store.directory, store.record, tally
    finally:
        await provider.aclose()


def _completed(options: Options, record: RunRecord) -> Options:
    """The options of a resumed run: what the user says, else what the run was."""
    if options.out:
        raise StoreError("a resumed run stays in its directory; leave out --out or --resume")
    return replace(
        options,
        model=options.model or record.requested or record.model.name,
        suite=options.suite or _suite_of(record),
        limit=record.limit if options.limit is None else options.limit,
        only=options.only or record.only,
        seed=record.seed if options.seed is None else options.seed,
        repeats=record.repeats if options.repeats is None else options.repeats,
        constrained=options.constrained or record.constrained,
    )


def _suite_of(record: RunRecord) -> str:
    path = record.suite.path
    return path if Path(path).is_file() else str(find_suite(record.suite.name))


def _record(options: Options, suite: Suite, model: ModelInfo, settings: Settings) -> RunRecord:
    sampler: dict[str, Any] = asdict(settings)
    for name in _RECORDED_APART:
        del sampler[name]
    return RunRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=options.command,
        suite=SuiteRef(
            name=suite.name, path=str(suite.path.resolve()), sha256=suite.sha256, cases=len(suite.cases)
        ),
        limit=options.limit,
        only=tuple(dict.fromkeys(options.only)),
        seed=settings.seed,
        repeats=options.repeats or 1,
        constrained=settings.constrained,
        requested=options.model,
        model=model,
        sampler=sampler,
        tools_sha256=suite.toolset.sha256,
        code=read_code(),
        packages=read_packages(),
        hardware=read_hardware(),
    )
