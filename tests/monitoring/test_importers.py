"""Hosts of other monitors, from files of their real forms; our own list there and back."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from monitoring.importers.durations import parse_duration
from monitoring.importers.files import read_hosts_file
from monitoring.importers.found import Imported, UnusableFile
from monitoring.importers.gatus import read_gatus
from monitoring.importers.kuma import read_kuma
from monitoring.importers.own import read_own
from monitoring.importers.prometheus import read_prometheus
from smallwatch.hosts import hosts

#: As version 1.23 writes it, but for keys that say nothing here.
_KUMA: dict[str, Any] = {
    "version": "1.23.16",
    "notificationList": [{"id": 1, "name": "mail", "config": "{}"}],
    "proxyList": [],
    "monitorList": [
        {"id": 1, "name": "Shops", "type": "group", "url": "https://", "active": True},
        {
            "id": 2, "name": "Shop", "type": "http", "url": "https://shop.example.org/cart", "method": "GET",
            "interval": 60, "retryInterval": 30, "resendInterval": 10, "timeout": 48, "maxretries": 3,
            "active": True, "parent": 1, "expiryNotification": True, "ignoreTls": True, "upsideDown": False,
            "accepted_statuscodes": ["200-299", "401"], "notificationIDList": {"1": True},
            "tags": [{"name": "prod", "value": "eu"}], "authMethod": "basic",
            "basic_auth_user": "u", "basic_auth_pass": "p@ss", "headers": "{}",
        },
        {
            "id": 3, "name": "Words", "type": "keyword", "url": "http://web.example.org/", "keyword": "Welcome",
            "invertKeyword": True, "interval": 20, "active": False, "accepted_statuscodes": ["200-299"],
        },
        {"id": 4, "name": "DB", "type": "port", "hostname": "db-03", "port": 5432, "interval": 1, "maxretries": 99},
        {
            "id": 5, "name": "MX", "type": "dns", "hostname": "example.org", "dns_resolve_type": "MX",
            "dns_resolve_server": "1.1.1.1,9.9.9.9", "port": 53, "interval": 300,
        },
        {"id": 6, "name": "A", "type": "dns", "hostname": "example.org", "dns_resolve_type": "A", "interval": 300},
        {"id": 7, "name": "Gate", "type": "ping", "hostname": "10.0.0.1", "interval": 60, "upsideDown": True},
        {"id": 8, "name": "Gate too", "type": "ping", "hostname": "10.0.0.1", "interval": 60, "upsideDown": True},
        {"id": 9, "name": "Cron", "type": "push", "pushToken": "x"},
        {"id": 10, "name": "Box", "type": "docker", "docker_container": "x"},
        {"id": 11, "name": "Odd", "type": "ping", "hostname": "a b"},
        {"id": 12, "name": "Order", "type": "http", "url": "https://shop.example.org/order", "method": "DELETE"},
    ],
}  # fmt: skip
_GATUS = """
alerting: {slack: {webhook-url: "https://hooks.example/x", default-alert: {failure-threshold: 5}}}
endpoints:
  - name: site
    group: core
    url: "https://${DOMAIN}/health"
    interval: 5m
    client: {timeout: 3s, insecure: true}
    conditions:
      - "[STATUS] == any(200, 429)"
      - "[BODY] == pat(*<h1>Fine</h1>*)"
      - "[BODY].status == UP"
      - "[RESPONSE_TIME] < 300"
      - "[CERTIFICATE_EXPIRATION] > 48h"
    alerts: [{type: slack, success-threshold: 3, minimum-reminder-interval: 1h}]
  - {name: below, url: "http://b.example.org", conditions: ["[STATUS] < 300"]}
  - name: dns
    url: "8.8.8.8"
    dns: {query-name: "example.com.", query-type: "MX"}
    conditions: ["[DNS_RCODE] == NOERROR"]
  - {name: ping, url: "icmp://example.org", enabled: false, conditions: ["[CONNECTED] == true"]}
  - {name: port, url: "tcp://db.example.org:5432"}
  - {name: mail, url: "starttls://mail.example.org:587"}
  - {name: udp, url: "udp://example.org:80"}
  - {name: secret, url: "https://$UNSET/"}
external-endpoints: [{name: reports, token: x}]
"""
_PROMETHEUS = """
global: {scrape_interval: 15s}
scrape_configs:
  - job_name: web
    metrics_path: /probe
    params: {module: [http_2xx]}
    scrape_interval: 1m30s
    static_configs: [{targets: ["https://a.example.org", "b.example.org:8080"], labels: {team: shop}}]
    file_sd_configs: [{files: ["more_*.json", "absent.yml"]}]
    relabel_configs: [{source_labels: [__address__], target_label: __param_target}]
  - {job_name: pings, metrics_path: /probe, params: {module: [icmp]}, static_configs: [{targets: ["10.0.0.1"]}]}
  - {job_name: own, metrics_path: /probe, params: {module: [strict]}, static_configs: [{targets: ["https://c.example.org"]}]}
  - {job_name: names, metrics_path: /probe, params: {module: [dns_mx]}, static_configs: [{targets: ["9.9.9.9:53"]}]}
  - {job_name: node, static_configs: [{targets: ["localhost:9100"]}]}
  - {job_name: pods, metrics_path: /probe, params: {module: [tcp_connect]}, kubernetes_sd_configs: [{role: pod}]}
"""
_MODULES = """
modules:
  strict:
    prober: http
    timeout: 7s
    http:
      method: HEAD
      valid_status_codes: [204]
      tls_config: {insecure_skip_verify: true}
      fail_if_body_not_matches_regexp: ["all well"]
  dns_mx: {prober: dns, dns: {query_name: example.org, query_type: MX}}
"""


def _by_name(imported: Imported) -> dict[str, Any]:
    return {found.name: found for found in imported.found}


def test_an_uptime_kuma_backup() -> None:
    imported = read_kuma(_KUMA)
    found = _by_name(imported)
    assert list(found) == ["Shop", "Words", "DB", "MX", "A", "Gate"]
    shop = found["Shop"]
    assert shop.host.address == "https://u:p%40ss@shop.example.org/cart" and shop.host.endpoint == "https"
    assert (shop.host.interval_s, shop.host.timeout_ms, shop.host.retries) == (60, 48_000, 3)
    assert shop.options.stored() == {
        "name": "Shop", "tags": ["Shops", "prod: eu"], "statuses": "200-299,401", "verify_tls": False,
        "retry_interval_s": 30, "certificate_days": [7, 14, 21], "remind_s": 600,
    }  # fmt: skip
    assert "its headers are not sent" in shop.notes
    assert (found["Words"].options.keyword, found["Words"].options.keyword_absent) == ("Welcome", True)
    assert not found["Words"].enabled
    assert (found["DB"].host.port, found["DB"].host.interval_s, found["DB"].host.retries) == (5432, 5, 10)
    assert "its interval of 1 s became 5" in found["DB"].notes
    assert (found["MX"].options.record_type, found["MX"].options.resolver) == ("MX", "1.1.1.1")
    assert found["Gate"].options.upside_down
    skipped = {item.name: item.reason for item in imported.skipped}
    assert set(skipped) == {"Gate too", "Cron", "Box", "Odd", "Order"}
    assert "already checks the same" in skipped["Gate too"] and "DELETE" in skipped["Order"]
    assert any("1 notifications were left out" in note for note in imported.notes)


def test_monitors_by_id_are_read_too() -> None:
    by_id = {str(item["id"]): item for item in _KUMA["monitorList"]}
    assert read_kuma({"monitorList": by_id}).found == read_kuma(_KUMA).found


def test_a_gatus_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(_GATUS)
    imported = read_hosts_file(path, environment={"DOMAIN": "shop.example.org"})
    found = _by_name(imported)
    site = found["site"]
    assert (site.host.address, site.host.interval_s, site.host.timeout_ms) == (
        "https://shop.example.org/health", 300, 3000,
    )  # fmt: skip
    assert site.host.retries == 4, "the default alert's failure-threshold is 5"
    assert site.options.stored() == {
        "name": "site", "tags": ["core"], "statuses": "200,429", "keyword": "<h1>Fine</h1>", "slow_ms": 300.0,
        "certificate_days": [2], "verify_tls": False, "recovery": 3, "remind_s": 3600,
    }  # fmt: skip
    assert "the condition '[BODY].status == UP' is not checked" in site.notes
    assert found["below"].options.statuses == "100-299"
    assert (found["dns"].host.address, found["dns"].options.record_type) == ("example.com", "MX")
    assert found["dns"].options.resolver == "8.8.8.8" and not found["ping"].enabled
    assert (found["port"].host.endpoint, found["port"].host.port) == ("tcp", 5432)
    assert (found["mail"].host.endpoint, found["mail"].host.port) == ("smtp", 587)
    assert {item.name for item in imported.skipped} == {"udp", "secret", "reports"}


def test_prometheus_targets_with_and_without_modules(tmp_path: Path) -> None:
    path, modules = tmp_path / "prometheus.yml", tmp_path / "blackbox.yml"
    path.write_text(_PROMETHEUS)
    modules.write_text(_MODULES)
    (tmp_path / "more_1.json").write_text(
        '[{"targets": ["https://d.example.org"], "labels": {"env": "test"}}]'
    )
    imported = read_hosts_file(path, modules=modules)
    found = {item.host.address: item for item in imported.found}
    assert list(found) == [
        "https://a.example.org", "http://b.example.org:8080", "https://d.example.org", "10.0.0.1",
        "https://c.example.org", "example.org",
    ]  # fmt: skip
    first = found["https://a.example.org"]
    assert (first.host.interval_s, first.options.statuses) == (90, "200-299")
    assert first.options.tags == ("web", "team=shop")
    strict = found["https://c.example.org"]
    assert (strict.host.timeout_ms, strict.options.method, strict.options.statuses) == (7000, "HEAD", "204")
    assert (strict.options.keyword, strict.options.verify_tls) == ("all well", False)
    assert (found["example.org"].options.resolver, found["example.org"].options.record_type) == (
        "9.9.9.9",
        "MX",
    )
    skipped = {item.name: item.reason for item in imported.skipped}
    assert set(skipped) == {"node", "pods", "web: absent.yml"}
    without = read_hosts_file(path)
    assert any("--modules" in item.reason for item in without.skipped if item.name.startswith("names"))


def test_a_list_of_targets_alone(tmp_path: Path) -> None:
    path = tmp_path / "targets.yml"
    path.write_text(
        yaml.safe_dump([{"targets": ["https://a.example.org"], "labels": {"__param_module": "icmp"}}])
    )
    assert read_hosts_file(path).found[0].host.endpoint == "icmp"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90), ("500ms", 0.5), ("1d", 86400), ("1.5h", 5400), ("60", None), ("", None), ("5x", None)],
)
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


_keys = st.sampled_from(
    [*_KUMA["monitorList"][1], "conditions", "dns", "alerts", "client", "targets", "labels"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*_KUMA["monitorList"][1], "endpoints", "targets"]) | st.text(), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(st.lists(_json, max_size=4))
def test_any_content_is_sorted_into_found_and_skipped(items: list[Any]) -> None:
    kinds = ["http", "ping", "dns", "port", "smtp", "keyword"]
    monitors = [
        {"type": kind, **item} for kind, item in zip(kinds, items, strict=False) if isinstance(item, dict)
    ]
    probes = {"scrape_configs": [{"metrics_path": "/probe", "static_configs": items}]}
    for read in (
        read_kuma({"monitorList": monitors or items}),
        read_gatus({"endpoints": items, "alerting": items[0] if items else None}),
        read_prometheus(probes, Path()),
        read_own({"smallwatch_hosts": items}),
    ):
        assert read.source and all(each.reason for each in read.skipped)


@pytest.mark.parametrize("text", ["", "{", "a: [", "[1, 2]", "{}", "- x", "\0", "[" * 5000])
def test_what_is_no_list_of_hosts_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UnusableFile, match=r"is neither|is no|can"):
        read_hosts_file(path)


def test_the_command_imports_once_and_exports_what_can_be_imported(tmp_path: Path) -> None:
    backup = tmp_path / "backup.json"
    backup.write_text(json.dumps(_KUMA))
    run = CliRunner()
    database = ["--database", f"sqlite:///{tmp_path / 'hosts.sqlite3'}"]

    def call(*arguments: str) -> Any:
        done = run.invoke(hosts, [*arguments, *database])
        assert done.exit_code == 0, done.output
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(done.stdout)
        return done.stdout

    dry = call("import", str(backup), "--dry-run", "--json")
    assert dry["dry_run"] and len(dry["added"]) == 5 and call("list", "--json") == []
    refused = {item["name"]: item["reason"] for item in dry["skipped"]}
    assert "private address" in refused["Gate"], "an import is judged like any other way in"
    first = call("import", str(backup), "--allow", "10.0.0.0/8", "--json")
    assert len(first["added"]) == 6 and "p%40ss" not in json.dumps(first)
    again = call("import", str(backup), "--allow", "10.0.0.0/8", "--json")
    assert (len(again["added"]), len(again["already_there"])) == (0, 6)
    assert [row["status"] for row in call("list", "--json")] == ["pending", "paused", *["pending"] * 4]

    table = list(csv.DictReader(io.StringIO(call("export", "--format", "csv"))))
    assert len(table) == 6 and table[0]["address"] == "https://u:***@shop.example.org/cart"
    other = ["--database", f"sqlite:///{tmp_path / 'other.sqlite3'}"]
    for form in ("json", "yaml"):
        out = tmp_path / f"hosts.{form}"
        call("export", "--format", form, "--secrets", "-o", str(out))
        assert out.stat().st_mode & 0o77 == 0
        taken = run.invoke(hosts, ["import", str(out), "--allow", "10.0.0.0/8", "--json", *other])
        report = json.loads(taken.stdout)
        assert len(report["added"]) + len(report["already_there"]) == 6 and report["skipped"] == []
    copied = run.invoke(hosts, ["export", *other]).stdout
    assert copied == run.invoke(hosts, ["export", *database]).stdout


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    row = {"address": "shop.example.org", "endpoint": "icmp", "email": "=cmd@example.org"}
    path.write_text(yaml.safe_dump({"smallwatch_hosts": [row]}))
    run = CliRunner()
    database = ["--database", f"sqlite:///{tmp_path / 'hosts.sqlite3'}"]
    assert run.invoke(hosts, ["import", str(path), *database]).exit_code == 0
    assert ",'=cmd@example.org," in run.invoke(hosts, ["export", "--format", "csv", *database]).stdout
