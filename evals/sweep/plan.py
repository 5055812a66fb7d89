"""What a sweep asks: which models, held how, on which suites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from pydantic import BaseModel, ConfigDict

from evals.expected import near
from evals.store import StoreError
from models.catalogue import load_catalogue
from models.formats import RECIPES
from providers.base import Constraint

FAMILY = "netmon"
SIZES = ("0.5m", "2m", "7m", "20m")
ALL = "all"


class Arm(BaseModel):
    """One run of a sweep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    constrained: Constraint
    suite: str

    @property
    def folder(self) -> str:
        """The name of its run's directory."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.model}-{self.constrained}-{self.suite}").strip("-.")

    def __str__(self) -> str:
        """What it is called in lines of progress."""
        return f"{self.model}, calls constrained: {self.constrained}, {self.suite}"


class Plan(BaseModel):
    """A sweep that is to be made.

    Attributes:
        models: The models' names.
        constrained: How calls are held to the schemas, each way a run of its own.
        suites: What is asked.
        limit: Only so many of each suite's first cases.
        repeats: How often each case is asked.
        skipped: What was asked for and is left out, each with why.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[str, ...]
    constrained: tuple[Constraint, ...]
    suites: tuple[str, ...]
    limit: int | None = None
    repeats: int = 1
    skipped: tuple[str, ...] = ()

    def arms(self, model: str) -> list[Arm]:
        """The runs of a model."""
        ways = product(self.suites, self.constrained)
        return [Arm(model=model, constrained=held, suite=suite) for suite, held in ways]


def family_models(sizes: Sequence[str], formats: Sequence[str]) -> tuple[list[str], list[str]]:
    """The models of the shipped family.

    Args:
        sizes: Such as `7m`; `all` is every size, those included that do not ship yet.
        formats: Such as `q4_k`; `all` is every format of each size.

    Returns:
        The models' names, and what is left out, each with why.

    Raises:
        StoreError: There is no such size or format.
    """
    catalogue = load_catalogue()
    shipped = {
        entry.name.removeprefix(f"{FAMILY}-"): entry
        for entry in catalogue.models
        if entry.name.startswith(f"{FAMILY}-")
    }
    known = tuple(dict.fromkeys((*SIZES, *shipped)))
    wanted = known if ALL in sizes else tuple(dict.fromkeys(sizes))
    for name, among in [(size, known) for size in wanted] + [(form, tuple(RECIPES)) for form in formats]:
        if name not in among and name != ALL:
            raise StoreError(f"no size or format is named {name}; {near(name, among)}")
    models: list[str] = []
    skipped: list[str] = []
    for size in wanted:
        entry = shipped.get(size)
        if entry is None:
            skipped.append(f"{FAMILY}-{size} does not ship yet")
            continue
        for form in entry.formats if ALL in formats else dict.fromkeys(formats):
            if form in entry.formats:
                models.append(f"{entry.name}:{form}")
            else:
                skipped.append(f"{entry.name} has no format {form}")
    return models, skipped
