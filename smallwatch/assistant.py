"""The assistant, put together from the settings: a model, tools, a gate before them, a store of what was said."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.agent import Agent
from agent.approval import ApprovalGate
from agent.audit import AuditFile
from agent.instructions import instructions_for
from agent.limits import TurnLimits
from agent.store import ConversationStore, open_store
from models.progress import OnProgress, ignore
from providers.base import Settings
from providers.info import DescribedProvider, ModelInfo
from providers.registry import open_provider
from settings.schema import AgentSettings, Config
from smallwatch.backend import open_backend
from smallwatch.choices import AssistantOptions
from smallwatch.places import conversation_files
from tools.catalogue import default_registry
from tools.clock import system_clock
from tools.context import ToolContext

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assistant:
    """An agent that is ready, the model behind it, and where its conversations are kept."""

    agent: Agent
    model: ModelInfo
    store: ConversationStore


@asynccontextmanager
async def open_assistant(
    config: Config,
    options: AssistantOptions,
    *,
    on_progress: OnProgress = ignore,
    say: Callable[[str], None] = _log.warning,
) -> AsyncGenerator[Assistant]:
    """Opens model, network and store, and closes them at the end.

    Args:
        config: The settings.
        options: What the user chose.
        on_progress: Told of downloads and conversions of the model.
        say: Told, in a sentence, of each fallback of the checks.

    Raises:
        ProviderError: There is no such model, or it cannot be loaded.
        StoreError: The conversations' file cannot be opened.
        ValueError: A range that may be reached is none.
    """
    store_path, audit_path = conversation_files(config.agent)
    async with (
        open_store(store_path) as store,
        open_backend(config, options.tools, reach=options.reach, say=say) as backend,
    ):
        provider = await open_provider(options.model, config, on_progress)
        try:
            gate = ApprovalGate(AuditFile(audit_path), config.agent.approval_s)
            context = ToolContext(backend, system_clock, default_registry())
            agent = make_agent(config, provider, context, gate, read_only=options.read_only)
            yield Assistant(agent, provider.info, store)
        finally:
            await provider.aclose()


def make_agent(
    config: Config,
    provider: DescribedProvider,
    context: ToolContext,
    gate: ApprovalGate,
    *,
    read_only: bool = False,
) -> Agent:
    """Puts an agent together, by the settings; `read_only` holds whatever they say."""
    return Agent(
        provider=provider,
        context=context,
        gate=gate,
        settings=Settings(
            max_tokens=config.reply.max_tokens,
            temperature=config.reply.temperature,
            deadline_s=config.reply.deadline_s,
            constrained=provider.info.default_constrained,
        ),
        limits=turn_limits(config.agent),
        system=instructions_for(provider.info.dialect),
        read_only=read_only or config.agent.read_only,
    )


def turn_limits(settings: AgentSettings) -> TurnLimits:
    """The limits of a turn, by the settings."""
    return TurnLimits(
        steps=settings.steps,
        tokens=settings.tokens,
        seconds=settings.seconds,
        calls=settings.calls,
        identical=settings.identical,
        reasks=settings.reasks,
        history_tokens=settings.history_tokens,
    )
