"""The cheapest one-to-one assignment, exact for integer costs of any size."""

from __future__ import annotations

from collections.abc import Sequence


def best_assignment(costs: Sequence[Sequence[int]]) -> list[int]:
    """Assigns every row a column of its own so that the costs add up to the least.

    The Hungarian algorithm with potentials, after Jonker and Volgenant: a shortest augmenting path for
    each row, in n³ steps. Python's integers keep it exact, which the scorer's lexicographic costs need.

    Args:
        costs: A square matrix, as many columns as rows.

    Returns:
        The column of each row.
    """
    size = len(costs)
    # Beyond any reduced cost: a path for one row costs at most the dearest cell.
    infinite = (size + 2) * max((max(row) for row in costs), default=0) + 1
    # Row and column 0 are sentinels: `row_of[0]` is the row that looks for a column.
    row_potential = [0] * (size + 1)
    column_potential = [0] * (size + 1)
    row_of = [0] * (size + 1)
    for row in range(1, size + 1):
        row_of[0] = row
        column = 0
        slack = [infinite] * (size + 1)
        came_from = [0] * (size + 1)
        seen = [False] * (size + 1)
        while row_of[column]:
            seen[column] = True
            current = row_of[column]
            step, nearest = infinite, 0
            for other in range(1, size + 1):
                if seen[other]:
                    continue
                reduced = costs[current - 1][other - 1] - row_potential[current] - column_potential[other]
                if reduced < slack[other]:
                    slack[other], came_from[other] = reduced, column
                if slack[other] < step:
                    step, nearest = slack[other], other
            for other in range(size + 1):
                if seen[other]:
                    row_potential[row_of[other]] += step
                    column_potential[other] -= step
                else:
                    slack[other] -= step
            column = nearest
        while column:
            before = came_from[column]
            row_of[column] = row_of[before]
            column = before
    columns = [0] * size
    for column in range(1, size + 1):
        columns[row_of[column] - 1] = column - 1
    return columns
