"""Intervals and tests for the figures of runs.

Needs numpy and scipy, which take a while to import: what needs them imports them, so that a report of one run, which
has no comparison, goes without.
Wilson's interval, which every run needs, is in `evals.summary`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The 95 % two-sided level of every interval, and the chance that a detectable difference is detected.
_TAIL = 0.025
_POWER = 0.8
# Observations added before resampling. Without them a sample of like values has an interval of width 0,
# which five cases do not justify. They are those of Agresti and Coull's and of Agresti and Min's intervals.
_RATE_PRIOR: Mapping[float, float] = {0.0: 1.0, 1.0: 1.0}
_DIFFERENCE_PRIOR: Mapping[float, float] = {-1.0: 0.5, 0.0: 1.0, 1.0: 0.5}
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its 95 % interval, `low <= estimate <= high`."""

    estimate: float
    low: float
    high: float


def rate_interval(clusters: Sequence[Sequence[float]], resamples: int = 10_000, seed: int = 0) -> Interval:
    """A clustered bootstrap interval of a mean of values from 0 to 1.

    Args:
        clusters: The values of each cluster: what is inside one is no independent evidence.
        resamples: How many samples are drawn.
        seed: The same seed gives the same interval.

    Raises:
        ValueError: There is no value.
    """
    return _bootstrap(clusters, _RATE_PRIOR, resamples, seed)


def difference_interval(
    clusters: Sequence[Sequence[float]], resamples: int = 10_000, seed: int = 0
) -> Interval:
    """A paired, clustered bootstrap interval of a mean of differences from -1 to 1.

    Args:
        clusters: The differences of each cluster's pairs.
        resamples: How many samples are drawn.
        seed: The same seed gives the same interval.

    Raises:
        ValueError: There is no difference.
    """
    return _bootstrap(clusters, _DIFFERENCE_PRIOR, resamples, seed)


def mcnemar_exact(worse: int, better: int) -> float:
    """The two-sided p-value of McNemar's exact test.

    Args:
        worse: Pairs of which only the first is right.
        better: Pairs of which only the second is right.
    """
    from scipy import special

    fewer, discordant = min(worse, better), worse + better
    return min(1.0, 2 * float(special.bdtr(fewer, discordant, 0.5))) if discordant else 1.0


def minimum_detectable_difference(pairs: int, discordant: float) -> float | None:
    """The smallest difference of two rates that so many pairs show in 80 % of samples, at 5 %, two-sided.

    Connor's formula (1987). A difference cannot be greater than the part of pairs that is discordant:
    where the formula says so, that part is taken to be as great as the difference.

    Args:
        pairs: Independent pairs.
        discordant: The part of pairs of which just one is right; more generally, the mean square of
            the differences.

    Returns:
        The difference, 0 to 1; None where so few pairs cannot show any.
    """
    from scipy import optimize

    def excess(difference: float) -> float:
        return pairs - _pairs_needed(difference, max(discordant, difference))

    if not pairs or excess(1.0) < 0:
        return None
    return float(optimize.brentq(excess, 1e-9, 1.0))


def pairs_needed(difference: float, discordant: float) -> int:
    """How many pairs show a difference of two rates in 80 % of samples, at 5 %, two-sided.

    Args:
        difference: The difference, from -1 to 1 and not 0.
        discordant: As for `minimum_detectable_difference`.
    """
    size = abs(difference)
    return math.ceil(_pairs_needed(size, max(discordant, size)))


def _pairs_needed(difference: float, discordant: float) -> float:
    from scipy import special

    noise = float(-special.ndtri(_TAIL)) * math.sqrt(discordant)
    signal = float(special.ndtri(_POWER)) * math.sqrt(max(0.0, discordant - difference**2))
    return ((noise + signal) / difference) ** 2


def _bootstrap(
    clusters: Sequence[Sequence[float]], prior: Mapping[float, float], resamples: int, seed: int
) -> Interval:
    """The percentile bootstrap of a mean, clusters resampled whole.

    Clusters of the same sum and size are alike, so each sample is one draw of how often each kind of
    cluster is in it: the same distribution as drawing one by one, in time that does not grow with them.
    """
    import numpy as np

    sums = np.array([math.fsum(values) for values in clusters if values])
    sizes = np.array([len(values) for values in clusters if values], dtype=float)
    if not sizes.size:
        raise ValueError("expected at least one value")
    kinds, counts = np.unique(np.stack([sums, sizes], axis=1), axis=0, return_counts=True)
    typical = sizes.mean()
    added = np.array([[value * typical, typical] for value in prior])
    kinds = np.concatenate([kinds, added])
    weights = np.concatenate([counts, list(prior.values())])
    random = np.random.default_rng(seed)
    means: list[NDArray[np.float64]] = []
    for start in range(0, resamples, _CHUNK):
        draws = random.multinomial(sizes.size, weights / weights.sum(), size=min(_CHUNK, resamples - start))
        totals = draws @ kinds
        means.append(totals[:, 0] / totals[:, 1])
    # Few clusters make few different means: between two of them, the wider bound.
    drawn = np.concatenate(means)
    low = float(np.quantile(drawn, _TAIL, method="lower"))
    high = float(np.quantile(drawn, 1 - _TAIL, method="higher"))
    estimate = float(sums.sum() / sizes.sum())
    return Interval(estimate, min(low, estimate), max(high, estimate))
