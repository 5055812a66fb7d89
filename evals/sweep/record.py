"""What a sweep was and what came of it: the content of `sweep.json`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.record import Versioned
from evals.store import StoreError, write_atomically
from evals.sweep.plan import Plan
from providers.base import Constraint

SWEEP_FILE = "sweep.json"
SWEEP_VERSION = 2
# Version 1 lacked what has a default in `Result`.
_READ = (1, SWEEP_VERSION)


class Result(BaseModel):
    """The figures of one arm.

    Attributes:
        model: The model.
        constrained: How its calls were held.
        suite: What was asked.
        same_as: The model of like weights that was asked in its place; None where it was asked itself.
        run: The run's directory, relative to the sweep's.
        parameters: Number of weights; None where it is not known.
        format: How they are stored.
        file_bytes: Size of the file.
        weights_sha256: Hash of the file.
        complete: Whether all replies are there.
        n: Scored replies.
        accuracy: The part of them that is right; None where `n` is 0.
        ci95: Wilson's 95 % interval.
        accuracy_strict: The part that is right and was read without any tolerance.
        pass_hat_k: The part of cases of which all repeats are right; None where each was asked once.
        irrelevant: Accuracy where no tool fits; None where the suite has no such case.
        infra_errors: Replies that a provider could not make, in no accuracy.
        cached: Replies kept from earlier runs.
        tokens_per_s: Tokens that the model wrote, a second.
        cases_per_s: Replies a second.
        data_sha256: Hash of what the model was trained on; None where its file does not say.
        load_s: Seconds until the model could be asked; None where the run does not say.
        model_mib: The most memory that the model's processes had in use, in MiB.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    constrained: Constraint
    suite: str
    same_as: str | None
    run: str
    parameters: int | None
    format: str | None
    file_bytes: int | None
    weights_sha256: str | None
    complete: bool
    n: int
    accuracy: float | None
    ci95: tuple[float, float] | None
    accuracy_strict: float | None
    pass_hat_k: float | None
    irrelevant: float | None
    infra_errors: int
    cached: int
    tokens_per_s: float
    cases_per_s: float
    data_sha256: str | None = None
    load_s: float | None = None
    model_mib: float | None = None


class SweepRecord(BaseModel):
    """A sweep.

    Attributes:
        schema_version: The version of this file's form.
        created: When it began, ISO 8601.
        command: How it was started.
        plan: What was asked for.
        jobs: Models that were asked at a time, on one machine: speeds are those of so many together.
        skipped: What was left out, each with why.
        same_weights: Models whose file is that of another one, which was asked in their place.
        results: What came of it so far.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = SWEEP_VERSION
    created: str
    command: str
    plan: Plan
    jobs: int
    skipped: tuple[str, ...] = ()
    same_weights: dict[str, str] = {}
    results: tuple[Result, ...] = ()


def read_sweep(directory: Path) -> SweepRecord:
    """Reads a sweep.

    Raises:
        StoreError: There is none, or one of another version, or its file is damaged.
    """
    path = directory / SWEEP_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{directory} holds no sweep: {path} cannot be read: {error.strerror}") from error
    try:
        version = Versioned.model_validate_json(content).schema_version
        if version in _READ:
            found = SweepRecord.model_validate_json(content)
            return found.model_copy(update={"schema_version": SWEEP_VERSION})
    except ValidationError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    raise StoreError(f"{path} is of version {version}; this program reads versions {_READ[0]} to {_READ[-1]}")


def write_sweep(directory: Path, record: SweepRecord) -> None:
    """Writes a sweep's record.

    Raises:
        OSError: It cannot be written.
    """
    write_atomically(directory / SWEEP_FILE, record.model_dump_json(indent=1).encode() + b"\n")
