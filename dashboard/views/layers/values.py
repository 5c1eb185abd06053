"""Layers that colour cells, and four triangles in each, by their values."""

from collections.abc import Sequence

import numpy as np
from bokeh.models import ColumnDataSource, Glyph, Image, LinearColorMapper, Patches
from bokeh.palettes import cividis
from numpy.typing import NDArray

from dashboard.views.colours import LETTERS, VERMILION
from dashboard.views.layers.base import (
    CLEAR,
    DX,
    DY,
    GLYPH_SIDE,
    NUMBER_SIDE,
    Frame,
    Layer,
    Numbers,
    OpenCells,
    update_column,
    values_of,
)
from dashboard.views.layers.tiles import TileImage, pixels_of, quarters

PALETTE = tuple(cividis(256))
#: From transparent, for no difference, to vermilion.
DIFFERENCE_PALETTE = tuple(f"{VERMILION}{round(225 * i / 255):02x}" for i in range(256))
_NOTHING = "#00000000"
#: Longest side of a map, in cells, at which numbers fit into triangles.
_TRIANGLE_NUMBER_SIDE = 8


class CellsLayer(Layer):
    """A colour for each cell, and its value as a number where that fits."""

    def __init__(self, kind: str, palette: Sequence[str], number_at: float | None) -> None:
        super().__init__()
        self._kind = kind
        self._palette = palette
        self._number_at = number_at

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        mapper = _mapper(self._palette)
        self._image = ColumnDataSource({"image": [], "dw": [], "dh": []}, name=self._kind)
        self._shown: list[int] = []
        image = Image(x=-0.5, y=-0.5, dw="dw", dh="dh", color_mapper=mapper)
        self._numbers = Numbers(f"{self._kind} numbers", "12px")
        self._tiles = TileImage(f"{self._kind} tiles", self._palette[1:])
        return [
            (self._image, image, "image"),
            (self._numbers.source, self._numbers.glyph, "glyph"),
            (self._tiles.source, self._tiles.glyph, "image"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        self._shown = []
        self._image.data = {"image": [], "dw": [], "dh": []}
        self._tiles.clear()
        fits = self._number_at is not None and cells.side <= NUMBER_SIDE
        n = cells.states.size if fits else 0
        y = cells.y[:n] + (self._number_at or 0)
        self._numbers.place(cells.x[:n].tolist(), y.tolist())

    def _fill(self, frame: Frame) -> None:
        cells, scale = frame.cells, frame.scale
        values = values_of(self._kind, frame.snapshot)[cells.states]
        if self._is_drawn(values, scale):
            return
        places = scale.indices(values)
        if cells.side > GLYPH_SIDE:
            n = pixels_of(cells.side)
            colours = cells.spread(_seen(places))[..., None, None]
            self._tiles.draw(np.broadcast_to(colours, (*cells.shape, n, n)))
            return
        image = cells.spread(places, CLEAR)
        shown = image.ravel().tolist()
        if shown != self._shown:
            self._shown = shown
            n_rows, n_cols = cells.shape
            # An array of dtype object is sent as a list: Bokeh 3.9 cannot reconnect a page
            # with a binary array in its document.
            self._image.data = {"image": [image.astype(object)], "dw": [n_cols], "dh": [n_rows]}
        if self._numbers:
            self._numbers.write(scale.texts(values), _contrasting(places))


class TrianglesLayer(Layer):
    """Four triangles in each cell, one an action, and numbers where they fit."""

    def __init__(self, kind: str, palette: Sequence[str], numbers: bool) -> None:
        super().__init__()
        self._kind = kind
        self._palette = palette
        self._with_numbers = numbers

    def _make(self) -> list[tuple[ColumnDataSource, Glyph, str]]:
        mapper = _mapper(self._palette)
        self._triangles = ColumnDataSource(
            {"xs": [], "ys": [], "place": []}, name=f"{self._kind} triangles"
        )
        self._numbers = Numbers(f"{self._kind} triangle numbers", "10px")
        patches = Patches(
            fill_color={"field": "place", "transform": mapper},
            line_color="#80808060",
            line_width=1,
        )
        self._tiles = TileImage(f"{self._kind} tiles", self._palette[1:])
        return [
            (self._triangles, patches, "underlay"),
            (self._numbers.source, self._numbers.glyph, "glyph"),
            (self._tiles.source, self._tiles.glyph, "underlay"),
        ]

    def _lay_out(self, cells: OpenCells) -> None:
        self._tiles.clear()
        n = cells.states.size if cells.side <= GLYPH_SIDE else 0
        x, y = (axis[:n, None, None] for axis in (cells.x, cells.y))
        # From the middle of the cell to the two corners on the action's side.
        corners_x = np.stack([0 * DX, DX - DY, DX + DY], axis=1) * 0.46
        corners_y = np.stack([0 * DY, DY + DX, DY - DX], axis=1) * 0.46
        self._triangles.data = {
            "xs": (x + corners_x).reshape(-1, 3).round(2).tolist(),
            "ys": (y + corners_y).reshape(-1, 3).round(2).tolist(),
            "place": [CLEAR] * (4 * n),
        }
        if not self._with_numbers or cells.side > _TRIANGLE_NUMBER_SIDE:
            n = 0
        self._numbers.place(
            (cells.x[:n, None] + 0.25 * DX).ravel().round(2).tolist(),
            (cells.y[:n, None] + 0.22 * DY).ravel().round(2).tolist(),
        )

    def _fill(self, frame: Frame) -> None:
        cells = frame.cells
        scale = frame.difference_scale if self._kind == "Difference" else frame.scale
        values = values_of(self._kind, frame.snapshot)[cells.states].ravel()
        if self._is_drawn(values, scale):
            return
        places = scale.indices(values)
        if cells.side > GLYPH_SIDE:
            colours = np.zeros((*cells.shape, 5), dtype=np.uint8)
            colours[..., :4].reshape(-1, 4)[cells.states] = _seen(places).reshape(-1, 4)
            self._tiles.draw(colours[:, :, quarters(pixels_of(cells.side))])
            return
        update_column(self._triangles, "place", places.tolist())
        if self._numbers:
            self._numbers.write(scale.texts(values), _contrasting(places))


def _mapper(palette: Sequence[str]) -> LinearColorMapper:
    """Maps places in a palette to its colours, and `CLEAR` to none."""
    return LinearColorMapper(palette=list(palette), low=0, high=255, high_color=_NOTHING)


def _seen(places: NDArray) -> NDArray:
    """Places as colours of a `TileImage`, in which 0 is transparent."""
    return np.where(places == CLEAR, 0, places.clip(1))


def _contrasting(places: NDArray) -> list[str]:
    return np.where(places > 140, LETTERS, "#ffffff").tolist()
