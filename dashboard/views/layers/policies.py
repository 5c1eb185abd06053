"""Layers of what the agent does, and of what would be best."""

from functools import lru_cache

import numpy as np
from bokeh.models import ColumnDataSource, MultiLine
from numpy.typing import NDArray

from dashboard.views.board.geometry import NUMBER_SIDE
from dashboard.views.board.shapes import Line, arrows, moved, outlines
from dashboard.views.cells import Moves
from dashboard.views.columns import update_columns
from dashboard.views.grid import GridView
from dashboard.views.layers.base import Frame, Layer, OpenCells, Part
from dashboard.views.layers.tiles import TileImage, pixels_of, pointer_tiles
from gridworld import Snapshot, best_actions

_COLUMNS = ("xs", "ys", "colour")
#: Colour of the optimal policy's pointers on a large map.
_OPTIMAL = "#00795a"


class PolicyLayer(Layer):
    """An arrow for each best action, tied ones included; where actions have triangles, those.

    A cell where the agent never acted has no arrow: all its actions are still alike.
    """

    def __init__(self, grid: GridView, kind: str) -> None:
        super().__init__(grid)
        self._kind = kind
        self._is_optimal = kind == "Optimal policy"
        self.rank = 1 if self._is_optimal else 2

    def _make_shapes(self) -> list[Part]:
        self._lines = ColumnDataSource({column: [] for column in _COLUMNS}, name=self._kind)
        look = {"line_cap": "round", "line_join": "round"}
        self._line = MultiLine(line_color="colour", **look)
        if not self._is_optimal:
            return [(self._lines, self._line, "overlay")]
        # Broad and with an edge, so that the agent's own arrow is seen upon it.
        self._edge = MultiLine(line_color="#ffffff", **look)
        return [(self._lines, self._edge, "overlay"), (self._lines, self._line, "overlay")]

    def _make_picture(self) -> list[Part]:
        line = _OPTIMAL if self._is_optimal else "#202428"
        self._tiles = TileImage(f"{self._kind} tiles", ("#ffffff", line))
        return [(self._tiles.source, self._tiles.glyph, "glyph")]

    def _lay_out(self, cells: OpenCells) -> None:
        place = cells.geometry
        n = cells.states.size if place.is_small else 0
        self._lines.data = {"xs": [[]] * n, "ys": [[]] * n, "colour": ["#000000"] * n}
        width = place.stroke - 0.5
        if self._is_optimal:
            self._edge.line_width, width = width + 4, width + 2.5
        self._line.line_width = width

    def _fill(self, frame: Frame) -> None:
        cells, place = frame.cells, frame.cells.geometry
        best = chosen_actions(frame.snapshot, self._is_optimal)[cells.states]
        in_triangles = frame.in_triangles and place.is_small
        if self._is_drawn(best, in_triangles, frame.ink, frame.theme):
            return
        codes = best @ (1 << np.arange(len(cells.moves)))
        if not place.is_small:
            n = pixels_of(place.side)
            half = max(1, n // 8) + self._is_optimal  # both policies can be seen
            tiles = pointer_tiles(n, half, not self._is_optimal, cells.moves)
            self._tiles.draw(tiles[cells.spread(codes)])
            return
        lift = 0.0 if in_triangles else place.lift
        # Triangles have a half width, arrows a size of their own.
        size = place.width / 2 if in_triangles else 1.0 if place.side <= NUMBER_SIDE else 1.4
        lines = [
            _placed(cells.moves, code, in_triangles, size, x, y - lift)
            for code, x, y in zip(codes.tolist(), cells.x.tolist(), cells.y.tolist(), strict=True)
        ]
        colours = [frame.theme.optimal] * len(lines) if self._is_optimal else frame.ink.tolist()
        update_columns(
            self._lines,
            {
                "xs": [xs for xs, _ in lines],
                "ys": [ys for _, ys in lines],
                "colour": colours,
            },
        )


@lru_cache(maxsize=8192)
def _placed(
    moves: Moves, code: int, in_triangles: bool, size: float, x: float, y: float
) -> tuple[list[float], list[float]]:
    """The xs and the ys of the line of a set of actions in a cell; most seldom change."""
    return moved(_line(moves, code, in_triangles, size), x, y)


@lru_cache(maxsize=1024)
def _line(moves: Moves, code: int, in_triangles: bool, size: float) -> Line:
    """The line of a set of actions, a number in binary with the first action as last digit."""
    chosen = [move for action, move in enumerate(moves) if code >> action & 1]
    return outlines(chosen, moves, size) if in_triangles else arrows(chosen, size)


def chosen_actions(snapshot: Snapshot, optimal: bool) -> NDArray[np.bool_]:
    """The actions of the greedy policy, or of the optimal one, shape ``(S, A)``.

    None where the agent never acted, or planning has no answer.
    """
    inside = snapshot.inside
    if not optimal and inside is not None and inside.policy is not None:
        return np.eye(snapshot.q_values.shape[1], dtype=np.bool_)[inside.policy]
    if not optimal:
        return best_actions(snapshot.q_values) & snapshot.visits.any(axis=1, keepdims=True)
    plan, shape = snapshot.plan, snapshot.q_values.shape
    return np.zeros(shape, dtype=np.bool_) if plan is None else plan.optimal
