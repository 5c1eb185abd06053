"""Layers of what the agent does: its policy, the optimal one, and its visits."""

import numpy as np
from bokeh.models import ColumnDataSource, Glyph, Rect, Wedge
from numpy.typing import NDArray

from dashboard.views.colours import SKY_BLUE
from dashboard.views.layers.base import (
    DX,
    DY,
    GLYPH_SIDE,
    NUMBER_SIDE,
    Frame,
    Layer,
    OpenCells,
    centred_text,
    update_column,
)
from dashboard.views.layers.tiles import TileImage, pixels_of, pointer_tiles, square_tiles
from gridworld import Snapshot, best_actions


class PolicyLayer(Layer):
    """An arrow head for each best action, tied ones included."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._is_optimal = kind == "Optimal policy"

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        columns = ("x", "y", "start", "end", "radius")
        self._heads = ColumnDataSource({column: [] for column in columns}, name=self._kind)
        wedge = Wedge(radius="radius", start_angle="start", end_angle="end")
        line = "#0095ff" if self._is_optimal else "#202428"
        if self._is_optimal:
            wedge.update(fill_alpha=0, line_color=line, line_width=2)
        else:
            wedge.update(fill_color="#ffffff", line_color=line, line_width=1)
        self._tiles = TileImage(f"{self._kind} tiles", ("#ffffff", line))
        return [
            (self._heads, wedge, "glyph"),
            (self._tiles.source, self._tiles.glyph, "glyph"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        # A head is a wedge whose tip points outwards; that of the optimal policy is bigger and
        # lies around it where the two agree.
        reach, half = (0.49, 0.62) if self._is_optimal else (0.46, 0.55)
        back = np.arctan2(DY, -DX) % (2 * np.pi)
        self._tiles.clear()
        n = cells.states.size if cells.side <= GLYPH_SIDE else 0
        self._heads.data = {
            "x": (cells.x[:n, None] + reach * DX).ravel().round(2).tolist(),
            "y": (cells.y[:n, None] + reach * DY).ravel().round(2).tolist(),
            "start": np.tile(back - half, n).round(3).tolist(),
            "end": np.tile(back + half, n).round(3).tolist(),
            "radius": [0.0] * (4 * n),
        }

    def _fill(self, frame: Frame) -> None:
        cells = frame.cells
        best = _chosen(frame.snapshot, self._is_optimal)[cells.states]
        if self._is_drawn(best):
            return
        if cells.side <= GLYPH_SIDE:
            radius = 0.21 if self._is_optimal else 0.15
            update_column(self._heads, "radius", np.where(best, radius, 0.0).ravel().tolist())
            return
        n = pixels_of(cells.side)
        half = max(1, n // 8) + self._is_optimal  # both policies can be seen
        tiles = pointer_tiles(n, half, filled=not self._is_optimal)
        self._tiles.draw(tiles[cells.spread(best @ (1 << np.arange(4)))])


def _chosen(snapshot: Snapshot, optimal: bool) -> NDArray[np.bool_]:
    """The actions of the greedy policy, or of the optimal one, shape ``(S, A)``."""
    if not optimal:
        return best_actions(snapshot.q_values)
    plan, shape = snapshot.plan, snapshot.q_values.shape
    return np.zeros(shape, dtype=np.bool_) if plan is None else plan.optimal


class VisitsLayer(Layer):
    """A square in each cell, larger the more often it was acted in; the count as a number."""

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        self._squares = ColumnDataSource({"x": [], "y": [], "side": []}, name="Visits")
        self._numbers = ColumnDataSource({"x": [], "y": [], "text": []}, name="Visits numbers")
        square = Rect(
            width="side",
            height="side",
            fill_color=SKY_BLUE,
            fill_alpha=0.75,
            line_color="#1b4965",
            line_width=1,
        )
        text = centred_text("10px", text_color="#0b2a3d", y_offset=-2)
        self._tiles = TileImage("Visits tiles", (f"{SKY_BLUE}c0",))
        return [
            (self._squares, square, "glyph"),
            (self._numbers, text, "glyph"),
            (self._tiles.source, self._tiles.glyph, "glyph"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        self._tiles.clear()
        n = cells.states.size if cells.side <= GLYPH_SIDE else 0
        n_numbers = cells.states.size if cells.side <= NUMBER_SIDE else 0
        x, y = cells.x.tolist(), cells.y.tolist()
        self._squares.data = {"x": x[:n], "y": y[:n], "side": [0.0] * n}
        self._numbers.data = {"x": x[:n_numbers], "y": y[:n_numbers], "text": [""] * n_numbers}

    def _fill(self, frame: Frame) -> None:
        cells = frame.cells
        counts = frame.snapshot.visits[cells.states].sum(axis=1)
        if self._is_drawn(counts):
            return
        # By area and logarithm, so that rare visits are seen beside very many.
        share = np.sqrt(np.log1p(counts) / np.log1p(max(1, counts.max(initial=1))))
        if cells.side > GLYPH_SIDE:
            tiles = square_tiles(pixels_of(cells.side))
            largest = tiles.shape[0] - 2  # a line is left between two cells
            self._tiles.draw(tiles[cells.spread(np.ceil(share * largest).astype(int))])
            return
        update_column(self._squares, "side", (0.4 * share).round(2).tolist())
        if self._numbers.data["text"]:
            texts = [_short(count) if count else "" for count in counts.tolist()]
            update_column(self._numbers, "text", texts)


def _short(count: int) -> str:
    """A count in at most four characters."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count / unit:.{0 if count >= 10 * unit else 1}f}{name}"
    return str(count)
