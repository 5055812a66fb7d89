"""Eval runs of this server, for the dashboard."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, StringConstraints

from evals.record import RunRecord
from evals.runs import list_runs, summarize
from evals.store import StoreError, read_record
from models.paths import user_path
from web.api.who import Parts
from web.errors import ApiError, not_found, responses
from web.services import Services

router = APIRouter(prefix="/api/evals", tags=["evals"])

_RESULTS = "results.jsonl"
#: The report carries its own script and style; it may do nothing else, and is no part of this site.
_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)

RunName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$")]


class EvalRun(BaseModel):
    """A run: who was asked what, and how much of it was right."""

    name: str
    created: str
    model: str
    suite: str
    parameters: int | None
    file_bytes: int | None
    constrained: str
    n: int
    accuracy: float | None
    accuracy_strict: float | None
    ci95: tuple[float, float] | None
    cases_per_s: float


class EvalDetail(EvalRun):
    """A run with its parts."""

    by_category: dict[str, float | None]
    labels: dict[str, int]


@router.get("", responses=responses(503))
async def runs(parts: Parts) -> list[EvalRun]:
    """The runs of this server, newest first."""
    folder = _folder(parts)
    return await asyncio.to_thread(_list, folder) if folder else []


@router.get("/{run}", responses=responses(404, 422))
async def run(parts: Parts, run: RunName) -> EvalDetail:
    """One run."""
    directory = _directory(parts, run)
    try:
        return await asyncio.to_thread(_detail, directory)
    except StoreError as error:
        raise ApiError(404, "not-found", f"The run {run} cannot be read: {error}.") from error


@router.get("/{run}/report", response_class=HTMLResponse, responses=responses(404, 422))
async def report(parts: Parts, run: RunName) -> Response:
    """The report of a run, one HTML page."""
    directory = _directory(parts, run)
    try:
        text = await asyncio.to_thread(_report, directory)
    except StoreError as error:
        raise ApiError(404, "not-found", f"The run {run} cannot be read: {error}.") from error
    headers = {"Content-Security-Policy": _REPORT_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return HTMLResponse(text, headers=headers)


def _folder(parts: Services) -> Path | None:
    named = parts.config.web.eval_runs
    return user_path(named) if named else None


def _directory(parts: Services, name: str) -> Path:
    folder = _folder(parts)
    # The pattern of names leaves no way out of the folder.
    if folder is None or not (folder / name / "run.json").is_file():
        raise not_found("eval run")
    return folder / name


def _list(folder: Path) -> list[EvalRun]:
    found: list[EvalRun] = []
    for directory, record in list_runs(folder):
        if isinstance(record, RunRecord):
            try:
                found.append(EvalRun(**_detail(directory).model_dump(include=set(EvalRun.model_fields))))
            except StoreError:
                continue
    return sorted(found, key=lambda one: one.created, reverse=True)


def _detail(directory: Path) -> EvalDetail:
    results = directory / _RESULTS
    try:
        stamp = results.stat()
    except OSError as error:
        raise StoreError(f"{results} cannot be read: {error.strerror}") from error
    return _read(directory, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=512)
def _read(directory: Path, _changed_ns: int, _size: int) -> EvalDetail:
    """Reads a run once, until its results change."""
    record, summary = read_record(directory), summarize(directory)
    overall = summary.overall
    return EvalDetail(
        name=directory.name,
        created=record.created,
        model=record.model.name,
        suite=record.suite.name,
        parameters=record.model.parameters,
        file_bytes=record.model.file_bytes,
        constrained=record.constrained,
        n=overall.n,
        accuracy=overall.accuracy,
        accuracy_strict=overall.accuracy_strict,
        ci95=overall.ci95,
        cases_per_s=summary.cases_per_s,
        by_category={name: rate.accuracy for name, rate in summary.by_category.items()},
        labels=summary.labels,
    )


def _report(directory: Path) -> str:
    from evals.comparison import Grouping
    from evals.loaded import load_runs
    from evals.report.page import page

    return "".join(page(load_runs([str(directory)]), Grouping()))
