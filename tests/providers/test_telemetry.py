"""Nobody but the server that was meant hears of a request."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.listening import listening

ROOT = Path(__file__).parents[2]
ASK = """
import asyncio, sys
from pydantic import SecretStr
from providers.base import Message, ProviderError, Settings, collect
from providers.hugllm import HugLLM

async def ask():
    provider = HugLLM(api_key=SecretStr("hf_x"), base_url=sys.argv[1], model="m")
    try:
        await collect(provider.stream([Message("user", "hi")], (), Settings(deadline_s=5)))
    except ProviderError as error:
        print(type(error).__name__)

asyncio.run(ask())
"""


async def test_hugllm_asks_the_hub_nothing_when_another_server_is_meant(tmp_path: Path) -> None:
    asked: list[str] = []

    def noting(name: str):  # type: ignore[no-untyped-def]
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.append(name)
            writer.write(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()

        return handler

    async with listening(noting("hub")) as hub, listening(noting("meant")) as meant:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path)}
        environment |= {"HF_ENDPOINT": f"http://127.0.0.1:{hub}"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASK, f"http://127.0.0.1:{meant}/v1",
            env=environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, _ = await process.communicate()
    assert (printed, asked) == (b"ProviderRejected\n", ["meant"])
