"""Makes a provider of a model's name."""

from __future__ import annotations

import logging
import os

from pydantic import SecretStr

from models.catalogue import parse
from models.errors import ModelError, WeightsMissing
from models.paths import user_path
from models.progress import OnProgress, ignore
from models.store import ResolvedModel, StoreOptions, resolve
from providers.base import ProviderRejected, ProviderUnavailable
from providers.dialects.base import Dialect
from providers.dialects.registry import choose
from providers.engine.client import Engine, EngineOptions
from providers.info import DescribedProvider, ModelInfo
from providers.testllm import Grammar, TestLLM, prompt_hash
from settings.schema import Config, TestLLMSettings

log = logging.getLogger(__name__)

SCRIPTED, TURBOLLM, HUGLLM = "scripted", "turbollm", "hugllm"


async def open_provider(
    model: str | None, config: Config, on_progress: OnProgress = ignore
) -> DescribedProvider:
    """Makes a provider; a local model's process starts here, so that a bad file is told at once.

    Args:
        model: A model's name, a format, a path, `hf:owner/repo:file`, `turbollm`, `hugllm` or `scripted`; None is
            the configured one.
        config: The settings.
        on_progress: Told of downloads and conversions.

    Raises:
        ProviderRejected: No such model, or its file cannot be used.
        ProviderUnavailable: Its weights are not here and cannot be fetched.
    """
    if model == SCRIPTED:
        from providers.script_file import load_script

        return load_script()
    if model in (TURBOLLM, HUGLLM):
        return _hosted(model, config)
    try:
        ref = parse(model or config.model, config.model)
        resolved = await resolve(ref, store_options(config), on_progress)
    except WeightsMissing as error:
        raise ProviderUnavailable(str(error)) from error
    except ModelError as error:
        raise ProviderRejected(str(error)) from error
    return await _testllm(resolved, config)


def _hosted(model: str, config: Config) -> DescribedProvider:
    # The clients of these take a second to import.
    if model == TURBOLLM:
        from providers.turbollm import TurboLLM

        turbo = config.turbollm
        return TurboLLM(
            api_key=_key("OPENAI_API_KEY"),
            model=turbo.model,
            base_url=turbo.base_url or None,
            tool_format=turbo.tool_format,
        )
    from providers.hugllm import HugLLM

    hug = config.hugllm
    return HugLLM(
        api_key=_key("HF_TOKEN"),
        model=hug.model,
        host=hug.host,
        base_url=hug.base_url or None,
        tool_format=hug.tool_format,
    )


def _key(variable: str) -> SecretStr | None:
    found = os.environ.get(variable)
    return SecretStr(found) if found else None


def store_options(config: Config) -> StoreOptions:
    """Where models are kept, by the settings."""
    return StoreOptions(cache=user_path(config.cache)) if config.cache else StoreOptions()


async def _testllm(resolved: ResolvedModel, config: Config) -> TestLLM:
    info = resolved.info
    dialect = choose(info.architecture, info.chat_template, resolved.dialect)
    engine = Engine(resolved.path, engine_options(config.testllm))
    try:
        ready = await engine.start()
    except BaseException:
        await engine.aclose()
        raise
    if ready.openmp:
        log.warning(
            "llama-cpp-python was built with OpenMP, which decodes 10-20 times slower; "
            "build it again with CMAKE_ARGS=-DGGML_OPENMP=OFF (make install does)"
        )
    grammar = _grammar(dialect)
    described = ModelInfo(
        name=resolved.name,
        format=resolved.format,
        parameters=resolved.parameters,
        file_bytes=resolved.file_bytes,
        weights_sha256=resolved.sha256,
        dialect=dialect.name,
        prompt_hash=prompt_hash(dialect),
        default_constrained=resolved.default_constraint if grammar else "none",
    )
    return TestLLM(engine, dialect, described, grammar)


def _grammar(dialect: Dialect) -> Grammar | None:
    if dialect.name != "netmon":
        return None
    from providers.dialects.netmon_grammar import grammar

    return grammar


def engine_options(settings: TestLLMSettings) -> EngineOptions:
    """The engine's options; threads are capped at the processors that this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(settings.threads, available)
    if threads < settings.threads:
        log.info("testllm.threads is %d; %d used, as many as there are processors", settings.threads, threads)
    return EngineOptions(
        threads=threads,
        slots=settings.slots,
        context=settings.context,
        state_bytes=settings.state_mib * 2**20,
        load_timeout_s=settings.load_timeout_s,
    )
