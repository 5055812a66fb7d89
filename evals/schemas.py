"""The forms of the files of runs and suites, as JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from evals.case_file import CaseForm
from evals.record import SCHEMA_VERSION, RunRecord
from evals.rows import Row
from evals.scenarios.form import FileForm
from evals.sweep.record import SWEEP_VERSION, SweepRecord

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CALL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
    "required": ["name", "arguments"],
    "additionalProperties": False,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by the names of their files."""
    run = RunRecord.model_json_schema()
    run["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    run["required"] = ["schema_version", *run["required"]]
    row = TypeAdapter(Row).json_schema(mode="serialization")
    row["properties"]["calls"]["items"] = _CALL
    # A row is written with every key, whatever has a default in the program.
    row["required"] = list(row["properties"])
    row["additionalProperties"] = False
    sweep = SweepRecord.model_json_schema(mode="serialization")
    sweep["properties"]["schema_version"] = {"const": SWEEP_VERSION}
    return {
        "run.schema.json": _titled("A run: run.json", run),
        "results-row.schema.json": _titled("One line of results.jsonl", row),
        "sweep.schema.json": _titled("A sweep: sweep.json", sweep),
        "case.schema.json": _titled("One line of a suite", CaseForm.model_json_schema()),
        "scenarios.schema.json": _titled("A file of scenarios (YAML)", FileForm.model_json_schema()),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(directory: Path) -> list[Path]:
    """Writes every schema into a directory.

    Raises:
        OSError: The directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for name, schema in schemas().items():
        path = directory / name
        path.write_text(schema_text(schema), "utf-8")
        paths.append(path)
    return paths


def _titled(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DIALECT, **schema, "title": title}
