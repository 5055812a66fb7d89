"""Fetching with the real huggingface_hub client from a server that answers as the Hub does."""

import asyncio
import hashlib
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import scan_cache_dir, try_to_load_from_cache

from models.errors import DownloadError, WeightsMissing
from models.hub import HubOptions, cached, fetch, remove, remove_parts
from models.progress import Progress
from models.transfer import Persistence
from tests.models.support import ROOT, HubServer, command, environment, gguf

REPO, FILE = "some/tiny-GGUF", "tiny-q4_k.gguf"
BODY = gguf(data=b"\0" * 128) + random.Random(7).randbytes(300_000)
ETAG = hashlib.sha256(BODY).hexdigest()
QUICK = Persistence(retries=3, wait_s=0.01, silence_s=5.0)


@pytest.fixture
def served(hub: HubServer) -> HubServer:
    hub.files[f"{REPO}/{FILE}"] = BODY
    return hub


def options(hub: HubServer, tmp_path: Path) -> HubOptions:
    return HubOptions(cache=tmp_path, endpoint=hub.address, persistence=QUICK)


def part(tmp_path: Path) -> Path:
    return tmp_path / "models--some--tiny-GGUF" / "blobs" / f"{ETAG}.incomplete"


async def test_fetched_into_the_cache_of_the_hubs_own_tools(served: HubServer, tmp_path: Path) -> None:
    reports: list[Progress] = []
    path = await fetch(REPO, FILE, options(served, tmp_path), reports.append)
    assert path.read_bytes() == BODY
    assert try_to_load_from_cache(REPO, FILE, cache_dir=tmp_path) == str(path)
    known = scan_cache_dir(tmp_path)
    assert [repo.repo_id for repo in known.repos] == [REPO]
    assert not known.warnings
    assert reports[-1] == Progress("fetch", FILE, len(BODY), len(BODY))
    assert [report.done for report in reports] == sorted(report.done for report in reports)
    assert len(served.gets()) == 1


async def test_not_fetched_twice(served: HubServer, tmp_path: Path) -> None:
    first = await fetch(REPO, FILE, options(served, tmp_path))
    assert await fetch(REPO, FILE, options(served, tmp_path)) == first
    assert len(served.gets()) == 1


async def test_a_new_version_is_fetched(served: HubServer, tmp_path: Path) -> None:
    await fetch(REPO, FILE, options(served, tmp_path))
    served.files[f"{REPO}/{FILE}"] = newer = BODY + b"newer"
    path = await fetch(REPO, FILE, options(served, tmp_path))
    assert path.read_bytes() == newer
    assert len(served.gets()) == 2


async def test_goes_on_after_a_break(served: HubServer, tmp_path: Path) -> None:
    served.cuts = [100_000, 50_000]
    path = await fetch(REPO, FILE, options(served, tmp_path))
    assert path.read_bytes() == BODY
    starts = [int((get.range or "bytes=0-")[6:-1]) for get in served.gets()]
    assert starts[0] == 0
    assert starts == sorted(starts)
    assert starts[2] > 100_000


async def test_gives_up_after_breaks_without_progress_and_goes_on_next_time(
    served: HubServer, tmp_path: Path
) -> None:
    served.cuts = [100_000, 0, 0, 0]
    with pytest.raises(DownloadError, match=r"broke off at byte 100,000 of 300,.*goes on there"):
        await fetch(REPO, FILE, options(served, tmp_path))
    assert part(tmp_path).stat().st_size == 100_000
    path = await fetch(REPO, FILE, options(served, tmp_path))
    assert path.read_bytes() == BODY
    assert served.gets()[-1].range == "bytes=100000-"
    assert not part(tmp_path).exists()


async def test_a_server_without_ranges_sends_all_again(served: HubServer, tmp_path: Path) -> None:
    served.cuts, served.ranges = [100_000], False
    path = await fetch(REPO, FILE, options(served, tmp_path))
    assert path.read_bytes() == BODY


async def test_a_part_that_does_not_fit_is_thrown_away(served: HubServer, tmp_path: Path) -> None:
    part(tmp_path).parent.mkdir(parents=True)
    part(tmp_path).write_bytes(b"x" * 5000)
    with pytest.raises(DownloadError, match="SHA-256"):
        await fetch(REPO, FILE, options(served, tmp_path))
    assert (await fetch(REPO, FILE, options(served, tmp_path))).read_bytes() == BODY


async def test_a_part_that_is_too_long_is_thrown_away(served: HubServer, tmp_path: Path) -> None:
    part(tmp_path).parent.mkdir(parents=True)
    part(tmp_path).write_bytes(BODY + b"more")
    assert (await fetch(REPO, FILE, options(served, tmp_path))).read_bytes() == BODY


async def test_other_bytes_than_promised_are_refused(served: HubServer, tmp_path: Path) -> None:
    served.corrupt = True
    with pytest.raises(DownloadError, match="fetch it again"):
        await fetch(REPO, FILE, options(served, tmp_path))
    assert cached(REPO, FILE, options(served, tmp_path)) is None
    assert not part(tmp_path).exists()


async def test_busy_servers_are_asked_again(served: HubServer, tmp_path: Path) -> None:
    served.statuses = [503, 429, 500]
    assert (await fetch(REPO, FILE, options(served, tmp_path))).read_bytes() == BODY


@pytest.mark.parametrize("statuses", [[503] * 9, [403]])
async def test_servers_that_stay_away(statuses: list[int], served: HubServer, tmp_path: Path) -> None:
    served.statuses = statuses
    with pytest.raises(DownloadError, match=str(statuses[0])):
        await fetch(REPO, FILE, options(served, tmp_path))


async def test_unknown_files_and_repositories(served: HubServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"has no file other\.gguf"):
        await fetch(REPO, "other.gguf", options(served, tmp_path))
    with pytest.raises(DownloadError, match="no repository none/such"):
        await fetch("none/such", FILE, options(served, tmp_path))
    with pytest.raises(DownloadError, match="cannot be a repository's name"):
        await fetch("a--b/c..d", FILE, options(served, tmp_path))


async def test_no_server(tmp_path: Path) -> None:
    nowhere = HubOptions(cache=tmp_path, endpoint="http://127.0.0.1:9", persistence=QUICK)
    with pytest.raises(WeightsMissing, match=r"127\.0\.0\.1:9 cannot be reached"):
        await fetch(REPO, FILE, nowhere)


async def test_two_fetches_at_a_time_fetch_once(served: HubServer, tmp_path: Path) -> None:
    paths = await asyncio.gather(*(fetch(REPO, FILE, options(served, tmp_path)) for _ in range(3)))
    assert len(set(paths)) == 1
    assert len(served.gets()) == 1


async def test_cancel_keeps_what_came(served: HubServer, tmp_path: Path) -> None:
    came = asyncio.Event()
    work = asyncio.create_task(fetch(REPO, FILE, options(served, tmp_path), lambda report: came.set()))
    await came.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    kept = part(tmp_path).stat().st_size
    assert 0 < kept <= len(BODY)
    assert (await fetch(REPO, FILE, options(served, tmp_path))).read_bytes() == BODY


async def test_removed_for_good(served: HubServer, tmp_path: Path) -> None:
    path = await fetch(REPO, FILE, options(served, tmp_path))
    assert remove(path) == len(BODY)
    assert cached(REPO, FILE, options(served, tmp_path)) is None
    assert not list((tmp_path / "models--some--tiny-GGUF" / "blobs").iterdir())
    part(tmp_path).write_bytes(b"abc")
    assert remove_parts(REPO, options(served, tmp_path)) == 3


def test_endpoint_token_and_redirect_of_the_environment(served: HubServer, tmp_path: Path) -> None:
    # The Hub sends large files from another host, which must not see the token.
    served.cdn = served.address.replace("127.0.0.1", "localhost")
    env = environment(tmp_path, HF_ENDPOINT=served.address, HF_TOKEN="hf_secret")
    done = subprocess.run(
        command("pull", f"hf:{REPO}:{FILE}", "--json"), cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert file["sha256"] == ETAG
    assert Path(file["path"]).is_relative_to(tmp_path / "hf" / "hub")
    seen = {(request.host.split(":")[0], request.authorization) for request in served.requests}
    assert seen == {("127.0.0.1", "Bearer hf_secret"), ("localhost", None)}


def test_a_killed_fetch_goes_on_in_the_next_process(served: HubServer, tmp_path: Path) -> None:
    served.files[f"{REPO}/{FILE}"] = body = gguf() + bytes(40_000_000)
    env = environment(tmp_path, HF_ENDPOINT=served.address)
    code = (
        "import asyncio, sys; from models.hub import HubOptions, fetch\n"
        "def slow(report):\n"
        "    print(report.done, flush=True); sys.stdin.readline()\n"
        f"asyncio.run(fetch({REPO!r}, {FILE!r}, HubOptions(), slow))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    for _ in range(20):
        child.stdout.readline()
        child.stdin.write(b"\n")
        child.stdin.flush()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    (rest,) = (tmp_path / "hf" / "hub").glob("models--*/blobs/*.incomplete")
    kept = rest.stat().st_size
    assert 0 < kept < len(body)
    again = subprocess.run(
        command("pull", f"hf:{REPO}:{FILE}"), cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert served.gets()[-1].range == f"bytes={kept}-"
