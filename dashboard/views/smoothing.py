"""Long curves in few points: moving means and extremes of groups of episodes."""

import numpy as np
from numpy.typing import NDArray

from gridworld import parameters

#: Length of the moving mean, in episodes: short enough to follow what is learned.
WINDOW = 20
#: Most groups of episodes that a curve is drawn from.
MAX_GROUPS = 512


def means(record: NDArray, window: int = WINDOW) -> tuple[NDArray, NDArray]:
    """Mean of the last ``window`` episodes, at the last episode of each group.

    Args:
        record: A number for each episode, shape ``(E,)``.
        window: Length of the moving mean, in episodes; at the beginning it is shorter.

    Returns:
        Episodes, counted from 1, and the means there, both shape ``(N,)``, ``N <= 512``.

    Raises:
        ValueError: If the window is not a whole number from 1.
    """
    window = parameters.check_whole("window", window, 1)
    return means_of_groups(record, 0, record.size, _group_size(record), window)


def extremes(record: NDArray) -> tuple[NDArray, NDArray]:
    """Lowest and highest number of each group of episodes, in their order.

    Args:
        record: A number for each episode, shape ``(E,)``.

    Returns:
        Episodes, counted from 1, and the numbers there, both shape ``(N,)``, ``N <= 1024``.
    """
    return extremes_of_groups(record, 0, record.size, _group_size(record))


def sampled_means(record: NDArray, window: int = WINDOW) -> tuple[NDArray, NDArray]:
    """`means`, each summed up for itself: its time does not depend on the record's length.

    Args:
        record: A number for each episode, shape ``(E,)``.
        window: Length of the moving mean, in episodes.

    Returns:
        Episodes, counted from 1, and the means there, both shape ``(N,)``, ``N <= 512``.
    """
    last = _ends(record)
    at = last[:, None] - np.arange(1, window + 1)
    numbers = np.where(at >= 0, record[at.clip(min=0)] if record.size else 0, 0)
    return last, numbers.sum(axis=1) / last.clip(max=window)


def totals(lengths: NDArray) -> tuple[NDArray, NDArray]:
    """Steps that a run took in all, and episodes completed by then.

    Args:
        lengths: Steps of each episode, shape ``(E,)``.

    Returns:
        Steps, and the number of episodes, both shape ``(N + 1,)``, ``N <= 512``; from 0 on.
    """
    group = _group_size(lengths)
    steps = sums_of_groups(lengths, 0, lengths.size, group)
    return np.concatenate([[0], steps]), np.concatenate([[0], _ends(lengths)])


def sums_of_groups(lengths: NDArray, begin: int, end: int, group: int) -> NDArray:
    """Sums of the numbers from index ``begin`` to the end of each group of ``group``."""
    if begin >= end:
        return np.empty(0, dtype=lengths.dtype)
    return np.add.reduceat(lengths[begin:end], np.arange(0, end - begin, group)).cumsum()


def means_of_groups(
    record: NDArray, begin: int, end: int, group: int, window: int = WINDOW
) -> tuple[NDArray, NDArray]:
    """`means` of the episodes from index ``begin`` to ``end``, in groups of ``group``."""
    last = ends_of_groups(begin, end, group)
    first = (last - window).clip(min=0)
    origin = max(0, begin - window)
    sums = np.concatenate([[0.0], record[origin:end].cumsum()])
    return last, (sums[last - origin] - sums[first - origin]) / (last - first)


def extremes_of_groups(
    record: NDArray, begin: int, end: int, group: int
) -> tuple[NDArray, NDArray]:
    """`extremes` of the episodes from index ``begin`` to ``end``, in groups of ``group``."""
    chunk = record[begin:end]
    at = np.arange(chunk.size)
    if group > 1 and chunk.size:
        groups = np.pad(chunk, (0, -chunk.size % group), mode="edge").reshape(-1, group)
        within = np.sort([groups.argmin(axis=1), groups.argmax(axis=1)], axis=0)
        at = (np.arange(len(groups)) * group + within).T.ravel().clip(max=chunk.size - 1)
    return begin + at + 1, chunk[at]


def ends_of_groups(begin: int, end: int, group: int) -> NDArray:
    """Episodes, counted from 1, at the end of each group of ``group``."""
    return np.arange(begin + group, end + group, group).clip(max=end)


def _ends(record: NDArray) -> NDArray:
    return ends_of_groups(0, record.size, _group_size(record))


def _group_size(record: NDArray) -> int:
    return max(1, -(-record.size // MAX_GROUPS))
