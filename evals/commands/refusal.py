"""What cannot be done, as an error of the command."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import click

from evals.text import visible


class Refused(click.ClickException):
    """What was asked for cannot be done; nothing was run."""

    exit_code = 2


@contextmanager
def refusing() -> Generator[None]:
    """Makes what is wrong with a run or a suite an error of the command."""
    from evals.cases import SuiteError
    from evals.store import StoreError

    try:
        yield
    except (SuiteError, StoreError) as error:
        raise Refused(visible(str(error))) from error
    except OSError as error:
        if error.filename is None:  # standard output, which click knows how to lose
            raise
        raise Refused(visible(f"{error.filename}: {error.strerror}")) from error
