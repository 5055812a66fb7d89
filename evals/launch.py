"""One run from options to figures: suite, provider, store, rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from evals.caching import RunCache, can_be_cached
from evals.cases import Suite, select
from evals.kinds import open_suite
from evals.provenance import Code, read_code, read_hardware, read_packages
from evals.record import Engine, RunRecord, SuiteRef
from evals.response_cache import ResponseCache
from evals.run import CaseFinished, RunEvent, run_suite
from evals.runs import find_run, new_directory
from evals.sessions import Loading, measured, timed
from evals.store import RunStore, StoreError, read_record, read_rows
from evals.summary import Tally
from evals.workers.pool import WorkerPool
from providers.base import Constraint, ProviderRejected, Settings
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
        cache: Whether replies kept from earlier runs are used; None leaves it to the model.
        workers: Processes that ask, each with a model of its own; None is the engine's default.
        engine: Where they run.
        address: The Ray cluster's; None starts one on this machine.
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
    cache: bool | None = None
    workers: int | None = None
    engine: Engine = "local"
    address: str | None = None


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
    open_cache: Callable[[], ResponseCache] | None = None,
) -> tuple[Path, RunRecord, Tally]:
    """Makes a run, or the rest of one.

    Args:
        options: What to run.
        open_provider: Makes a provider of a model's name.
        display: Who is told.
        reply: How replies are made, but for what the options say; the defaults if None.
        open_cache: Opens the replies that are kept between runs; None goes without.

    Returns:
        The run's directory, its record and its rows, added up.

    Raises:
        SuiteError: The suite is not valid; nothing was run.
        StoreError: The directory cannot be used, or the run differs from the one to be resumed.
        ProviderError: There is no such model, or it cannot be loaded.
        CacheError: The cache cannot be used.
    """
    if options.resume:
        options = _completed(options, read_record(find_run(options.resume)))
    # A model takes a second to open, in a process of its own: the rest is made ready meanwhile.
    opening = asyncio.create_task(timed(open_provider(options.model)))
    try:
        whole, code = await asyncio.to_thread(_prepared, options)
    except BaseException:
        await _give_up(opening)
        raise
    provider, seconds = await opening
    try:
        loading = Loading(seconds, alone=True)
        return await make_run(options, whole, provider, display, reply, open_cache, code, loading)
    finally:
        await provider.aclose()


def _prepared(options: Options) -> tuple[Suite, Code]:
    whole = open_suite(options.suite or DEFAULT_SUITE)
    select(whole, options.only)
    return whole, read_code()


async def _give_up(opening: asyncio.Task[tuple[DescribedProvider, float]]) -> None:
    """Ends a provider that is being opened, or is open already."""
    opening.cancel()
    await asyncio.wait([opening])
    if not opening.cancelled() and opening.exception() is None:
        await opening.result()[0].aclose()


async def make_run(
    options: Options,
    whole: Suite,
    provider: DescribedProvider,
    display: Display,
    reply: Settings | None = None,
    open_cache: Callable[[], ResponseCache] | None = None,
    code: Code | None = None,
    loading: Loading | None = None,
) -> tuple[Path, RunRecord, Tally]:
    """Makes a run of a suite that is read and a provider that is open; see `launch`.

    `code` is what the code is, where that was found out already; `loading` is how the provider was opened.
    """
    if provider.info.random:
        raise ProviderRejected(
            f"{provider.info.name} has random weights, made to measure speed with; its replies cannot be scored"
        )
    settings = replace(
        reply or Settings(),
        seed=options.seed or 0,
        constrained=options.constrained or provider.info.default_constrained,
    )
    record = _record(options, whole, provider, settings, code or read_code())
    with ExitStack() as stack:
        if options.resume:
            store = stack.enter_context(RunStore.resume(find_run(options.resume), record))
        else:
            _check_held(settings, provider.info)
            out = options.out or new_directory(provider.info.name, whole.name)
            store = stack.enter_context(RunStore.create(out, record))
        cache = None
        if open_cache is not None and _cached(options, provider.info):
            kept = stack.enter_context(open_cache())
            cache = RunCache(kept, provider.info, record.code.sha256, record.packages)
        tally = Tally()
        for row in read_rows(store.directory):
            tally.add(row)
        session = stack.enter_context(measured(store, provider, loading))
        display.begin(store.directory, store.record, tally)
        events = run_suite(
            provider,
            select(whole, options.only),
            settings,
            store,
            limit=record.limit,
            repeats=record.repeats,
            concurrency=options.concurrency,
            cache=cache,
        )
        async for event in events:
            if isinstance(event, CaseFinished):
                tally.add(event.row)
                session.glance()
            display.show(event, tally)
    return store.directory, store.record, tally


def _check_held(settings: Settings, model: ModelInfo) -> None:
    """Refuses to record that calls were held in a way that the model does not have."""
    if settings.constrained not in model.constraints:
        raise ProviderRejected(
            f"{model.name} cannot be held to {settings.constrained}; "
            f"--constrained may be {' or '.join(model.constraints)}"
        )


def _cached(options: Options, model: ModelInfo) -> bool:
    """Whether kept replies are used: if asked for, else where asking costs money and measures no speed of ours."""
    if options.cache and not can_be_cached(model):
        raise StoreError(
            f"the replies of {model.name} cannot be kept: neither its weights nor its server are known, so "
            "nothing tells it from another model; leave out --cache"
        )
    if options.cache is not None:
        return options.cache
    return model.server is not None


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
    return path if record.suite.kind != "calls" or Path(path).is_file() else record.suite.name


def _record(
    options: Options, suite: Suite, provider: DescribedProvider, settings: Settings, code: Code
) -> RunRecord:
    sampler: dict[str, Any] = asdict(settings)
    for name in _RECORDED_APART:
        del sampler[name]
    return RunRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=options.command,
        suite=SuiteRef(
            name=suite.name,
            path=suite.reference,
            sha256=suite.sha256,
            cases=len(suite.cases),
            kind=suite.kind,
        ),
        limit=options.limit,
        only=tuple(dict.fromkeys(options.only)),
        seed=settings.seed,
        repeats=options.repeats or 1,
        constrained=settings.constrained,
        requested=options.model,
        model=provider.info,
        sampler=sampler,
        tools_sha256=suite.toolset.sha256,
        code=code,
        packages=read_packages(),
        hardware=read_hardware(),
        workers=provider.count if isinstance(provider, WorkerPool) else 1,
        engine=options.engine,
    )
