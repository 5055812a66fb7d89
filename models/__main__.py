"""Makes `python -m models` the `smallwatch models` command."""

from models.cli import app

app(prog_name="smallwatch models")
