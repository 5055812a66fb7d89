"""Makes `python -m evals.injection` the commands of the injection suite."""

from evals.injection.commands import app

app(prog_name="python -m evals.injection")
