"""The returns of runs as HoloViews elements; to be imported from `dashboard.elements`."""

from collections.abc import Mapping, Sequence

import holoviews as hv
import holoviews.plotting.bokeh
import numpy as np
from numpy.typing import NDArray

from dashboard.views import smoothing
from dashboard.views.colours import BLUE, GREEN, ORANGE, PURPLE, SKY_BLUE, VERMILION
from gridworld import Snapshot, Trainer, snapshot_of

#: Probability that a band holds the mean over all seeds.
CONFIDENCE = 0.95

#: Colours of the lines, one a label.
_LINES = hv.Cycle(values=[BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE])

_CURVE = {
    "xlabel": "Episode",
    "ylabel": "Return",
    "width": 560,
    "height": 340,
    "padding": (0, 0.05),
    "color": _LINES,
    "backend": "bokeh",
}
_MEAN = {**_CURVE, "line_width": 2.5, "tools": ["hover"], "show_legend": True}
_BEHIND = {**_CURVE, "show_legend": False}
_LEGEND = {"legend_position": "bottom_right", "backend": "bokeh"}


def learning_curve(
    source: Trainer | Snapshot, window: int = smoothing.WINDOW, label: str | None = None
) -> hv.Overlay:
    """The return of each episode, and its moving mean.

    Long runs are thinned: of each group of episodes the lowest and highest return.

    Args:
        source: A trainer, as it is now, or a snapshot.
        window: Length of the moving mean, in episodes.
        label: Name in the legend; by default it has the window.

    Raises:
        TypeError: If the source is something else.
        ValueError: If the window is not a whole number from 1.
    """
    returns = snapshot_of(source).episode_returns
    means = smoothing.means(returns, window)
    drawn = hv.Curve(smoothing.extremes(returns), "Episode", "Return", group="Return of an episode")
    mean = hv.Curve(means, "Episode", "Return", group="Mean", label=label or f"Mean of {window}")
    drawn = drawn.opts(**_BEHIND, alpha=0.3, line_width=1)
    return (drawn * mean.opts(**_MEAN)).opts(**_LEGEND)


def comparison(
    runs: Mapping[str, Sequence[Trainer | Snapshot]], window: int = smoothing.WINDOW
) -> hv.Overlay:
    """Moving means of the returns over several seeds: their mean and a band of confidence.

    The band holds the mean of all seeds with a probability of 95 %, by Student's t, episode
    by episode. Runs of unequal length are compared up to the shortest.

    Args:
        runs: For each label the runs that differ in their seed alone, two or more.
        window: Length of the moving mean, in episodes.

    Raises:
        TypeError: If a run is neither a trainer nor a snapshot.
        ValueError: If there is nothing to compare, a label has fewer than two runs, a run
            has no episode, or the window is not a whole number from 1.
    """
    if not runs:
        raise ValueError("runs must have at least one label, got none")
    bands, curves = [], []
    for label, sources in runs.items():
        episodes, mean, half = _confidence(str(label), sources, window)
        band = hv.Spread(
            (episodes, mean, half), "Episode", ["Return", "Band"], group="Band", label=str(label)
        )
        curve = hv.Curve((episodes, mean), "Episode", "Return", group="Mean", label=str(label))
        bands.append(band.opts(**_BEHIND, alpha=0.25, line_alpha=0))
        curves.append(curve.opts(**_MEAN))
    return hv.Overlay([*bands, *curves]).opts(**_LEGEND)


def _confidence(
    label: str, sources: Sequence[Trainer | Snapshot], window: int
) -> tuple[NDArray, NDArray, NDArray]:
    """Episodes, mean over the runs, and half the width of its band of confidence."""
    from scipy.stats import t

    returns = [snapshot_of(source).episode_returns for source in sources]
    if len(returns) < 2:
        raise ValueError(
            f"runs must have at least 2 seeds a label, got {len(returns)} of {label!r}"
        )
    length = min(map(len, returns))
    if not length:
        raise ValueError(f"runs must have completed an episode, got one of {label!r} with none")
    curves = [smoothing.means(each[:length], window) for each in returns]
    episodes = curves[0][0]
    means = np.array([mean for _, mean in curves])
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    return episodes, means.mean(axis=0), t.ppf((1 + CONFIDENCE) / 2, len(means) - 1) * error
