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


def pointer_tiles(
    n: int, half: int, filled: bool, moves: Sequence[tuple[int, int]]
) -> NDArray[np.uint8]:
    """Tiles with a pointer from the middle for each set of actions, shape ``(2 ** A, n, n)``.

    The sets are numbers in binary, the first action its last digit. Colour 1 is the inside
    of a pointer, 2 its outline. Staying has a square in the middle.

    Args:
        n: Pixels along a tile, odd.
        half: Pixels from a pointer's middle to its outline.
        filled: Whether it has an inside.
        moves: ``(x, y)`` of each action's move.
    """
    tiles = np.zeros((1, n, n), dtype=np.uint8)
    for move in moves:
        pointing = _pointer(n, half, filled, move)
        # Those with the action follow those without it.
        tiles = np.concatenate([tiles, np.where(pointing > 0, pointing, tiles)])
    return tiles


def _pointer(n: int, half: int, filled: bool, move: tuple[int, int]) -> NDArray[np.uint8]:
    y, x = np.mgrid[:n, :n] - n // 2
    from_middle = np.maximum(abs(x), abs(y))
    if any(move):
        dx, dy = move
        length = np.hypot(dx, dy)
        along, across = (x * dx + y * dy) / length, np.rint(abs(x * dy - y * dx) / length)
        is_within = (across <= half) & (along >= 0)
        outline = (across == half) | (from_middle == n // 2)
    else:
        is_within, outline = from_middle <= half, from_middle == half
    return np.where(is_within, np.where(outline, 2, int(filled)), 0).astype(np.uint8)


def square_tiles(n: int) -> NDArray:
    """Tiles with a square in the middle, from none to the largest, shape ``(n // 2 + 2, n, n)``."""
    from_middle = abs(np.mgrid[:n, :n] - n // 2).max(axis=0)
    return (from_middle < np.arange(n // 2 + 2)[:, None, None]).astype(np.uint8)


def parts_of_tile(n: int, moves: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The action whose part of a tile a pixel is in; ``A`` between them; shape ``(n, n)``."""
    y, x = np.mgrid[:n, :n] - n // 2
    lengths = [max(np.hypot(*move), 1.0) for move in moves]
    towards = [(x * dx + y * dy) / length for (dx, dy), length in zip(moves, lengths, strict=True)]
    from_middle = np.maximum(abs(x), abs(y))
    of = np.argmax(
        [
            along if any(move) else np.where(from_middle <= n // 6, np.inf, -np.inf)
            for along, move in zip(towards, moves, strict=True)
        ],
        axis=0,
    )
    if n > 2 * _MIN_CELL_PIXELS:  # else no lines fit between them
        of[from_middle == n // 2] = len(moves)
        if all(abs(dx) + abs(dy) == 1 for dx, dy in moves):
            of[abs(y) == abs(x)] = len(moves)
    return of
