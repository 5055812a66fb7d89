import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.record import SCHEMA_VERSION, RunRecord
from evals.rows import RowError, parse_row
from evals.store import LOCK_FILE, RESULTS_FILE, RUN_FILE, RunStore, StoreError, read_record, read_rows
from evals.versions import STEPS
from providers.info import ModelInfo
from tests.evals.support import record_of, row_of


def fill(directory: Path, count: int) -> bytes:
    with RunStore.create(directory, record_of()) as store:
        for number in range(count):
            store.append(row_of(number))
    return (directory / RESULTS_FILE).read_bytes()


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    fill(tmp_path / "run", 3)
    assert list(read_rows(tmp_path / "run")) == [row_of(number) for number in range(3)]
    read = read_record(tmp_path / "run")
    assert read.identity() == record_of().identity()
    assert (read.hardware, read.created) == (record_of().hardware, record_of().created)


@pytest.fixture
def fast_path(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory where there is one: forcing thousands of files to a disk takes minutes."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as directory:
        yield Path(directory)


def test_a_file_of_50_rows_cut_at_any_byte_opens_and_takes_the_next_row(fast_path: Path) -> None:
    with RunStore.create(fast_path, record_of()) as store:
        for number in range(50):
            store.append(row_of(number, calls=(), raw="é"))
    results = fast_path / RESULTS_FILE
    whole = results.read_bytes()
    lines = whole.splitlines(keepends=True)
    ends = list(itertools.accumulate(map(len, lines)))
    added = row_of(50).to_line()
    for cut in range(len(whole) + 1):
        results.write_bytes(whole[:cut])
        # A row is there once all of it but its line feed is.
        there = sum(end - 1 <= cut for end in ends)
        with RunStore.resume(fast_path, record_of()) as store:
            assert (len(store.finished), store.damaged) == (there, [])
            store.append(row_of(50))
        assert results.read_bytes() == b"".join(lines[:there]) + added


def test_a_file_cut_at_any_byte_is_made_whole_again(fast_path: Path) -> None:
    whole = fill(fast_path, 3)
    for cut in range(len(whole) + 1):
        (fast_path / RESULTS_FILE).write_bytes(whole[:cut])
        with RunStore.resume(fast_path, record_of()) as store:
            for row in map(row_of, range(3)):
                if row.key not in store.finished:
                    store.append(row)
        assert (fast_path / RESULTS_FILE).read_bytes() == whole


def test_a_tail_of_rubbish_never_reaches_the_next_row(tmp_path: Path) -> None:
    whole = fill(tmp_path, 2)
    for tail in (b"\0" * 4096, b"\xff\xfe", b"null", b'"x"', b"[" * 50_000, b'{"id": "c9"}', b"{}"):
        (tmp_path / RESULTS_FILE).write_bytes(whole + tail)
        with RunStore.resume(tmp_path, record_of()) as store:
            assert store.finished == {("c0", 0), ("c1", 0)}
            store.append(row_of(2))
        assert list(read_rows(tmp_path)) == [row_of(number) for number in range(3)]


def test_a_damaged_line_in_the_middle_stays_alone(tmp_path: Path) -> None:
    whole = fill(tmp_path, 3)
    first, second, third = whole.splitlines(keepends=True)
    (tmp_path / RESULTS_FILE).write_bytes(first + second[:40] + b"\n" + third)
    with RunStore.resume(tmp_path, record_of()) as store:
        assert store.finished == {("c0", 0), ("c2", 0)}
        assert store.damaged == [2]
        store.append(row_of(1))
    assert sorted(row.id for row in read_rows(tmp_path)) == ["c0", "c1", "c2"]


def test_a_reader_passes_over_a_row_that_is_being_written(tmp_path: Path) -> None:
    whole = fill(tmp_path, 2)
    (tmp_path / RESULTS_FILE).write_bytes(whole + whole[:30])
    assert len(list(read_rows(tmp_path))) == 2


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with RunStore.create(tmp_path / "run", record_of()) as store:
        with pytest.raises(StoreError, match=f"process {os.getpid()} is writing"):
            RunStore.resume(tmp_path / "run", record_of())
        store.append(row_of(0))
    with RunStore.resume(tmp_path / "run", record_of()) as store:
        store.append(row_of(1))
    assert len(list(read_rows(tmp_path / "run"))) == 2


_WRITER = """
import sys, time
from pathlib import Path
from evals.store import RunStore
from tests.evals.support import record_of, row_of
with RunStore.create(Path(sys.argv[1]), record_of()) as store:
    store.append(row_of(0))
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout and writer.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match=f"process {writer.pid} is writing"):
            RunStore.resume(tmp_path / "run", record_of())
        writer.kill()
    assert writer.returncode == -signal.SIGKILL
    with RunStore.resume(tmp_path / "run", record_of()) as store:
        assert store.finished == {("c0", 0)}


def test_only_an_empty_directory_takes_a_new_run(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    with pytest.raises(StoreError, match="--resume"):
        RunStore.create(tmp_path, record_of())
    # A process that died before it had written run.json leaves only its lock.
    half = tmp_path / "half"
    half.mkdir()
    (half / LOCK_FILE).write_text("1")
    (half / f".{RUN_FILE}.part").write_text("{")
    RunStore.create(half, record_of()).close()
    assert read_record(half).identity() == record_of().identity()


def test_a_case_is_stored_once(tmp_path: Path) -> None:
    with RunStore.create(tmp_path, record_of()) as store:
        store.append(row_of(0))
        store.append(row_of(0, repeat=1))
        with pytest.raises(StoreError, match="finished already"):
            store.append(row_of(0))


IDENTITY: list[tuple[dict[str, Any], str]] = [
    ({"model": ModelInfo("other", "f16", 7, 14, "ab", "rule", "cd")}, "model: was rule:f16, is other"),
    ({"model": ModelInfo("rule:f16", "q4_k", 7, 14, "ab", "rule", "cd")}, "model format: was f16, is q4_k"),
    ({"model": ModelInfo("rule:f16", "f16", 8, 14, "ab", "rule", "cd")}, "model parameters: was 7, is 8"),
    ({"model": ModelInfo("rule:f16", "f16", 7, 14, "ba", "rule", "cd")}, "weights SHA-256: was ab, is ba"),
    ({"model": ModelInfo("rule:f16", "f16", 7, 14, "ab", "world", "cd")}, "dialect: was rule, is world"),
    ({"model": ModelInfo("rule:f16", "f16", 7, 14, "ab", "rule", "dc")}, "prompt hash: was cd, is dc"),
    ({"tools_sha256": "12"}, "tool schema hash: was 11, is 12"),
    ({"suite": record_of().suite.model_copy(update={"sha256": "01"})}, "suite SHA-256: was 00, is 01"),
    ({"code": record_of().code.model_copy(update={"sha256": "23"})}, "code version: was 22, is 23"),
    ({"packages": {"llama-cpp-python": "2"}}, "version of llama-cpp-python: was 1, is 2"),
    ({"sampler": {"temperature": 0.5}}, "sampler settings: was {'temperature': 0.0, 'stop'"),
    ({"constrained": "schema"}, "constrained: was none, is schema"),
    ({"seed": 1}, "seed: was 0, is 1"),
    ({"repeats": 2}, "repeats: was 1, is 2"),
    ({"limit": 5}, "limit: was None, is 5"),
    ({"only": ("c1",)}, "cases: was [], is ['c1']"),
]


@pytest.mark.parametrize(("change", "said"), IDENTITY)
def test_a_resume_with_another_identity_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    whole = fill(tmp_path, 1)
    with pytest.raises(StoreError) as caught:
        RunStore.resume(tmp_path, record_of(**change))
    assert said in str(caught.value)
    assert (tmp_path / RESULTS_FILE).read_bytes() == whole


def test_a_resume_elsewhere_or_later_is_no_other_run(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    moved = {"created": "2027-01-01T00:00:00+00:00", "command": "evals run --resume x"}
    RunStore.resume(tmp_path, record_of(**moved)).close()
    assert read_record(tmp_path).created == record_of().created


def test_every_field_of_a_record_is_in_its_identity_or_known_not_to_matter() -> None:
    told = {
        "schema_version",
        "created",
        "command",
        "requested",
        "hardware",
        "workers",
        "engine",
        "rescored",
        "sessions",
    }
    covered = {
        "suite",
        "limit",
        "only",
        "seed",
        "repeats",
        "constrained",
        "model",
        "sampler",
        "tools_sha256",
        "code",
    }
    assert set(RunRecord.model_fields) == told | covered | {"packages"}


def test_runs_of_other_versions_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        read_record(tmp_path)
    fill(tmp_path, 1)
    path = tmp_path / RUN_FILE
    content = json.loads(path.read_text("utf-8"))
    for version, cure in ((9, "use the newer program"), (0, "run the suite again")):
        path.write_text(json.dumps({"schema_version": version, "other": 1}), "utf-8")
        with pytest.raises(
            StoreError,
            match=f"of version {version}; this program reads versions 1 to {SCHEMA_VERSION}; {cure}",
        ):
            read_record(tmp_path)
    for damaged in ("", "[]", "{}", json.dumps(content)[:-9], json.dumps({**content, "unknown": 1})):
        path.write_text(damaged, "utf-8")
        with pytest.raises(StoreError, match="damaged"):
            read_record(tmp_path)


def test_a_run_of_version_1_is_read_as_one_of_now(tmp_path: Path) -> None:
    whole = fill(tmp_path, 2)
    path = tmp_path / RUN_FILE
    old = json.loads(path.read_text("utf-8"))
    for name in ("workers", "engine", "sessions"):
        del old[name]
    for name in ("constraints", "server", "data_sha256"):
        del old["model"][name]
    old["schema_version"] = 1
    path.write_text(json.dumps(old), "utf-8")
    rows = [json.loads(line) for line in whole.splitlines()]
    for row in rows:
        del row["cached"]
    (tmp_path / RESULTS_FILE).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    read = read_record(tmp_path)
    assert read.identity() == record_of().identity()
    assert (read.schema_version, read.workers, read.engine) == (SCHEMA_VERSION, 1, "local")
    assert list(read_rows(tmp_path)) == [row_of(0), row_of(1)]
    # Reading changes nothing, and a resume goes on in the file as it is.
    assert json.loads(path.read_text("utf-8")) == old
    with RunStore.resume(tmp_path, record_of()) as store:
        store.append(row_of(2))
    assert [row.id for row in read_rows(tmp_path)] == ["c0", "c1", "c2"]


def test_every_older_version_has_its_step() -> None:
    assert set(STEPS) == set(range(1, SCHEMA_VERSION))


def test_a_full_disk_stops_clearly_and_keeps_what_is_there(tmp_path: Path) -> None:
    line = len(row_of(0).to_line())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with RunStore.create(tmp_path, record_of()) as store:
        store.append(row_of(0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (line + 100, limits[1]))
        try:
            with pytest.raises(StoreError, match="1 finished rows are kept"):
                store.append(row_of(1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (tmp_path / RESULTS_FILE).stat().st_size == line
        store.append(row_of(1))
    assert [row.id for row in read_rows(tmp_path)] == ["c0", "c1"]


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        RunStore.create(tmp_path / "file" / "run", record_of())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), JSON, max_size=3), st.text(st.characters(exclude_categories=())))
def test_whatever_a_model_writes_is_one_line_of_json(arguments: dict[str, Any], raw: str) -> None:
    row = row_of(0, calls=({"name": raw, "arguments": arguments},), raw=raw)
    line = row.to_line()
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    line.decode("utf-8")
    assert parse_row(line).raw == raw
    if not any(word in repr(arguments) for word in ("nan", "inf")):
        assert parse_row(line) == row


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_line_that_is_no_row_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(RowError):
        parse_row(line)
