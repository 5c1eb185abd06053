"""Layers of large maps, drawn by the server as one image.

Ten thousand cells with four shapes each would hold up the browser for half a second.
"""

import io
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from bokeh.models import ColumnDataSource, ImageURL
from numpy.typing import NDArray
from PIL import Image, ImageColor

#: Least pixels along a cell.
_MIN_CELL_PIXELS = 7
#: Pixels along an image, about.
_IMAGE_PIXELS = 640


class TileImage:
    """An image made of equal tiles, one in each cell of the map.

    Args:
        name: Name of the source.
        palette: Colours 1, 2, …, at most 255; colour 0 is transparent.

    Attributes:
        source: Holds the image, as a data URL.
        glyph: Draws it over the whole map.
    """

    def __init__(self, name: str, palette: Sequence[str]) -> None:
        colours = [(0, 0, 0, 0), *(ImageColor.getcolor(colour, "RGBA") for colour in palette)]
        table = np.array(colours, dtype=np.uint8)
        self._colours, self._opacity = table[:, :3].tobytes(), table[:, 3].tobytes()
        self.source = ColumnDataSource({"url": [], "w": [], "h": []}, name=name)
        self.glyph = ImageURL(url="url", x=-0.5, y=-0.5, w="w", h="h", anchor="top_left")

    def clear(self) -> None:
        """Draws nothing."""
        self.source.data = {"url": [], "w": [], "h": []}

    def draw(self, tiles: NDArray) -> None:
        """Draws the image.

        Args:
            tiles: Colours of the pixels of each cell, shape ``(n_rows, n_cols, n, n)``.
        """
        n_rows, n_cols, n, _ = tiles.shape
        pixels = tiles.swapaxes(1, 2).reshape(n_rows * n, n_cols * n)
        image = Image.fromarray(pixels.astype(np.uint8), mode="P")
        image.putpalette(self._colours)
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=1, transparency=self._opacity)
        url = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
        if [url] != self.source.data["url"]:
            self.source.data = {"url": [url], "w": [n_cols], "h": [n_rows]}


def pixels_of(side: int) -> int:
    """Pixels along a cell of a map with so many cells along its longer side; odd."""
    return max(_MIN_CELL_PIXELS, _IMAGE_PIXELS // side) // 2 * 2 + 1


def pointer_tiles(n: int, half: int, filled: bool) -> NDArray:
    """Tiles with a pointer from the middle for each set of actions, shape ``(16, n, n)``.

    The sets are numbers in binary, the first action its last digit. Colour 1 is the inside
    of a pointer, 2 its outline.

    Args:
        n: Pixels along a tile, odd.
        half: Pixels from a pointer's middle to its outline.
        filled: Whether it has an inside.
    """
    along, across = np.mgrid[:n, :n]
    across = abs(across - n // 2)
    outline = (across == half) | (along == 0)
    pointer = np.where(outline, 2, int(filled))
    up = np.where((across <= half) & (along <= n // 2), pointer, 0)
    tiles = np.zeros((16, n, n), dtype=np.uint8)
    for chosen in range(16):
        for action in range(4):  # up, right, down, left
            if chosen >> action & 1:
                pointing = np.rot90(up, -action)
                tiles[chosen] = np.where(pointing > 0, pointing, tiles[chosen])
    return tiles


def square_tiles(n: int) -> NDArray:
    """Tiles with a square in the middle, from none to the largest, shape ``(n // 2 + 2, n, n)``."""
    from_middle = abs(np.mgrid[:n, :n] - n // 2).max(axis=0)
    return (from_middle < np.arange(n // 2 + 2)[:, None, None]).astype(np.uint8)


def quarters(n: int) -> NDArray:
    """The action whose quarter of a tile a pixel is in; 4 between them; shape ``(n, n)``."""
    y, x = np.mgrid[:n, :n] - n // 2
    upright = abs(y) > abs(x)
    of = np.where(upright, np.where(y < 0, 0, 2), np.where(x > 0, 1, 3))
    if n > 2 * _MIN_CELL_PIXELS:  # else no lines fit between them
        of[(abs(y) == abs(x)) | (np.maximum(abs(y), abs(x)) == n // 2)] = 4
    return of
