"""`smallwatch engine`: the local models as a service."""

from __future__ import annotations

import asyncio

import click


@click.group(
    epilog="""\b
Examples:
  smallwatch engine serve
  smallwatch engine serve --model netmon-7m:q8_0 --port 9000"""
)
def engine() -> None:
    """Serve local models to other programs."""


@engine.command()
@click.option("--model", "models", multiple=True, metavar="NAME", help="A model to serve; may be repeated.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; there is no login."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one."
)
def serve(models: tuple[str, ...], host: str, port: int) -> None:
    """Speak the OpenAI chat API over local models, until interrupted."""
    from providers.base import ProviderError
    from providers.serve.server import ListenError
    from settings.load import ConfigError

    try:
        asyncio.run(_serve(models, host, port))
    except (ProviderError, ListenError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


async def _serve(models: tuple[str, ...], host: str, port: int) -> None:
    from models.display import ProgressDisplay
    from providers.info import DescribedProvider
    from providers.registry import open_provider
    from providers.serve.server import listen, serve
    from settings.load import load_config

    config = load_config()
    listener = listen(host, port)
    opened: dict[str, DescribedProvider] = {}
    try:
        for name in models or (config.model,):
            with ProgressDisplay() as progress:
                provider = await open_provider(name, config, progress)
            opened[provider.info.name] = provider
        address = listener.getsockname()
        click.echo(f"serving {', '.join(opened)} on http://{address[0]}:{address[1]}/v1 (no login)", err=True)
        await serve(opened, listener, deadline_s=config.reply.deadline_s)
    finally:
        listener.close()
        for provider in opened.values():
            await provider.aclose()
