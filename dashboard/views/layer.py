"""What layers over the map have in common."""

from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, Glyph, GlyphRenderer, Plot
from numpy.typing import NDArray

from gridworld import Snapshot, parse_layout

#: Most cells along a side at which there is room for numbers.
NUMBER_SIDE = 12
#: Most cells along a side at which shapes are drawn one by one.
GLYPH_SIDE = 20
#: Index past a palette: drawn as nothing.
CLEAR = 256
#: Direction of each action in the picture, whose y points down: up, right, down, left.
DX, DY = np.array([0, 1, 0, -1]), np.array([-1, 0, 1, 0])


class Scale(NamedTuple):
    """Range of values that the palette spans."""

    low: float
    high: float

    def indices(self, values: NDArray) -> NDArray:
        """Places of values in the palette; those that are no numbers are drawn as nothing."""
        share = (values - self.low) / (self.high - self.low)
        places = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1))
        return np.where(np.isnan(share), CLEAR, places).astype(np.int64)

    def widened(self, values: NDArray) -> "Scale":
        """A scale that holds all values, in round numbers; this one if it does so tightly."""
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        tight = self.high - self.low <= 4 * (high - low)
        if self.low <= low and high <= self.high and tight and self.low < self.high:
            return self
        step = 10.0 ** np.floor(np.log10(max(high - low, 1e-3))) / 10
        # Multiples of a step may be rounded to the wrong side of the value.
        low = min(low, float(np.floor(low / step) * step))
        high = max(high, float(np.ceil(high / step) * step))
        return Scale(low, high if high > low else low + step)

    def text(self, value: float) -> str:
        """A value as text."""
        return self.texts(np.array([value]))[0]

    def texts(self, values: NDArray) -> list[str]:
        """Values as texts, with as many decimals as the scale asks for; none for no numbers."""
        span = self.high - self.low
        decimals = 0 if span >= 100 else 1 if span >= 10 else 2
        rounded = (values.round(decimals) + 0.0).tolist()  # no negative zero
        return ["" if value != value else f"{value:.{decimals}f}" for value in rounded]


class Ground:
    """The cells of a map that an agent can act in: where layers are drawn.

    Attributes:
        shape: ``(n_rows, n_cols)``.
        states: Their states, shape ``(N,)``.
    """

    def __init__(self, layout: str) -> None:
        cells = parse_layout(layout)
        self.layout = layout
        self.shape = cells.shape
        self.side = max(cells.shape)
        self.states = np.flatnonzero(np.isin(cells.ravel(), ["S", "."]))
        self.y, self.x = np.divmod(self.states, cells.shape[1])

    def spread(self, values: NDArray, elsewhere: int = 0) -> NDArray:
        """Values of its states in their cells, and another one in all other cells.

        Args:
            values: Shape ``(N,)``.
            elsewhere: The other one.

        Returns:
            Shape ``(n_rows, n_cols)``.
        """
        cells = np.full(self.shape, elsewhere)
        cells.ravel()[self.states] = values
        return cells


class Picture(NamedTuple):
    """What the layers are drawn from."""

    snapshot: Snapshot
    ground: Ground
    scale: Scale
    difference_scale: Scale


class Layer:
    """One layer: glyphs that are made when it is first shown.

    Attributes:
        shown: Whether it is switched on.
    """

    def __init__(self) -> None:
        self.shown = False
        self.renderers: list[GlyphRenderer] = []
        self._layout: str | None = None
        self._drawn: list[Any] = []

    def show(self, plot: Plot, shown: bool, covered: bool = False) -> None:
        """Switches it on or off; one that another covers is drawn, but not seen."""
        self.shown = shown
        if shown and not self.renderers:
            self.renderers = [
                GlyphRenderer(data_source=source, glyph=glyph, level=level)
                for source, glyph, level in self._make()
            ]
            plot.renderers = [*plot.renderers, *self.renderers]
        for renderer in self.renderers:
            renderer.visible = shown and not covered

    def draw(self, picture: Picture) -> None:
        """Shows the snapshot, where the layer is switched on."""
        if self._layout != picture.ground.layout:
            self._layout = picture.ground.layout
            self._lay_out(picture.ground)
            self._drawn = []
        self._fill(picture)

    def _is_drawn(self, *what: Any) -> bool:
        """Tells whether the same was drawn the last time: most of what is learned holds still."""
        same = len(self._drawn) == len(what) and all(map(_equal, self._drawn, what))
        self._drawn = list(what)
        return same

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        """Its glyphs with their sources and levels."""
        raise NotImplementedError

    def _lay_out(self, ground: Ground) -> None:
        """Prepares the sources for another map."""
        raise NotImplementedError

    def _fill(self, picture: Picture) -> None:
        raise NotImplementedError


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)


def update_column(source: ColumnDataSource, column: str, values: list[Any]) -> None:
    """Sends what has changed of a column."""
    old = source.data[column]
    if old == values:
        return
    changed: list[tuple[Any, Any]] = [
        (i, new) for i, (was, new) in enumerate(zip(old, values, strict=True)) if was != new
    ]
    if len(changed) > len(values) // 3:
        changed = [(slice(0, len(values)), values)]
    source.patch({column: changed})


def values_of(kind: str, snapshot: Snapshot) -> NDArray:
    """What a layer shows of each state, ``(S,)``, or state and action, ``(S, A)``.

    Not a number: never tried, or not known.
    """
    plan, q_values = snapshot.plan, snapshot.q_values
    match kind:
        case "State values":
            return np.where(snapshot.visits.any(axis=1), q_values.max(axis=1), np.nan)
        case "Q-values":
            return np.where(snapshot.visits > 0, q_values, np.nan)
        case "Policy":
            return q_values
    if plan is None:
        return np.full(q_values.shape[:1] if kind == "Optimal values" else q_values.shape, np.nan)
    match kind:
        case "Optimal values":
            return plan.values
        case "Optimal policy":
            return plan.q_values
        case _:
            return abs(q_values - plan.q_values)
