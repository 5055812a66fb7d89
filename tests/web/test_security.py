"""The security table: routes by roles, hostile origins, spoofed headers, targets inside; counts and no failure."""

from __future__ import annotations

import asyncio
import itertools
from ipaddress import ip_address
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from tests.listening import listening
from tests.web.serving import Somebody, account, config_of, echo, models_of, serving, visitor
from tools.catalogue import default_registry
from tools.context import ToolContext
from tools.records import HostFilter
from tools.run import run_tool
from web.opening import Parts, open_services
from web.security.addresses import Peers, site, wallet_name

ID = "0" * 32
#: What each route demands: anyone, somebody (a session or a token), account, self (no program), admin, metrics.
ROUTES = {
    "GET /api/session": "anyone", "POST /api/session": "anyone", "DELETE /api/session": "anyone",
    "POST /api/accounts": "anyone", "POST /api/session/login": "anyone",
    "POST /api/session/embed-code": "self", "POST /api/session/embedded": "anyone",
    "GET /api/login/providers": "anyone", "GET /api/login/{provider}": "anyone",
    "GET /api/login/{provider}/callback": "anyone",
    "GET /api/models": "anyone", "GET /api/quota": "anyone",
    "GET /api/models/browser": "anyone", "GET /api/models/browser/{sha256}.gguf": "anyone",
    "GET /api/tools": "anyone", "POST /api/tool-calls": "somebody",
    "POST /api/tool-calls/{call}/decision": "somebody",
    "POST /api/conversations": "somebody", "GET /api/conversations": "somebody",
    "GET /api/conversations/{conversation}": "somebody", "PATCH /api/conversations/{conversation}": "somebody",
    "DELETE /api/conversations/{conversation}": "somebody",
    "POST /api/conversations/{conversation}/runs": "somebody",
    "GET /api/runs/{run}": "somebody", "GET /api/runs/{run}/events": "somebody",
    "POST /api/runs/{run}/cancel": "somebody", "POST /api/runs/{run}/approvals/{approval}": "somebody",
    "POST /api/runs/{run}/retry": "somebody",
    "GET /api/account": "account", "PATCH /api/account": "self", "DELETE /api/account": "self",
    "GET /api/account/export": "self", "GET /api/account/usage": "account",
    "GET /api/account/tokens": "self", "POST /api/account/tokens": "self",
    "DELETE /api/account/tokens/{token}": "self", "POST /api/account/agents": "self",
    "DELETE /api/account/agents/{agent}": "self",
    "GET /api/account/sessions": "self", "DELETE /api/account/sessions": "self",
    "GET /api/hosts": "somebody", "POST /api/hosts": "somebody", "GET /api/hosts/{host}": "somebody",
    "PATCH /api/hosts/{host}": "somebody", "DELETE /api/hosts/{host}": "somebody",
    "GET /api/hosts/{host}/summary": "somebody", "GET /api/hosts/{host}/uptime": "somebody",
    "GET /api/hosts/{host}/series": "somebody", "PUT /api/hosts/{host}/maintenance": "somebody",
    "DELETE /api/hosts/{host}/maintenance": "somebody", "POST /api/hosts/{host}/reset-alert": "somebody",
    "GET /api/incidents": "somebody", "GET /api/agents": "somebody",
    "GET /api/evals": "anyone", "GET /api/evals/{run}": "anyone", "GET /api/evals/{run}/report": "anyone",
    "GET /api/status/{slug}": "anyone",
    "GET /api/admin/accounts": "admin", "PATCH /api/admin/accounts/{account}": "admin",
    "POST /api/admin/accounts/{account}/grants": "admin",
    "GET /health": "anyone", "GET /ready": "anyone", "GET /metrics": "anyone",
}  # fmt: skip
BODIES: dict[str, Any] = {
    "POST /api/session/embed-code": {"origin": "https://evil.example"},
    "POST /api/accounts": {"email": "x", "password": "y"},
    "POST /api/session/login": {"email": "x@example.org", "password": "y"},
    "POST /api/session/embedded": {"code": "x" * 30},
    "PATCH /api/conversations/{conversation}": {"title": "x"},
    "POST /api/conversations/{conversation}/runs": {"text": "x", "model": "scripted"},
    "POST /api/runs/{run}/approvals/{approval}": {"approve": True},
    "POST /api/tool-calls": {"name": "get_host_list", "arguments": {}},
    "POST /api/tool-calls/{call}/decision": {"approve": True},
    "PATCH /api/account": {}, "DELETE /api/account": {"confirm": "wrong"},
    "POST /api/account/tokens": {"name": "x"}, "POST /api/account/agents": {"name": "x"},
    "POST /api/hosts": {"address": "127.0.0.1", "endpoint": "icmp"}, "PATCH /api/hosts/{host}": {},
    "PUT /api/hosts/{host}/maintenance": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
    "PATCH /api/admin/accounts/{account}": {},
    "POST /api/admin/accounts/{account}/grants": {"tokens": 1, "note": "x"},
}  # fmt: skip
LEVELS = {"anyone": 0, "somebody": 1, "account": 2, "self": 3, "admin": 4}


def filled(route: str, names: dict[str, Any]) -> tuple[str, str]:
    """Puts ids into a route's path."""
    method, _, path = route.partition(" ")
    defaults = {
        "conversation": ID, "run": ID, "approval": ID, "host": 1, "token": 999, "agent": "none", "account": 1,
        "provider": "none", "slug": "0" * 16, "call": ID, "sha256": "0" * 64,
    }  # fmt: skip
    return method, path.format(**defaults | names)


async def test_every_route_in_the_schema_is_in_the_table(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        schema = await Somebody(url).ok("GET", "/api/openapi.json")
    found = {f"{method.upper()} {path}" for path, item in schema["paths"].items() for method in item}
    assert found == set(ROUTES)


async def test_all_routes_by_all_roles(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        token = (await ann.ok("POST", "/api/account/tokens", {"name": "x"}))["token"]
        people = {
            0: Somebody(url),
            1: await visitor(url),
            2: Somebody(url, headers={"Authorization": f"Bearer {token}"}),
            3: ann,
        }
        checked = 0
        for (route, needed), (level, somebody) in itertools.product(ROUTES.items(), people.items()):
            if route in ("DELETE /api/session", "POST /api/session", "DELETE /api/account/sessions"):
                continue
            answer = await Somebody(url, somebody.cookie, somebody.csrf, somebody.headers).ask(
                *filled(route, {}), BODIES.get(route)
            )
            checked += 1
            where = (route, level, answer.status_code, answer.text[:200])
            assert answer.status_code < 500, where
            if level < LEVELS[needed]:
                assert answer.status_code in (401, 403), where
                assert answer.json()["error"]["code"] in ("not-logged-in", "wrong-token-kind", "not-admin"), (
                    where
                )
            elif answer.status_code in (401, 403):
                assert answer.json()["error"]["code"] in ("wrong-credentials", "origin", "refused"), where
        assert checked == (len(ROUTES) - 3) * 4


async def test_what_is_anothers_does_not_exist(sqlite_url: str) -> None:
    config = config_of(sqlite_url, tools="real")
    async with serving(config, models_of({"scripted": echo(delay_s=20)})) as url:
        ann, eve = await account(url, "ann@example.org"), await account(url, "eve@example.org")
        run = await ann.say("mine")
        host = await ann.ok("POST", "/api/hosts", {"address": "9.9.9.9", "endpoint": "icmp"})
        token = await ann.ok("POST", "/api/account/tokens", {"name": "x"})
        new = {"name": "add_host", "arguments": {"address": "9.9.9.10", "endpoint": "icmp"}}
        call = await ann.ok("POST", "/api/tool-calls", new)
        names = {
            "call": call["id"],
            "conversation": run["conversation"],
            "run": run["id"],
            "host": host["id"],
            "token": token["id"],
        }
        checked = 0
        for somebody, route in itertools.product((eve, await visitor(url)), ROUTES):
            own = [f"{{{name}}}" in route for name in names]
            if not any(own) or "evals" in route or (somebody is not eve and "account" in route):
                continue
            answer = await somebody.ask(*filled(route, names), BODIES.get(route))
            checked += 1
            assert answer.status_code == 404, (route, answer.status_code, answer.text)
        assert checked >= 36
        assert (await ann.ok("GET", f"/api/runs/{run['id']}"))["state"] == "running"
        assert len(await ann.ok("GET", "/api/hosts")) == 1
        await ann.ok("POST", f"/api/runs/{run['id']}/cancel")


async def test_hostile_origins_change_nothing_and_read_nothing(sqlite_url: str) -> None:
    config = config_of(sqlite_url, origins=["https://shop.example"])
    async with serving(config, models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        port = url.rpartition(":")[2]
        hostile = [
            "https://evil.example", "null", "file://", "https://shop.example.evil.example", "http://shop.example",
            "https://shop.example:444", "https://evil.shop.example", f"{url}.evil.example", f"http://localhost:{port}",
            f"https://127.0.0.1:{port}", "http://127.0.0.1", f"http://127.0.0.1:{port}@evil.example", "",
        ]  # fmt: skip
        refused = 0
        for route, origin in itertools.product(ROUTES, hostile):
            method, path = filled(route, {})
            answer = await ann.ask(method, path, BODIES.get(route), {"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers, (route, origin)
            assert "access-control-allow-credentials" not in answer.headers
            if method != "GET":
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin"), (
                    route,
                    origin,
                )
                refused += 1
            elif LEVELS[ROUTES[route]] > 0:
                assert answer.status_code == 401, (route, origin, answer.text)
                refused += 1
        assert refused == len(hostile) * sum(not r.startswith("GET") or ROUTES[r] != "anyone" for r in ROUTES)
        sneaky = await ann.ask("POST", "/api/conversations", None, {"Sec-Fetch-Site": "cross-site"})
        assert sneaky.status_code == 403
        asks_first = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        assert (await ann.ask("OPTIONS", "/api/conversations", None, asks_first)).status_code == 400
        allowed = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        answer = await ann.ask("OPTIONS", "/api/conversations", None, allowed)
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        # Allowed sites get no use of the cookie either.
        assert (
            await ann.ask("GET", "/api/conversations", None, {"Origin": "https://shop.example"})
        ).status_code == 401


async def test_pages_get_the_headers_that_protect_them(sqlite_url: str) -> None:
    config = config_of(sqlite_url, origins=["https://shop.example"])
    async with serving(config, models_of({"scripted": echo()})) as url:
        for path in ("/health", "/nothing", "/api/session"):
            headers = (await Somebody(url).ask("GET", path)).headers
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'self' https://shop.example" in policy
            assert "unsafe-inline" not in policy and "default-src 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
        too_large = await Somebody(url).ask("POST", "/api/session/login", {"email": "x" * 200_000})
        assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, "too-large")


def peer(peers: Peers, client: str, *forwarded: str, proto: str = "") -> tuple[str, bool]:
    """Who is found behind a connection with these headers."""
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    scope = {
        "type": "http",
        "client": (client, 1),
        "scheme": "http",
        "headers": headers,
        "path": "/",
        "server": ("h", 80),
    }
    found = peers.of(HTTPConnection(scope))
    return str(found.address), found.secure


@pytest.mark.parametrize(
    ("client", "forwarded", "expected"),
    [
        ("8.8.8.8", ("1.1.1.1",), "8.8.8.8"), ("8.8.8.8", (), "8.8.8.8"),
        ("10.0.0.1", ("1.1.1.1",), "1.1.1.1"), ("10.0.0.1", ("9.9.9.9, 1.1.1.1",), "1.1.1.1"),
        ("10.0.0.1", ("9.9.9.9", "1.1.1.1"), "1.1.1.1"), ("10.0.0.1", ("1.1.1.1, 10.0.0.2",), "1.1.1.1"),
        ("10.0.0.1", ("127.0.0.1, 1.1.1.1",), "1.1.1.1"), ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("nonsense",), "::"), ("10.0.0.1", ("[2001:db8::1]",), "2001:db8::1"),
        ("::ffff:10.0.0.1", ("1.1.1.1",), "1.1.1.1"), ("::ffff:8.8.8.8", ("1.1.1.1",), "8.8.8.8"),
        ("10.0.0.1", ("::ffff:1.1.1.1",), "1.1.1.1"),
    ],
)  # fmt: skip
def test_forwarded_headers_are_believed_from_proxies_only(
    client: str, forwarded: tuple[str, ...], expected: str
) -> None:
    assert peer(Peers(["10.0.0.0/8"]), client, *forwarded)[0] == expected


def test_https_is_believed_from_proxies_only() -> None:
    peers = Peers(["10.0.0.0/8"])
    assert peer(peers, "10.0.0.1", proto="https")[1]
    assert not peer(peers, "10.0.0.1", proto="https, http")[1]
    assert not peer(peers, "8.8.8.8", proto="https")[1]


def test_a_line_is_one_user_however_many_addresses_it_has() -> None:
    key = b"k" * 32
    one, two, other = (ip_address(f"2001:db8:0:{net}::{n}") for net, n in ((1, 1), (1, "ffff"), (2, 1)))
    assert wallet_name(one, key) == wallet_name(two, key) != wallet_name(other, key)
    assert site(ip_address("192.0.2.7")) == "192.0.2.7"
    assert "192" not in wallet_name(ip_address("192.0.2.7"), key)


async def test_metrics_and_spoofed_addresses(sqlite_url: str) -> None:
    inside = {"X-Forwarded-For": "10.1.1.1", "Forwarded": "for=10.1.1.1", "X-Real-IP": "10.1.1.1"}
    models = models_of({"scripted": echo()})
    async with serving(config_of(sqlite_url, metrics_from=["10.0.0.0/8"]), models) as url:
        assert (await Somebody(url).ask("GET", "/metrics", headers=inside)).status_code == 403
    config = config_of(sqlite_url, metrics_from=["10.0.0.0/8"], trusted_proxies=["127.0.0.1"])
    async with serving(config, models_of({"scripted": echo()})) as url:
        answer = await Somebody(url).ask("GET", "/metrics", headers=inside)
        assert "smallwatch_http_requests_total" in answer.text
        outside = {"X-Forwarded-For": "10.1.1.1, 8.8.8.8"}
        assert (await Somebody(url).ask("GET", "/metrics", headers=outside)).status_code == 403


async def test_visitors_share_the_tokens_of_their_network_and_of_all(sqlite_url: str) -> None:
    models = models_of({"turbollm": echo()})
    config = config_of(sqlite_url, trusted_proxies=["127.0.0.1"], anonymous_daily_tokens=50_000)
    async with serving(config, models) as url:
        quotas: dict[str, int] = {}
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
            somebody = Somebody(url, headers={"X-Forwarded-For": address})
            await somebody.ok("POST", "/api/session")
            if address in ("192.0.2.1", "2001:db8::1"):
                await somebody.events((await somebody.say("hello", "turbollm"))["id"])
            quotas[address] = (await somebody.ok("GET", "/api/quota"))["used"]
        assert quotas["192.0.2.1"] > quotas["2001:db8::2"] > quotas["192.0.2.2"] == 0
        everybody = Somebody(url, headers={"X-Forwarded-For": "192.0.2.9"})
        assert (await everybody.ok("GET", "/api/quota"))["balance"] < 50_000


#: The many ways to write addresses that a public service must not reach.
INSIDE = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "localhost"),
    *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "0.0.0.0", "0", "[::]", "①②⑦.⓪.⓪.①", "127。0。0。1", "169.254.169.254", "100.64.0.1"),
    *("10.0.0.1", "192.168.0.1", "172.16.0.1", "[fe80::1]", "[fd00::1]", "[fec0::1]", "224.0.0.1", "[ff02::1]"),
    *("192.0.0.192", "[fd00:ec2::254]", "255.255.255.255", "240.0.0.1", "[64:ff9b:1::7f00:1]", "localhost."),
]  # fmt: skip


async def test_nothing_inside_is_reached_by_any_tool_or_route(sqlite_url: str) -> None:
    touched: list[Any] = []

    async def canary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(writer.get_extra_info("peername"))

    async with listening(canary) as port, listening(canary, host="::1") as port6:
        tried = await _try_inside(sqlite_url, (port, port6))
    assert touched == []
    assert tried >= 500


async def _try_inside(sqlite_url: str, ports: tuple[int, ...]) -> int:
    """Sends every tool to every address inside; returns how often."""
    tried = 0
    config = config_of(sqlite_url, tools="real")
    async with open_services(config, Parts(models=models_of({"scripted": echo()}))) as services:
        made = await services.accounts.make("ann@example.org", None)
        terms = await services.quotas.terms_of_account(made)
        async with services.network.backend(terms) as backend:
            context = ToolContext(backend, services.clock, default_registry())
            for target, port in itertools.product(INSIDE, ports):
                bare = target.strip("[]")
                calls: list[tuple[str, dict[str, Any]]] = [
                    ("check_http", {"url": f"http://{target}:{port}/"}),
                    ("check_http", {"url": f"https://user@{target}:{port}/"}),
                    ("check_port", {"target": bare, "port": port}),
                    ("check_ssl_certificate", {"host": bare, "port": port}),
                    ("test_quantum_safety", {"target": bare, "port": port}),
                    ("ping_host", {"target": bare, "count": 1}),
                    ("add_host", {"address": bare, "endpoint": "tcp", "port": port}),
                    ("add_host", {"address": f"http://{target}:{port}/", "endpoint": "http"}),
                ]
                results = await asyncio.gather(*(run_tool(name, args, context) for name, args in calls))
                tried += len(calls)
                for (name, args), result in zip(calls, results, strict=True):
                    assert not result.success, (name, args, result.message)
            assert await backend.hosts.find(HostFilter()) == []
    return tried


async def test_hosts_inside_are_refused_by_the_dashboards_routes(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url, tools="real"), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        for target in INSIDE:
            body = {"address": target.strip("[]"), "endpoint": "icmp"}
            answer = await ann.ask("POST", "/api/hosts", body)
            assert answer.status_code in (409, 422), (target, answer.text)
        assert await ann.ok("GET", "/api/hosts") == []


async def test_the_server_outlives_clients_that_break_off(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo(piece_delay_s=0.05)})) as url:
        ann = await visitor(url)
        run = await ann.say("hello")
        for _ in range(20):
            async with ann.client() as client:
                request = client.build_request(
                    "GET", f"/api/runs/{run['id']}/events", headers=ann._headers(None)
                )
                answer = await client.send(request, stream=True)
                await answer.aclose()
        assert (await ann.events(run["id"]))[-1].type == "run-ended"
        host, _, port = url.removeprefix("http://").rpartition(":")
        for words in (b"GET /api/models HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /api/mod", b"\x16\x03\x01\x00"):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(words)
            writer.transport.abort()
        assert (await ann.ask("GET", "/health")).status_code == 200
