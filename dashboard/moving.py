"""Long curves in few points: moving means and extremes of groups of episodes."""

import numpy as np
from numpy.typing import NDArray

#: Episodes over which the mean moves.
WINDOW = 100
#: Most groups of episodes that a curve is drawn from.
MAX_GROUPS = 512


def means(record: NDArray, window: int = WINDOW) -> tuple[NDArray, NDArray]:
    """Mean of the last ``window`` episodes, at the last episode of each group.

    Args:
        record: A number for each episode, shape ``(E,)``.
        window: Episodes over which the mean moves; of fewer, all there are.

    Returns:
        Episodes, counted from 1, and the means there, both shape ``(N,)``, ``N <= 512``.

    Raises:
        ValueError: If the window is not a whole number from 1.
    """
    if isinstance(window, bool) or not isinstance(window, (int, np.integer)) or window < 1:
        raise ValueError(f"window must be a whole number from 1, got {window!r}")
    group = _group_size(record)
    last = np.arange(group, record.size + group, group).clip(max=record.size)
    first = (last - window).clip(min=0)
    sums = np.concatenate([[0.0], record.cumsum()])
    return last, (sums[last] - sums[first]) / (last - first)


def extremes(record: NDArray) -> tuple[NDArray, NDArray]:
    """Lowest and highest number of each group of episodes, in their order.

    Args:
        record: A number for each episode, shape ``(E,)``.

    Returns:
        Episodes, counted from 1, and the numbers there, both shape ``(N,)``, ``N <= 1024``.
    """
    group = _group_size(record)
    if group == 1:
        return np.arange(1, record.size + 1), record
    groups = np.pad(record, (0, -record.size % group), mode="edge").reshape(-1, group)
    within = np.sort([groups.argmin(axis=1), groups.argmax(axis=1)], axis=0)
    at = (np.arange(len(groups)) * group + within).T.ravel().clip(max=record.size - 1)
    return at + 1, record[at]


def _group_size(record: NDArray) -> int:
    return max(1, -(-record.size // MAX_GROUPS))
