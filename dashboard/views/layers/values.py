"""Layers that colour cells, and a part of each for every action, by their values."""

import numpy as np
from bokeh.models import ColumnDataSource, Patches, Rect
from numpy.typing import NDArray

from dashboard.views.board.geometry import NUMBER_SIDE
from dashboard.views.board.shapes import moved, part
from dashboard.views.columns import update_columns
from dashboard.views.grid import GridView
from dashboard.views.layers.base import (
    CLEAR,
    Frame,
    Layer,
    Numbers,
    OpenCells,
    Part,
    Scale,
    values_of,
)
from dashboard.views.layers.palettes import PALETTES, ink_on, mapper_of, places_of
from dashboard.views.layers.tiles import TileImage, parts_of_tile, pixels_of

#: Longest side of a map, in cells, at which numbers fit into triangles.
_TRIANGLE_NUMBER_SIDE = 8
#: Longest side at which there is room for a zero before the point, on a phone too.
_ROOMY_SIDE = 5
#: How far below a cell's middle its number is, in cells.
_BELOW = 0.31


#: Visits are coloured by their logarithm.
_UNUSED = Scale(0.0, 1.0)


class _ValuesLayer(Layer):
    """A layer of one kind of values, in the colours of its palette."""

    def __init__(self, grid: GridView, kind: str) -> None:
        super().__init__(grid)
        self._kind, self._palette = kind, PALETTES[kind]

    def _make_picture(self) -> list[Part]:
        self._tiles = TileImage(f"{self._kind} tiles", self._palette[1:])
        return [(self._tiles.source, self._tiles.glyph, "underlay")]


class CellsLayer(_ValuesLayer):
    """A colour for each cell, and its value as a number where that fits."""

    def _make_shapes(self) -> list[Part]:
        self._rects = ColumnDataSource({"x": [], "y": [], "place": []}, name=self._kind)
        self._rect = Rect(
            fill_color={"field": "place", "transform": mapper_of(self._palette)}, line_width=0
        )
        self._numbers = Numbers(f"{self._kind} numbers", "12px")
        return [
            (self._rects, self._rect, "underlay"),
            # Above the trail, whose level this is.
            (self._numbers.source, self._numbers.glyph, "overlay"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        place = cells.geometry
        n = cells.states.size if place.is_small else 0
        x, y = cells.x[:n].tolist(), cells.y[:n].tolist()
        self._rect.update(width=place.width, height=place.width, border_radius=place.radius)
        self._rects.data = {"x": x, "y": y, "place": [CLEAR] * n}
        n = n if place.side <= NUMBER_SIDE else 0
        self._numbers.glyph.text_font_size = f"{number_pixels(place.side)}px"
        self._numbers.place(x[:n], (cells.y[:n] + _BELOW).tolist())

    def _fill(self, frame: Frame) -> None:
        cells, scale = frame.cells, frame.scales.get(self._kind, _UNUSED)
        values = values_of(self._kind, frame.snapshot)[cells.states]
        if self._is_drawn(values, scale, frame.theme):
            return
        places = places_of(self._kind, values, scale)
        if not cells.geometry.is_small:
            n = pixels_of(cells.geometry.side)
            colours = cells.spread(_seen(places))[..., None, None]
            self._tiles.draw(np.broadcast_to(colours, (*cells.shape, n, n)))
            return
        update_columns(self._rects, {"place": places.tolist()})
        if self._numbers:
            texts = _counts(values) if self._kind == "Visits" else scale.texts(values)
            inks = ink_on(self._kind, places, frame.theme).tolist()
            self._numbers.write(texts, inks)


class TrianglesLayer(_ValuesLayer):
    """A part of each cell for every action, such as four triangles; numbers where they fit."""

    def __init__(self, grid: GridView, kind: str, numbers: bool) -> None:
        super().__init__(grid, kind)
        self._with_numbers = numbers

    def _make_shapes(self) -> list[Part]:
        self._triangles = ColumnDataSource(
            {"xs": [], "ys": [], "place": []}, name=f"{self._kind} triangles"
        )
        self._numbers = Numbers(f"{self._kind} triangle numbers", "10px")
        self._patches = Patches(
            fill_color={"field": "place", "transform": mapper_of(self._palette)},
            line_width=1.5,
            line_join="round",
        )
        return [
            (self._triangles, self._patches, "underlay"),
            (self._numbers.source, self._numbers.glyph, "overlay"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        place = cells.geometry
        n = cells.states.size if place.is_small else 0
        # The middle is above the other parts.
        self._order = sorted(range(len(cells.moves)), key=lambda a: not any(cells.moves[a]))
        parts = [part(cells.moves[a], cells.moves, place.width / 2) for a in self._order]
        drawn = [
            moved(corners, x, y)
            for x, y in zip(cells.x[:n].tolist(), cells.y[:n].tolist(), strict=True)
            for corners in parts
        ]
        self._triangles.data = {
            "xs": [xs for xs, _ in drawn],
            "ys": [ys for _, ys in drawn],
            "place": [CLEAR] * len(drawn),
        }
        if not self._with_numbers or place.side > _TRIANGLE_NUMBER_SIDE or not cells.are_plain:
            n = 0
        dx, dy = np.array([cells.moves[a] for a in self._order]).T
        self._is_tight = place.side > _ROOMY_SIDE
        self._numbers.glyph.text_font_size = f"{max(9, min(12, 72 // place.side))}px"
        self._numbers.place(
            (cells.x[:n, None] + 0.29 * dx).ravel().round(2).tolist(),
            (cells.y[:n, None] + 0.32 * dy).ravel().round(2).tolist(),
        )

    def _fill(self, frame: Frame) -> None:
        cells, scale = frame.cells, frame.scales[self._kind]
        values, n_actions = values_of(self._kind, frame.snapshot)[cells.states], len(cells.moves)
        if self._is_drawn(values, scale, frame.theme):
            return
        if not cells.geometry.is_small:
            colours = np.zeros((cells.shape[0] * cells.shape[1], n_actions + 1), dtype=np.uint8)
            colours[cells.states, :-1] = _seen(scale.indices(values))
            colours = colours.reshape(*cells.shape, -1)
            tile = parts_of_tile(pixels_of(cells.geometry.side), cells.moves)
            self._tiles.draw(colours[:, :, tile])
            return
        values = values[:, self._order].ravel()
        places = scale.indices(values)
        self._patches.line_color = frame.theme.line
        update_columns(self._triangles, {"place": places.tolist()})
        if self._numbers:
            inks = ink_on(self._kind, places, frame.theme).tolist()
            texts = scale.texts(values)
            self._numbers.write(_tight(texts) if self._is_tight else texts, inks)


def number_pixels(side: int) -> int:
    """Size of a number in a cell of a map with so many cells along its longer side."""
    return max(9, min(13, 92 // side))


def _tight(texts: list[str]) -> list[str]:
    """Numbers below 1 without the zero before the point."""
    return [text.replace("0.", ".", 1) if text.lstrip("−")[:2] == "0." else text for text in texts]


def _seen(places: NDArray) -> NDArray:
    """Places as colours of a `TileImage`, in which 0 is transparent."""
    return np.where(places == CLEAR, 0, places.clip(1))


def _counts(values: NDArray) -> list[str]:
    return ["" if value != value else short(int(value)) for value in values.tolist()]


def short(count: int) -> str:
    """A count in at most four characters."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count / unit:.{0 if count >= 10 * unit else 1}f}{name}"
    return str(count)
