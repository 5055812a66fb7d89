import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from evals.schemas import schema_text, schemas, write_schemas
from evals.store import RESULTS_FILE, RUN_FILE
from tests.evals.support import EXAMPLES, ping_row, ping_suite, row_of, stored_run

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"


def validator(name: str) -> Any:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    said = "run `evals schema` and keep what it writes"
    assert (PUBLISHED / name).read_text("utf-8") == schema_text(schemas()[name]), said


def test_stored_files_fit_their_schemas(tmp_path: Path) -> None:
    rows = [ping_row(0), row_of(1, label="infra_error", calls=()), row_of(2, repairs=("end tag",))]
    run = stored_run(tmp_path / "run", ping_suite(tmp_path / "s.jsonl", 1), rows)
    stored = {
        "run.schema.json": [(run / RUN_FILE).read_bytes()],
        "results-row.schema.json": (run / RESULTS_FILE).read_bytes().splitlines(),
        "case.schema.json": EXAMPLES.read_bytes().splitlines(),
    }
    for name, texts in stored.items():
        assert texts
        for text in texts:
            assert list(validator(name).iter_errors(json.loads(text))) == []


@pytest.mark.parametrize("change", [{"label": "fine"}, {"category": 3}, {"more": 1}, {"calls": [{}]}])
def test_what_is_no_row_does_not_fit(change: dict[str, Any]) -> None:
    row = {**json.loads(row_of(0).to_line()), **change}
    with pytest.raises(ValidationError):
        validator("results-row.schema.json").validate(row)


def test_schemas_are_written(tmp_path: Path) -> None:
    assert {path.name for path in write_schemas(tmp_path / "new")} == set(schemas())
