"""What layers over the map have in common."""

from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, Glyph, GlyphRenderer, Text
from numpy.typing import NDArray

from dashboard.views.board.geometry import Geometry
from dashboard.views.cells import moves_of, open_states
from dashboard.views.colours import FONT, Theme
from dashboard.views.columns import update_columns
from dashboard.views.grid import GridView
from dashboard.views.layers.tiles import TileImage
from dashboard.words.numbers import scientific
from gridworld import Snapshot, parse_layout

#: Index past a palette: drawn as nothing.
CLEAR = 256


class Scale(NamedTuple):
    """Range of values that the palette spans."""

    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray, known: NDArray) -> "Scale":
        """A scale that holds all values.

        It spans the optimal values, and grows by tenths of that span where values lie outside.
        So it seldom changes, and does not depend on earlier frames.

        Args:
            values: The values to show; infinite ones and NaN are ignored.
            known: Optimal values of the same cells; empty without a plan.
        """
        (low, high), (bottom, top) = _extent(values), _extent(known if known.size else values)
        tenth = (top - bottom) / 10 or (high - low) / 10 or abs(top) or 1.0
        bottom -= tenth * max(0.0, np.ceil((bottom - low) / tenth - _SLACK))
        top += tenth * max(0.0, np.ceil((high - top) / tenth - _SLACK))
        if bottom < 0 <= low:  # no value has another sign
            bottom = 0.0
        if high <= 0 < top:
            top = 0.0
        return cls(bottom, top if top > bottom else bottom + tenth)

    @classmethod
    def of_differences(cls, differences: NDArray, known: NDArray) -> "Scale":
        """A scale from 0: the span of the optimal values, times the least power of 2 that fits."""
        _, most = _extent(differences)
        bottom, top = _extent(known)
        whole = top - bottom or abs(top) or 1.0
        if most > 0:
            whole *= 2.0 ** np.ceil(np.log2(most / whole) - _SLACK)
        return cls(0.0, float(whole))

    def indices(self, values: NDArray) -> NDArray:
        """Places of values in the palette; `CLEAR` for NaN."""
        share = (values - self.low) / (self.high - self.low)
        places = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1))
        return np.where(np.isnan(share), CLEAR, places).astype(np.int64)

    def text(self, value: float) -> str:
        """A value as text."""
        return self.texts(np.array([value]))[0]

    def texts(self, values: NDArray) -> list[str]:
        """Values as short texts, as exact as the scale needs; empty for NaN."""
        largest = max(abs(self.low), abs(self.high))
        if not _PLAIN_BOUNDS[0] <= largest < _PLAIN_BOUNDS[1]:
            return [_with_exponent(value) for value in values.tolist()]
        decimals = int(np.clip(2 - np.floor(np.log10(self.high - self.low) + _SLACK), 0, 4))
        decimals = min(decimals, 2) if largest >= 1 else decimals
        rounded = (values.round(decimals) + 0.0).tolist()  # no negative zero
        return [
            "" if value != value else f"{value:.{decimals}f}".replace("-", "−") for value in rounded
        ]


#: Share of a step by which rounding may move a value over its end.
_SLACK = 1e-9
#: Bounds of a scale's greatest number between which values need no exponent.
_PLAIN_BOUNDS = 0.01, 1e5


def _extent(values: NDArray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _with_exponent(value: float) -> str:
    if value != value:
        return ""
    return scientific(value).replace("-", "−") if value else "0"


class OpenCells:
    """The cells of a map that an agent can come to and act in: where layers are drawn.

    Attributes:
        shape: ``(n_rows, n_cols)``.
        geometry: Where things are on the map.
        states: Their states, shape ``(N,)``.
        moves: Where the actions lead.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        cells = parse_layout(snapshot.layout)
        self._of = snapshot.layout, snapshot.reachable
        self.moves = moves_of(snapshot)
        self.shape = cells.shape
        self.geometry = Geometry(*cells.shape)
        self.states = np.flatnonzero(open_states(snapshot))
        self.y, self.x = np.divmod(self.states, cells.shape[1])

    def is_of(self, snapshot: Snapshot) -> bool:
        """Whether the snapshot is of a world with the same such cells."""
        layout, reachable = self._of
        return (
            snapshot.layout == layout
            and moves_of(snapshot) == self.moves
            and (snapshot.reachable is reachable or np.array_equal(snapshot.reachable, reachable))
        )

    @property
    def are_plain(self) -> bool:
        """Whether each action leads over an edge of the cell."""
        return all(abs(dx) + abs(dy) == 1 for dx, dy in self.moves)

    def spread(self, values: NDArray, elsewhere: int = 0) -> NDArray:
        """Puts values of the open cells in their places on the map.

        Args:
            values: Shape ``(N,)``.
            elsewhere: Value of all other cells.

        Returns:
            Shape ``(n_rows, n_cols)``.
        """
        cells = np.full(self.shape, elsewhere)
        cells.ravel()[self.states] = values
        return cells


class Frame(NamedTuple):
    """All that the layers draw at one moment.

    Attributes:
        snapshot: The run.
        cells: Where there is something to draw.
        scales: What the colours of each background mean.
        theme: Colours of the page.
        ink: Colours of letters and arrows in each cell, shape ``(N,)``.
        in_triangles: Whether each action has a part of the cell to itself.
    """

    snapshot: Snapshot
    cells: OpenCells
    scales: dict[str, Scale]
    theme: Theme
    ink: NDArray
    in_triangles: bool


#: A glyph with its source and its level.
Part = tuple[ColumnDataSource, Glyph, str]


class Layer:
    """One layer: glyphs that are made when it is first shown, on a map of their kind.

    Attributes:
        shown: Whether it is switched on.
        renderers: What draws it.
        rank: Layers of higher ranks are above it.
    """

    rank = 0
    _tiles: TileImage

    def __init__(self, grid: GridView) -> None:
        self._grid = grid
        self.shown = False
        self.renderers: list[GlyphRenderer] = []
        self._made: set[bool] = set()
        self._cells: OpenCells | None = None
        self._drawn: list[Any] = []

    def show(self, shown: bool) -> None:
        """Switches it on or off."""
        self.shown = shown
        for renderer in self.renderers:
            renderer.visible = shown

    def draw(self, frame: Frame) -> None:
        """Draws a frame."""
        if self._cells is not frame.cells:
            self._cells = frame.cells
            is_small = frame.cells.geometry.is_small
            if is_small not in self._made:
                self._made.add(is_small)
                self._add(self._make_shapes() if is_small else self._make_picture())
            if False in self._made:
                self._tiles.clear()
            if True in self._made:
                self._lay_out(frame.cells)
            self._drawn = []
        self._fill(frame)

    def _add(self, parts: list[Part]) -> None:
        renderers = [
            GlyphRenderer(data_source=source, glyph=glyph, level=level, visible=self.shown)
            for source, glyph, level in parts
        ]
        self.renderers += renderers
        self._grid.add(renderers, self.rank)

    def _is_drawn(self, *what: Any) -> bool:
        """Tells whether the same was drawn the last time: most values seldom change."""
        same = len(self._drawn) == len(what) and all(map(_equal, self._drawn, what))
        self._drawn = list(what)
        return same

    def _make_shapes(self) -> list[Part]:
        """What draws it on a map that is small enough for shapes."""
        raise NotImplementedError

    def _make_picture(self) -> list[Part]:
        """What draws it on a larger one: its ``_tiles``."""
        raise NotImplementedError

    def _lay_out(self, cells: OpenCells) -> None:
        """Prepares the sources of its shapes for another map, empty on a larger one."""
        raise NotImplementedError

    def _fill(self, frame: Frame) -> None:
        """Writes the values of a frame into the sources."""
        raise NotImplementedError


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)


def centred_text(size: str, **properties: Any) -> Text:
    """A glyph for numbers in the middle of their places, with the columns x, y and text."""
    return Text(
        text_align="center",
        text_baseline="middle",
        text_font=FONT,
        text_font_size=size,
        **properties,
    )


class Numbers:
    """Numbers in the cells of a map, each with a colour of its own.

    Their source never gets shorter, but keeps spare rows without text: Bokeh may paint between the
    moment when it has fewer colours and the one when it has fewer texts, and fails then.

    Attributes:
        source: The source, with the columns x, y, text and colour.
        glyph: The glyph that draws them.
    """

    def __init__(self, name: str, size: str) -> None:
        self.source = ColumnDataSource({"x": [], "y": [], "text": [], "colour": []}, name=name)
        self.glyph = centred_text(size, text_color="colour")
        self._n, self._n_spare = 0, 0

    def __bool__(self) -> bool:
        return self._n > 0

    def place(self, x: list[float], y: list[float]) -> None:
        """Puts numbers, empty as yet, at their places, one value each."""
        self._n, n_before = len(x), len(self.source.data["x"])
        self._n_spare = max(0, n_before - self._n)
        spare, n = [0.0] * self._n_spare, self._n + self._n_spare
        self.source.data = {
            "x": x + spare,
            "y": y + spare,
            "text": [""] * n,
            "colour": ["#000000"] * n,
        }

    def write(self, texts: list[str], colours: list[str]) -> None:
        """Writes the numbers, in the order of their places."""
        update_columns(
            self.source,
            {
                "text": texts + [""] * self._n_spare,
                "colour": colours + ["#000000"] * self._n_spare,
            },
        )


def values_of(kind: str, snapshot: Snapshot) -> NDArray:
    """The values of a layer: of each state, ``(S,)``, or state and action, ``(S, A)``.

    NaN where an action was never tried, or where there is no plan.
    """
    plan, q_values, visits = snapshot.plan, snapshot.q_values, snapshot.visits
    match kind:
        case "State values":
            policy = snapshot.inside and snapshot.inside.policy
            values = q_values.max(axis=1)
            if policy is not None:  # which is evaluated: its actions count, not the best ones
                values = np.take_along_axis(q_values, policy[:, None], axis=1)[:, 0]
            return np.where(visits.any(axis=1), values, np.nan)
        case "Q-values":
            return np.where(visits > 0, q_values, np.nan)
        case "Visits":
            return np.where(visits.any(axis=1), visits.sum(axis=1), np.nan)
        case "Traces" | "Queue":
            inside = snapshot.inside
            kept = inside and (inside.traces if kind == "Traces" else inside.priorities)
            values = np.zeros(q_values.shape) if kept is None else kept
            return np.where(values > 0, values, np.nan)
    if plan is None:
        return np.full(q_values.shape[:1] if kind == "Optimal values" else q_values.shape, np.nan)
    match kind:
        case "Optimal values":
            return plan.values
        case _:
            return abs(q_values - plan.q_values)
