"""Paths as people write them."""

from pathlib import Path


def user_path(written: str) -> Path:
    """A path with the `~` or `~name` before it replaced, where that names somebody's home.

    A `~` that names nobody (`~0`, or a name that no system could hold) is a file's own name, as in a shell.
    """
    path = Path(written)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):
        return path
