"""Makes a provider of a model's name."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from pydantic import SecretStr

from models.catalogue import parse
from models.errors import ModelError, WeightsMissing
from models.family import OWN_DIALECT
from models.paths import user_path
from models.progress import OnProgress, ignore
from models.store import ResolvedModel, StoreOptions, resolve
from providers.base import Constraint, ProviderRejected, ProviderUnavailable
from providers.dialects.base import Dialect, ReplyGrammar
from providers.dialects.registry import choose
from providers.engine.client import Engine, EngineOptions
from providers.info import DescribedProvider, ModelInfo
from providers.names import HUGLLM, SCRIPTED, TURBOLLM
from providers.rate import RateLimits
from providers.testllm import TestLLM, prompt_hash
from settings.schema import Config, HostedSettings, TestLLMSettings

log = logging.getLogger(__name__)


async def open_provider(
    model: str | None, config: Config, on_progress: OnProgress = ignore
) -> DescribedProvider:
    """Makes a provider; a local model's process starts here, so that a bad file is told at once.

    Args:
        model: A model's name, a format, a path, `hf:owner/repo:file`; `scripted`, which plays the demonstration,
            or `scripted:PATH`; `turbollm` or `hugllm` as configured, with `:MODEL` behind it for another model
            and `@FORMAT` for another tool format (`turbollm:gpt-4o@hermes`). None is the configured one.
        config: The settings.
        on_progress: Told of downloads and conversions.

    Raises:
        ProviderRejected: No such model, or its file cannot be used.
        ProviderUnavailable: Its weights are not here and cannot be fetched.
    """
    kind, _, rest = (model or config.model).partition(":")
    if kind == SCRIPTED:
        return await asyncio.to_thread(_scripted, rest)
    service, at, tool_format = kind.partition("@")
    if service in (TURBOLLM, HUGLLM):
        return _hosted(service, f"{rest}{at}{tool_format}", config)
    try:
        ref = parse(model or config.model, config.model)
        resolved = await resolve(ref, store_options(config), on_progress)
    except WeightsMissing as error:
        raise ProviderUnavailable(str(error)) from error
    except ModelError as error:
        raise ProviderRejected(str(error)) from error
    return await _testllm(resolved, config)


def _scripted(path: str) -> DescribedProvider:
    """Plays the script of a file; without a path the demonstration that ships."""
    from providers.script_file import DEMO, ScriptError, load_script

    try:
        return load_script(user_path(path) if path else DEMO)
    except ScriptError as error:
        raise ProviderRejected(str(error)) from error


def _hosted(kind: str, spec: str, config: Config) -> DescribedProvider:
    """Makes a hosted provider; `spec` may name another model and tool format than the settings: MODEL@FORMAT."""
    model, _, tool_format = spec.rpartition("@") if "@" in spec else (spec, "", "")
    # The clients of these take a second to import.
    if kind == TURBOLLM:
        from providers.turbollm import TurboLLM

        turbo = config.turbollm
        return TurboLLM(
            api_key=_key("OPENAI_API_KEY"),
            model=model or turbo.model,
            base_url=turbo.base_url or None,
            tool_format=tool_format or turbo.tool_format,
            limits=_limits(turbo),
        )
    from providers.hugllm import HugLLM

    hug = config.hugllm
    return HugLLM(
        api_key=_key("HF_TOKEN"),
        model=model or hug.model,
        host=hug.host,
        base_url=hug.base_url or None,
        tool_format=tool_format or hug.tool_format,
        limits=_limits(hug),
    )


def _limits(settings: HostedSettings) -> RateLimits:
    return RateLimits(settings.requests_per_min, settings.tokens_per_min, settings.concurrency)


def _key(variable: str) -> SecretStr | None:
    found = os.environ.get(variable)
    return SecretStr(found) if found else None


def store_options(config: Config) -> StoreOptions:
    """Where models are kept, by the settings."""
    return StoreOptions(cache=user_path(config.cache)) if config.cache else StoreOptions()


async def _testllm(resolved: ResolvedModel, config: Config) -> TestLLM:
    info = resolved.info
    dialect = choose(info.architecture, info.chat_template, resolved.dialect)
    options = engine_options(config.testllm, store_options(config).cache / "states")
    engine = Engine(resolved.path, options, resolved.sha256)
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
    grammar, held = _grammar(dialect)
    described = ModelInfo(
        name=resolved.name,
        format=resolved.format,
        parameters=resolved.parameters,
        file_bytes=resolved.file_bytes,
        weights_sha256=resolved.sha256,
        dialect=dialect.name,
        prompt_hash=prompt_hash(dialect),
        default_constrained=resolved.default_constraint if resolved.default_constraint in held else "none",
        constraints=held,
        random=info.random is not None,
        data_sha256=info.data_sha256,
    )
    return TestLLM(engine, dialect, described, grammar)


def _grammar(dialect: Dialect) -> tuple[ReplyGrammar | None, tuple[Constraint, ...]]:
    """What writes the grammars of a dialect's replies, and the ways in which those can be held."""
    if dialect.name == OWN_DIALECT:
        from providers.dialects.netmon_grammar import grammar

        return grammar, ("none", "schema", "copy")
    from providers.dialects.json_grammar import grammar_of

    found = grammar_of(dialect.name)
    return found, ("none", "schema") if found else ("none",)


def engine_options(settings: TestLLMSettings, states: Path | None = None) -> EngineOptions:
    """The engine's options; threads are capped at the processors that this process may use.

    Args:
        settings: The user's choice.
        states: Folder of states on the disk; None keeps none there.
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(settings.threads, available)
    if threads < settings.threads:
        log.info("testllm.threads is %d; %d used, as many as there are processors", settings.threads, threads)
    return EngineOptions(
        threads=threads,
        slots=settings.slots,
        context=settings.context,
        state_bytes=settings.state_mib * 2**20,
        state_dir=states if settings.state_disk_mib else None,
        state_disk_bytes=settings.state_disk_mib * 2**20,
        load_timeout_s=settings.load_timeout_s,
        queue=settings.queue,
        queue_wait_s=settings.queue_wait_s,
        stall_s=settings.stall_s,
        memory_bytes=settings.memory_mib * 2**20 or None,
        deterministic=settings.deterministic,
        speculate=settings.speculate,
    )
