"""A real Chromium on a real server, for the tests of widget and pages."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright

from tests.listening import listening

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: Where pictures are kept for people; nowhere if not set.
PICTURES = os.environ.get("WEB_PICTURES")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Chromium, alone and quiet."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
            ],
        )
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def page_at(url: str, **options: Any) -> AsyncIterator[Page]:
    """A page of the server; fails where a script fails."""
    async with browser() as opened:
        context = await opened.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(url)
        yield page
        assert not wrong


class Widget:
    """The chat of a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.locator("smallwatch-chat")

    def get(self, selector: str) -> Locator:
        """Something inside of it."""
        return self.node.locator(selector)

    async def open(self) -> None:
        """Opens it and waits until it may be used."""
        await self.get(".launch").click()
        await self.get(".model").filter(has_text=re.compile(r"\S")).wait_for()

    async def ask(self, text: str, *, wait: bool = True) -> None:
        """Asks something; with `wait`, until the answer is whole."""
        turns = await self.get(".turn").count()
        await self.get("textarea").fill(text)
        await self.get("textarea").press("Enter")
        await self.get(".turn").nth(turns).wait_for()
        if wait:
            await self.whole(turns)

    async def whole(self, turn: int) -> None:
        """Waits until a turn is over."""
        await self.get(".turn[aria-busy=false]").nth(turn).wait_for(timeout=240_000)

    async def answer(self) -> str:
        """What the last turn says, its panels included."""
        return " ".join((await self.get(".turn .answer").last.inner_text()).split())


async def picture(page: Page, name: str, *, full: bool = False) -> None:
    """Keeps a picture where people look at it."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=full)


@asynccontextmanager
async def static_site(html: str) -> AsyncIterator[str]:
    """Serves one page from an origin of its own; yields its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = html.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        # Browsers open connections ahead and may never use them: no request comes then.
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()

    async with listening(answer) as port:
        yield f"http://127.0.0.1:{port}"
