"""Makes `python -m evals` the `evals` command."""

from evals.cli import main

main(prog_name="evals")
