"""A run's directory: `run.json`, and `results.jsonl` to which rows are only ever appended.

A row is handed to the operating system whole, in one write, as soon as its case is finished, so that a
process that is killed loses none. At most once a second, and when the store is closed, rows are also
forced to the disk (fsync): a power cut costs at most the last second of rows, which a resume makes again.
A last line that was cut short is taken off when the file is opened for appending.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from evals.record import SCHEMA_VERSION, RunRecord, Session, Versioned, differences
from evals.rows import Key, Row, RowError, parse_row
from evals.versions import STEPS, can_be_read, upgraded

RUN_FILE = "run.json"
RESULTS_FILE = "results.jsonl"
LOCK_FILE = ".lock"
_SYNC_EVERY_S = 1.0


class StoreError(Exception):
    """A run's directory cannot be used; the text says why and what to do."""


class RunStore:
    """A run that is being written, by this process alone. Use `create` or `resume`, and close it.

    Attributes:
        directory: Where the run is.
        record: What the run is.
        finished: The keys of the rows that are there.
        damaged: The numbers of the lines that are no rows; their cases are made again.
    """

    def __init__(self, directory: Path, record: RunRecord, lock: int) -> None:
        """Opens the results for appending; `lock` is the descriptor that keeps other writers out."""
        self.directory = directory
        self.record = record
        self.finished: set[Key] = set()
        self.damaged: list[int] = []
        self._lock = lock
        results = directory / RESULTS_FILE
        self._end = self._recover(results) if results.exists() else 0
        self._results = os.open(results, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._synced_at = time.monotonic()

    @classmethod
    def create(cls, directory: Path, record: RunRecord) -> Self:
        """Starts a run in a directory that is new or empty.

        Raises:
            StoreError: The directory holds something already, or cannot be written.
        """
        with locked(directory) as lock:
            if any(not path.name.startswith(".") for path in directory.iterdir()):
                raise StoreError(
                    f"{directory} is not empty; go on with a run that is there by --resume {directory}, "
                    "or choose another --out"
                )
            write_atomically(directory / RUN_FILE, record.model_dump_json(indent=1).encode() + b"\n")
            return cls(directory, record, lock)

    @classmethod
    def resume(cls, directory: Path, record: RunRecord) -> Self:
        """Goes on with a run.

        Args:
            directory: Where the run is.
            record: The run as it would be made now; its identity must be that of the run.

        Raises:
            StoreError: There is no such run, another process writes it, or its identity differs.
        """
        old = read_record(directory)
        differing = differences(old, record)
        if differing:
            raise StoreError(
                f"{directory} cannot be resumed, its new rows would not belong to the old ones:\n  "
                + "\n  ".join(differing)
                + "\nstart a new run, or restore what differs"
            )
        with locked(directory) as lock:
            return cls(directory, old, lock)

    def append(self, row: Row) -> None:
        """Adds a row.

        Raises:
            StoreError: The row's key is there already, or it cannot be written; the rows before it stay.
        """
        if row.key in self.finished:
            raise StoreError(f"case {row.id}, repeat {row.repeat} is finished already")
        line = row.to_line()
        try:
            written = os.write(self._results, line)
            while written < len(line):
                written += os.write(self._results, line[written:])
        except OSError as error:
            os.ftruncate(self._results, self._end)
            raise StoreError(
                f"{self.directory / RESULTS_FILE} cannot be written: {error.strerror}; "
                f"{len(self.finished)} finished rows are kept"
            ) from error
        self._end += len(line)
        self.finished.add(row.key)
        if time.monotonic() - self._synced_at >= _SYNC_EVERY_S:
            self._sync()

    def note(self, session: Session) -> None:
        """Adds to `run.json` what this session took."""
        record = self.record.model_copy(update={"sessions": (*self.record.sessions, session)})
        # On a full disk the rows matter, and they are there.
        with suppress(OSError):
            write_atomically(self.directory / RUN_FILE, record.model_dump_json(indent=1).encode() + b"\n")
            self.record = record

    def close(self) -> None:
        """Forces the rows to the disk and lets other writers in."""
        try:
            self._sync()
        finally:
            os.close(self._results)
            os.close(self._lock)

    def __enter__(self) -> Self:
        """Returns the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def _sync(self) -> None:
        os.fsync(self._results)
        self._synced_at = time.monotonic()

    def _recover(self, results: Path) -> int:
        """Notes which rows are there and takes off a torn tail; returns the length of the file.

        A row ends with its line feed, so a line without one was cut short, and only the last can be. Where
        nothing but the line feed is missing the row is kept. Other lines that are no rows stay as they are.
        """
        with results.open("r+b") as lines:
            end = 0
            for number, line in enumerate(lines, start=1):
                row = _row_or_none(line)
                if row is not None:
                    self.finished.add(row.key)
                elif line.endswith(b"\n"):
                    self.damaged.append(number)
                else:
                    lines.truncate(end)
                    break
                end += len(line)
                if not line.endswith(b"\n"):
                    lines.seek(end)
                    end += lines.write(b"\n")
        return end


def read_record(directory: Path) -> RunRecord:
    """Reads what a run was.

    Raises:
        StoreError: There is no run, or one of another version, or its file is damaged.
    """
    path = directory / RUN_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{directory} holds no run: {path} cannot be read: {error.strerror}") from error
    try:
        version = Versioned.model_validate_json(content).schema_version
        if can_be_read(version):
            return RunRecord.model_validate(upgraded(json.loads(content), version))
    except ValidationError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    newer = version > SCHEMA_VERSION
    raise StoreError(
        f"{path} is of version {version}; this program reads versions {min(STEPS)} to {SCHEMA_VERSION}; "
        + ("use the newer program that wrote it" if newer else "run the suite again")
    )


def read_rows(directory: Path) -> Iterator[Row]:
    """Reads the rows of a run, which another process may be writing.

    Lines that are no rows are passed over; a key that stands there twice counts once.

    Raises:
        StoreError: The results cannot be read.
    """
    seen: set[Key] = set()
    try:
        with (directory / RESULTS_FILE).open("rb") as lines:
            for line in lines:
                row = _row_or_none(line)
                if row is not None and row.key not in seen:
                    seen.add(row.key)
                    yield row
    except OSError as error:
        raise StoreError(f"the results in {directory} cannot be read: {error.strerror}") from error


def _row_or_none(line: bytes) -> Row | None:
    try:
        return parse_row(line)
    except RowError:
        return None


@contextmanager
def locked(directory: Path) -> Generator[int]:
    """Locks a run's directory for as long as the descriptor is open; closes it where the body fails.

    Raises:
        StoreError: Another process writes the run, or the directory cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{directory} cannot be written: {error.strerror}") from error
    try:
        # The lock goes with the process, however it ends; the file stays, since removing it would race.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield lock
    except BlockingIOError as error:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace")
        os.close(lock)
        raise StoreError(
            f"process {holder} is writing {directory}; wait until it has ended, or stop it"
        ) from error
    except OSError as error:
        os.close(lock)
        raise StoreError(f"{directory} cannot be written: {error.strerror}") from error
    except BaseException:
        os.close(lock)
        raise


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Writes a file so that it is there whole or not at all, also after a power cut.

    Raises:
        OSError: It cannot be written; what was there before stays.
    """
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        for piece in (content,) if isinstance(content, bytes) else content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
