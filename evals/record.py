"""What a run was: the content of `run.json`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from evals.cases import Kind
from evals.provenance import ENGINE_PACKAGES, Code, Hardware
from providers.base import Constraint
from providers.info import ModelInfo

SCHEMA_VERSION = 3

Engine = Literal["local", "ray"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Versioned(BaseModel):
    """What a run of any version says first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: int


class SuiteRef(_Part):
    """The suite of a run; `cases` counts all of its cases, `kind` says how they are put and scored."""

    name: str
    path: str
    sha256: str
    cases: int
    kind: Kind = "calls"


class Rescoring(_Part):
    """A new scoring of a run's stored calls.

    Attributes:
        at: When, ISO 8601.
        code: Which code scored.
        changed: Rows that came out otherwise.
        kept: The file with the rows as they were before.
    """

    at: str
    code: Code
    changed: int
    kept: str


class Session(_Part):
    """What one start of a run took, or one resume; one that was killed says nothing.

    Attributes:
        at: When it began, ISO 8601.
        rows: Rows that it made.
        start_s: Seconds from the start of the program to the first question; None where it asked several models.
        load_s: Seconds until the model could be asked: its file found, made or fetched, its process started, loaded.
        model_mib: The most memory that the processes with the model had in use, in MiB; None where they are not on
            this machine.
        own_mib: The most memory that the program itself had in use.
    """

    at: str
    rows: int
    start_s: float | None
    load_s: float | None
    model_mib: float | None
    own_mib: float


class RunRecord(_Part):
    """A run, written before its first case.

    Attributes:
        schema_version: The version of this file's form and of the rows'.
        created: When the run began, ISO 8601.
        command: How it was started.
        suite: What was asked.
        limit: Only so many of the suite's first cases; None for all.
        only: The ids of the cases that are asked; empty for all. `limit` counts among them.
        seed: The sampler's seed in repeat 0; each repeat adds 1.
        repeats: How often each case is asked.
        constrained: How calls were held to the schemas.
        requested: The name that the model was asked for by; None for the configured one.
        model: Who was asked.
        sampler: The settings of a reply, but for what the other keys say.
        tools_sha256: Hash of the tools as a model sees them.
        code: Which code ran.
        packages: Versions of packages.
        hardware: Where it ran.
        workers: Models that answered side by side, each with requests of its own.
        engine: Where they ran: on this machine, or spread over a Ray cluster.
        rescored: The scorings since, oldest first.
        sessions: What its start and its resumes took, oldest first.
    """

    schema_version: int = SCHEMA_VERSION
    created: str
    command: str
    suite: SuiteRef
    limit: int | None
    only: tuple[str, ...] = ()
    seed: int
    repeats: int
    constrained: Constraint
    requested: str | None
    model: ModelInfo
    sampler: dict[str, Any]
    tools_sha256: str
    code: Code
    packages: dict[str, str]
    hardware: Hardware
    workers: int = 1
    engine: Engine = "local"
    rescored: tuple[Rescoring, ...] = ()
    sessions: tuple[Session, ...] = ()

    @property
    def total(self) -> int:
        """How many rows the finished run has."""
        cases = len(self.only) or self.suite.cases
        cases = cases if self.limit is None else min(self.limit, cases)
        return cases * self.repeats

    @property
    def model_mib(self) -> float | None:
        """The most memory that the model took in any session, in MiB; None where it is not known."""
        return max((said.model_mib for said in self.sessions if said.model_mib is not None), default=None)

    @property
    def own_mib(self) -> float | None:
        """The most memory that the program took in any session, in MiB; None where it is not known."""
        return max((said.own_mib for said in self.sessions), default=None)

    @property
    def load_s(self) -> float | None:
        """Seconds until the model could be asked, in the last session that says so."""
        return next((said.load_s for said in reversed(self.sessions) if said.load_s is not None), None)

    def identity(self) -> dict[str, Any]:
        """All that an answer depends on, by name: two runs that differ in it may not share rows."""
        model = self.model
        return {
            "model": model.name,
            "model format": model.format,
            "model parameters": model.parameters,
            "weights SHA-256": model.weights_sha256,
            "dialect": model.dialect,
            "prompt hash": model.prompt_hash,
            "tool schema hash": self.tools_sha256,
            "suite SHA-256": self.suite.sha256,
            "limit": self.limit,
            "cases": list(self.only),
            "repeats": self.repeats,
            "seed": self.seed,
            "constrained": self.constrained,
            # As JSON, which has lists where settings have tuples: a run that was read equals one just made.
            "sampler settings": self.model_dump(mode="json", include={"sampler"})["sampler"],
            "code version": self.code.sha256,
            **{f"version of {name}": self.packages.get(name) for name in ENGINE_PACKAGES},
        }


def differences(old: RunRecord, new: RunRecord) -> list[str]:
    """In what two runs' identities differ, each in words."""
    before, now = old.identity(), new.identity()
    return [f"{name}: was {before[name]}, is {now[name]}" for name in now if before[name] != now[name]]
