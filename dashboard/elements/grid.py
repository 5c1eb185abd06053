"""Elements of the grid: values, Q-values, policy, visits."""

from collections.abc import Callable
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
import numpy as np
from numpy.typing import NDArray

from dashboard.views.board.shapes import part, unit
from dashboard.views.cells import KINDS, moves_of, open_states
from dashboard.views.colours import LETTERS
from dashboard.words.actions import actions_of
from gridworld import Cell, Snapshot, Trainer, best_actions, parse_layout, snapshot_of

#: Longest side of a map, in cells, at which letters fit.
_LETTER_SIDE = 30
#: Width of a start's mark, in cells: only a corner, so that its value can be seen.
_CORNER_WIDTH = 0.36


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


#: What the docstrings of all these elements end with.
_SOURCE = """

    Args:
        source: A trainer, as it is now, or a snapshot.

    Raises:
        TypeError: If the source is something else.
        ValueError: If its world has no map.
    """


def _element(draw: Callable[[Snapshot], hv.Overlay]) -> Callable[[Trainer | Snapshot], hv.Overlay]:
    """Has a function that draws a snapshot take a trainer too."""

    def element(source: Trainer | Snapshot) -> hv.Overlay:
        snapshot = snapshot_of(source)
        if not snapshot.layout:
            raise ValueError("source must be of a world with a map, this one has none")
        return draw(snapshot)

    element.__name__ = element.__qualname__ = draw.__name__
    element.__doc__ = f"{draw.__doc__}{_SOURCE}"
    return element


@_element
def values(snapshot: Snapshot) -> hv.Overlay:
    """The value of each state: that of its best action."""
    return _heatmap(snapshot, snapshot.q_values.max(axis=1), "Value", "cividis")


@_element
def visits(snapshot: Snapshot) -> hv.Overlay:
    """How often each state was left: the updates of its actions."""
    return _heatmap(snapshot, snapshot.visits.sum(axis=1), "Visits", "viridis")


@_element
def q_values(snapshot: Snapshot) -> hv.Overlay:
    """The Q-values of each state, as triangles on the side to which the action leads."""
    cells, moves, names = (
        parse_layout(snapshot.layout),
        moves_of(snapshot),
        actions_of(snapshot).names,
    )
    triangles = []
    for state in np.flatnonzero(open_states(snapshot)).tolist():
        row, col = divmod(state, cells.shape[1])
        # The middle, for staying, is above the other parts.
        for action in sorted(range(len(moves)), key=lambda action: not any(moves[action])):
            corners = part(moves[action], moves, 0.5)
            triangles.append(
                {
                    "x": [col + x for x, _ in corners],
                    "y": [row + y for _, y in corners],
                    "Q": snapshot.q_values[state, action],
                    "Action": names[action],
                    "State": state,
                }
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


@_element
def policy(snapshot: Snapshot) -> hv.Overlay:
    """The greedy policy: an arrow for each best action of a state, all of them where they tie."""
    cells = parse_layout(snapshot.layout)
    best = best_actions(snapshot.q_values)
    state, action = np.nonzero(best & open_states(snapshot)[:, None])
    row, col = np.divmod(state, cells.shape[1])
    towards = np.array([unit(move) if any(move) else (0.0, 0.0) for move in moves_of(snapshot)])
    along, centre = towards[action], np.stack([col, row], axis=1)
    # What stays is a dash in the middle.
    across = np.where(along.any(axis=1, keepdims=True), along[:, ::-1] * [1, -1], [1, 0])
    tip = centre + 0.4 * along
    # An arrow is three lines: the shaft and the two barbs of its head.
    barb = tip - 0.12 * along
    starts = [centre + 0.08 * along, barb + 0.1 * across, barb - 0.1 * across]
    names = np.array(actions_of(snapshot).names)[action]
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


def _heatmap(snapshot: Snapshot, numbers: NDArray, label: str, palette: str) -> hv.Overlay:
    """A number for each state as a colour."""
    cells = parse_layout(snapshot.layout)
    n_rows, n_cols = cells.shape
    shown = np.where(
        open_states(snapshot).reshape(cells.shape), numbers.reshape(cells.shape), np.nan
    )
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
    for (row, col), letter in np.ndenumerate(cells):
        if letter == Cell.FREE:
            continue
        # A start has a value of its own, which must be seen beside its mark.
        size = _CORNER_WIDTH if letter == Cell.START else 1
        left, top = col - 0.5, row - 0.5
        rects.append((left, top, left + size, top + size, KINDS[letter].colour))
        if letter != Cell.WALL:
            labels.append((left + size / 2, top + size / 2, letter))
    edges = ["x0", "y0", "x1", "y1"]
    blocks = hv.Rectangles(rects, edges, "Colour", label="Map").opts(
        **_GRID, color="Colour", line_alpha=0, show_legend=False, backend="bokeh"
    )
    pixels = max(8, 110 // max(cells.shape))
    letters = hv.Labels(labels, ["x", "y"], "Letter").opts(
        **_GRID,
        text_color=LETTERS,
        text_font_size=f"{pixels}px",
        text_alpha=float(max(cells.shape) <= _LETTER_SIDE),
        backend="bokeh",
    )
    return blocks * letters
