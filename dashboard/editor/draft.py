"""`Draft`: a map that is being drawn, playable or not, with its past steps."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from gridworld import Cell, GridWorldConfig, format_layout, read_cells

_KINDS = Cell.FREE, Cell.WALL, Cell.START, Cell.GOAL, Cell.PIT, Cell.CLIFF
#: Kinds of cell by the name of their brush.
BRUSHES = {kind.name.capitalize(): kind for kind in _KINDS}
#: Fewest and most cells a side.
MIN_SIZE, MAX_SIZE = GridWorldConfig.param.n_rows.bounds
#: Cells of a map, shape ``(n_rows, n_cols)``, one character each.
Cells = NDArray[np.str_]
#: Steps that can be undone; the map text is kept for each.
HISTORY = 100


class Draft:
    """The cells of a map that is being drawn.

    A draft need not be playable, only well-formed. Each change is a step that can be
    undone; all that is painted in one stroke is one step.

    Args:
        text: Map text.

    Raises:
        ValueError: If the text is no map; see `read_cells`.
    """

    def __init__(self, text: str) -> None:
        self._cells = read_cells(text)
        self._past: deque[str] = deque(maxlen=HISTORY)
        self._future: list[str] = []
        self._stroke: str | None = None  # the map before it

    @property
    def text(self) -> str:
        """The map, one line a row."""
        return format_layout(self._cells)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        n_rows, n_cols = self._cells.shape
        return n_rows, n_cols

    @property
    def cells(self) -> Cells:
        """Cells, shape ``(n_rows, n_cols)``, read-only."""
        cells = self._cells.view()
        cells.flags.writeable = False
        return cells

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._past) or self._stroke not in (None, self.text)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._future)

    def problem(self, wind: tuple[int, ...] = ()) -> str | None:
        """The reason why the map cannot be played, None if it can.

        Args:
            wind: Upward shift in cells, one value a column; ignored if the number is wrong.
        """
        fitting = wind if len(wind) == self.shape[1] else ()
        try:
            GridWorldConfig(layout=self.text, wind=fitting)
        except ValueError as error:
            return str(error)
        return None

    def paint(self, row: int, col: int, kind: str) -> bool:
        """Makes a cell of another kind; tells whether it was not so before.

        Raises:
            ValueError: If there is no such cell or no such kind.
        """
        for name, index, size in zip(("row", "col"), (row, col), self.shape, strict=True):
            if not 0 <= index < size:
                raise ValueError(f"{name} must be from 0 to {size - 1}, got {index}")
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {' '.join(_KINDS)}, got {kind!r}")
        if self._cells[row, col] == kind:
            return False
        if self._stroke is None:
            self._keep(self.text)
        self._cells[row, col] = kind
        return True

    def begin_stroke(self) -> None:
        """Makes all painting from now on one step."""
        self.end_stroke()
        self._stroke = self.text

    def end_stroke(self) -> None:
        """Ends the step; harmless if none was begun."""
        before, self._stroke = self._stroke, None
        if before is not None and before != self.text:
            self._keep(before)

    def resize(self, n_rows: int, n_cols: int) -> None:
        """Cuts the map, or adds free cells, at its lower and right edges.

        Raises:
            ValueError: If a size is out of range.
        """
        for name, size in (("n_rows", n_rows), ("n_cols", n_cols)):
            if not MIN_SIZE <= size <= MAX_SIZE:
                raise ValueError(f"{name} must be from {MIN_SIZE} to {MAX_SIZE}, got {size}")
        cells = np.full((n_rows, n_cols), Cell.FREE)
        kept = tuple(slice(min(sizes)) for sizes in zip(self.shape, (n_rows, n_cols), strict=True))
        cells[kept] = self._cells[kept]
        self._replace(cells)

    def clear(self) -> None:
        """Makes every cell free."""
        self._replace(np.full(self.shape, Cell.FREE))

    def replace(self, text: str) -> None:
        """Takes another map.

        Raises:
            ValueError: If the text is no map; the draft stays as it was then.
        """
        self._replace(read_cells(text))

    def undo(self) -> None:
        """Takes the last step back; harmless without one."""
        self.end_stroke()
        if self._past:
            self._future.append(self.text)
            self._cells = read_cells(self._past.pop())

    def redo(self) -> None:
        """Does the last step undone again; harmless without one."""
        self.end_stroke()
        if self._future:
            self._past.append(self.text)
            self._cells = read_cells(self._future.pop())

    def _replace(self, cells: Cells) -> None:
        self.end_stroke()
        if not np.array_equal(cells, self._cells):
            self._keep(self.text)
            self._cells = cells

    def _keep(self, before: str) -> None:
        """Records a step by the map ``before`` it."""
        self._past.append(before)
        self._future.clear()
