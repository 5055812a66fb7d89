"""A real browser looks at reports: what is drawn, what filters find, what opens, what is printed."""

import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from evals.comparison import Grouping
from evals.loaded import load_runs
from evals.report.page import write_report
from providers.info import ModelInfo
from tests.evals.support import entries, line_of, ping_row, stored_run, write_suite

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "<img src=x onerror=alert(1)>\u202e"
#: Where pictures are kept for people; nowhere if not set.
PICTURES = os.environ.get("REPORT_PICTURES")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing; `make system` installs it")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def report_page(path: Path, **options: Any) -> AsyncIterator[Page]:
    """A page that shows a file, and fails where its script does or where it asks for anything else."""
    async with browser() as opened:
        page = await opened.new_page(**options)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("request", lambda made: wrong.append(made.url) if made.url != path.as_uri() else None)
        await page.goto(path.as_uri())
        yield page
        assert not wrong


async def picture(page: Page, name: str, full: bool = False) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=full)


def written(folder: Path, count: int = 30) -> Path:
    """A report of two runs of some cases, of which some flip; one case is hostile."""
    lines = []
    for number in range(count):
        tool = (
            ("ping_host", {"target": [f"h{number}.lan"]})
            if number % 3
            else ("whois_lookup", {"query": ["a.org"]})
        )
        lines.append(
            line_of(
                id=f"p{number}",
                category="noisy" if number % 5 == 0 else "simple",
                messages=[{"role": "user", "content": f"ping h{number}.lan <b>now</b>"}],
                expect=entries([tool]),
            )
        )
    suite = write_suite(folder / "suite.jsonl", lines)
    names = []
    for name, wrong in (("f16", range(0, 4)), ("q4_k", range(2, 9))):
        rows = [
            ping_row(number, number not in wrong, category="noisy" if number % 5 == 0 else "simple")
            for number in range(count - 1)
        ]
        rows[2] = replace(
            rows[2], label="malformed", raw="<img src=x onerror=alert(1)>\u202e", calls=(), malformed=True
        )
        rows.append(
            ping_row(count - 1, label="infra_error", reason="ProviderTimeout: late", calls=(), raw="")
        )
        model = ModelInfo(f"rule:{name}", name, 7, 14_000_000 if name == "f16" else 4_000_000, name)
        names.append(str(stored_run(folder / name, suite, rows, model=model, requested=f"rule:{name}")))
    path = folder / "report.html"
    write_report(path, load_runs(names), Grouping())
    return path


async def listed(page: Page) -> list[str]:
    return [text.split("\n")[0] for text in await page.locator("#list summary").all_inner_texts()]


async def test_filters_find_failures_flips_tools_and_labels(tmp_path: Path) -> None:
    async with report_page(written(tmp_path)) as page:
        form = page.locator("#filters")
        # What differs from the baseline is shown first.
        assert await listed(page) == ["p0", "p1", "p4", "p5", "p6", "p7", "p8"]
        await form.locator("[name=kind]").select_option("regressed")
        assert await listed(page) == ["p4", "p5", "p6", "p7", "p8"]
        await form.locator("[name=kind]").select_option("improved")
        assert await listed(page) == ["p0", "p1"]
        await form.locator("[name=kind]").select_option("failures")
        assert len(await listed(page)) == 9
        await form.locator("[name=tool]").select_option(label="whois_lookup")
        assert await listed(page) == ["p0", "p3", "p6"]
        await form.locator("[name=tool]").select_option("")
        await form.locator("[name=label]").select_option(label="malformed")
        assert await listed(page) == ["p2"]
        await form.locator("[name=label]").select_option("")
        await form.locator("[name=category]").select_option(label="noisy")
        assert await listed(page) == ["p0", "p5"]
        await form.locator("[name=category]").select_option("")
        await form.locator("[name=kind]").select_option("infra")
        assert await listed(page) == ["p29"]
        await form.locator("[name=kind]").select_option("all")
        await form.locator("[name=text]").fill("H17.lan")
        assert await listed(page) == ["p17"]
        assert "1 of 30 replies" in await page.locator("#count").inner_text()


async def test_a_case_opens_to_all_that_explains_it(tmp_path: Path) -> None:
    path = written(tmp_path)
    async with report_page(path, viewport={"width": 1100, "height": 900}) as page:
        await page.locator("#filters [name=kind]").select_option("failures")
        case = page.locator("#list details").filter(has_text="p4")
        await case.locator("summary").click()
        said = await case.locator(".body").inner_text()
        for text in (
            "user: ping h4.lan <b>now</b>", 'ping_host target "h4.lan"', 'ping_host {"target":"other.lan"}',
            "ping_host(other.lan)", "rule:f16: correct", "rule:q4_k: wrong_value",
            "evals run --model rule:q4_k --suite",
        ):  # fmt: skip
            assert text in said
        await picture(page, "case")
        # Hostile output stays text: no element is made of it, and what would hide text is written out.
        hostile = page.locator("#list details").filter(has_text="p2")
        await hostile.locator("summary").click()
        assert "<img src=x onerror=alert(1)>\\u{202e}" in await hostile.locator(".body").inner_text()
        assert await page.locator("img").count() == 0


async def test_a_case_can_be_opened_by_the_keyboard(tmp_path: Path) -> None:
    async with report_page(written(tmp_path)) as page:
        await page.locator("#filters [name=text]").focus()
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
        await page.keyboard.press("Enter")
        assert await page.locator("#list details[open]").count() == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 390)])
async def test_it_is_readable_light_dark_and_narrow(tmp_path: Path, scheme: str, width: int) -> None:
    async with report_page(
        written(tmp_path), color_scheme=scheme, viewport={"width": width, "height": 900}
    ) as page:
        await picture(page, f"{scheme}-{width}", full=True)
        # Nothing makes the page wider than the window; wide tables scroll by themselves.
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        for selector in ("body", ".verdict", "td", "#list summary", "pre, .note", ".legend li"):
            assert await page.evaluate(_CONTRAST, selector) >= 4.5, selector


#: The WCAG 2 contrast of the first element's text against what is behind it.
_CONTRAST = """selector => {
  const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const node = document.querySelector(selector);
  let behind = node;
  while (behind && (parts(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const a = light(getComputedStyle(node).color), b = light(getComputedStyle(behind).backgroundColor);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


async def test_it_can_be_printed(tmp_path: Path) -> None:
    async with report_page(written(tmp_path)) as page:
        await page.locator("#list summary").first.click()
        await page.emulate_media(media="print")
        assert not await page.locator("#filters").is_visible()
        assert await page.locator("#list .body pre").first.is_visible()
        await picture(page, "print", full=True)
        pdf = await page.pdf(path=Path(PICTURES) / "report.pdf" if PICTURES else None, format="A4")
        assert pdf.startswith(b"%PDF") and len(pdf) > 10_000


async def test_5000_cases_open_in_under_two_seconds(tmp_path: Path) -> None:
    path = written(tmp_path, 5000)
    seconds: list[float] = []
    async with browser() as opened:
        for _ in range(3):
            page = await opened.new_page()
            started = time.perf_counter()
            await page.goto(path.as_uri())
            await page.locator("#list summary").first.wait_for()
            seconds.append(time.perf_counter() - started)
            await page.close()
        page = await opened.new_page()
        await page.goto(path.as_uri())
        await page.locator("#filters [name=kind]").select_option("all")
        assert "5000 of 5000 replies" in await page.locator("#count").inner_text()
        # The list grows as it is read to its end.
        assert await page.locator("#list details").count() < 400
        await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        await page.locator("#more").scroll_into_view_if_needed()
        # No function to wait for: the page's policy lets nobody evaluate text, this test included.
        await page.locator("#list details").nth(150).wait_for()
    print(json.dumps({"cases": 5000, "seconds": [round(each, 2) for each in seconds]}))
    # On a machine that has other things to do, as much more time as its processors are asked for.
    assert min(seconds) < 2 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
