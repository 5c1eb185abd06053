"""Layers over the map: values, policy, visits, and what planning says of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    Glyph,
    GlyphRenderer,
    Image,
    LinearColorMapper,
    Patches,
    Plot,
    Rect,
    Text,
    Wedge,
)
from bokeh.palettes import cividis
from numpy.typing import NDArray

from dashboard.views.mosaic import Mosaic, pixels_of, pointer_tiles, quarters, square_tiles
from gridworld import Snapshot, parse_layout

#: Most cells along a side at which there is room for numbers in triangles, and in cells.
TRIANGLE_NUMBER_SIDE, NUMBER_SIDE = 8, 12
#: Most cells along a side at which shapes are drawn one by one.
GLYPH_SIDE = 20

PALETTE = tuple(cividis(256))
#: From nothing to vermilion of Okabe and Ito: no difference is seen through.
DIFFERENCE_PALETTE = tuple(f"#d55e00{round(225 * i / 255):02x}" for i in range(256))
_CLEAR = 256  # index past the palette: drawn as nothing
_NOTHING = "#00000000"
#: Direction of each action in the picture, whose y points down: up, right, down, left.
_DX, _DY = np.array([0, 1, 0, -1]), np.array([-1, 0, 1, 0])


class Scale(NamedTuple):
    """Range of values that the palette spans."""

    low: float
    high: float

    def indices(self, values: NDArray) -> NDArray:
        """Places of values in the palette; those that are no numbers are drawn as nothing."""
        share = (values - self.low) / (self.high - self.low)
        places = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1))
        return np.where(np.isnan(share), _CLEAR, places).astype(np.int64)

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
        """A value as text, with as many decimals as the scale asks for."""
        span = self.high - self.low
        decimals = 0 if span >= 100 else 1 if span >= 10 else 2
        return f"{round(value, decimals) + 0.0:.{decimals}f}"  # no negative zero


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
        self._fill(picture)

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        """Its glyphs with their sources and levels."""
        raise NotImplementedError

    def _lay_out(self, ground: Ground) -> None:
        """Prepares the sources for another map."""
        raise NotImplementedError

    def _fill(self, picture: Picture) -> None:
        raise NotImplementedError


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


class CellsLayer(Layer):
    """A colour for each cell, and its value as a number where there is room."""

    def __init__(self, kind: str, palette: Sequence[str], number_at: float | None) -> None:
        super().__init__()
        self._kind = kind
        self._palette = palette
        self._number_at = number_at

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        mapper = LinearColorMapper(
            palette=list(self._palette), low=0, high=255, high_color=_NOTHING
        )
        self._image = ColumnDataSource({"image": [], "dw": [], "dh": []}, name=self._kind)
        self._shown: list[int] = []
        image = Image(x=-0.5, y=-0.5, dw="dw", dh="dh", color_mapper=mapper)
        self._numbers = ColumnDataSource(
            {"x": [], "y": [], "text": [], "colour": []}, name=f"{self._kind} numbers"
        )
        text = Text(
            text_color="colour",
            text_align="center",
            text_baseline="middle",
            text_font_size="12px",
        )
        self._mosaic = Mosaic(f"{self._kind} picture", self._palette[1:])
        return [
            (self._image, image, "image"),
            (self._numbers, text, "glyph"),
            (self._mosaic.source, self._mosaic.glyph, "image"),
        ]

    def _lay_out(self, ground: Ground) -> None:
        self._shown = []
        self._image.data = {"image": [], "dw": [], "dh": []}
        self._mosaic.clear()
        room = self._number_at is not None and ground.side <= NUMBER_SIDE
        n = ground.states.size if room else 0
        self._numbers.data = {
            "x": ground.x[:n].tolist(),
            "y": (ground.y[:n] + (self._number_at or 0)).tolist(),
            "text": [""] * n,
            "colour": ["#000000"] * n,
        }

    def _fill(self, picture: Picture) -> None:
        values = values_of(self._kind, picture.snapshot)
        ground, scale = picture.ground, picture.scale
        places = scale.indices(values[ground.states])
        if ground.side > GLYPH_SIDE:
            n = pixels_of(ground.side)
            cells = ground.spread(_seen(places))[..., None, None]
            self._mosaic.draw(np.broadcast_to(cells, (*ground.shape, n, n)))
            return
        image = ground.spread(places, _CLEAR)
        shown = image.ravel().tolist()
        if shown != self._shown:
            self._shown = shown
            n_rows, n_cols = ground.shape
            # Of dtype object it travels as a list: Bokeh 3.9 cannot take a connection up
            # again with a binary array in the document.
            self._image.data = {"image": [image.astype(object)], "dw": [n_cols], "dh": [n_rows]}
        if self._numbers.data["x"]:
            numbers = values[ground.states].tolist()
            texts = ["" if np.isnan(v) else scale.text(v) for v in numbers]
            update_column(self._numbers, "text", texts)
            update_column(self._numbers, "colour", _contrasting(places))


class TrianglesLayer(Layer):
    """Four triangles in each cell, one an action, and numbers where there is room."""

    def __init__(self, kind: str, palette: Sequence[str], numbers: bool) -> None:
        super().__init__()
        self._kind = kind
        self._palette = palette
        self._with_numbers = numbers

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        mapper = LinearColorMapper(
            palette=list(self._palette), low=0, high=255, high_color=_NOTHING
        )
        self._triangles = ColumnDataSource(
            {"xs": [], "ys": [], "place": []}, name=f"{self._kind} triangles"
        )
        self._numbers = ColumnDataSource(
            {"x": [], "y": [], "text": [], "colour": []}, name=f"{self._kind} triangle numbers"
        )
        patches = Patches(
            fill_color={"field": "place", "transform": mapper},
            line_color="#80808060",
            line_width=1,
        )
        text = Text(
            text_color="colour",
            text_align="center",
            text_baseline="middle",
            text_font_size="10px",
        )
        self._mosaic = Mosaic(f"{self._kind} picture", self._palette[1:])
        return [
            (self._triangles, patches, "underlay"),
            (self._numbers, text, "glyph"),
            (self._mosaic.source, self._mosaic.glyph, "underlay"),
        ]

    def _lay_out(self, ground: Ground) -> None:
        self._mosaic.clear()
        n = ground.states.size if ground.side <= GLYPH_SIDE else 0
        x, y = (axis[:n, None, None] for axis in (ground.x, ground.y))
        # From the middle of the cell to the two corners on the action's side.
        corners_x = np.stack([0 * _DX, _DX - _DY, _DX + _DY], axis=1) * 0.46
        corners_y = np.stack([0 * _DY, _DY + _DX, _DY - _DX], axis=1) * 0.46
        self._triangles.data = {
            "xs": (x + corners_x).reshape(-1, 3).round(2).tolist(),
            "ys": (y + corners_y).reshape(-1, 3).round(2).tolist(),
            "place": [_CLEAR] * (4 * n),
        }
        if not self._with_numbers or ground.side > TRIANGLE_NUMBER_SIDE:
            n = 0
        self._numbers.data = {
            "x": (ground.x[:n, None] + 0.25 * _DX).ravel().round(2).tolist(),
            "y": (ground.y[:n, None] + 0.22 * _DY).ravel().round(2).tolist(),
            "text": [""] * (4 * n),
            "colour": ["#000000"] * (4 * n),
        }

    def _fill(self, picture: Picture) -> None:
        ground = picture.ground
        scale = picture.difference_scale if self._kind == "Difference" else picture.scale
        values = values_of(self._kind, picture.snapshot)[ground.states].ravel()
        places = scale.indices(values)
        if ground.side > GLYPH_SIDE:
            colours = np.zeros((*ground.shape, 5), dtype=np.uint8)
            colours[..., :4].reshape(-1, 4)[ground.states] = _seen(places).reshape(-1, 4)
            self._mosaic.draw(colours[:, :, quarters(pixels_of(ground.side))])
            return
        update_column(self._triangles, "place", places.tolist())
        if self._numbers.data["x"]:
            texts = ["" if np.isnan(v) else scale.text(v) for v in values.tolist()]
            update_column(self._numbers, "text", texts)
            update_column(self._numbers, "colour", _contrasting(places))


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
        self._mosaic = Mosaic(f"{self._kind} picture", ("#ffffff", line))
        return [
            (self._heads, wedge, "glyph"),
            (self._mosaic.source, self._mosaic.glyph, "glyph"),
        ]

    def _lay_out(self, ground: Ground) -> None:
        # A head is a piece of a pie whose tip points outwards; a bigger one lies around
        # it where planning agrees.
        reach, half = (0.49, 0.62) if self._is_optimal else (0.46, 0.55)
        back = np.arctan2(_DY, -_DX) % (2 * np.pi)
        self._mosaic.clear()
        n = ground.states.size if ground.side <= GLYPH_SIDE else 0
        self._heads.data = {
            "x": (ground.x[:n, None] + reach * _DX).ravel().round(2).tolist(),
            "y": (ground.y[:n, None] + reach * _DY).ravel().round(2).tolist(),
            "start": np.tile(back - half, n).round(3).tolist(),
            "end": np.tile(back + half, n).round(3).tolist(),
            "radius": [0.0] * (4 * n),
        }

    def _fill(self, picture: Picture) -> None:
        ground = picture.ground
        values = values_of(self._kind, picture.snapshot)[ground.states]
        if self._is_optimal:
            # Planning's values are exact up to rounding.
            with np.errstate(invalid="ignore"):
                highest = np.nan_to_num(values, nan=-np.inf).max(axis=1, keepdims=True)
                best = values >= highest - 1e-9 * (1 + abs(highest))
        else:
            best = values == values.max(axis=1, keepdims=True)
        if ground.side <= GLYPH_SIDE:
            radius = 0.21 if self._is_optimal else 0.15
            update_column(self._heads, "radius", np.where(best, radius, 0.0).ravel().tolist())
            return
        n = pixels_of(ground.side)
        half = max(1, n // 8) + self._is_optimal  # each is seen beside the other
        tiles = pointer_tiles(n, half, filled=not self._is_optimal)
        self._mosaic.draw(tiles[ground.spread(best @ (1 << np.arange(4)))])


class VisitsLayer(Layer):
    """A square in each cell, larger the more often it was acted in; the count as a number."""

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        self._squares = ColumnDataSource({"x": [], "y": [], "side": []}, name="Visits")
        self._numbers = ColumnDataSource({"x": [], "y": [], "text": []}, name="Visits numbers")
        square = Rect(
            width="side",
            height="side",
            fill_color="#56b4e9",
            fill_alpha=0.75,
            line_color="#1b4965",
            line_width=1,
        )
        text = Text(
            y_offset=-2,
            text_color="#0b2a3d",
            text_align="center",
            text_baseline="middle",
            text_font_size="10px",
        )
        self._mosaic = Mosaic("Visits picture", ("#56b4e9c0",))
        return [
            (self._squares, square, "glyph"),
            (self._numbers, text, "glyph"),
            (self._mosaic.source, self._mosaic.glyph, "glyph"),
        ]

    def _lay_out(self, ground: Ground) -> None:
        self._mosaic.clear()
        n = ground.states.size if ground.side <= GLYPH_SIDE else 0
        n_numbers = ground.states.size if ground.side <= NUMBER_SIDE else 0
        x, y = ground.x.tolist(), ground.y.tolist()
        self._squares.data = {"x": x[:n], "y": y[:n], "side": [0.0] * n}
        self._numbers.data = {"x": x[:n_numbers], "y": y[:n_numbers], "text": [""] * n_numbers}

    def _fill(self, picture: Picture) -> None:
        ground = picture.ground
        counts = picture.snapshot.visits[ground.states].sum(axis=1)
        # By area and logarithm, so that rare visits are seen beside very many.
        share = np.sqrt(np.log1p(counts) / np.log1p(max(1, counts.max(initial=1))))
        if ground.side > GLYPH_SIDE:
            tiles = square_tiles(pixels_of(ground.side))
            largest = tiles.shape[0] - 2  # a line is left between two cells
            self._mosaic.draw(tiles[ground.spread(np.ceil(share * largest).astype(int))])
            return
        update_column(self._squares, "side", (0.4 * share).round(2).tolist())
        if self._numbers.data["text"]:
            texts = [_short(count) if count else "" for count in counts.tolist()]
            update_column(self._numbers, "text", texts)


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


def _seen(places: NDArray) -> NDArray:
    """Places in the palette without its first, which 0 stands for: it is seen through."""
    return np.where(places == _CLEAR, 0, places.clip(1))


def _contrasting(places: NDArray) -> list[str]:
    return np.where(places > 140, "#111111", "#ffffff").tolist()


def _short(count: int) -> str:
    """A count in at most four characters."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count / unit:.{0 if count >= 10 * unit else 1}f}{name}"
    return str(count)
