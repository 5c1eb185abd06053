"""The map, the agent on it and the trail behind it."""

from bokeh.models import (
    CDSView,
    Circle,
    ColumnDataSource,
    IndexFilter,
    Line,
    Plot,
    Range1d,
    Rect,
    Text,
)

from dashboard.views.cells import KINDS
from dashboard.views.colours import AGENT, LETTERS
from dashboard.widgets.layout import bokeh_pane
from gridworld import TRAIL_LENGTH, Cell, Snapshot, parse_layout, read_cells

#: Width of the lines between cells, in cells.
_LINE_WIDTH = 0.02

#: Columns of the map's source: one rectangle a row, back to front.
_COLUMNS = ("x", "y", "width", "height", "colour", "text")

_LIGHT = {
    "free": KINDS[Cell.FREE].colour,
    "wall": KINDS[Cell.WALL].colour,
    "line": "#d5d8db",
    "agent": AGENT,
}
_DARK = {"free": "#23272b", "wall": "#656d75", "line": "#3c4248", "agent": "#f25ca8"}


class GridView:
    """A Bokeh plot of the grid: cell ``(row, col)`` is centred at ``x=col, y=row``.

    It has few glyphs, and no axes: each model costs the page time to load.

    Attributes:
        plot: The Bokeh plot.
        panel: The plot as it is placed on the page.
    """

    min_interval = 0.0

    def __init__(self, snapshot: Snapshot) -> None:
        self.plot = Plot(
            x_range=Range1d(start=-0.5, end=0.5),
            y_range=Range1d(start=0.5, end=-0.5),
            toolbar_location=None,
            sizing_mode="scale_width",
            min_width=200,
            max_width=640,
            min_border=4,
            border_fill_alpha=0,
            outline_line_alpha=0,
            styles={"flex": "none"},  # else the widgets below would squeeze it
        )
        self._layout = ""
        self._draft: str | None = None
        self._trail_shown = True
        self._theme = _LIGHT
        self._map = ColumnDataSource({column: [] for column in _COLUMNS}, name="map")
        # One source for all that moves, so that a frame is one event.
        self._trail = ColumnDataSource(
            {
                "x": [0] * TRAIL_LENGTH,
                "y": [0] * TRAIL_LENGTH,
                "alpha": [((i + 1) / TRAIL_LENGTH) ** 1.5 for i in range(TRAIL_LENGTH)],
            },
            name="trail",
        )
        self._text = Text(
            text_color=LETTERS,
            text_align="center",
            text_baseline="middle",
            text_font_style="bold",
        )
        self._path = Line(line_alpha=0.7, line_width=4, line_join="round", line_cap="round")
        self._steps = Circle(radius=0.1, fill_alpha="alpha", line_alpha=0)
        self._agent = Circle(radius=0.3, line_width=2)
        cell = Rect(width="width", height="height", fill_color="colour", line_width=0)
        self.plot.add_glyph(self._map, cell, level="underlay")
        self._labels = self.plot.add_glyph(self._map, self._text, level="underlay")
        # At this level the browser has a canvas of its own: a frame does not repaint the map.
        self._behind = [
            self.plot.add_glyph(self._trail, glyph, level="overlay")
            for glyph in (self._path, self._steps)
        ]
        here = CDSView(filter=IndexFilter(indices=[TRAIL_LENGTH - 1]))
        self._here = self.plot.add_glyph(self._trail, self._agent, view=here, level="overlay")
        self.panel = bokeh_pane(self.plot)
        self.update(snapshot)

    def show_trail(self, shown: bool) -> None:
        """Shows or hides the trail; the agent stays."""
        self._trail_shown = shown
        for renderer in self._behind:
            renderer.visible = shown and self._draft is None

    def set_dark(self, dark: bool) -> None:
        """Recolours the grid for the page's theme."""
        self._theme = _DARK if dark else _LIGHT
        self._draw_map()

    def show_draft(self, layout: str | None) -> None:
        """Shows another map in place of the run's, without the agent; None for the run's."""
        self._draft = layout
        self._here.visible = layout is None
        self.show_trail(self._trail_shown)
        self._draw_map()

    def cell_at(self, x: float, y: float) -> tuple[int, int]:
        """The cell ``(row, col)`` nearest to a point of the plot."""
        n_rows, n_cols = parse_layout(self._layout).shape
        return min(max(round(y), 0), n_rows - 1), min(max(round(x), 0), n_cols - 1)

    def update(self, snapshot: Snapshot) -> None:
        """Moves the agent and its trail; draws the map if it has changed."""
        if snapshot.layout != self._layout:
            self._layout = snapshot.layout
            self._draw_map()
        # A short trail repeats its first cell to fill the source.
        cells = snapshot.trail.tolist()
        cells = [cells[0]] * (TRAIL_LENGTH - len(cells)) + cells
        whole = slice(0, TRAIL_LENGTH)
        ys, xs = ([cell[axis] for cell in cells] for axis in (0, 1))
        if (xs, ys) != (self._trail.data["x"], self._trail.data["y"]):
            self._trail.patch({"x": [(whole, xs)], "y": [(whole, ys)]})

    def _draw_map(self) -> None:
        cells = read_cells(self._draft or self._layout)
        n_rows, n_cols = cells.shape
        middle_x, middle_y = (n_cols - 1) / 2, (n_rows - 1) / 2
        theme = self._theme
        rects = [
            (i - 0.5, middle_y, _LINE_WIDTH, n_rows, theme["line"], "") for i in range(n_cols + 1)
        ]
        rects += [
            (middle_x, i - 0.5, n_cols, _LINE_WIDTH, theme["line"], "") for i in range(n_rows + 1)
        ]
        for row, line in enumerate(cells.tolist()):
            for col, letter in enumerate(line):
                colour = KINDS[letter].colour
                if letter == Cell.START:  # a badge in the corner: it is a cell like the others
                    rects.append((col - 0.34, row - 0.34, 0.3, 0.3, colour, letter))
                elif letter == Cell.WALL:
                    rects.append((col, row, 1, 1, theme["wall"], ""))
                elif letter != Cell.FREE:
                    rects.append((col, row, 1, 1, colour, letter))
        columns = [list(column) for column in zip(*rects, strict=True)]
        # Before the cells: Bokeh 3.10 paints letters that change their size with the colours of
        # other cells, and fails where these are fewer.
        self._labels.visible = max(n_rows, n_cols) <= 30
        self._text.text_font_size = f"{max(8, 160 // max(n_rows, n_cols))}px"
        self._map.data = dict(zip(_COLUMNS, columns, strict=True))
        self.plot.x_range.update(end=n_cols - 0.5)
        self.plot.y_range.update(start=n_rows - 0.5)
        self.plot.aspect_ratio = n_cols / n_rows
        self._path.line_color = self._steps.fill_color = theme["agent"]
        self._agent.fill_color = theme["agent"]
        self._agent.line_color = "#ffffff"
        self.plot.background_fill_color = theme["free"]
