"""The models that can be picked, as rows."""

from __future__ import annotations

from dataclasses import dataclass

from models.catalogue import Catalogue
from models.inventory import Holding, State
from models.tables import megabytes
from settings.schema import Config

_STATES: dict[State, str] = {
    "shipped": "shipped",
    "made": "on disk",
    "fetched": "on disk",
    "installed": "on disk",
    "absent": "",
}
_ABSENT = {"shipped": "made on use", "hub": "to fetch", "package": "needs an extra"}


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model in the picker; `here` says whether nothing is to be fetched for it."""

    name: str
    format: str
    size: str
    state: str
    title: str
    here: bool


def model_rows(catalogue: Catalogue, found: list[Holding], config: Config) -> list[ModelRow]:
    """Every format of every model of the catalogue, then the hosted ones and the script."""
    rows: list[ModelRow] = []
    for holding in found:
        entry = holding.model.entry
        here = holding.state != "absent" or entry.source.kind == "shipped"
        state = _STATES[holding.state] or _ABSENT[entry.source.kind]
        size = "" if holding.file_bytes is None else megabytes(holding.file_bytes)
        title = f"{entry.weights(holding.model.format)}; {entry.title}"
        rows.append(ModelRow(holding.model.name, holding.model.format, size, state, title, here))
    rows += [
        ModelRow("turbollm", "hosted", "", "OpenAI API", config.turbollm.model, True),
        ModelRow("hugllm", "hosted", "", "Hugging Face", config.hugllm.model, True),
        ModelRow("scripted", "none", "", "built in", "a script that plays a model, for a look around", True),
    ]
    known = {entry.name for entry in catalogue.models}
    if config.model.partition(":")[0] not in known:
        rows.insert(0, ModelRow(config.model, "", "", "configured", "the configured model", True))
    return rows
