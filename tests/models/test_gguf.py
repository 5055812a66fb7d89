"""Files that are no GGUF files, or hostile ones."""

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.errors import GGUFError
from models.gguf import check
from providers.base import ProviderError
from providers.engine.client import Engine, EngineOptions
from tests.models.support import ARCHITECTURE, gguf, shipped_file, string, tensor, text_entry, u32_entry

ARRAY, TOKENS = 9, "tokenizer.ggml.tokens"
HUGE = 2**62


def array(key: str, kind: int, count: int, data: bytes = b"") -> bytes:
    return string(key) + struct.pack("<IIQ", ARRAY, kind, count) + data


def write(path: Path, data: bytes) -> Path:
    file = path / "model.gguf"
    file.write_bytes(data)
    return file


def header() -> bytes:
    """The shipped file, up to its weights and a little beyond."""
    with shipped_file().open("rb") as file:
        return file.read(40_000)


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    entries = [
        ARCHITECTURE,
        text_entry("general.name", "tiny"),
        text_entry("smallwatch.dialect", "netmon_marks"),
        text_entry("tokenizer.chat_template", "{{ x }}"),
        u32_entry("general.file_type", 15),
        array(TOKENS, 8, 3, string("a") + string("bc") + string("")),
        array("other.numbers", 6, 2, struct.pack("<ff", 1, 2)),
        string("other.flag") + struct.pack("<IB", 7, 1),
    ]
    tensors = [tensor("a", [32, 2], 8), tensor("b", [5], 0, offset=96)]
    info = check(write(tmp_path, gguf(entries, tensors)))
    assert (info.architecture, info.name, info.dialect, info.chat_template) == (
        "rwkv7",
        "tiny",
        "netmon",
        "{{ x }}",
    )
    assert (info.version, info.format, info.tensors, info.parameters, info.vocabulary) == (
        3,
        "q4_k_m",
        2,
        69,
        3,
    )


def test_what_a_file_does_not_say(tmp_path: Path) -> None:
    info = check(write(tmp_path, gguf(version=2)))
    assert (info.name, info.format, info.vocabulary, info.chat_template, info.dialect) == (None,) * 5


def test_an_unknown_mix_is_no_error(tmp_path: Path) -> None:
    assert check(write(tmp_path, gguf([ARCHITECTURE, u32_entry("general.file_type", 999)]))).format is None


NO_FILES = {
    "empty": (b"", "is empty"),
    "web page": (b"<!DOCTYPE html><html>", "web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "archive": (b"PK\x03\x04abcdefgh", "ZIP"),
    "old": (b"ggjt" + bytes(40), "before GGUF"),
    "text": (b"hello, this is text", "not a GGUF file"),
    "two bytes": (b"GG", "not a GGUF file"),
    "only magic": (b"GGUF", "cut short"),
    "version 1": (gguf(version=1), "version 1"),
    "version 4": (gguf(version=4), "version 4"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 1, 1), "big-endian"),
    "no tensors": (gguf([ARCHITECTURE], []), "holds no weights"),
    "no architecture": (gguf([]), "no architecture"),
    "many tensors": (gguf(counts=(HUGE, 1)), "tensors, more than"),
    "many entries": (gguf(counts=(1, HUGE)), "entries of metadata, more than"),
    "negative entries": (gguf(counts=(1, 2**64 - 1)), "entries of metadata, more than"),
    "part of several": (gguf([ARCHITECTURE, u32_entry("split.count", 3)]), "llama-gguf-split --merge"),
    "empty key": (gguf([string("") + struct.pack("<IB", 0, 0)]), "empty key"),
    "long key": (gguf([string("k" * 2000)]), "key of 2,000 bytes"),
    "key twice": (gguf([ARCHITECTURE, ARCHITECTURE]), "twice"),
    "key not text": (gguf([string(b"\xff\xfe")]), "not UTF-8"),
    "value type": (gguf([string("k") + struct.pack("<I", 13)]), "unknown type 13"),
    "architecture a number": (gguf([u32_entry("general.architecture", 1)]), "wrong type"),
    "alignment a text": (gguf([ARCHITECTURE, text_entry("general.alignment", "32")]), "wrong type"),
    "alignment 0": (gguf([ARCHITECTURE, u32_entry("general.alignment", 0)]), "alignment 0"),
    "alignment 48": (gguf([ARCHITECTURE, u32_entry("general.alignment", 48)]), "alignment 48"),
    "alignment huge": (gguf([ARCHITECTURE, u32_entry("general.alignment", 2**31)]), "alignment"),
    "long text": (gguf([string("general.name") + struct.pack("<IQ", 8, HUGE)]), "more than 1,048,576"),
    "text beyond the end": (gguf([string("k") + struct.pack("<IQ", 8, 5000)]), "cut short"),
    "array beyond the end": (gguf([array("k", 0, HUGE)]), "cut short"),
    "array of many strings": (gguf([array("k", 8, HUGE)]), "strings"),
    "array of arrays": (gguf([array("k", ARRAY, 1)]), "array of type 9"),
    "array of nothing known": (gguf([array("k", 77, 1)]), "array of type 77"),
    "long tensor name": (gguf(tensors=[tensor("t" * 64, [32])]), "64 bytes"),
    "tensor twice": (gguf(tensors=[tensor("t", [8]), tensor("t", [8], offset=32)]), "twice"),
    "no dimensions": (gguf(tensors=[tensor("t", [])]), "0 dimensions"),
    "five dimensions": (gguf(tensors=[tensor("t", [1] * 5)]), "5 dimensions"),
    "empty tensor": (gguf(tensors=[tensor("t", [0])]), "wrong shape"),
    "half a block": (gguf(tensors=[tensor("t", [33], 8)]), "wrong shape"),
    "removed type": (gguf(tensors=[tensor("t", [32], 4)]), "unknown type 4"),
    "overflowing shape": (gguf(tensors=[tensor("t", [2**63, 2**63, 2**63, 2**63])]), "weights are missing"),
    "tensor elsewhere": (gguf(tensors=[tensor("t", [8], offset=64)]), "at offset 64, not at 0"),
    "overlapping tensors": (gguf(tensors=[tensor("t", [8]), tensor("u", [8])]), "at offset 0, not at 32"),
    "weights cut": (gguf(data=bytes(100)), "28 bytes of weights are missing"),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_refused_with_the_reason(kind: str, tmp_path: Path) -> None:
    data, said = NO_FILES[kind]
    file = write(tmp_path, data)
    with pytest.raises(GGUFError) as caught:
        check(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    for path, said in [
        (tmp_path, "not a file"),
        (tmp_path / "none.gguf", "does not exist"),
        (pipe, "not a file"),
        (Path("/dev/zero"), "not a file"),
        (Path("x\0.gguf"), "cannot be read"),
    ]:
        with pytest.raises(GGUFError, match=said):
            check(path)


def test_shipped_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = header()
    points = [*range(80), *range(80, len(data), 211), len(data)]
    for point in points:
        with pytest.raises(GGUFError):
            check(write(tmp_path, data[:point]))


def test_shipped_file_without_its_last_byte_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(shipped_file().read_bytes()[:-1])
    with pytest.raises(GGUFError, match=r"is cut short: 1 bytes of weights are missing"):
        check(file)


# 49 bytes: an array of 2^60 numbers that are not there. The gguf package counts through all of them.
HANGS_GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + string("k") + struct.pack("<IIQ", ARRAY, 0, 2**60)
# 37 bytes: a key without a name, on which llama.cpp has ended its process.
KILLED_LLAMA = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + string("") + struct.pack("<IB", 0, 0)


@pytest.mark.parametrize("data", [HANGS_GGUF, KILLED_LLAMA, HANGS_GGUF[:43]])
def test_files_that_hang_or_kill_other_parsers(data: bytes, tmp_path: Path) -> None:
    for with_tensor in (data, data[:8] + struct.pack("<Q", 1) + data[16:]):
        begun = time.perf_counter()
        with pytest.raises(GGUFError):
            check(write(tmp_path, with_tensor))
        assert time.perf_counter() - begun < 0.5


def test_the_hanging_file_does_hang_the_gguf_package(tmp_path: Path) -> None:
    file = write(tmp_path, HANGS_GGUF)
    code = "import gguf, sys; print('ready', flush=True); gguf.GGUFReader(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
    finally:
        process.kill()
        process.communicate()


def test_a_slow_header_meets_its_deadline(tmp_path: Path) -> None:
    # A sparse file: 32 MB of zeros are four million empty strings.
    file = write(tmp_path, gguf([ARCHITECTURE, array("k", 8, 1 << 22)], [], counts=(1, 2), data=b""))
    os.truncate(file, 64 * 2**20)
    begun = time.perf_counter()
    with pytest.raises(GGUFError, match="too long to read"):
        check(file, deadline_s=0.2)
    assert time.perf_counter() - begun < 1.0


def test_time_grows_with_the_header_not_faster(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        file = write(tmp_path, gguf([ARCHITECTURE, array(TOKENS, 8, count, string("token") * count)]))
        best = 1e9
        for _ in range(3):
            begun = time.perf_counter()
            assert check(file).vocabulary == count
            best = min(best, time.perf_counter() - begun)
        return best

    # The published models have 65,536 tokens.
    assert seconds(65_536) < 8 * seconds(16_384)


def seconds_until_refused_or_read(file: Path) -> float:
    begun = time.perf_counter()
    try:
        info = check(file, deadline_s=2.0)
    except GGUFError as error:
        assert str(file) in str(error)
    else:
        assert info.parameters <= info.file_bytes * 8
        assert info.architecture is not None
    return time.perf_counter() - begun


numbers = st.one_of(
    st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
)
change = st.one_of(
    st.tuples(st.just("byte"), st.integers(0, 39_999), st.integers(0, 255)),
    st.tuples(st.just("number"), st.integers(0, 39_000), numbers),
    st.tuples(st.just("cut"), st.integers(0, 39_999), st.just(0)),
    st.tuples(st.just("repeat"), st.integers(0, 39_000), st.integers(1, 500)),
    st.tuples(st.just("drop"), st.integers(0, 39_000), st.integers(1, 500)),
)


def mutate(data: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    for how, place, value in changes:
        match how:
            case "byte":
                data = data[:place] + bytes([value]) + data[place + 1 :]
            case "number":
                data = data[:place] + struct.pack("<Q", value) + data[place + 8 :]
            case "cut":
                data = data[:place]
            case "repeat":
                data = data[:place] + data[place : place + value] + data[place:]
            case _:
                data = data[:place] + data[place + value :]
    return data


# Most mutations of a few places would lie in the vocabulary; half of these lie where the structure is.
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.one_of(change, change.map(lambda item: (item[0], item[1] % 1400, item[2]))), max_size=6
    )
)
@example(changes=[("number", 8, 2**63)])
@example(changes=[("number", 16, 2**32)])
def test_mutations_of_the_shipped_file(changes: list[tuple[str, int, int]], tmp_path: Path) -> None:
    file = write(tmp_path, mutate(header(), changes))
    # The weights stay: a sparse end makes the file as long as it was.
    os.truncate(file, max(file.stat().st_size, shipped_file().stat().st_size))
    assert seconds_until_refused_or_read(file) < 3.0


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), counts=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_random_bytes_after_a_right_beginning(data: bytes, counts: tuple[int, int], tmp_path: Path) -> None:
    file = write(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, *counts) + data)
    assert seconds_until_refused_or_read(file) < 3.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"rwkv7.block_count\x04\0\0\0", b"rwkv7.block_kount\x04\0\0\0"),
        (b"rwkv7.wkv.head_size\x04\0\0\0\x40", b"rwkv7.wkv.head_size\x04\0\0\0\0"),
        (
            b"general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0rwkv7",
            b"general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0rwkv9",
        ),
    ],
)
async def test_what_passes_the_check_can_harm_only_the_child(old: bytes, new: bytes, tmp_path: Path) -> None:
    data = shipped_file().read_bytes()
    assert data.count(old) == 1
    file = write(tmp_path, data.replace(old, new))
    check(file)
    engine = Engine(file, EngineOptions(threads=1, slots=1, context=256, load_timeout_s=30))
    try:
        with pytest.raises(ProviderError, match=r"model\.gguf"):
            await engine.start()
    finally:
        await engine.aclose()
