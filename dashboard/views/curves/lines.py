"""The line of a run, which grows with it, in few points however long the run is."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource
from numpy.typing import NDArray

from dashboard.views import smoothing
from dashboard.views.curves.last_run import whole
from dashboard.views.curves.quantities import QUANTITIES, greedy_of, record_of, written
from dashboard.views.smoothing import MAX_GROUPS, WINDOW
from dashboard.words.numbers import number
from gridworld import Snapshot, Status

_EMPTY: NDArray = np.empty(0)


class Lines:
    """Sources of the mean curve and of each episode.

    Long runs are drawn in groups of 2, 4, 8 … episodes, with the lowest and the highest value
    of each in their order. So a million episodes cost no more than a thousand.

    Attributes:
        episodes: Source of each episode.
        means: Source of the main curve: the mean, or the quantity itself. Its texts are read off
            under the mouse.
        x: The main curve, shape ``(N,)``.
        y: The same.
        lowest: Lowest number of an episode drawn; ∞ if there is none.
        highest: Highest number; −∞ if there is none.
    """

    def __init__(self) -> None:
        self.episodes, self.means = (
            ColumnDataSource({"x": [], "y": []}, name=name) for name in ("episodes", "means")
        )
        self.x, self.y = _EMPTY, _EMPTY
        self.lowest, self.highest = np.inf, -np.inf
        self._quantity = ""
        self._run: NDArray | None = None
        self._group, self._drawn, self._steps = 1, 0, 0

    def renew(self) -> None:
        """Forgets what the browser has, so that the next drawing sends everything."""
        for source in (self.episodes, self.means):
            source.data = {"x": [], "y": []}  # Bokeh does not send equal data again
        self._run = None

    def draw(self, quantity: str, snapshot: Snapshot) -> None:
        """Adds the episodes since the last drawing."""
        if quantity == "Epsilon":
            self._draw_epsilons(snapshot)
        else:
            self._draw_episodes(quantity, snapshot)
        self._quantity = quantity

    def _draw_epsilons(self, snapshot: Snapshot) -> None:
        x, y = snapshot.evaluation_episodes, snapshot.evaluation_epsilons
        if self._quantity != "Epsilon" or not np.array_equal(x, self.x):
            self.x, self.y, self._run = x, y, None
            self.lowest, self.highest = np.inf, -np.inf
            _clear(self.episodes)
            texts = [number(value, 3) for value in y.tolist()]
            self.means.data = {"x": x.tolist(), "y": y.tolist(), "value": texts}

    def _draw_episodes(self, quantity: str, snapshot: Snapshot) -> None:
        record, run = record_of(quantity, snapshot), whole(snapshot)
        group = 1 << max(0, (record.size - 1) // MAX_GROUPS).bit_length()
        # During a run a group is drawn once it is complete.
        is_running = snapshot.status is Status.RUNNING
        end = record.size - record.size % group if is_running else record.size
        begin = self._drawn
        is_same = run is self._run and quantity == self._quantity
        # A group that a pause cut short is drawn again.
        if not is_same or group != self._group or begin % group or end < begin:
            begin = 0
        if begin == end == self._drawn and is_same:
            return
        if not begin:
            self.lowest, self.highest, self._steps = np.inf, -np.inf, 0
        if begin < end:
            self.lowest = min(self.lowest, float(record[begin:end].min()))
            self.highest = max(self.highest, float(record[begin:end].max()))
        if QUANTITIES[quantity].has_episodes:
            x, y = smoothing.means_of_groups(record, begin, end, group)
            texts = _texts(quantity, snapshot, x, y)
            at, values = smoothing.extremes_of_groups(record, begin, end, group)
            _add(self.episodes, begin, {"x": at.tolist(), "y": values.tolist()})
        else:
            x = self._steps + smoothing.sums_of_groups(record, begin, end, group)
            y = smoothing.ends_of_groups(begin, end, group)
            self._steps = int(x[-1]) if x.size else self._steps
            if not begin and x.size:
                x, y = np.concatenate([[0], x]), np.concatenate([[0], y])
            texts = {}
            _clear(self.episodes)
        _add(self.means, begin, {"x": x.tolist(), "y": y.tolist()} | texts)
        if begin:
            x, y = np.concatenate([self.x, x]), np.concatenate([self.y, y])
        self.x, self.y = x, y
        self._run, self._group, self._drawn = run, group, end


def _texts(quantity: str, snapshot: Snapshot, episodes: NDArray, means: NDArray) -> dict[str, Any]:
    """What is read off at episodes: their own numbers, the means, the greedy policy's return."""
    values = record_of(quantity, snapshot)[episodes - 1].tolist()
    texts = {
        "value": [written(quantity, value) for value in values],
        "mean": [
            written(quantity, mean) + ("" if episode >= WINDOW else f" (of {episode})")
            for episode, mean in zip(episodes.tolist(), means.tolist(), strict=True)
        ],
    }
    if quantity == "Return":
        at = np.searchsorted(snapshot.evaluation_episodes, episodes, side="right") - 1
        greedy = np.append(greedy_of(quantity, snapshot), np.nan)[at]  # −1: none so far
        texts["greedy"] = [number(value, 2) for value in greedy.tolist()]
    return texts


def _add(source: ColumnDataSource, begin: int, columns: dict[str, Any]) -> None:
    if begin:
        source.stream(columns)
    else:
        source.data = columns


def _clear(source: ColumnDataSource) -> None:
    if source.data["x"]:
        source.data = {"x": [], "y": []}
