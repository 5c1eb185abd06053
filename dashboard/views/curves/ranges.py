"""Ranges of the axes: most of what matters, in steps, so that they seldom move."""

from collections.abc import Iterable
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from gridworld import RECENT_EPISODES

Range = tuple[float, float]

#: Percent of the means, and of the latest episodes, beyond which they may leave the frame.
_EARLY, _OUTLIERS = 20, 10
#: Share of the means, the latest, that is always shown.
_RECENT = 0.25
#: A range is kept while it is at most so many times as long as a new one.
_TOO_LONG = 1.8
#: Free space below and above, as a share of what is shown; above there is room for a name.
_BELOW, _ABOVE = 0.04, 0.1


def end_of_axis(n: int, most: int | None = None) -> int:
    """End of an axis that counts up to ``n``: 1, 2 or 5 times a power of ten, and at least 10.

    Args:
        n: What has been counted.
        most: What can be counted at most, None if that is not known.
    """
    end = 10
    if n > end:
        magnitude = 10 ** int(log10(n))
        end = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= n)
    return end if most is None else min(end, most)


def most_of(record: NDArray, means: NDArray, highest: float, *, upside_down: bool = False) -> Range:
    """Lowest and highest number to be shown so that no outlier rules the axis.

    The worst means and the worst of the latest episodes are left out, the best never.

    Args:
        record: A number of each episode, shape ``(E,)``, ``E >= 1``.
        means: The mean curve, shape ``(N,)``, ``N >= 1``.
        highest: The best number of an episode.
        upside_down: Whether low numbers are the good ones.
    """
    if upside_down:
        low, high = most_of(-record[-RECENT_EPISODES:], -means, -highest)
        return -high, -low
    recent = means[-max(1, int(means.size * _RECENT)) :]
    low = min(
        float(np.percentile(means, _EARLY)),
        float(np.percentile(record[-RECENT_EPISODES:], _OUTLIERS)),
        float(recent.min()),
    )
    return low, max(highest, float(recent.max()))


def around(numbers: Iterable[float | None]) -> Range | None:
    """Lowest and highest of some numbers; None if none of them is known."""
    known = [number for number in numbers if number is not None and isfinite(number)]
    return (min(known), max(known)) if known else None


def stepped(wanted: Range, present: Range | None = None, lowest: float | None = None) -> Range:
    """A range whose ends are round numbers and that holds another one.

    Args:
        wanted: What it shall hold.
        present: The range at present, which is kept if it fits; None for a new one.
        lowest: Where it begins at the lowest, with no space below; or None.
    """
    low, high = wanted
    is_cut = lowest is not None and low <= lowest
    if is_cut:
        low, high = float(lowest or 0), max(high, float(lowest or 0))
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):  # equal but for rounding
        span = max(abs(low), abs(high)) or 1.0
    step = _round_step(span / 8)
    start = low if is_cut else floor((low - span * _BELOW) / step) * step
    end = ceil((high + span * _ABOVE) / step) * step
    if present is not None:
        fits = present[0] <= low and high <= present[1] and (present[0] == low or not is_cut)
        if fits and present[1] - present[0] <= _TOO_LONG * (end - start):
            return present
    return start, end


def _round_step(least: float) -> float:
    """The next number from another one on that is 1, 2 or 5 times a power of ten."""
    magnitude = 10.0 ** floor(log10(least))
    return next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= least * (1 - 1e-9))
