"""The catalogue of models, and what a model's name means."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from models.errors import CatalogueError, UnknownModel, nearest
from models.paths import user_path
from models.sources import AnySource, Name, Strict
from settings.reading import parse_yaml

_HUB = re.compile(r"hf:(?P<repo>[\w.-]+/[\w.-]+):(?P<file>[^:\\]+\.gguf)", re.IGNORECASE)

Constraint = Literal["none", "schema", "copy"]


class Entry(Strict):
    """One model of the catalogue.

    Attributes:
        name: What it is asked for by.
        title: What it is, in a few words.
        parameters: Number of weights; nominal where the exact number is not known.
        licence: SPDX name of the weights' licence.
        dialect: How tools and calls are written for it.
        constraint: How calls are held to the schemas where the user does not say.
        default_format: The format that the bare name means.
        source: Where the weights come from.
    """

    name: Name
    title: str
    parameters: Annotated[int, Field(gt=0)]
    licence: str
    dialect: str
    constraint: Constraint
    default_format: Name
    source: AnySource

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that can be asked for."""
        return self.source.formats

    def weights(self, format_: str) -> str:
        """What is stored how in one of the formats, in words."""
        return self.source.weights(format_)

    @model_validator(mode="after")
    def _default_exists(self) -> Entry:
        if self.default_format not in self.formats:
            raise ValueError(f"default_format {self.default_format} is none of {', '.join(self.formats)}")
        return self


class Catalogue(Strict):
    """All models that have a name."""

    models: tuple[Entry, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> Catalogue:
        formats = {name for entry in self.models for name in entry.formats}
        for name in self.names:
            if self.names.count(name) > 1:
                raise ValueError(f"two models are named {name}")
            if name in formats:
                raise ValueError(f"a model is named {name}, as a format is")
        return self

    def entry(self, name: str) -> Entry:
        """The model of that name.

        Raises:
            UnknownModel: There is none; the message has the near names.
        """
        found = self.find(name)
        if found is None:
            raise UnknownModel(f"no model is named {name!r}; {nearest(name, self.names)}")
        return found

    def find(self, name: str) -> Entry | None:
        """The model of that name, if there is one."""
        return next((entry for entry in self.models if entry.name == name), None)

    @property
    def names(self) -> list[str]:
        """The names, in the file's order."""
        return [entry.name for entry in self.models]

    def of_dialect(self, dialect: str) -> Entry | None:
        """The first model that speaks a dialect."""
        return next((entry for entry in self.models if entry.dialect == dialect), None)


def read_catalogue(text: str, where: str) -> Catalogue:
    """Reads a catalogue.

    Raises:
        CatalogueError: It is not YAML or not a catalogue; the message has the keys.
    """
    try:
        return Catalogue.model_validate(parse_yaml(text))
    except yaml.YAMLError as error:
        raise CatalogueError(f"{where} is not YAML: {error}") from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise CatalogueError(f"{where}: {'; '.join(problems)}") from error


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that comes with the project, read once.

    Raises:
        CatalogueError: As `read_catalogue` does.
    """
    file = files("models").joinpath("catalogue.yaml")
    return read_catalogue(file.read_text(encoding="utf-8"), "models/catalogue.yaml")


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A format of a model of the catalogue."""

    entry: Entry
    format: str

    @property
    def name(self) -> str:
        """The model with its format, such as `netmon-7m:q4_k`."""
        return f"{self.entry.name}:{self.format}"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    path: Path

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of any repository on the Hugging Face Hub."""

    repo: str
    file: str

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return f"hf:{self.repo}:{self.file}"


ModelRef = NamedModel | LocalFile | HubFile


def parse(spec: str | None, default_model: str, catalogue: Catalogue | None = None) -> ModelRef:
    """Reads what a user gave as a model.

    Args:
        spec: A format of the configured model (`q4_k`), a model (`netmon-7m`), both (`netmon-7m:q6_k`), a
            path to a file, or `hf:owner/repository:file`; None means the configured model.
        default_model: The configured model: any of these but a bare format.
        catalogue: The models that have names; the project's own if not given.

    Raises:
        UnknownModel: No model or format has that name; the message has the near ones.
        CatalogueError: The catalogue is wrong.
    """
    catalogue = catalogue or load_catalogue()
    spec = (default_model if spec is None else spec).strip()
    if spec[:3].lower() == "hf:":
        return _hub_file(spec)
    if _is_path(spec):
        return LocalFile(user_path(spec))
    name, colon, format_ = spec.lower().partition(":")
    if colon:
        entry = catalogue.entry(name)
        return NamedModel(entry, _format_of(entry, format_))
    if named := catalogue.find(name):
        return NamedModel(named, named.default_format)
    return NamedModel(*_format_of_default(name, default_model, catalogue))


def _format_of(entry: Entry, name: str) -> str:
    if name in entry.formats:
        return name
    raise UnknownModel(f"{entry.name} has no format {name!r}; {nearest(name, entry.formats)}")


def _format_of_default(name: str, default_model: str, catalogue: Catalogue) -> tuple[Entry, str]:
    known = catalogue.names
    if entry := catalogue.find(default_model.lower().partition(":")[0]):
        if name in entry.formats:
            return entry, name
        near = nearest(name, [*known, *entry.formats])
        raise UnknownModel(f"{name!r} is neither a model nor a format of {entry.name}; {near}")
    if any(name in other.formats for other in catalogue.models):
        raise UnknownModel(
            f"{name!r} is a format, and the configured model, {default_model}, has only the one of its file; "
            f"name the model too, such as {known[0]}:{name}"
        )
    raise UnknownModel(f"no model is named {name!r}; {nearest(name, known)}")


def _is_path(spec: str) -> bool:
    return spec.lower().endswith(".gguf") or spec[:1] in {".", "~"} or "/" in spec or os.sep in spec


def _hub_file(spec: str) -> HubFile:
    match = _HUB.fullmatch(spec)
    if match is None or ".." in match["file"].split("/") or match["file"].startswith("/"):
        raise UnknownModel(f"{spec!r} is not hf:OWNER/REPOSITORY:FILE.gguf")
    return HubFile(match["repo"], match["file"])
