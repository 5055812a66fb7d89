"""One of several processes that serve: `python -m web.worker FD`, started by `web.workers`."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys


def main() -> int:
    """Serves on the socket of the given descriptor until SIGTERM."""
    from monitoring.database.errors import DatabaseError
    from settings.load import ConfigError, load_config
    from web.ledger.price import PriceError
    from web.logs import set_up
    from web.opening import ServeError
    from web.server import serve, spare_the_collector

    set_up()
    try:
        config = load_config()
        listener = socket.socket(fileno=int(sys.argv[1]))
        asyncio.run(serve(config, listener, on_ready=spare_the_collector))
    except (ConfigError, DatabaseError, ServeError, PriceError) as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
