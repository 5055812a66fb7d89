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


class TurboLLMSettings(_Section):
    """A hosted model by the OpenAI chat API; its key comes from the environment only."""

    model: str = "gpt-4o-mini"
    base_url: str = ""
    tool_format: str = "native"


class HugLLMSettings(_Section):
    """A hosted model by Hugging Face; its key comes from the environment only."""

    model: str = "meta-llama/Llama-3.1-8B-Instruct"
    host: str = "auto"
    base_url: str = ""
    tool_format: str = "native"


class ReplySettings(_Section):
    """How one reply is made."""

    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    deadline_s: float = Field(default=120, gt=0)


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
    turbollm: TurboLLMSettings = Field(default_factory=TurboLLMSettings)
    hugllm: HugLLMSettings = Field(default_factory=HugLLMSettings)
    reply: ReplySettings = Field(default_factory=ReplySettings)

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
