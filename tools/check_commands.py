"""Makes a command of a tool's signature, and runs the tool on the real network."""

from __future__ import annotations

import asyncio
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Container, Coroutine, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import typer

from tools.backend import Backend
from tools.catalogue import default_registry
from tools.check_table import print_result
from tools.clock import system_clock
from tools.context import ToolContext
from tools.policy import ReachPolicy, operator_policy, public_policy
from tools.real import LocalOperator, RealBackend
from tools.registry import ToolDefinition
from tools.results import ToolResult
from tools.run import run_tool
from tools.signature import Parameter, parameters_of

#: Which tool each command runs.
COMMANDS: Final[Mapping[str, str]] = {
    "http": "check_http",
    "tls": "check_ssl_certificate",
    "ping": "ping_host",
    "dns": "dns_lookup",
    "trace": "traceroute",
    "port": "check_port",
    "whois": "whois_lookup",
    "quantum": "test_quantum_safety",
    "nmap": "run_nmap",
}
#: Parameters that a check from this machine has no use for.
_HIDDEN: Final = ("agent_location",)
_POLL_S: Final = 0.5
_FAILED: Final = 1
_MISUSED: Final = 2
_TERMINATED: Final = 128 + 15

#: Runs a tool: its name, its arguments, which addresses may be reached.
Runner = Callable[[str, Mapping[str, Any], ReachPolicy], Coroutine[Any, Any, ToolResult]]

_POLICY: Final = Annotated[
    Literal["operator", "public"], typer.Option(help="Which addresses may be reached, besides global ones.")
]
_ALLOW: Final = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        envvar="SMALLWATCH_ALLOW",
        help="Range that the operator policy may reach too, such as 10.20.0.0/16; may be repeated.",
    ),
]
_JSON: Final = Annotated[bool, typer.Option("--json", help="Print the tool's result as JSON.")]


@cache
def generated() -> typer.Typer:
    """Makes the commands of all checks."""
    app = typer.Typer()
    for name, tool_name in COMMANDS.items():
        definition = default_registry().get(tool_name)
        app.command(name, help=definition.description)(command_of(definition, run_check, _HIDDEN))
    return app


def command_of(
    definition: ToolDefinition, carry_out: Runner, hidden: Container[str] = ()
) -> Callable[..., None]:
    """Makes the function that typer turns into a command: required parameters first, then options.

    Args:
        definition: The tool.
        carry_out: Runs it.
        hidden: Parameters that are left out.
    """
    shown = [p for p in parameters_of(definition.function) if p.name not in hidden]
    parameters = [_parameter(parameter) for parameter in sorted(shown, key=lambda p: not p.required)]
    for name, annotation, default in (
        ("policy", _POLICY, "operator"),
        ("allow", _ALLOW, None),
        ("as_json", _JSON, False),
    ):
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )

    def run(**values: Any) -> None:
        reach = _reach(values.pop("policy"), values.pop("allow") or [])
        as_json: bool = values.pop("as_json")
        arguments = {key: value for key, value in values.items() if value not in (None, [])}
        try:
            result = asyncio.run(carry_out(definition.name, arguments, reach))
        except asyncio.CancelledError:
            raise typer.Exit(_TERMINATED) from None
        if as_json:
            typer.echo(result.to_json())
        else:
            print_result(result)
        if not result.success:
            raise typer.Exit(_MISUSED if "problems" in result.data else _FAILED)

    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


async def run_check(name: str, arguments: Mapping[str, Any], policy: ReachPolicy) -> ToolResult:
    """Runs one tool on the real network, and waits for the end of what runs long.

    Args:
        name: Name of the tool.
        arguments: Its arguments, JSON values.
        policy: Which addresses may be reached.
    """
    async with RealBackend(policy, accounts=LocalOperator(), say=tell) as backend:
        return await run_to_end(name, arguments, backend)


async def run_to_end(name: str, arguments: Mapping[str, Any], backend: Backend) -> ToolResult:
    """Runs one tool, and waits for the end of a long-running call that it starts.

    Args:
        name: Name of the tool.
        arguments: Its arguments, JSON values.
        backend: What it works on.
    """
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32" and threading.current_thread() is threading.main_thread():
        # Python ends at once on this signal, and would leave a running nmap behind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    context = ToolContext(backend, system_clock, default_registry())
    result = await run_tool(name, arguments, context)
    # Who asks for the state of a call wants to know it, not to wait for its end.
    while name != "get_function_status" and result.data.get("state") == "running":
        await asyncio.sleep(_POLL_S)
        result = await run_tool("get_function_status", {"message_id": result.data["message_id"]}, context)
    return result


def tell(note: str) -> None:
    """Tells who runs the command how something had to be done."""
    typer.echo(f"Note: {note}", err=True)


def _reach(policy: Literal["operator", "public"], ranges: list[str]) -> ReachPolicy:
    if policy == "public":
        return public_policy()
    try:
        return operator_policy(ranges)
    except ValueError as error:
        typer.echo(f"--allow: {error}", err=True)
        raise typer.Exit(_MISUSED) from error


def _parameter(parameter: Parameter) -> inspect.Parameter:
    """Turns a tool's parameter into typer's: an argument where it is required, else an option."""
    kind = _bare(parameter.annotation)
    text: str = parameter.schema["description"]
    if parameter.required:
        annotation: Any = Annotated[kind, typer.Argument(help=text)]
        return inspect.Parameter(parameter.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
    option = f"--{parameter.name.replace('_', '-')}"
    if kind is bool:
        option += f"/--no-{parameter.name.replace('_', '-')}"
    annotation = Annotated[kind | None, typer.Option(option, help=text)]
    return inspect.Parameter(
        parameter.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _bare(annotation: Any) -> Any:
    """Drops the limits of a type, which the tool checks itself, in words that fit all its users."""
    if annotation is datetime:
        # The tool reads the text; typer knows other forms of it.
        return str
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) is list:
        return list[_bare(get_args(annotation)[0])]
    return annotation
