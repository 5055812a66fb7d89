"""The settings, their types and bounds. `config.yaml` has the same keys, with a comment each."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from settings.reading import parse_yaml
from settings.terminal import DEFAULT_KEYS
from settings.web import WebSettings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TestLLMSettings(_Section):
    """How local models are run."""

    # pytest would take the name for a test.
    __test__ = False

    threads: int = Field(default=6, ge=1, le=1024)
    slots: int = Field(default=16, ge=1, le=256)
    context: int = Field(default=8192, ge=256)
    state_mib: int = Field(default=256, ge=0)
    state_disk_mib: int = Field(default=2048, ge=0)
    load_timeout_s: float = Field(default=120, gt=0)
    queue: int = Field(default=256, ge=1)
    queue_wait_s: float = Field(default=300, gt=0)
    stall_s: float = Field(default=120, gt=0)
    memory_mib: int = Field(default=0, ge=0)
    deterministic: bool = False
    speculate: bool = True


class ServeSettings(_Section):
    """`smallwatch engine serve`."""

    memory_mib: int = Field(default=0, ge=0)
    idle_s: float = Field(default=900, gt=0)


class HostedSettings(_Section):
    """What hosted models have in common; 0 is no limit."""

    base_url: str = ""
    tool_format: str = "native"
    requests_per_min: float = Field(default=0, ge=0)
    tokens_per_min: float = Field(default=0, ge=0)
    concurrency: int = Field(default=0, ge=0)


class TurboLLMSettings(HostedSettings):
    """A hosted model by the OpenAI chat API; its key comes from the environment only."""

    model: str = "gpt-4o-mini"


class HugLLMSettings(HostedSettings):
    """A hosted model by Hugging Face; its key comes from the environment only."""

    model: str = "meta-llama/Llama-3.1-8B-Instruct"
    host: str = "auto"


class ReplySettings(_Section):
    """How one reply is made."""

    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    deadline_s: float = Field(default=120, gt=0)


class EvalsSettings(_Section):
    """How evals keep what models replied."""

    cache_mib: int = Field(default=512, ge=1)


class AgentSettings(_Section):
    """How much the agent may do about one message, what it asks people for, and what it keeps."""

    steps: int = Field(default=8, ge=1)
    tokens: int = Field(default=4096, ge=1)
    seconds: float = Field(default=300, gt=0)
    calls: int = Field(default=10, ge=1)
    identical: int = Field(default=3, ge=1)
    reasks: int = Field(default=2, ge=0)
    history_tokens: int = Field(default=6000, ge=64)
    approval_s: float = Field(default=120, gt=0)
    read_only: bool = False
    reach: tuple[str, ...] = ()
    store: str = ""
    audit: str = ""


class TerminalKeys(_Section):
    """The key of each action of `smallwatch chat`; several are separated by commas."""

    help: str = DEFAULT_KEYS["help"]
    chat: str = DEFAULT_KEYS["chat"]
    hosts: str = DEFAULT_KEYS["hosts"]
    evals: str = DEFAULT_KEYS["evals"]
    history: str = DEFAULT_KEYS["history"]
    next_model: str = DEFAULT_KEYS["next_model"]
    models: str = DEFAULT_KEYS["models"]
    theme: str = DEFAULT_KEYS["theme"]
    quit: str = DEFAULT_KEYS["quit"]
    send: str = DEFAULT_KEYS["send"]
    newline: str = DEFAULT_KEYS["newline"]
    stop: str = DEFAULT_KEYS["stop"]
    new: str = DEFAULT_KEYS["new"]
    retry: str = DEFAULT_KEYS["retry"]
    edit_last: str = DEFAULT_KEYS["edit_last"]
    copy_answer: str = DEFAULT_KEYS["copy_answer"]
    copy_call: str = DEFAULT_KEYS["copy_call"]
    copy_conversation: str = DEFAULT_KEYS["copy_conversation"]
    fold: str = DEFAULT_KEYS["fold"]
    approval: str = DEFAULT_KEYS["approval"]
    page_up: str = DEFAULT_KEYS["page_up"]
    page_down: str = DEFAULT_KEYS["page_down"]
    first: str = DEFAULT_KEYS["first"]
    last: str = DEFAULT_KEYS["last"]
    open: str = DEFAULT_KEYS["open"]
    back: str = DEFAULT_KEYS["back"]
    reload: str = DEFAULT_KEYS["reload"]
    host_add: str = DEFAULT_KEYS["host_add"]
    host_pause: str = DEFAULT_KEYS["host_pause"]
    host_maintenance: str = DEFAULT_KEYS["host_maintenance"]
    host_delete: str = DEFAULT_KEYS["host_delete"]
    host_period: str = DEFAULT_KEYS["host_period"]
    model_fetch: str = DEFAULT_KEYS["model_fetch"]
    case_filter: str = DEFAULT_KEYS["case_filter"]
    conversation_delete: str = DEFAULT_KEYS["conversation_delete"]
    conversation_rename: str = DEFAULT_KEYS["conversation_rename"]


class TerminalSettings(_Section):
    """How `smallwatch chat` looks and obeys."""

    theme: Literal["dark", "light"] = "dark"
    keys: TerminalKeys = Field(default_factory=TerminalKeys)


class MonitoringSettings(_Section):
    """How hosts are watched."""

    database: str = ""
    interval_s: int = Field(default=60, ge=5, le=86400)
    timeout_ms: int = Field(default=10_000, ge=1, le=120_000)
    retries: int = Field(default=2, ge=0, le=10)
    retry_interval_s: int = Field(default=20, ge=1, le=86400)
    recovery: int = Field(default=2, ge=1, le=10)
    pings: int = Field(default=3, ge=1, le=20)
    slow_ms: float = Field(default=0, ge=0)
    slow_checks: int = Field(default=3, ge=1, le=100)
    certificate_days: tuple[int, ...] = (21, 14, 7)
    remind_s: int = Field(default=0, ge=0)
    flap_turns: int = Field(default=6, ge=0)
    flap_s: int = Field(default=3600, ge=1)
    checks_at_once: int = Field(default=256, ge=1)
    keep_in_memory: int = Field(default=100_000, ge=1000)
    keep_results_days: int = Field(default=7, ge=2)
    keep_hours_days: int = Field(default=100, ge=92)
    keep_days_days: int = Field(default=1100, ge=92)
    notify: tuple[str, ...] = ()
    mail_url: str = ""
    metrics: str = ""


class _YamlFile(YamlConfigSettingsSource):
    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return cast("dict[str, Any]", parse_yaml(file_path.read_text(encoding="utf-8")) or {})


class Config(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="SMALLWATCH_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    model: str = "netmon-7m"
    cache: str = ""
    testllm: TestLLMSettings = Field(default_factory=TestLLMSettings)
    serve: ServeSettings = Field(default_factory=ServeSettings)
    turbollm: TurboLLMSettings = Field(default_factory=TurboLLMSettings)
    hugllm: HugLLMSettings = Field(default_factory=HugLLMSettings)
    reply: ReplySettings = Field(default_factory=ReplySettings)
    evals: EvalsSettings = Field(default_factory=EvalsSettings)
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings)
    agent: AgentSettings = Field(default_factory=AgentSettings)
    tui: TerminalSettings = Field(default_factory=TerminalSettings)
    web: WebSettings = Field(default_factory=WebSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file before defaults."""
        return init_settings, env_settings, _YamlFile(settings_cls)
