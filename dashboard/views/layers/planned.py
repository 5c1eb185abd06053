"""`PlannedLayer`: the values that planning updated in the last step."""

from bokeh.models import ColumnDataSource, Scatter

from dashboard.views.grid import GridView
from dashboard.views.layers.base import Frame, Layer

#: From a cell's middle to the mark of an action, in cells.
_OFFSET = 0.36
#: Size of a mark on the smallest map and on larger ones, in pixels.
_LARGEST, _SMALLEST = 11, 3


class PlannedLayer(Layer):
    """A mark for each action whose value was updated from the model."""

    rank = 1

    def __init__(self, grid: GridView) -> None:
        super().__init__(grid)
        self._marks = ColumnDataSource({"x": [], "y": []}, name="planned")
        self._glyph = Scatter(
            x="x", y="y", marker="diamond", size=_LARGEST, line_width=1.5, line_color="#ffffff"
        )

    def draw(self, frame: Frame) -> None:
        """Draws a frame."""
        if not self.renderers:
            self._add([(self._marks, self._glyph, "overlay")])  # the same on all maps
        self._fill(frame)

    def _fill(self, frame: Frame) -> None:
        inside, (n_rows, n_cols) = frame.snapshot.inside, frame.cells.shape
        moves = frame.cells.moves
        pairs = []
        if inside is not None and inside.planned is not None:
            planned = inside.planned
            pairs = sorted(set(zip(planned.states.tolist(), planned.actions.tolist(), strict=True)))
        if self._is_drawn(pairs, n_rows, n_cols, moves, frame.theme):
            return
        size = max(_SMALLEST, min(_LARGEST, 80 // max(n_rows, n_cols)))
        self._glyph.update(size=size, fill_color=frame.theme.ink)
        self._marks.data = {
            "x": [state % n_cols + _OFFSET * moves[action][0] for state, action in pairs],
            "y": [state // n_cols + _OFFSET * moves[action][1] for state, action in pairs],
        }
