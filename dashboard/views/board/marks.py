"""`Marks`: rings about cells: the one that is chosen, and those of a step."""

from bokeh.models import ColumnDataSource, GlyphRenderer, MultiLine, Plot, Rect, Text

from dashboard.views.board.geometry import Geometry
from dashboard.views.board.shapes import arrow, moved, unit
from dashboard.views.cells import Moves
from dashboard.views.colours import FONT, ON_LIGHT, Theme
from gridworld import Step

_COLUMNS = ("x", "y", "colour", "line", "text", "text_x", "text_y", "xs", "ys")


class Marks:
    """Draws rings about cells; made when there is something to mark.

    Args:
        plot: The plot to draw on.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._source: ColumnDataSource | None = None
        self.renderers: list[GlyphRenderer] = []

    def draw(
        self,
        cell: tuple[int, int] | None,
        step: Step | None,
        moves: Moves,
        geometry: Geometry,
        theme: Theme,
    ) -> None:
        """Draws the marks.

        Args:
            cell: ``(row, col)`` of the chosen cell, or None.
            step: The step to show, or None.
            moves: Where the actions lead.
            geometry: Where things are.
            theme: Their colours.
        """
        rows = []
        if step is not None:
            rows += _rows_of(step, moves[step.action], geometry, theme)
        if cell is not None:
            rows.append((cell[1], cell[0], theme.accent, 3, "", 0, 0, [], []))
        if not rows and self._source is None:
            return
        columns = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
        if self._source is None:
            self._source = ColumnDataSource(columns, name="marks")
            self._make(self._source)
        elif self._source.data != columns:
            self._source.data = columns
        self._ring.update(width=geometry.width, height=geometry.width)
        self._ring.border_radius = geometry.radius
        self._letter.update(background_fill_color=theme.line, text_color=theme.ink)

    def _make(self, source: ColumnDataSource) -> None:
        self._ring = Rect(fill_alpha=0, line_color="colour", line_width="line")
        self._arrow = MultiLine(
            line_width=3, line_cap="round", line_join="round", line_color=ON_LIGHT
        )
        self._letter = Text(
            x="text_x",
            y="text_y",
            text_font=FONT,
            text_font_size="10px",
            text_font_style="bold",
            text_align="left",
            text_baseline="top",
            background_fill_alpha=0.9,
            padding=2,
            border_radius=3,
        )
        halo = MultiLine(line_width=6, line_cap="round", line_join="round", line_color="#ffffff")
        self.renderers = [
            self._plot.add_glyph(source, glyph, level="overlay")
            for glyph in (self._ring, halo, self._arrow, self._letter)
        ]


def _rows_of(step: Step, move: tuple[int, int], geometry: Geometry, theme: Theme) -> list[tuple]:
    """Rings about S and S′, the arrow of the action A between them."""
    (row, col), (to_row, to_col) = (
        divmod(state, geometry.n_cols) for state in (step.state, step.next_state)
    )
    # Across the edge that the action leads over; staying has no arrow.
    points = arrow(*unit(move), 0.32, 0.66, 0.12) if any(move) else []
    xs, ys = moved(points, col, row - geometry.lift * bool(move[0]))
    half = geometry.width / 2 - 0.03
    rows: list[tuple] = []
    if (row, col) != (to_row, to_col):
        corner = (to_col - half, to_row - half)
        rows.append((to_col, to_row, theme.agent, 3, "S′", *corner, [], []))
        name = "S"
    else:
        name = "S = S′"
    rows.append((col, row, theme.agent, 2, name, col - half, row - half, xs, ys))
    return rows
