"""Settings: file, environment, and clear words where they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.load import SHIPPED, ConfigError, load_config
from settings.schema import Config


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_shipped_file_holds_every_setting_at_its_default() -> None:
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert Config.model_validate(data) == Config()
    assert keys(Config().model_dump()) == keys(data)


def keys(found: dict[str, Any], before: str = "") -> set[str]:
    """All keys of nested settings, with dots."""
    nested = [keys(value, f"{before}{key}.") for key, value in found.items() if isinstance(value, dict)]
    return {before + key for key in found}.union(*nested)


def test_a_file_in_the_working_directory_counts(elsewhere: Path) -> None:
    (elsewhere / "config.yaml").write_text("testllm:\n  slots: 3\n", encoding="utf-8")
    config = load_config()
    assert (config.testllm.slots, config.testllm.threads) == (3, 6)


def test_the_environment_goes_before_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "config.yaml").write_text("testllm:\n  slots: 3\n  threads: 2\n", encoding="utf-8")
    monkeypatch.setenv("SMALLWATCH_TESTLLM__SLOTS", "5")
    assert (load_config().testllm.slots, load_config().testllm.threads) == (5, 2)


def test_an_unknown_key_is_named_with_the_nearest(elsewhere: Path) -> None:
    (elsewhere / "config.yaml").write_text("testllm:\n  thread: 3\nmodl: x\n", encoding="utf-8")
    with pytest.raises(
        ConfigError,
        match=r"unknown key testllm\.thread; did you mean testllm\.threads\?(.|\n)*modl.*did you mean model",
    ):
        load_config()


def test_an_unknown_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLWATCH_TESTLLM__THREAD", "3")
    with pytest.raises(
        ConfigError, match="SMALLWATCH_TESTLLM__THREAD; did you mean SMALLWATCH_TESTLLM__THREADS"
    ):
        load_config()


def test_a_wrong_value_says_where_it_was_set(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "config.yaml").write_text("testllm:\n  slots: 0\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"config\.yaml: testllm\.slots: .*greater than or equal to 1, got 0"
    ):
        load_config()
    monkeypatch.setenv("SMALLWATCH_TESTLLM__SLOTS", "many")
    with pytest.raises(
        ConfigError, match=r"SMALLWATCH_TESTLLM__SLOTS: testllm\.slots: .*integer, got 'many'"
    ):
        load_config()


def test_a_file_that_is_not_yaml_is_said_to_be_none(elsewhere: Path) -> None:
    (elsewhere / "config.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_config()


def test_a_named_file_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLWATCH_CONFIG", "nowhere.yaml")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml, which is not a file"):
        load_config()
