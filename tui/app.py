"""The application: screens, the model, the network and the store behind them."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerCancelled, WorkerFailed

from tui.chat.composer import Composer
from tui.chat.screen import ChatScreen
from tui.commands import commands, key_groups
from tui.keys import KeyMapError, binding, keymap
from tui.models.slot import ModelSlot, next_model
from tui.page import PlaceTab
from tui.places import evals, history, hosts
from tui.safe import line
from tui.themes import THEMES

if TYPE_CHECKING:
    from agent.store import ConversationStore
    from models.progress import OnProgress
    from providers.info import DescribedProvider
    from tools.records import Account
    from tui.chat.session import Session
    from tui.services import Network, Services


class SettingsProblem(Exception):
    """A setting is wrong; the message says which."""


class SmallwatchApp(App[None]):
    """`smallwatch chat`.

    Attributes:
        slot: The model that answers.
        session: The conversation; None until the file of conversations is open.
        account: Whose quota is shown; None where there is none.
        chat: The conversation's screen.
        problem: Why it ended by itself; empty where it did not.
    """

    TITLE = "smallwatch"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, Any]] = {
        "hosts": hosts,
        "evals": evals,
        "history": history,
    }
    DEFAULT_MODE = "chat"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("help", "Keys", action="toggle_keys", show=True, priority=True),
        binding("chat", "Chat", action="place('chat')", priority=True),
        binding("hosts", "Hosts", action="place('hosts')", priority=True),
        binding("evals", "Evals", action="place('evals')", priority=True),
        binding("history", "History", action="place('history')", priority=True),
        binding("next_model", "Next model", priority=True),
        binding("models", "Models", show=True, priority=True),
        binding("theme", "Dark or light", action="theme", priority=True),
        binding("quit", "Quit", action="quit", priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]

    def __init__(self, read: Callable[[], Services], theme: str = "dark") -> None:
        """Nothing is read or opened before the first screen is there.

        Args:
            read: Says where things come from; called in a thread. It raises a `ValueError` where a setting is
                wrong, or a `StoreError`.
            theme: How the first screen looks, until the settings are read.
        """
        super().__init__()
        self._read = read
        self._services: Services | None = None
        self.slot = ModelSlot(self._open_model, self._model_changed)
        self.session: Session | None = None
        self.store: ConversationStore | None = None
        self.account: Account | None = None
        self.problem = ""
        self._network: asyncio.Future[Network] | None = None
        self._quitting = asyncio.Event()
        self._behind: asyncio.Task[None] | None = None
        self.chat = ChatScreen()
        self.add_mode("chat", lambda: self.chat)  # pyright: ignore[reportUnknownMemberType]
        for each in THEMES.values():
            self.register_theme(each)
        self.theme = theme

    def on_mount(self) -> None:
        """Opens everything behind the first screen, which can be typed into meanwhile."""
        self._network = asyncio.get_running_loop().create_future()
        self._behind = asyncio.create_task(self._work_behind())
        self._behind.add_done_callback(self._ended_behind)

    def _ended_behind(self, task: asyncio.Task[None]) -> None:
        """Ends the application with an error of ours, instead of waiting for ever."""

        def fail(error: BaseException) -> None:
            raise error

        if not task.cancelled() and (error := task.exception()) is not None:
            self.call_later(fail, error)

    async def _work_behind(self) -> None:
        """Opens store, model and network, and keeps them until the application ends.

        One task opens and closes them, as cancel scopes ask for.
        """
        from agent.conversation import StoreError

        try:
            await self._take_settings()
            async with AsyncExitStack() as stack:
                await self._open_store(stack)
                stack.push_async_callback(self.slot.aclose)
                self.slot.choose(self.services.model)
                await self._open_network(stack)
                await self.refresh_account()
                await self._quitting.wait()
        except (StoreError, KeyMapError, SettingsProblem) as error:
            self.problem = str(error)
            self.exit(return_code=1)

    async def _take_settings(self) -> None:
        """Reads the settings, and looks and obeys as they say from now on."""
        await self.chat.mounted.wait()
        try:
            services = await asyncio.to_thread(self._read)
        except ValueError as error:
            raise SettingsProblem(str(error)) from error
        chosen = keymap(services.config.tui.keys.model_dump())
        self._services = services
        self.theme = services.config.tui.theme
        self.set_keymap(chosen)
        self.chat.query_one(Composer).use_keys(chosen)

    async def _open_model(self, name: str, on_progress: OnProgress) -> DescribedProvider:
        return await self.services.open_model(name, on_progress)

    @property
    def services(self) -> Services:
        """Where things come from.

        Raises:
            LookupError: The settings are not read yet.
        """
        if self._services is None:
            raise LookupError("the settings are not read yet")
        return self._services

    async def _open_store(self, stack: AsyncExitStack) -> None:
        await asyncio.to_thread(_import_agent)
        from agent.approval import ApprovalGate
        from agent.audit import AuditFile
        from agent.store import open_store
        from tui.chat.session import Session

        services = self.services
        self.store = await stack.enter_async_context(open_store(services.store, services.clock))
        gate = ApprovalGate(AuditFile(services.audit, services.clock), services.config.agent.approval_s)
        self.session = Session(self.store, gate, services.make_agent)
        await self._begin(self.store, self.session)
        await self.chat.show_session()

    async def _begin(self, store: ConversationStore, session: Session) -> None:
        """Opens the conversation that was asked for, or the last one where its process died."""
        if self.services.conversation is not None:
            await session.open(await store.find(self.services.conversation))
            return
        latest = await store.summaries(limit=1)
        if latest and latest[0].partial:
            await session.open(latest[0].id, latest[0].title)
            self.notify(
                "This conversation was cut short. What had come of the answer is here; "
                f"{self.key('retry')} asks again, {self.key('new')} begins another one.",
                timeout=12,
                markup=False,
            )

    async def _open_network(self, stack: AsyncExitStack) -> None:
        from tools.errors import ToolError

        if self._network is None:
            return
        try:
            self._network.set_result(await stack.enter_async_context(self.services.open_network()))
        except (OSError, ToolError, ValueError) as error:
            # Read by whoever waits for the network; until then nothing is lost.
            self.notify(line(f"The network cannot be opened: {error}", 400), severity="error", markup=False)

    async def on_unmount(self) -> None:
        """Lets a turn end and what is behind close."""
        if self.session is not None:
            self.session.stop()
        for worker in [worker for worker in self.workers if worker.group == "turn"]:
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()
        self._quitting.set()
        if self._behind is not None:
            await asyncio.wait([self._behind])

    async def network(self) -> Network:
        """Waits for the network."""
        if self._network is None:
            raise LookupError("the application is not running")
        return await asyncio.shield(self._network)

    async def ready(self) -> tuple[Session, Network]:
        """Waits for the conversation and the network."""
        network = await self.network()
        if self.session is None:
            raise LookupError("there is no conversation")
        return self.session, network

    async def refresh_account(self) -> None:
        """Asks for the quota, where there is one."""
        from tools.errors import ToolError

        try:
            self.account = await (await self.network()).context.backend.accounts.current()
        except ToolError:
            self.account = None
        self.chat.refresh_status()

    async def turn_over(self) -> None:
        """Ends replaced models and asks for the quota, once a turn is over."""
        await self.slot.release()
        await self.refresh_account()

    def key(self, name: str) -> str:
        """The key of an action, as people know it."""
        first = str(getattr(self.services.config.tui.keys, name)).split(",")[0]
        return self.get_key_display(Binding(first, "", ""))

    def _model_changed(self) -> None:
        if self.slot.problem and not self.slot.loading:
            self.notify(line(self.slot.problem, 400), severity="error", timeout=10, markup=False)
        self.chat.refresh_status()
        for screen in self.screen_stack:
            if (show := getattr(screen, "model_changed", None)) is not None:
                show()
        session = self.session
        if self._retired_may_go(session):
            self.run_worker(self.slot.release(), group="release")

    def _retired_may_go(self, session: Session | None) -> bool:
        return not self.slot.loading and session is not None and not session.running

    def action_place(self, place: str) -> None:
        """Goes to a place."""
        if self._services is not None:
            self.switch_mode(place)

    def on_place_tab_chosen(self, message: PlaceTab.Chosen) -> None:
        """Goes to the place that was clicked."""
        self.action_place(message.place)

    def action_next_model(self) -> None:
        """Goes on from the local model to the hosted ones, and round."""
        if self._services is None:
            return
        # From the one that was asked for last: where it could not be loaded, the key goes on.
        self.slot.choose(next_model(self.slot.asked, self.services.config.model))

    def action_models(self) -> None:
        """Shows all models to choose from."""
        from tui.models.screen import ModelsScreen

        if self._services is not None and not isinstance(self.screen, ModelsScreen):
            self.push_screen(ModelsScreen())

    def action_theme(self) -> None:
        """Goes from dark to light, or back."""
        self.theme = "light" if self.theme == "dark" else "dark"

    def action_toggle_keys(self) -> None:
        """Shows the keys, or hides them."""
        from tui.keys_dialog import KeysDialog

        if isinstance(self.screen, KeysDialog):
            self.screen.dismiss()
        else:
            self.push_screen(KeysDialog(key_groups(self, self.screen)))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the screen and of the application, with its key."""
        return commands(self, screen)


def _import_agent() -> None:
    """Imports what takes long, off the loop that takes keys."""
    for module in ("agent.loop", "agent.store", "providers.registry"):
        importlib.import_module(module)
