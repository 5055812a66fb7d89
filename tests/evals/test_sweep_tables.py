"""Tables and figure of a sweep, made from its results alone."""

import csv
import io
import itertools
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evals.schemas import schemas
from evals.store import StoreError
from evals.sweep.figure import figure
from evals.sweep.record import Result, read_sweep
from evals.sweep.results import comma_separated, markdown, write_results
from providers.base import Constraint
from tests.evals.support import sweep_of


def results_of(count: int) -> list[Result]:
    made: list[Result] = []
    for number in range(count):
        size, form = ("0.5m", "2m", "7m", "20m")[number % 4], f"q{number // 8}"
        held: Constraint = "copy" if number // 4 % 2 else "none"
        accuracy = 0.5 + number / 400
        made.append(
            Result(
                model=f"netmon-{size}:{form}",
                constrained=held,
                suite="netmon-dev",
                same_as=None,
                run=f"runs/{number}",
                parameters=7,
                format=form,
                file_bytes=10**5 * (1 + number),
                weights_sha256="ab",
                complete=True,
                n=426,
                accuracy=accuracy,
                ci95=(accuracy - 0.1, accuracy + 0.1),
                accuracy_strict=0.5,
                pass_hat_k=None,
                irrelevant=0.9,
                infra_errors=0,
                cached=0,
                tokens_per_s=500.0,
                cases_per_s=20.0,
            )
        )
    return made


@pytest.mark.parametrize("count", [0, 1, 96])
def test_the_figure_shows_every_run_with_its_interval(count: int) -> None:
    drawn = ElementTree.fromstring(figure(results_of(count)))
    space = "{http://www.w3.org/2000/svg}"
    said = [title.text or "" for title in drawn.iter(f"{space}title")]
    assert len(said) == count and all("95 % CI" in each and "tokens/s" in each for each in said)
    bars = [line for line in drawn.iter(f"{space}line") if "bar" in line.attrib["class"]]
    assert len(bars) == count
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    for node in drawn.iter():
        assert -1 <= float(node.attrib.get("cx", node.attrib.get("x", "0"))) <= width
        assert -1 <= float(node.attrib.get("cy", node.attrib.get("y", "0"))) <= height


@given(st.lists(st.floats(60, 936), max_size=60).map(sorted))
def test_names_of_formats_never_lie_upon_each_other(places: list[float]) -> None:
    from evals.sweep.figure import _apart

    moved = _apart(places)
    assert len(moved) == len(places)
    assert all(b - a >= 10.8 for a, b in itertools.pairwise(moved))


def test_the_figure_is_safe_whatever_a_model_is_called() -> None:
    hostile = results_of(1)[0].model_copy(update={"model": '<script>"&:x</script>'})
    source = figure([hostile])
    assert "<script" not in source
    ElementTree.fromstring(source)


def test_tables_have_every_figure(tmp_path: Path) -> None:
    record = sweep_of(tmp_path / "s.jsonl", "m")
    record = record.model_copy(update={"results": tuple(results_of(3)), "skipped": record.plan.skipped})
    rows = list(csv.DictReader(io.StringIO(comma_separated(record.results))))
    assert [row["model"] for row in rows] == ["netmon-0.5m:q0", "netmon-2m:q0", "netmon-7m:q0"]
    assert float(rows[1]["ci95_low"]) == pytest.approx(0.4025)
    assert set(Result.model_fields) - {"ci95"} <= set(rows[0])
    text = markdown(record)
    assert "x does not ship yet" in text and "50.2%" in text
    write_results(tmp_path, record)
    assert read_sweep(tmp_path) == record
    page = (tmp_path / "sweep.html").read_text("utf-8")
    assert page.count("<svg ") == 1 and page.count("<tr>") == 1 + 3 and "50.2%" in page
    assert "x does not ship yet" in page and "<script" not in page
    Draft202012Validator(schemas()["sweep.schema.json"]).validate(
        json.loads((tmp_path / "sweep.json").read_text())
    )
    (tmp_path / "sweep.json").write_text('{"schema_version": 7}')
    with pytest.raises(StoreError, match="of version 7; this program reads versions 1 to 2"):
        read_sweep(tmp_path)
