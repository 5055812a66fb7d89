"""Draws the tables and figures of docs/how-small.md again, from the results that lie beside them.

python -m bench.how_small                     # docs/how-small/sweep.json -> table.md, table.csv, figure.svg
python -m bench.how_small sweeps/20261123-…   # takes a new sweep's results first
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evals.sweep.record import read_sweep, write_sweep
from evals.sweep.results import write_tables

PLACE = Path(__file__).parents[1] / "docs" / "how-small"


def main() -> None:
    """Takes a sweep's results, if one is given, and draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", type=Path, nargs="?", help="directory of an `evals sweep`")
    arguments = parser.parse_args()
    record = read_sweep(arguments.sweep or PLACE)
    if arguments.sweep:
        PLACE.mkdir(exist_ok=True)
        write_sweep(PLACE, record)
    write_tables(PLACE, record)
    for path in sorted(PLACE.iterdir()):
        print(f"{path.name}  {path.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
