"""`smallwatch engine`: the local models as a service."""

from __future__ import annotations

import asyncio

import click


@click.group(
    epilog="""\b
Examples:
  smallwatch engine serve
  smallwatch engine serve --model netmon-7m:q8_0 --port 9000
  smallwatch engine serve --model q4_k --model rwkv7-2.9b-world:q4_k --deterministic
  curl http://127.0.0.1:8080/metrics"""
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
@click.option(
    "--deterministic", is_flag=True, help="The same reply whatever else runs; no batches, so slower."
)
def serve(models: tuple[str, ...], host: str, port: int, deterministic: bool) -> None:
    """Speak the OpenAI chat API over local models, until interrupted.

    The first model is loaded at once, the others when they are asked for; idle ones are unloaded.
    """
    from providers.base import ProviderError
    from providers.serve.server import ListenError
    from settings.load import ConfigError

    try:
        asyncio.run(_serve(models, host, port, deterministic))
    except (ProviderError, ListenError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


async def _serve(models: tuple[str, ...], host: str, port: int, deterministic: bool) -> None:
    from providers.engine.limits import machine_bytes
    from providers.serve.local import local_offers
    from providers.serve.pool import ModelPool
    from providers.serve.server import listen, serve
    from settings.load import load_config

    config = load_config()
    if deterministic:
        alone = config.testllm.model_copy(update={"deterministic": True})
        config = config.model_copy(update={"testllm": alone})
    offers = local_offers(models or (config.model,), config)
    budget = config.serve.memory_mib * 2**20 or 3 * (machine_bytes() or 4 * 2**30) // 4
    listener = listen(host, port)
    try:
        async with ModelPool(offers, memory_bytes=budget, idle_s=config.serve.idle_s) as pool:
            async with pool.lease(pool.names()[0]):
                pass
            address = listener.getsockname()
            click.echo(
                f"serving {', '.join(pool.names())} on http://{address[0]}:{address[1]}/v1 (no login)",
                err=True,
            )
            await serve(pool, listener, deadline_s=config.reply.deadline_s)
    finally:
        listener.close()
