"""Accounts, sessions, tokens: who may do what, and what nobody may."""

from __future__ import annotations

import asyncio

import pytest

from tests.web.serving import Somebody, account, config_of, echo, models_of, serving, text_of, visitor

HOSTILE = "https://evil.example"
SHOP = "https://shop.example"
PASSWORD = "correct horse battery"


async def test_registering_and_logging_in_make_new_session_ids(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        before = Somebody(url, ann.cookie, ann.csrf)
        run = await ann.say("before I had an account")
        await ann.events(run["id"])
        await ann.ok("POST", "/api/accounts", {"email": "Ann@Example.org", "password": PASSWORD})
        assert ann.cookie != before.cookie
        assert (await before.ok("GET", "/api/session"))["kind"] == "nobody"
        assert (await ann.ok("GET", "/api/conversations"))[0]["id"] == run["conversation"]
        old = Somebody(url, ann.cookie, ann.csrf)
        await ann.ok("DELETE", "/api/session")
        assert (await old.ok("GET", "/api/session"))["kind"] == "nobody"
        again = Somebody(url)
        made = await again.ok(
            "POST", "/api/session/login", {"email": "ann@example.org", "password": PASSWORD}
        )
        assert (made["kind"], made["account"]["email"]) == ("account", "ann@example.org")
        assert again.cookie not in (old.cookie, before.cookie)


async def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        answer = await Somebody(url).ask("POST", "/api/session")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-smallwatch=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_changes_by_cookie_need_the_csrf_header(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        for csrf in ("", "wrong", ann.csrf[:-1]):
            refused = await Somebody(url, ann.cookie, csrf).ask("POST", "/api/conversations")
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf")
        assert (await ann.ask("POST", "/api/conversations")).status_code == 201


async def test_wrong_passwords_and_unknown_addresses_look_alike_and_are_limited(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()}), rate_scale=1) as url:
        await account(url, "ann@example.org")
        bodies = []
        for email in ("ann@example.org", "bob@example.org"):
            answer = await Somebody(url).ask("POST", "/api/session/login", {"email": email, "password": "no"})
            bodies.append((answer.status_code, answer.json()))
        assert bodies[0] == bodies[1]
        assert bodies[0][0] == 401
        tries = [
            await Somebody(url).ask(
                "POST", "/api/session/login", {"email": "ann@example.org", "password": "no"}
            )
            for _ in range(12)
        ]
        assert tries[-1].status_code == 429 and int(tries[-1].headers["retry-after"]) > 0


async def test_an_address_has_one_account(database_url: str) -> None:
    async with serving(config_of(database_url), models_of({"scripted": echo()})) as url:
        body = {"email": "ann@example.org", "password": PASSWORD}
        answers = await asyncio.gather(*(Somebody(url).ask("POST", "/api/accounts", body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_api_tokens_are_shown_once_and_can_be_revoked(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        made = await ann.ok("POST", "/api/account/tokens", {"name": "backup script"})
        listed = await ann.ok("GET", "/api/account/tokens")
        assert "token" not in listed[0] and made["token"].startswith(listed[0]["start"])
        program = Somebody(url, headers={"Authorization": f"Bearer {made['token']}"})
        run = await program.say("hello")
        assert text_of(await program.events(run["id"])) == "You said: hello"
        for method, path, body in (
            ("GET", "/api/account/tokens", None), ("POST", "/api/account/tokens", {"name": "x"}),
            ("GET", "/api/account/export", None), ("DELETE", "/api/account", {"confirm": PASSWORD}),
        ):  # fmt: skip
            refused = await program.ask(method, path, body)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "wrong-token-kind")
        await ann.ok("DELETE", f"/api/account/tokens/{made['id']}")
        assert (await program.ask("GET", "/api/account")).status_code == 401
        assert (await ann.ask("DELETE", f"/api/account/tokens/{made['id']}")).status_code == 404


async def test_a_new_password_ends_other_sessions(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        other = Somebody(url)
        await other.ok("POST", "/api/session/login", {"email": "ann@example.org", "password": PASSWORD})
        new = {"password": "another long password", "old_password": "wrong"}
        assert (await ann.ask("PATCH", "/api/account", new)).status_code == 403
        await ann.ok("PATCH", "/api/account", {**new, "old_password": PASSWORD})
        assert (await other.ok("GET", "/api/session"))["kind"] == "nobody"
        assert (await ann.ok("GET", "/api/session"))["kind"] == "account"


async def test_export_has_everything_and_delete_leaves_nothing(database_url: str) -> None:
    async with serving(config_of(database_url, tools="real"), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        await ann.events((await ann.say("my words"))["id"])
        await ann.ok("POST", "/api/hosts", {"address": "9.9.9.9", "endpoint": "icmp"})
        await ann.ok("POST", "/api/account/agents", {"name": "ann-probe"})
        found = await ann.ok("GET", "/api/account/export")
        assert [m["content"] for m in found["messages"]] == ["my words", "You said: my words"]
        assert found["hosts"][0]["address"] == "9.9.9.9"
        assert found["account"]["email"] == "ann@example.org"
        assert "hash" not in str(found)
        assert (await ann.ask("DELETE", "/api/account", {"confirm": "wrong"})).status_code == 403
        assert (await ann.ask("DELETE", "/api/account", {"confirm": PASSWORD})).status_code == 204
        assert (await ann.ok("GET", "/api/session"))["kind"] == "nobody"
        again = await account(url, "ann@example.org")
        empty = await again.ok("GET", "/api/account/export")
        assert (empty["messages"], empty["hosts"], empty["runs"]) == ([], [], [])


async def test_probe_agents_belong_to_accounts(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann, eve = await account(url, "ann@example.org"), await account(url, "eve@example.org")
        made = await ann.ok(
            "POST", "/api/account/agents", {"name": "attic", "city": "Linz", "country": "Austria"}
        )
        assert made["token"].startswith("swa_")
        assert (await eve.ask("POST", "/api/account/agents", {"name": "attic"})).status_code == 409
        assert (await eve.ask("DELETE", "/api/account/agents/attic")).status_code == 404
        assert "attic" in [agent["name"] for agent in await ann.ok("GET", "/api/agents")]
        assert "attic" not in [agent["name"] for agent in await eve.ok("GET", "/api/agents")]
        as_api = Somebody(url, headers={"Authorization": f"Bearer {made['token']}"})
        assert (await as_api.ask("GET", "/api/account")).status_code == 401
        assert (await ann.ask("DELETE", "/api/account/agents/attic")).status_code == 204


async def test_a_status_page_is_off_until_it_is_turned_on(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url, tools="real"), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        await ann.ok("POST", "/api/hosts", {"address": "https://9.9.9.9/secret?key=1", "endpoint": "https"})
        assert (await ann.ok("GET", "/api/account"))["status_page"] is None
        slug = (await ann.ok("PATCH", "/api/account", {"status_page": True}))["status_page"]
        page = await Somebody(url).ok("GET", f"/api/status/{slug}")
        assert [host["name"] for host in page["hosts"]] == ["9.9.9.9"]
        assert "secret" not in str(page) and len(page["hosts"][0]["bars"]) == 90
        await ann.ok("PATCH", "/api/account", {"status_page": False})
        assert (await Somebody(url).ask("GET", f"/api/status/{slug}")).status_code == 404


async def test_admins_see_change_and_grant(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann, root = await account(url, "ann@example.org"), await account(url, "root@example.org")
        await make_admin(sqlite_url, "root@example.org")
        rows = await root.ok("GET", "/api/admin/accounts")
        number = next(row["id"] for row in rows if row["email"] == "ann@example.org")
        path = f"/api/admin/accounts/{number}"
        assert (await ann.ask("PATCH", path, {"admin": True})).status_code == 403
        await root.ok("PATCH", path, {"plan": "professional"})
        assert (await ann.ok("GET", "/api/quota"))["plan"] == "professional"
        quota = await root.ok("POST", f"{path}/grants", {"tokens": 5000, "note": "thanks"})
        assert quota["balance"] == 755_000
        await root.ok("PATCH", path, {"blocked": True})
        assert (await ann.ok("GET", "/api/session"))["kind"] == "nobody"
        body = {"email": "ann@example.org", "password": PASSWORD}
        assert (await Somebody(url).ask("POST", "/api/session/login", body)).status_code == 401
        own = next(row["id"] for row in rows if row["email"] == "root@example.org")
        assert (await root.ask("PATCH", f"/api/admin/accounts/{own}", {"blocked": True})).status_code == 409


async def make_admin(url: str, email: str) -> None:
    """As `smallwatch serve create-admin` does for an account that is there."""
    from tools.clock import system_clock
    from web.accounts.accounts import Accounts
    from web.database.migrate import open_web_database
    from web.database.store import Store

    async with await open_web_database(url) as database:
        accounts = Accounts(Store(database), system_clock)
        found = await accounts.by_email(email)
        assert found is not None
        await accounts.change(found[0].id, admin=True)


async def test_widgets_on_other_pages_use_tokens_bound_to_their_origin(sqlite_url: str) -> None:
    config = config_of(sqlite_url, origins=[SHOP])
    async with serving(config, models_of({"scripted": echo()})) as url:
        shopper = Somebody(url, headers={"Origin": SHOP})
        assert (await shopper.ask("POST", "/api/session")).json()["error"]["code"] == "origin"
        await shopper.ok("POST", "/api/session", {"embedded": True})
        assert not shopper.cookie
        run = await shopper.say("hello from the shop")
        assert text_of(await shopper.events(run["id"])) == "You said: hello from the shop"
        stolen = Somebody(url, headers={**shopper.headers, "Origin": url})
        assert (await stolen.ask("GET", "/api/conversations")).status_code == 401
        # A login in a window of this server, handed to the shop's page.
        ann = await account(url, "ann@example.org")
        assert (await ann.ask("POST", "/api/session/embed-code", {"origin": HOSTILE})).status_code == 403
        code = (await ann.ok("POST", "/api/session/embed-code", {"origin": SHOP}))["code"]
        thief = Somebody(url, headers={"Origin": url})
        assert (await thief.ask("POST", "/api/session/embedded", {"code": code})).status_code == 401
        code = (await ann.ok("POST", "/api/session/embed-code", {"origin": SHOP}))["code"]
        made = await shopper.ok("POST", "/api/session/embedded", {"code": code})
        assert made["account"]["email"] == "ann@example.org"
        assert (await shopper.ok("GET", "/api/conversations"))[0]["id"] == run["conversation"]
        assert (await shopper.ask("POST", "/api/session/embedded", {"code": code})).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"email": "no address", "password": PASSWORD}, {"email": "a@b.c", "password": "short"},
        {"email": "a\0@example.org", "password": PASSWORD}, {"email": "a@example.org"},
        {"email": "a@example.org", "password": PASSWORD, "admin": True}, [], 7,
    ],
)  # fmt: skip
async def test_bad_registrations_are_refused_with_the_reason(sqlite_url: str, body: object) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        answer = await Somebody(url).ask("POST", "/api/accounts", body)
        assert answer.status_code == 422 and answer.json()["error"]["details"][0]["problem"]


@pytest.mark.parametrize(
    "body", [b'{"\\ud800": 1}', b"\xff", b"{", b"", b"[" * 10_000, b'{"email": "\\ud800@b.cd"}']
)
async def test_bodies_that_are_no_text_are_refused(sqlite_url: str, body: bytes) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        async with Somebody(url).client() as client:
            headers = {"Content-Type": "application/json"}
            answer = await client.post("/api/accounts", content=body, headers=headers)
        assert answer.status_code in (400, 422) and answer.json()["error"]["message"]
