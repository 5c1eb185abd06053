"""`Geometry`: where things are on a map of some size."""

from typing import NamedTuple

#: Longest side of a map, in cells, at which numbers fit into the cells.
NUMBER_SIDE = 12
#: Longest side of a map, in cells, at which shapes are drawn one by one.
SHAPE_SIDE = 20
#: Pixels along the longer side of a map on a page, about.
_MAP_PIXELS = 520
#: Width of the band with the numbers of rows or columns, as a share of the map's longer side.
_BAND = 0.05
#: Space beyond the last row and column, in cells, so that a ring about a cell is whole.
_EDGE = 0.04


class Geometry(NamedTuple):
    """Where things are: cell ``(row, col)`` is centred at ``x=col, y=row``, and is 1 wide.

    Attributes:
        n_rows: Rows of the map.
        n_cols: Columns of the map.
        windy: Whether wind is shown above the columns.
    """

    n_rows: int
    n_cols: int
    windy: bool = False

    @property
    def side(self) -> int:
        """Cells along the longer side."""
        return max(self.n_rows, self.n_cols)

    @property
    def is_small(self) -> bool:
        """Whether shapes are drawn cell by cell."""
        return self.side <= SHAPE_SIDE

    @property
    def band(self) -> float:
        """Width of the band with the numbers of the rows, in cells."""
        return max(0.3, _BAND * self.side)

    @property
    def left(self) -> float:
        """Left edge of the plot."""
        return -0.5 - self.band

    @property
    def top(self) -> float:
        """Upper edge of the plot."""
        return -0.5 - self.band * (1.9 if self.windy else 1)

    @property
    def right(self) -> float:
        """Right edge of the plot."""
        return self.n_cols - 0.5 + _EDGE

    @property
    def bottom(self) -> float:
        """Lower edge of the plot."""
        return self.n_rows - 0.5 + _EDGE

    @property
    def ratio(self) -> float:
        """Width of the plot through its height, its bands included."""
        return (self.right - self.left) / (self.bottom - self.top)

    @property
    def width(self) -> float:
        """Width of what is drawn of a cell: two pixels less than 1 on a page."""
        return 1 - min(0.1, 2 * self.side / _MAP_PIXELS) if self.is_small else 1.0

    @property
    def radius(self) -> int:
        """Radius of a cell's corners, in pixels."""
        return 4 if self.side <= NUMBER_SIDE else 2 if self.is_small else 0

    @property
    def lift(self) -> float:
        """How far above a cell's middle its arrow and the agent are: the number is below."""
        return 0.09 if self.side <= NUMBER_SIDE else 0.0

    @property
    def stroke(self) -> float:
        """Width of a sign's line, in pixels."""
        return 2.5 if self.side <= 8 else 2.0 if self.side <= NUMBER_SIDE else 1.5

    @property
    def number_step(self) -> int:
        """Rows from one number beside the map to the next."""
        return 1 if self.side <= SHAPE_SIDE else 5 if self.side <= 50 else 10
