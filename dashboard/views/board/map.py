"""`MapDrawing`: the cells of a map, their signs, and the numbers of rows and columns."""

from bokeh.models import ColumnDataSource, MultiLine, Plot, Rect, Text
from numpy.typing import NDArray

from dashboard.views.board.geometry import Geometry
from dashboard.views.board.shapes import CROSS, EDGE, FLAG, RING, arrow, moved
from dashboard.views.cells import KINDS, Dynamics
from dashboard.views.colours import FONT, ON_DARK, ON_LIGHT, SKY_BLUE, Theme
from gridworld import Cell

#: Columns of the map's source: cells, and numbers beside the map, which have no width.
_COLUMNS = ("x", "y", "width", "height", "colour", "letter", "text")
_SIGN_COLUMNS = ("xs", "ys", "colour", "dash")
#: The sign of each kind of cell, and its colour.
_SIGNS = {
    Cell.GOAL: (FLAG, ON_DARK),
    Cell.PIT: (CROSS, ON_LIGHT),
    Cell.CLIFF: (EDGE, ON_LIGHT),
    Cell.START: (RING, SKY_BLUE),
}
_DASHES: list[int] = [5, 4]


class MapDrawing:
    """Draws a map: below all that is known of its cells, its signs above it.

    Args:
        plot: The plot to draw on.

    Attributes:
        renderer: What draws the cells, in the order of the states on a small map.
    """

    def __init__(self, plot: Plot) -> None:
        self._map = ColumnDataSource({column: [] for column in _COLUMNS}, name="map")
        self._signs = ColumnDataSource({column: [] for column in _SIGN_COLUMNS}, name="signs")
        self._cell = Rect(width="width", height="height", fill_color="colour", line_width=0)
        self._number = Text(
            text_align="center", text_baseline="middle", text_font=FONT, text_font_size="12px"
        )
        self._sign = MultiLine(
            line_color="colour", line_dash="dash", line_join="round", line_cap="round"
        )
        self.renderer = plot.add_glyph(self._map, self._cell, level="image")
        plot.add_glyph(self._map, self._number, level="glyph")
        plot.add_glyph(self._signs, self._sign, level="glyph")

    def draw(self, cells: NDArray, geometry: Geometry, dynamics: Dynamics, theme: Theme) -> None:
        """Draws the map.

        Args:
            cells: Its letters, shape ``(n_rows, n_cols)``.
            geometry: Where things are.
            dynamics: Its wind, which is drawn above the columns.
            theme: Its colours.
        """
        rows = _cells(cells, geometry, theme) + _numbers(geometry)
        self._cell.border_radius = geometry.radius
        self._number.text_color = theme.muted
        self._number.text_font_size = "12px" if geometry.side <= 12 else "11px"
        self._sign.line_width = geometry.stroke
        self._map.data = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
        self._signs.data = _signs(cells, geometry, dynamics, theme)


def _cells(cells: NDArray, geometry: Geometry, theme: Theme) -> list[tuple]:
    colours = {letter: kind.colour for letter, kind in KINDS.items()}
    colours |= {Cell.FREE: theme.free, Cell.WALL: theme.wall}
    n_rows, n_cols = cells.shape
    rows: list[tuple] = []
    if geometry.is_small:
        colours[Cell.START] = theme.free  # it has a ring, and a value like other cells
    else:  # ten thousand cells are too many to draw one by one
        middle = (n_cols - 1) / 2, (n_rows - 1) / 2
        rows.append((*middle, n_cols, n_rows, theme.free, "", ""))
    for row, line in enumerate(cells.tolist()):
        for col, letter in enumerate(line):
            if geometry.is_small or letter != Cell.FREE:
                size = geometry.width
                rows.append((col, row, size, size, colours[letter], letter, ""))
    return rows


def _numbers(geometry: Geometry) -> list[tuple]:
    step, half = geometry.number_step, geometry.band / 2
    columns = [
        (col, geometry.top + half, 0, 0, "#00000000", "", str(col))
        for col in range(0, geometry.n_cols, step)
    ]
    return columns + [
        (geometry.left + half, row, 0, 0, "#00000000", "", str(row))
        for row in range(0, geometry.n_rows, step)
    ]


def _signs(cells: NDArray, geometry: Geometry, dynamics: Dynamics, theme: Theme) -> dict:
    xs: list[list[float]] = []
    ys: list[list[float]] = []
    colours: list[str] = []
    dashes: list[list[int]] = []
    # On a large map a value hides the colour of a start: it has a ring of a size to be seen.
    growth = 1.0 if geometry.is_small else 0.06 * geometry.side
    for row, line in enumerate(cells.tolist()):
        for col, letter in enumerate(line):
            if letter in _SIGNS and (geometry.is_small or letter == Cell.START):
                sign, colour = _SIGNS[letter]
                sign = [(growth * x, growth * y) for x, y in sign]
                is_ring = letter == Cell.START
                points = moved(sign, col, row - geometry.lift * is_ring)
                xs.append(points[0])
                ys.append(points[1])
                colours.append(colour)
                dashes.append(_DASHES if is_ring else [])
    if geometry.windy:
        size = 0.4 * geometry.band
        place = -0.5 - 0.45 * geometry.band
        for col, strength in enumerate(dynamics.wind[: geometry.n_cols]):
            # As many arrows as cells that it shifts by.
            for i in range(strength):
                x = col + (i - (strength - 1) / 2) * 1.5 * size
                points = moved(arrow(0, -1, -size, size, 0.55 * size), x, place)
                xs.append(points[0])
                ys.append(points[1])
                colours.append(theme.accent)
                dashes.append([])
    return dict(zip(_SIGN_COLUMNS, (xs, ys, colours, dashes), strict=True))
