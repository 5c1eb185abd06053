"""The mean curves of the last run, which stay beside those of the present one."""

import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.views import smoothing
from dashboard.views.curves.quantities import record_of
from gridworld import Snapshot

#: Fewest episodes of a run that is kept.
_ENOUGH = 2

Points = tuple[NDArray, NDArray]
_NONE: Points = np.empty(0), np.empty(0)


class LastRun:
    """Keeps the mean curves of the run before, in few points, and nothing else of it."""

    def __init__(self) -> None:
        self._world: tuple[Any, ...] = ()
        self._points: dict[str, Points] = {}
        self._record: weakref.ref[NDArray] | None = None

    def keep(self, snapshot: Snapshot) -> None:
        """Keeps a run that is over; one that hardly began leaves what is kept."""
        if snapshot.episode_returns.size < _ENOUGH:
            return
        self._world = _world_of(snapshot)
        self._record = weakref.ref(whole(snapshot))
        self._points = {
            quantity: smoothing.sampled_means(record_of(quantity, snapshot))
            for quantity in ("Return", "Length")
        }
        self._points["Episodes"] = smoothing.totals(snapshot.episode_lengths)

    def of(self, quantity: str, snapshot: Snapshot) -> Points:
        """The curve of a quantity to be shown beside a run; empty if they are not comparable.

        A run on another map, or the kept one that has come back, is beside nothing, and what was
        kept is forgotten.
        """
        if self._points:
            is_back = self._record is not None and self._record() is whole(snapshot)
            if is_back or _world_of(snapshot) != self._world:
                self._points, self._record = {}, None
        return self._points.get(quantity, _NONE)


def whole(snapshot: Snapshot) -> NDArray:
    """The array that a run's returns are recorded in; each run has one of its own."""
    base = snapshot.episode_returns.base
    return base if isinstance(base, np.ndarray) else snapshot.episode_returns


def _world_of(snapshot: Snapshot) -> tuple[Any, ...]:
    """What tells whether two runs are in the same world, as far as their curves are concerned."""
    return snapshot.first_layout, snapshot.q_values.shape
