"""The settings, their types and bounds. `config.yaml` has the same keys, with a comment each."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)


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
    load_timeout_s: float = Field(default=120, gt=0)


class ReplySettings(_Section):
    """How one reply is made."""

    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    deadline_s: float = Field(default=120, gt=0)


class AgentSettings(_Section):
    """How one turn is bounded, and what the tools run on."""

    max_steps: int = Field(default=8, ge=1, le=100)
    max_seconds: float = Field(default=300, gt=0)
    world: str = ""


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
    reply: ReplySettings = Field(default_factory=ReplySettings)
    agent: AgentSettings = Field(default_factory=AgentSettings)

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
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)
