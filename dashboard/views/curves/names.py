"""Names of the curves, written at their ends in such a way that none covers another."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.views.curves.ranges import Range

#: Width of a letter and height of a line, in pixels, for bold letters of 11 pixels; wide fonts
#: have room.
_LETTER, _LINE = 8.0, 15.0
#: Pixels between the middle of a name and the frame's edge at least.
_HALF = 6.5
#: Pixels between a curve's end, or a mark, and its name.
_GAP = 6.0
#: Rows below one another in which the name of a mark may stand.
_ROWS = 3


class Name(NamedTuple):
    """A name and what it belongs to.

    Attributes:
        text: The name.
        part: The part of the figure that it names, for its colour.
        x: Where the curve ends, or the mark stands, in pixels from the frame's left.
        y: The same from its lower end; None for a mark, whose name stands at the top.
    """

    text: str
    part: str
    x: float
    y: float | None


class Placed(NamedTuple):
    """A name in its place.

    Attributes:
        text: The name.
        part: The part of the figure that it names.
        left: Pixels from the frame's left edge to the text's.
        middle: Pixels from the frame's lower edge to the middle of the text.
    """

    text: str
    part: str
    left: float
    middle: float

    @property
    def width(self) -> float:
        """Pixels that the text takes, about."""
        return len(self.text) * _LETTER

    def hits(self, other: "Placed") -> bool:
        """Whether one covers the other."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and abs(self.middle - other.middle) < _LINE
        )

    def covers(self, curve: NDArray) -> bool:
        """Whether it covers a point of a curve, in pixels, shape ``(2, N)``."""
        x, y = curve
        is_near = abs(y - self.middle) < _LINE / 2
        return bool((is_near & (x > self.left) & (x < self.left + self.width)).any())

    def is_inside(self, width: float, height: float) -> bool:
        """Whether nothing of it is outside a frame."""
        return (
            self.left >= 0
            and self.left + self.width <= width
            and _HALF <= self.middle <= height - _HALF
        )


def end_of(x: NDArray, y: NDArray, x_range: Range, y_range: Range) -> tuple[float, float] | None:
    """The last point of a curve within the frame; None if none is there."""
    inside = (x >= x_range[0]) & (x <= x_range[1]) & (y >= y_range[0]) & (y <= y_range[1])
    at = np.flatnonzero(inside)
    return (float(x[at[-1]]), float(y[at[-1]])) if at.size else None


def place(
    names: Iterable[Name], width: float, height: float, curve: NDArray | None = None
) -> list[Placed]:
    """Places of names in a frame of a size in pixels; a name that finds none is left out.

    Args:
        names: The most important first.
        width: Of the frame.
        height: Of the frame.
        curve: Points that names of curves do not cover if they can help it, in pixels,
            shape ``(2, N)``.
    """
    placed: list[Placed] = []
    for name in names:
        free = [
            here
            for left, middle in _places(name, width, height)
            if (here := Placed(name.text, name.part, left, middle)).is_inside(width, height)
            and not any(here.hits(other) for other in placed)
        ]
        clear = (here for here in free if curve is None or not here.covers(curve))
        if free:
            placed.append(free[0] if name.y is None else next(clear, free[0]))
    return placed


def _places(name: Name, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Where a name may stand, the best place first."""
    length = len(name.text) * _LETTER
    right, left = name.x + _GAP, name.x - _GAP - length
    if name.y is None:
        for row in range(_ROWS):
            middle = height - (row + 0.5) * _LINE
            yield right, middle
            yield left, middle
        for row in range(_ROWS):  # too long for either side
            yield width - length, height - (row + 0.5) * _LINE
        return
    yield right, name.y
    ending = max(0.0, min(name.x, width) - length)
    for rows in (0.65, -0.65, 1.65, -1.65, 2.65, -2.65):
        yield ending, name.y + rows * _LINE
        yield right, name.y + rows * _LINE
