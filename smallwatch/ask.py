"""`smallwatch ask`: one question, one answer, the tools called on the way."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from agent.agent import Agent
    from agent.conversation import Conversation
    from agent.events import TurnFailed, TurnFinished
    from agent.stopping import CancelToken
    from settings.schema import Config
    from smallwatch.ask_approval import Decide
    from smallwatch.ask_view import View
    from smallwatch.choices import AssistantOptions

_FAILED, _MISUSED, _LIMITED, _NOT_ALLOWED = 1, 2, 3, 4
_SIGNALLED = 128


class _Refused(click.ClickException):
    """What was asked for cannot be done; no model was asked."""

    exit_code = _MISUSED


@click.command(
    epilog="""\b
Examples:
  smallwatch ask "is the certificate of example.org all right?"
  smallwatch ask "ping 10.0.0.1" --allow 10.0.0.0/8
  smallwatch ask "and its port 443?" --conversation last
  smallwatch ask "watch db-03 every five minutes" --tools simulated --yes
  echo "is example.org up?" | smallwatch ask - --json
  smallwatch ask "hosts" --model scripted:my-script.yaml --tools simulated

\b
The answer goes to standard output, calls and questions to standard error.
Actions that change something are asked for at the terminal; without one they are not carried out, unless
--yes is given. Ctrl-C ends the turn; what had come of the answer is kept.

\b
Exit status:
  0    answered
  1    the model failed, or said nothing
  2    misused: no such model, conversation or setting
  3    a limit was reached; what was said is not a whole answer
  4    answered, but an action was not allowed
  130  interrupted""",
)
@click.argument("question")
@click.option(
    "--model", metavar="NAME", help="Model: netmon-7m, q4_k, a path, turbollm, hugllm, scripted:PATH."
)
@click.option("--tools", type=click.Choice(["real", "simulated"]), default="real", show_default=True,
              help="The network that tools work on.")  # fmt: skip
@click.option("--allow", "reach", multiple=True, metavar="RANGE", envvar="SMALLWATCH_ALLOW",
              help="Range that checks may reach too, such as 10.20.0.0/16; may be repeated.")  # fmt: skip
@click.option(
    "--conversation", metavar="ID", help="Go on with a conversation: its id, the start of it, or `last`."
)
@click.option("--read-only", is_flag=True, help="Offer no tool that changes something.")
@click.option("--yes", is_flag=True, help="Allow every action without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the events, one JSON object a line.")
@click.option("-q", "--quiet", is_flag=True, help="Show the answer only.")
def ask(
    question: str,
    model: str | None,
    tools: Literal["real", "simulated"],
    reach: tuple[str, ...],
    conversation: str | None,
    read_only: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask QUESTION once; `-` reads it from standard input."""
    from agent.conversation import StoreError
    from providers.base import ProviderError, ProviderRejected
    from settings.load import ConfigError
    from smallwatch.ask_view import JsonLines, Words
    from smallwatch.choices import AssistantOptions

    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise click.UsageError("there is no question; write one in quotes")
    view = JsonLines() if as_json else Words(quiet)
    options = AssistantOptions(model, tools, read_only, reach)
    try:
        sys.exit(asyncio.run(_ask(text.strip(), options, conversation, _decider(yes), view)))
    except (StoreError, ConfigError, ProviderRejected, ValueError) as error:
        raise _Refused(str(error)) from error
    except ProviderError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(_SIGNALLED + signal.SIGINT)
    finally:
        view.close()


def _decider(yes: bool) -> Decide:
    from smallwatch.ask_approval import always, at_a_terminal, at_terminal, nobody

    if yes:
        return always
    return at_terminal if at_a_terminal() else nobody


async def _ask(
    text: str, options: AssistantOptions, conversation: str | None, decide: Decide, view: View
) -> int:
    """Runs the turn and returns the exit status."""
    from providers.engine.process import started_ahead
    from providers.names import is_local
    from settings.load import load_config

    config = load_config()
    # Importing is most of the start: the model's process does its part while this one does its own.
    async with started_ahead() if is_local(options.model or config.model) else contextlib.nullcontext():
        return await _open_and_ask(config, text, options, conversation, _Turn(decide, view))


async def _open_and_ask(
    config: Config, text: str, options: AssistantOptions, conversation: str | None, turn: _Turn
) -> int:
    from models.display import ProgressDisplay
    from smallwatch.assistant import open_assistant

    with ProgressDisplay() as progress:
        opened = open_assistant(config, options, on_progress=progress, say=_tell)
        async with opened as assistant:
            store = assistant.store
            talk = await store.load(await store.find(conversation)) if conversation else store.new()
            await turn.run(assistant.agent, talk, text)
    return turn.status()


@dataclass(slots=True)
class _Turn:
    """One turn, shown and answered; `end` is its last event."""

    decide: Decide
    view: View
    end: TurnFinished | TurnFailed | None = None
    denied: bool = False
    signalled: int = 0

    async def run(self, agent: Agent, conversation: Conversation, text: str) -> None:
        """Runs it to its end, or until a signal ends it in order."""
        from agent.events import ApprovalDecided, ApprovalRequested, TurnFailed, TurnFinished
        from agent.loop import run_turn
        from agent.stopping import CancelToken
        from smallwatch.ask_approval import Prompter

        token = CancelToken()
        prompter = Prompter(agent.gate, self.decide)
        answering = asyncio.create_task(prompter.work())
        with self._signals(token):
            try:
                async with contextlib.aclosing(run_turn(agent, conversation, text, token)) as events:
                    async for event in events:
                        self.view.show(event)
                        match event:
                            case ApprovalRequested(approval=approval):
                                prompter.ask(approval)
                            case ApprovalDecided(verdict=verdict):
                                self.denied = self.denied or verdict != "approved"
                            case TurnFinished() | TurnFailed():
                                self.end = event
                            case _:
                                pass
            finally:
                answering.cancel()
                await asyncio.wait([answering])

    @contextlib.contextmanager
    def _signals(self, token: CancelToken) -> Generator[None]:
        """Ends the turn in order at the first signal; a second one ends the process as it always does."""
        loop = asyncio.get_running_loop()
        known = (signal.SIGINT, signal.SIGTERM)

        def stop(number: int) -> None:
            self.signalled = number
            for each in known:
                loop.remove_signal_handler(each)
            token.cancel()

        try:
            for each in known:
                loop.add_signal_handler(each, stop, each)
        except NotImplementedError:
            # Where loops know no signals, Ctrl-C cancels the task; the partial answer is kept then too.
            pass
        try:
            yield
        finally:
            for each in known:
                loop.remove_signal_handler(each)

    def status(self) -> int:
        """The exit status of the command."""
        from agent.events import TurnFinished

        if self.signalled:
            return _SIGNALLED + self.signalled
        if not isinstance(self.end, TurnFinished) or self.end.reason == "empty":
            return _FAILED
        if self.end.reason != "answer":
            return _LIMITED
        return _NOT_ALLOWED if self.denied else 0


def _tell(note: str) -> None:
    click.echo(f"Note: {note}", err=True)
