"""The map, the agent on it and the trail behind it."""

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
from bokeh.models import GlyphRenderer, PanTool, Plot, Range1d, ResetTool, Tool, WheelZoomTool

from dashboard.views.board.geometry import Geometry
from dashboard.views.board.map import MapDrawing
from dashboard.views.board.marks import Marks
from dashboard.views.board.trail import Trail
from dashboard.views.cells import CALM, Dynamics, Moves, moves_of
from dashboard.views.colours import DARK, LIGHT, Theme
from dashboard.widgets.layout import bokeh_pane
from dashboard.widgets.theme import ON_PHONE
from gridworld import Snapshot, Step, parse_layout, read_cells

#: Longest side of a map, in cells, that is not to be zoomed: the wheel scrolls the page there.
_WHOLE_SIDE = 20
#: Fewest cells along the plot when it is zoomed.
_LEAST_CELLS = 6
#: The plot measures its width by the box's height, which may be less than the plot's own.
_BOX = f"""
:host {{ container-type: size; width: 100%; flex: 0 1 auto; min-height: 0; }}
{ON_PHONE} {{ :host {{ flex: none; }} }}
"""
_IN_BOX = {"flex": "none", "width": "100%", "margin-inline": "auto"}


class GridView:
    """A Bokeh plot of the grid: cell ``(row, col)`` is centred at ``x=col, y=row``.

    It has few glyphs, and no axes: each model costs the page time to load.

    Args:
        snapshot: What to show first.
        dynamics: Returns the wind and the slip of the world that is shown.

    Attributes:
        plot: The Bokeh plot.
        panel: The plot as it is placed on the page.
        theme: Its colours.
        geometry: Where things are.
        dynamics: The wind and the slip that are shown.
        map: What draws the cells of the map, in the order of the states on a small one.
    """

    min_interval = 0.0

    def __init__(self, snapshot: Snapshot, dynamics: Callable[[], Dynamics] = lambda: CALM) -> None:
        self.plot = Plot(
            x_range=Range1d(start=-0.5, end=0.5),
            y_range=Range1d(start=0.5, end=-0.5),
            toolbar_location=None,
            sizing_mode="scale_width",
            min_width=200,
            max_width=640,
            min_border=0,
            border_fill_alpha=0,
            background_fill_alpha=0,
            outline_line_alpha=0,
            styles={"flex": "none"},  # else the widgets below would squeeze it
        )
        self._world = dynamics
        self.dynamics = CALM
        self._layout = ""
        self._draft: str | None = None
        self._trail_shown = True
        self._cell: tuple[int, int] | None = None
        self._step: Step | None = None
        self._moves: Moves = ()
        self._zoom_allowed = True
        self._ranks: dict[str, int] = {}
        self._on_theme: list[Callable[[], None]] = []
        self._zoom_tools: list[Tool] = []
        self.theme: Theme = LIGHT
        self.geometry = Geometry(1, 1)
        self._map = MapDrawing(self.plot)
        self.map = self._map.renderer
        self._trail = Trail(self.plot)
        self._marks = Marks(self.plot)
        self.panel = bokeh_pane(self.plot)
        self._box: pn.Column | None = None
        self.update(snapshot)

    @property
    def ratio(self) -> float:
        """Width of the plot through its height, the numbers of rows and columns included."""
        return self.geometry.ratio

    @property
    def draft(self) -> str | None:
        """The map that is shown in place of the run's; None for the run's."""
        return self._draft

    def boxed(self) -> pn.Column:
        """The plot in a box that is as wide as its place, and as high as there is room for.

        The plot is as large as the box allows, whatever its map's shape: cells stay square.
        """
        if self._box is None:
            self._box = pn.Column(self.panel, stylesheets=[_BOX], margin=0)
            self.plot.max_width = None
            self._fit()
        return self._box

    def add(self, renderers: Sequence[GlyphRenderer], rank: int = 0) -> None:
        """Adds renderers above the map and the trail, and below the agent and the marks.

        Args:
            renderers: The renderers.
            rank: They are above those of lower ranks, whichever came first.
        """
        self._ranks |= {renderer.id: rank for renderer in renderers}
        above = [*self._trail.agent, *self._marks.renderers]
        below = [renderer for renderer in self.plot.renderers if renderer not in above]
        ranked = sorted([*below, *renderers], key=lambda r: self._ranks.get(r.id, -1))
        self.plot.renderers = [*ranked, *above]

    def show_trail(self, shown: bool) -> None:
        """Shows or hides the trail; the agent stays."""
        self._trail_shown = shown
        self._trail.show(self._draft is None, shown, self.geometry)

    def set_dark(self, dark: bool) -> None:
        """Recolours the grid for the page's theme."""
        self.theme = DARK if dark else LIGHT
        self._draw_map()
        for recolour in self._on_theme:
            recolour()

    def watch_theme(self, recolour: Callable[[], None]) -> None:
        """Has a function called after each change of the theme."""
        self._on_theme.append(recolour)

    def show_draft(self, layout: str | None) -> None:
        """Shows another map in place of the run's, without the agent; None for the run's."""
        self._draft = layout
        self._draw_map()
        self.show_trail(self._trail_shown)

    def cell_at(self, x: float, y: float) -> tuple[int, int]:
        """The cell ``(row, col)`` of the run's map nearest to a point of the plot."""
        n_rows, n_cols = parse_layout(self._layout).shape
        return min(max(round(y), 0), n_rows - 1), min(max(round(x), 0), n_cols - 1)

    def select(self, cell: tuple[int, int] | None) -> None:
        """Puts a ring about the cell ``(row, col)``, which stays; None takes it away."""
        self._cell = cell
        self._mark()

    def mark_step(self, step: Step | None) -> None:
        """Marks S, A and S′ of a step; None takes the marks away."""
        if step != self._step:
            self._step = step
            self._mark()

    def allow_zoom(self, allowed: bool) -> None:
        """Lets a large map be zoomed and moved, or keeps it still, as while it is edited."""
        self._zoom_allowed = allowed
        self._offer_zoom()

    def reset_view(self) -> None:
        """Shows the whole map again after it was zoomed or moved."""
        place = self.geometry
        is_large = place.side > _WHOLE_SIDE
        for axis, start, end in (
            (self.plot.x_range, place.left, place.right),
            (self.plot.y_range, place.bottom, place.top),
        ):
            limits: dict[str, Any] = {"bounds": None, "min_interval": None}
            if is_large:
                limits = {
                    "bounds": (min(start, end), max(start, end)),
                    "min_interval": _LEAST_CELLS,
                }
            axis.update(**limits)  # first: the browser keeps a range within its bounds
            axis.update(start=start, end=end, reset_start=start, reset_end=end)

    def update(self, snapshot: Snapshot) -> None:
        """Moves the agent and its trail; draws the map if it has changed."""
        dynamics = self._world()
        moves = moves_of(snapshot)
        is_other = snapshot.layout != self._layout or moves != self._moves
        if is_other or dynamics != self.dynamics:
            if snapshot.layout != self._layout:
                self._cell = self._step = None
            self._layout, self.dynamics = snapshot.layout, dynamics
            self._moves = moves
            self._draw_map()
        self._trail.update(snapshot.trail.tolist(), self._moves, dynamics)

    def _mark(self) -> None:
        n_before = len(self._marks.renderers)
        shown = self._draft is None
        self._marks.draw(
            self._cell if shown else None,
            self._step if shown else None,
            self._moves,
            self.geometry,
            self.theme,
        )
        if len(self._marks.renderers) > n_before:
            self.add([])

    def _draw_map(self) -> None:
        cells = read_cells(self._draft or self._layout)
        n_rows, n_cols = cells.shape
        dynamics = self.dynamics if n_cols == len(self.dynamics.wind) else CALM
        geometry = Geometry(n_rows, n_cols, any(dynamics.wind))
        is_new, self.geometry = geometry != self.geometry, geometry
        self._map.draw(cells, geometry, dynamics, self.theme)
        self._trail.lay_out(geometry, self.theme)
        self._mark()
        # Pictures of it without a page have this ground.
        self.plot.background_fill_color = self.theme.line
        if is_new:
            self.reset_view()
            self.plot.aspect_ratio = geometry.ratio
            self._fit()
            self._offer_zoom()

    def _fit(self) -> None:
        if self._box is not None:
            self.plot.styles = _IN_BOX | {"max-width": f"calc(100cqh * {self.ratio:.4f})"}
            self._box.styles = {"aspect-ratio": f"{self.ratio:.4f}"}

    def _offer_zoom(self) -> None:
        wanted = self._zoom_allowed and self.geometry.side > _WHOLE_SIDE
        if wanted and not self._zoom_tools:
            self._zoom_tools = [PanTool(), WheelZoomTool(), ResetTool()]
        others = [tool for tool in self.plot.toolbar.tools if tool not in self._zoom_tools]
        if wanted:
            pan, wheel, _ = self._zoom_tools
            self.plot.toolbar.tools = [*others, *self._zoom_tools]
            self.plot.toolbar.update(active_drag=pan, active_scroll=wheel)
        elif len(others) != len(self.plot.toolbar.tools):
            self.plot.toolbar.update(active_drag=None, active_scroll=None)
            self.plot.toolbar.tools = others
