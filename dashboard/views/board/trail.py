"""`Trail`: the agent, and the last cells that it was in."""

from collections.abc import Sequence

from bokeh.models import (
    CDSView,
    Circle,
    ColumnDataSource,
    Dodge,
    GlyphRenderer,
    IndexFilter,
    Plot,
    Scatter,
    Segment,
)

from dashboard.views.board.geometry import Geometry
from dashboard.views.cells import Dynamics, Moves
from dashboard.views.colours import Theme
from dashboard.views.columns import update_columns
from gridworld import TRAIL_LENGTH

_COLUMNS = ("x", "y", "x0", "y0")
#: How far the mark of a bump stands out from the trail, in cells.
_BUMP = 0.13

Place = tuple[int, int]


class Trail:
    """Draws the agent and its trail, which is stronger the later it was.

    A step is a line from cell to cell; a bump, after which the agent is where it was, a stroke
    across. No line is drawn where the agent was put somewhere else, as from a cliff to the start.

    Args:
        plot: The plot to draw on.

    Attributes:
        agent: What draws the agent, which is above all that is written on the cells.
    """

    def __init__(self, plot: Plot) -> None:
        shares = [(i + 1) / TRAIL_LENGTH for i in range(TRAIL_LENGTH)]
        # One source for all that moves, so that a frame is one event.
        self._source = ColumnDataSource(
            {column: [0] * TRAIL_LENGTH for column in _COLUMNS}
            | {
                "alpha": [round(0.1 + 0.9 * share**1.3, 3) for share in shares],
                "inner": [round(1.5 + 2.0 * share, 2) for share in shares],
                "outer": [round(3.0 + 2.5 * share, 2) for share in shares],
                "faint": [round(0.08 + 0.6 * share**1.3, 3) for share in shares],
            },
            name="trail",
        )
        self._lift = Dodge(value=0)
        place = {"x": "x", "y": {"field": "y", "transform": self._lift}}
        ends = {
            "x0": "x0",
            "y0": {"field": "y0", "transform": self._lift},
            "x1": "x",
            "y1": {"field": "y", "transform": self._lift},
            "line_alpha": "alpha",
            "line_cap": "round",
        }
        # A light edge, as the colours of agent and values are alike to some eyes.
        self._edge = Segment(
            **ends | {"line_alpha": "faint"}, line_width="outer", line_color="#ffffff"
        )
        self._line = Segment(**ends, line_width="inner")
        self._agent = Circle(**place, radius=0.2, line_width=2, line_color="#ffffff")
        # At this level the browser has a canvas of its own: a frame does not repaint the map.
        self._lines = [
            plot.add_glyph(self._source, glyph, level="overlay")
            for glyph in (self._edge, self._line)
        ]
        here = CDSView(filter=IndexFilter(indices=[TRAIL_LENGTH - 1]))
        self.agent: list[GlyphRenderer] = [
            plot.add_glyph(self._source, self._agent, view=here, level="overlay")
        ]
        self._plot, self._place, self._here = plot, place, here
        self._finder: Scatter | None = None

    def lay_out(self, geometry: Geometry, theme: Theme) -> None:
        """Takes the size of the map and the colours of the page."""
        self._lift.value = -geometry.lift
        self._line.line_color = self._agent.fill_color = theme.agent
        self._agent.radius = 0.2 if geometry.side <= 12 else 0.3
        if not geometry.is_small and self._finder is None:
            # Its size is in pixels: the agent alone would be a dot.
            self._finder = Scatter(**self._place, size=22, fill_alpha=0, line_width=3)
            around = Scatter(**self._place, size=22, fill_alpha=0, line_width=6, line_color="white")
            self.agent += [
                self._plot.add_glyph(self._source, glyph, view=self._here, level="overlay")
                for glyph in (around, self._finder)
            ]
        if self._finder is not None:
            self._finder.line_color = theme.agent
            for renderer in self.agent[1:]:
                renderer.visible = not geometry.is_small and self.agent[0].visible

    def show(self, agent: bool, trail: bool, geometry: Geometry) -> None:
        """Shows or hides the agent, and the trail behind it."""
        for renderer in self.agent:
            renderer.visible = agent
        for renderer in self.agent[1:]:
            renderer.visible = agent and not geometry.is_small
        for renderer in self._lines:
            renderer.visible = agent and trail

    def update(self, trail: Sequence[Place], moves: Moves, dynamics: Dynamics) -> None:
        """Moves them.

        Args:
            trail: Cells ``(row, col)``, oldest first, at most `TRAIL_LENGTH`.
            moves: Where the actions lead.
            dynamics: Tells which moves are steps.
        """
        # A short trail repeats its first cell to fill the source.
        row, col = trail[0]
        n_spare = TRAIL_LENGTH - len(trail) + 1
        x: list[float] = [col] * n_spare
        y: list[float] = [row] * n_spare
        x0, y0 = [*x], [*y]
        wind, is_king = dynamics.wind, any(dx and dy for dx, dy in moves)
        for i in range(1, len(trail)):
            (was_row, was_col), (row, col) = (row, col), trail[i]
            x.append(col)
            y.append(row)
            lift = wind[was_col] if was_col < len(wind) else 0
            lift += bool(lift and dynamics.gust)
            if row == was_row and col == was_col:
                x0.append(col - _BUMP)
                y0.append(row - _BUMP)
            elif _is_step(row - was_row, abs(col - was_col), lift, is_king):
                x0.append(was_col)
                y0.append(was_row)
            else:
                x0.append(col)
                y0.append(row)
        update_columns(self._source, {"x": x, "y": y, "x0": x0, "y0": y0})


def _is_step(down: int, across: int, wind: int, is_king: bool) -> bool:
    """Whether one step of an agent can lead so far, in cells, from where the wind lifts it so."""
    own = 1 if is_king else 1 - across
    return across <= 1 and -wind - own <= down <= own
