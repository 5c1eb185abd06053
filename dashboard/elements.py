"""The views by themselves, as HoloViews elements: compose them with ``*`` and ``+``.

Example:
    >>> from dashboard.elements import policy, values, visits
    >>> values(trainer) * policy(trainer) + visits(trainer)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
import numpy as np
from numpy.typing import NDArray

from dashboard import moving
from gridworld import Action, Snapshot, Trainer, parse_layout

#: Probability that a band holds the mean of all the seeds there are.
CONFIDENCE = 0.95

# Okabe and Ito's palette, safe for the colour-blind.
_MARKS = {"S": "#56b4e9", "G": "#009e73", "X": "#d55e00", "C": "#e69f00", "#": "#4a5056"}
_LINES = hv.Cycle(values=["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"])

#: Cells a side from which letters would not fit any more.
_CROWDED = 30
#: Width of the mark in the corner of a start, whose value is to be seen too.
_CORNER = 0.36

#: ``(x, y)`` of each action's move, shape ``(A, 2)``.
_MOVES = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])


def _size_freely(plot: Any, _: Any) -> None:
    # HoloViews fixes the size by the frame; Bokeh 3.9 warns of that as half a size.
    plot.state.sizing_mode = None


_GRID = {
    "hooks": [_size_freely],
    "xlabel": "Column",
    "ylabel": "Row",
    "invert_yaxis": True,
    "data_aspect": 1,
    "frame_width": 360,
    "padding": 0,
}
_CURVE = {
    "xlabel": "Episode",
    "ylabel": "Return",
    "width": 560,
    "height": 340,
    "padding": (0, 0.05),
}


def values(source: Trainer | Snapshot) -> hv.Overlay:
    """The value of each state: that of its best action.

    Args:
        source: A trainer, as it is now, or a snapshot.

    Raises:
        TypeError: If the source is something else.
    """
    snapshot = _snapshot_of(source)
    return _heatmap(snapshot, snapshot.q_values.max(axis=1), "Value", "cividis")


def visits(source: Trainer | Snapshot) -> hv.Overlay:
    """How often each state was left: the updates of its actions.

    Args:
        source: A trainer, as it is now, or a snapshot.

    Raises:
        TypeError: If the source is something else.
    """
    snapshot = _snapshot_of(source)
    return _heatmap(snapshot, snapshot.visits.sum(axis=1), "Visits", "viridis")


def q_values(source: Trainer | Snapshot) -> hv.Overlay:
    """The four Q-values of each state, as triangles that point where the action leads.

    Args:
        source: A trainer, as it is now, or a snapshot.

    Raises:
        TypeError: If the source is something else.
    """
    snapshot = _snapshot_of(source)
    cells = parse_layout(snapshot.layout)
    triangles = []
    for state in np.flatnonzero(_is_live(cells)).tolist():
        row, col = divmod(state, cells.shape[1])
        for action in Action:
            dx, dy = _MOVES[action] / 2
            # From the centre to the two corners on the action's side.
            xs, ys = [col, col + dx - dy, col + dx + dy], [row, row + dy + dx, row + dy - dx]
            q_value = snapshot.q_values[state, action]
            triangles.append(
                {"x": xs, "y": ys, "Q": q_value, "Action": action.name.lower(), "State": state}
            )
    drawn = hv.Polygons(triangles, ["x", "y"], ["Q", "Action", "State"], label="Q-values")
    drawn = drawn.opts(
        **_GRID,
        color="Q",
        cmap="cividis",
        colorbar=True,
        line_color="#ffffff",
        line_width=0.5,
        tools=["hover"],
        show_legend=False,
        backend="bokeh",
    )
    return drawn * _marks(cells)


def policy(source: Trainer | Snapshot) -> hv.Overlay:
    """The greedy policy: an arrow for each best action of a state, all of them where they tie.

    Args:
        source: A trainer, as it is now, or a snapshot.

    Raises:
        TypeError: If the source is something else.
    """
    snapshot = _snapshot_of(source)
    cells = parse_layout(snapshot.layout)
    best = snapshot.q_values == snapshot.q_values.max(axis=1, keepdims=True)
    state, action = np.nonzero(best & _is_live(cells).ravel()[:, None])
    row, col = np.divmod(state, cells.shape[1])
    along, centre = _MOVES[action], np.stack([col, row], axis=1)
    across = along[:, ::-1]
    tip = centre + 0.4 * along
    # An arrow is three lines: the shaft and the two barbs of its head.
    barb = tip - 0.12 * along
    starts = [centre + 0.08 * along, barb + 0.1 * across, barb - 0.1 * across]
    names = np.array([a.name.lower() for a in Action])[action]
    columns = [np.concatenate(starts), np.tile(tip, (3, 1))]
    drawn = hv.Segments(
        (*columns[0].T, *columns[1].T, np.tile(names, 3), np.tile(state, 3)),
        ["x0", "y0", "x1", "y1"],
        ["Action", "State"],
        label="Policy",
    ).opts(
        **_GRID,
        color="#000000",
        line_width=2,
        tools=["hover"],
        show_legend=False,
        backend="bokeh",
    )
    # Dark on light ground, and light around the dark, so that it is seen on any colour.
    halo = drawn.clone(label="Policy, halo").opts(
        color="#ffffff", line_width=5, tools=[], backend="bokeh"
    )
    return halo * drawn * _marks(cells)


def learning_curve(
    source: Trainer | Snapshot, window: int = moving.WINDOW, label: str | None = None
) -> hv.Overlay:
    """The return of each episode, and its moving mean.

    Long runs are thinned: of each group of episodes the lowest and highest return.

    Args:
        source: A trainer, as it is now, or a snapshot.
        window: Episodes over which the mean moves.
        label: Name in the legend; by default it tells the window.

    Raises:
        TypeError: If the source is something else.
        ValueError: If the window is not a whole number from 1.
    """
    returns = _snapshot_of(source).episode_returns
    means = moving.means(returns, window)
    drawn = hv.Curve(moving.extremes(returns), "Episode", "Return", group="Return of an episode")
    mean = hv.Curve(means, "Episode", "Return", group="Mean", label=label or f"Mean of {window}")
    return drawn.opts(
        **_CURVE, color=_LINES, alpha=0.3, line_width=1, show_legend=False, backend="bokeh"
    ) * mean.opts(
        **_CURVE, color=_LINES, line_width=2.5, tools=["hover"], show_legend=True, backend="bokeh"
    )


def comparison(
    runs: Mapping[str, Sequence[Trainer | Snapshot]], window: int = moving.WINDOW
) -> hv.Overlay:
    """Moving means of the returns over several seeds: their mean and a band of confidence.

    The band holds the mean of all seeds with a probability of 95 %, by Student's t, episode
    by episode. Runs of unequal length are compared as far as the shortest goes.

    Args:
        runs: For each label the runs that differ in their seed alone, two or more.
        window: Episodes over which the mean moves.

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
        axes = ("Episode", ["Return", "Band"])
        bands.append(hv.Spread((episodes, mean, half), *axes, group="Band", label=str(label)))
        curves.append(
            hv.Curve((episodes, mean), "Episode", "Return", group="Mean", label=str(label))
        )
    bands = [
        band.opts(
            **_CURVE, color=_LINES, alpha=0.25, line_alpha=0, show_legend=False, backend="bokeh"
        )
        for band in bands
    ]
    curves = [
        curve.opts(
            **_CURVE,
            color=_LINES,
            line_width=2.5,
            tools=["hover"],
            show_legend=True,
            backend="bokeh",
        )
        for curve in curves
    ]
    return hv.Overlay([*bands, *curves])


def _confidence(
    label: str, sources: Sequence[Trainer | Snapshot], window: int
) -> tuple[NDArray, NDArray, NDArray]:
    """Episodes, mean over the runs, and half the width of its band of confidence."""
    from scipy.stats import t

    returns = [_snapshot_of(source).episode_returns for source in sources]
    if len(returns) < 2:
        raise ValueError(
            f"runs must have at least 2 seeds a label, got {len(returns)} of {label!r}"
        )
    length = min(map(len, returns))
    if not length:
        raise ValueError(f"runs must have completed an episode, got one of {label!r} with none")
    curves = [moving.means(each[:length], window) for each in returns]
    episodes = curves[0][0]
    means = np.array([mean for _, mean in curves])
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    return episodes, means.mean(axis=0), t.ppf((1 + CONFIDENCE) / 2, len(means) - 1) * error


def _snapshot_of(source: Trainer | Snapshot) -> Snapshot:
    if isinstance(source, Trainer):
        return source.snapshot
    if not isinstance(source, Snapshot):
        raise TypeError(f"source must be a Trainer or a Snapshot, got {type(source).__name__}")
    return source


def _is_live(cells: NDArray) -> NDArray[np.bool_]:
    """Where an agent can be and act, shape ``(n_rows, n_cols)``."""
    return np.isin(cells, ["S", "."])


def _heatmap(snapshot: Snapshot, numbers: NDArray, label: str, palette: str) -> hv.Overlay:
    """A number for each state as a colour."""
    cells = parse_layout(snapshot.layout)
    n_rows, n_cols = cells.shape
    shown = np.where(_is_live(cells), numbers.reshape(cells.shape), np.nan)
    image = hv.QuadMesh((np.arange(n_cols), np.arange(n_rows), shown), ["x", "y"], label)
    image = image.redim.label(x="Column", y="Row").opts(
        **_GRID,
        cmap=palette,
        colorbar=True,
        clipping_colors={"NaN": "#ffffff"},
        tools=["hover"],
        backend="bokeh",
    )
    return image * _marks(cells)


def _marks(cells: NDArray) -> hv.Overlay:
    """Walls, and the letters of start, goal, pits and cliffs on their colours."""
    rects, labels = [], []
    for (row, col), kind in np.ndenumerate(cells):
        if kind == ".":
            continue
        # A start has a value of its own, which must be seen beside its mark.
        size = _CORNER if kind == "S" else 1
        left, top = col - 0.5, row - 0.5
        rects.append((left, top, left + size, top + size, _MARKS[kind]))
        if kind != "#":
            labels.append((left + size / 2, top + size / 2, kind))
    edges = ["x0", "y0", "x1", "y1"]
    blocks = hv.Rectangles(rects, edges, "Colour", label="Map").opts(
        **_GRID, color="Colour", line_alpha=0, show_legend=False, backend="bokeh"
    )
    pixels = max(8, 110 // max(cells.shape))
    letters = hv.Labels(labels, ["x", "y"], "Letter").opts(
        **_GRID,
        text_color="#111111",
        text_font_size=f"{pixels}px",
        text_alpha=float(max(cells.shape) <= _CROWDED),
        backend="bokeh",
    )
    return blocks * letters
