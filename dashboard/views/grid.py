"""The map, the agent on it and the trail behind it."""

from bokeh.models import CDSView, ColumnDataSource, IndexFilter, Range1d
from bokeh.plotting import figure

from gridworld import Snapshot, parse_layout

#: Segments of the trail: one fewer than its cells.
N_SEGMENTS = 19

# Okabe and Ito's palette, safe for the colour-blind.
_CELLS = {"S": "#56b4e9", "G": "#009e73", "X": "#d55e00", "C": "#e69f00"}
_THEMES = {
    False: {
        "floor": "#ffffff",
        "wall": "#4a5056",
        "line": "#d5d8db",
        "edge": "#ffffff",
        "agent": "#0072b2",
    },
    True: {
        "floor": "#23272b",
        "wall": "#8d959d",
        "line": "#3c4248",
        "edge": "#23272b",
        "agent": "#5cb8f5",
    },
}


class GridView:
    """A Bokeh figure of the grid: cell ``(row, col)`` is centred at ``x=col, y=row``.

    Attributes:
        figure: The Bokeh figure.
    """

    min_interval = 0.0

    def __init__(self, snapshot: Snapshot) -> None:
        self.figure = figure(
            x_range=Range1d(start=-0.5, end=0.5),
            y_range=Range1d(start=0.5, end=-0.5),
            tools="",
            toolbar_location=None,
            sizing_mode="scale_width",
            min_width=200,
            max_width=640,
            min_border=4,
        )
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self._layout = ""
        self._floor = ColumnDataSource({"right": [0.5], "bottom": [0.5]}, name="floor")
        self._lines = ColumnDataSource({"x0": [], "y0": [], "x1": [], "y1": []}, name="lines")
        self._walls = ColumnDataSource({"x": [], "y": []}, name="walls")
        self._marks = ColumnDataSource({"x": [], "y": [], "colour": [], "text": []}, name="marks")
        # One source for both, so that a frame is one event: the agent is where the last
        # segment of its trail ends.
        self._trail = ColumnDataSource(
            {
                **{end: [0] * N_SEGMENTS for end in ("x0", "y0", "x1", "y1")},
                "alpha": [((i + 1) / N_SEGMENTS) ** 1.5 for i in range(N_SEGMENTS)],
            },
            name="trail",
        )
        plot = self.figure
        self._floor_glyph = plot.quad(
            -0.5, "right", -0.5, "bottom", source=self._floor, line_width=0
        )
        self._line_glyph = plot.segment("x0", "y0", "x1", "y1", source=self._lines)
        self._wall_glyph = plot.rect("x", "y", 1, 1, source=self._walls)
        plot.rect("x", "y", 1, 1, source=self._marks, color="colour", alpha=0.85)
        self._text_glyph = plot.text(
            "x",
            "y",
            "text",
            source=self._marks,
            color="#111111",
            text_align="center",
            text_baseline="middle",
            text_font_style="bold",
        )
        self._trail_glyph = plot.segment(
            "x0",
            "y0",
            "x1",
            "y1",
            source=self._trail,
            alpha="alpha",
            line_width=5,
            line_cap="round",
        )
        self._agent_glyph = plot.circle(
            "x1",
            "y1",
            radius=0.3,
            source=self._trail,
            view=CDSView(filter=IndexFilter(indices=[N_SEGMENTS - 1])),
            line_width=2,
        )
        self.set_dark(False)
        self.update(snapshot)

    def set_dark(self, dark: bool) -> None:
        """Recolours what the page's theme does not reach."""
        theme = _THEMES[dark]
        self._floor_glyph.glyph.fill_color = theme["floor"]
        self._line_glyph.glyph.line_color = theme["line"]
        self._wall_glyph.glyph.update(fill_color=theme["wall"], line_color=theme["wall"])
        self._trail_glyph.glyph.line_color = theme["agent"]
        self._agent_glyph.glyph.update(fill_color=theme["agent"], line_color=theme["edge"])

    def update(self, snapshot: Snapshot) -> None:
        """Moves the agent and its trail; draws the map anew if it is another one."""
        if snapshot.layout != self._layout:
            self._draw_map(snapshot.layout)
        # A trail shorter than the source begins with segments of no length.
        cells = snapshot.trail.tolist()
        cells = [cells[0]] * (N_SEGMENTS + 1 - len(cells)) + cells
        whole = slice(0, N_SEGMENTS)
        ys, xs = ([cell[axis] for cell in cells] for axis in (0, 1))
        self._trail.patch(
            {
                "x0": [(whole, xs[:-1])],
                "y0": [(whole, ys[:-1])],
                "x1": [(whole, xs[1:])],
                "y1": [(whole, ys[1:])],
            }
        )

    def _draw_map(self, layout: str) -> None:
        self._layout = layout
        cells = parse_layout(layout)
        n_rows, n_cols = cells.shape
        right, bottom = n_cols - 0.5, n_rows - 0.5
        self.figure.x_range.update(end=right)
        self.figure.y_range.update(start=bottom)
        self.figure.aspect_ratio = n_cols / n_rows
        self._floor.data = {"right": [right], "bottom": [bottom]}
        across, down = ([i - 0.5 for i in range(n + 1)] for n in (n_cols, n_rows))
        self._lines.data = {
            "x0": across + [-0.5] * len(down),
            "y0": [-0.5] * len(across) + down,
            "x1": across + [right] * len(down),
            "y1": [bottom] * len(across) + down,
        }
        places = [(r, c) for r in range(n_rows) for c in range(n_cols)]
        walls = [(r, c) for r, c in places if cells[r, c] == "#"]
        marked = [(r, c) for r, c in places if cells[r, c] in _CELLS]
        kinds = [str(cells[place]) for place in marked]
        self._walls.data = {"x": [c for _, c in walls], "y": [r for r, _ in walls]}
        self._marks.data = {
            "x": [c for _, c in marked],
            "y": [r for r, _ in marked],
            "colour": [_CELLS[kind] for kind in kinds],
            "text": kinds,
        }
        self._text_glyph.visible = max(n_rows, n_cols) <= 30
        self._text_glyph.glyph.text_font_size = f"{max(8, 160 // max(n_rows, n_cols))}px"
