"""Login by OpenID Connect against a real provider on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.web.openid import CLIENT, SECRET, Provider, path_of, running
from tests.web.serving import Somebody, account, config_of, echo, models_of, serving, visitor
from web.accounts.oidc import safe_path


@pytest.fixture
async def provider(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    monkeypatch.setenv("OIDC_CLIENT_SECRET", SECRET)
    async with running() as found:
        yield found


def config(url: str, provider: Provider) -> Any:
    known = {"name": "work", "label": "Work", "issuer": provider.issuer, "client_id": CLIENT}
    return config_of(url, oidc=[known])


async def come_back(somebody: Somebody, return_to: str = "/dashboard") -> str:
    """Goes to the provider; returns the path that it sends the browser back to."""
    begun = await somebody.ask("GET", f"/api/login/work?return_to={return_to}")
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as client:
        sent = await client.get(begun.headers["location"])
    return path_of(sent.headers["location"])


async def test_somebody_logs_in_and_comes_again(sqlite_url: str, provider: Provider) -> None:
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        assert (await Somebody(url).ok("GET", "/api/login/providers"))[0]["label"] == "Work"
        numbers = set()
        for _ in range(2):
            ann = Somebody(url)
            back = await ann.ask("GET", await come_back(ann))
            assert (back.status_code, back.headers["location"]) == (303, "/dashboard")
            session = await ann.ok("GET", "/api/session")
            assert session["account"]["email"] == "ann@example.org"
            assert not session["account"]["has_password"]
            numbers.add(session["account"]["id"])
        assert len(numbers) == 1


async def test_an_address_alone_opens_no_account(sqlite_url: str, provider: Provider) -> None:
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        stranger = Somebody(url)
        answer = await stranger.ask("GET", await come_back(stranger))
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "taken")
        # Logged in, the same person links the provider, and may come by it afterwards.
        assert (await ann.ask("GET", await come_back(ann))).status_code == 303
        later = Somebody(url)
        assert (await later.ask("GET", await come_back(later))).status_code == 303
        assert (await later.ok("GET", "/api/session"))["account"]["has_password"]


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"iss": "https://evil.example"}}, {"claims": {"aud": "another"}}, {"claims": {"exp": 1}},
        {"claims": {"nonce": "old"}}, {"claims": {"nonce": None}}, {"claims": {"sub": None}}, {"forged": True},
        {"algorithm": "none"}, {"claims": {"aud": None}},
    ],
)  # fmt: skip
async def test_a_word_that_cannot_be_trusted_is_refused(
    sqlite_url: str, provider: Provider, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(provider, name, value)
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        ann = Somebody(url)
        answer = await ann.ask("GET", await come_back(ann))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")
        assert (await ann.ok("GET", "/api/session"))["kind"] == "visitor"


async def test_new_keys_of_the_provider_are_found(sqlite_url: str, provider: Provider) -> None:
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        for _ in range(2):
            ann = Somebody(url)
            assert (await ann.ask("GET", await come_back(ann))).status_code == 303
            provider.key = RSAKey.generate_key(2048, {"kid": "two"})
            provider.kid = "two"


async def test_an_unverified_address_makes_no_account(sqlite_url: str, provider: Provider) -> None:
    provider.claims = {"email_verified": False}
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        ann = Somebody(url)
        assert (await ann.ask("GET", await come_back(ann))).status_code == 403


async def test_an_answer_is_good_once_and_for_the_browser_that_asked(
    sqlite_url: str, provider: Provider
) -> None:
    async with serving(config(sqlite_url, provider), models_of({"scripted": echo()})) as url:
        ann, eve = Somebody(url), await visitor(url)
        path = await come_back(ann)
        assert (await eve.ask("GET", path)).status_code == 400
        assert (await ann.ask("GET", path)).status_code == 400, "eve has used it up"
        path = await come_back(ann)
        mixed = path.replace("iss=", "iss=https%3A%2F%2Fevil.example&was=")
        assert (await ann.ask("GET", mixed)).status_code == 400
        path = await come_back(ann)
        assert (await ann.ask("GET", path)).status_code == 303
        assert (await ann.ask("GET", path)).status_code == 400
        assert (await ann.ask("GET", "/api/login/other")).status_code == 404


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/dashboard", "/dashboard"), ("/chat?x=1", "/chat?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("dashboard", "/"), ("", "/"),
        ("/\tevil", "/"), ("\\\\evil.example", "/"), ("/é", "/"),
    ],
)  # fmt: skip
def test_logins_end_on_this_server(text: str, path: str) -> None:
    assert safe_path(text) == path
