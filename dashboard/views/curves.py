"""The learning curve: return per episode and its moving mean."""

from math import ceil, floor, log10
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, Range1d
from bokeh.models.annotations import Legend, LegendItem
from bokeh.plotting import figure
from numpy.typing import NDArray

from gridworld import Snapshot, Status

#: Episodes over which the mean moves.
WINDOW = 100
#: Most episodes, or groups of them, that are drawn.
MAX_GROUPS = 512


class CurvesView:
    """A Bokeh figure of the returns.

    Long runs are drawn in groups of 2, 4, 8 … episodes, of each its lowest and its highest
    return in their order, so that a million episodes cost no more than a thousand.

    Attributes:
        figure: The Bokeh figure.
    """

    min_interval = 0.2

    def __init__(self, snapshot: Snapshot) -> None:
        self.figure = figure(
            x_range=Range1d(start=0, end=10),
            y_range=Range1d(start=-1, end=1),
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_width",
            height=280,
            # Room for every label: a frame that changed its width would answer the server.
            min_border_left=72,
            min_border_right=24,
            x_axis_label="Episode",
            y_axis_label="Return",
        )
        self._returns = ColumnDataSource({"x": [], "y": []}, name="returns")
        self._means = ColumnDataSource({"x": [], "y": []}, name="means")
        lines = {
            "Return of an episode": (self._returns, Line(line_color="#56b4e9", line_alpha=0.7)),
            f"Mean of the last {WINDOW}": (
                self._means,
                Line(line_color="#d55e00", line_width=2.5),
            ),
        }
        items = [
            LegendItem(label=label, renderers=[self.figure.add_glyph(source, line)])
            for label, (source, line) in lines.items()
        ]
        self.figure.add_layout(Legend(items=items, orientation="horizontal"), "above")
        self._extent = 0.0, 0.0
        self._run: NDArray | None = None
        self._group = 1
        self._drawn = 0
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Adds the episodes completed since the last time."""
        returns = snapshot.episode_returns
        n_episodes = len(returns)
        group = 1 << max(0, (n_episodes - 1) // MAX_GROUPS).bit_length()
        # During a run a group is drawn once it is complete.
        running = snapshot.status is Status.RUNNING
        end = n_episodes - n_episodes % group if running else n_episodes
        begin = self._drawn
        # Each run has arrays of its own. A group cut short by a pause is drawn anew.
        if returns.base is not self._run or group != self._group or begin % group or end < begin:
            begin = 0
        if begin == end == self._drawn and returns.base is self._run:
            return
        for source, points in (
            (self._returns, _extremes(returns, begin, end, group)),
            (self._means, _moving_means(returns, begin, end, group)),
        ):
            if begin:
                source.stream(points)
            else:
                source.data = points
        self._fit(returns[begin:end], end, snapshot.num_episodes, anew=begin == 0)
        self._run, self._group, self._drawn = returns.base, group, end

    def _fit(self, added: NDArray, n_episodes: int, num_episodes: int, anew: bool) -> None:
        """Widens the axes where the curve outgrows them, by steps, so that they hold still."""
        x_range: Any = self.figure.x_range
        y_range: Any = self.figure.y_range
        if anew:
            x_range.end = min(10, num_episodes)
        if n_episodes > x_range.end:
            magnitude = 10 ** int(log10(n_episodes))
            end = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= n_episodes)
            x_range.end = min(end, num_episodes)
        if not added.size:
            return
        low, high = float(added.min()), float(added.max())
        if not anew:
            low, high = min(low, self._extent[0]), max(high, self._extent[1])
        self._extent = low, high
        span = max(high - low, 0.1)
        step = 10 ** floor(log10(span)) / 2
        start, end = floor(low / step) * step, ceil((high + span / 100) / step) * step
        if (start, end) != (y_range.start, y_range.end):
            y_range.update(start=start, end=end)


def _extremes(returns: NDArray, begin: int, end: int, group: int) -> dict[str, Any]:
    """Lowest and highest return of each group of episodes, in their order."""
    chunk = returns[begin:end]
    at = np.arange(chunk.size)
    if group > 1 and chunk.size:
        groups = np.pad(chunk, (0, -chunk.size % group), mode="edge").reshape(-1, group)
        within = np.sort([groups.argmin(axis=1), groups.argmax(axis=1)], axis=0)
        at = (np.arange(len(groups)) * group + within).T.ravel().clip(max=chunk.size - 1)
    return {"x": (begin + at + 1).tolist(), "y": chunk[at].tolist()}


def _moving_means(returns: NDArray, begin: int, end: int, group: int) -> dict[str, Any]:
    """Mean of the last `WINDOW` returns, at the last episode of each group."""
    last = np.arange(begin + group, end + group, group).clip(max=end)
    first = (last - WINDOW).clip(min=0)
    origin = max(0, begin - WINDOW)
    sums = np.concatenate([[0.0], returns[origin:end].cumsum()])
    means = (sums[last - origin] - sums[first - origin]) / (last - first)
    return {"x": last.tolist(), "y": means.tolist()}
