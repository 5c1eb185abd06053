"""Map text, its cells, and where moves lead on them.

A map is text, one character a cell and one line a row. Cells are ``(row, col)``
with row 0 at the top; a state is ``row * n_cols + col``, walls included.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gridworld.worlds.moves import MOVES

#: Fewest and most rows of a map, and columns.
MIN_SIZE, MAX_SIZE = 2, 100
#: Limit of states times starts on a map with cliffs, as a fall leads to each start.
MAX_FALLS = 100_000

#: Cells of a map, shape ``(n_rows, n_cols)``, one character each.
Cells = NDArray[np.str_]


class Cell(StrEnum):
    """What a cell of a map can be; its value is its character in map text."""

    START = "S"
    GOAL = "G"
    FREE = "."
    WALL = "#"
    PIT = "X"
    CLIFF = "C"


_CHARACTERS = "".join(Cell)
#: FrozenLake's letters for ice and holes.
_OTHER_LETTERS = str.maketrans("FH", Cell.FREE + Cell.PIT)


def parse_layout(layout: str) -> Cells:
    """Turns map text into cells, shape ``(n_rows, n_cols)``.

    Blank space around the map and around each row is ignored. FrozenLake's ``F`` and ``H`` are
    read as free cells and pits.

    Raises:
        ValueError: If the map is empty, not rectangular or outside 2..100 cells a
            side, has an unknown character, no start or no goal.
    """
    rows = _rows(layout)
    if not MIN_SIZE <= len(rows) <= MAX_SIZE:
        raise ValueError(f"layout must have {MIN_SIZE} to {MAX_SIZE} rows, got {len(rows)}")
    n_cols = len(rows[0])
    if not MIN_SIZE <= n_cols <= MAX_SIZE:
        raise ValueError(f"layout must have {MIN_SIZE} to {MAX_SIZE} columns, got {n_cols}")
    for i, row in enumerate(rows):
        if len(row) != n_cols:
            raise ValueError(f"layout row {i} has {len(row)} cells, expected {n_cols}")
        for j, cell in enumerate(row):
            if cell not in _CHARACTERS:
                raise ValueError(
                    f"layout row {i}, column {j} is {cell!r}, allowed are {' '.join(Cell)}"
                )
    cells = np.array([list(row) for row in rows])
    for cell in (Cell.START, Cell.GOAL):
        if not (cells == cell).any():
            raise ValueError(
                f"layout has no {cell.name.lower()}, it must have at least one {cell.value!r}"
            )
    return cells


def read_cells(text: str) -> Cells:
    """Turns map text into cells, shape ``(n_rows, n_cols)``.

    Unlike `parse_layout` it accepts maps without a start or a goal.

    Raises:
        ValueError: If the map is not rectangular or outside 2..100 cells a side, or has an
            unknown character.
    """
    try:
        return parse_layout(text)
    except ValueError:
        rows = _rows(text)
        widths = {len(row) for row in rows}
        in_bounds = all(MIN_SIZE <= size <= MAX_SIZE for size in (len(rows), *widths))
        known = set().union(*rows) <= set(Cell)
        if not (in_bounds and len(widths) == 1 and known):
            raise
        return np.array([list(row) for row in rows])


def _rows(text: str) -> list[str]:
    return [row.strip() for row in text.strip().translate(_OTHER_LETTERS).splitlines()]


def is_same_map(layout: str, other: str) -> bool:
    """Whether two texts are of maps with the same cells."""
    if not (layout and other):  # a world without a map has none
        return layout == other
    return layout == other or np.array_equal(parse_layout(layout), parse_layout(other))


def format_layout(cells: Cells) -> str:
    """Turns cells, shape ``(n_rows, n_cols)``, into map text."""
    return "\n".join(map("".join, cells.tolist()))


def landing_states(
    cells: Cells,
    wind: tuple[int, ...] = (),
    moves: NDArray[np.int64] = MOVES,
    change: int = 0,
) -> tuple[NDArray, NDArray]:
    """Where each action leads from each state when it does not slip.

    Wind and action act together. Vertically they add up to one displacement; a sideways step
    comes before the lift of the column that it left (Sutton & Barto 2018, example 6.5). A
    move into a wall or over the edge stops in front of it. A diagonal move passes between two
    walls, and is none at all if its cell is blocked; where wind blows, its sideways step is one of
    its own.

    Args:
        cells: The map, shape ``(n_rows, n_cols)``.
        wind: Upward shift in cells, one value a column; empty for calm.
        moves: Displacement ``(row, col)`` of each action, shape ``(A, 2)``.
        change: By how much the wind is stronger where it blows.

    Returns:
        States reached, shape ``(S, A)``, and whether the action's own step was
        blocked (a bump), shape ``(S, A)``.
    """
    n_cols = cells.shape[1]
    mean = np.array(wind or (0,) * n_cols)
    lift = np.where(mean > 0, mean + change, 0)
    blocked = np.pad(cells == Cell.WALL, 1, constant_values=True)
    start_row, start_col = (index.ravel() for index in np.indices(cells.shape))
    landing = np.empty((cells.size, len(moves)), dtype=np.int64)
    bump = np.empty(landing.shape, dtype=bool)
    is_windy = mean[start_col] > 0
    for action, (d_row, d_col) in enumerate(moves.tolist()):
        row, col = start_row.copy(), start_col.copy()
        bump[:, action] = blocked[row + d_row + 1, col + d_col + 1]
        is_held = np.where(is_windy, blocked[row + 1, col + d_col + 1], bump[:, action])
        col += np.where(is_held, 0, d_col)
        stays = is_held & ~is_windy & (d_col != 0)
        vertical = np.where(stays, 0, d_row) - lift[start_col]
        for distance in range(abs(vertical).max()):
            direction = np.where(distance < abs(vertical), np.sign(vertical), 0)
            row += np.where(blocked[row + direction + 1, col + 1], 0, direction)
        landing[:, action] = row * n_cols + col
    return landing, bump


def gusts(wind: tuple[int, ...], gust: float) -> list[tuple[float, int]]:
    """The changes of the wind that there may be, each after its probability.

    Args:
        wind: Upward shift in cells, one value a column; empty for calm.
        gust: Probability that where it blows it is one cell weaker or stronger, half each.
    """
    if not gust or not any(wind):
        return [(1.0, 0)]
    return [(1 - gust, 0), (gust / 2, -1), (gust / 2, 1)]


def check_playable(
    cells: Cells,
    wind: tuple[int, ...] = (),
    gust: float = 0.0,
    moves: NDArray[np.int64] = MOVES,
    name: str = "layout",
) -> None:
    """Checks that a well-formed map can be played; for the arguments see `landing_states`.

    Args:
        cells: The map.
        wind: Its wind.
        gust: See `gusts`.
        moves: Its moves.
        name: What the map is called in errors.

    Raises:
        ValueError: If no goal can be reached from some start, or if a map with cliffs has so
            many starts that the tables of all falls would need too much memory.
    """
    possible = [change for chance, change in gusts(wind, gust) if chance]
    landing = np.hstack([landing_states(cells, wind, moves, each)[0] for each in possible])
    kind = cells.ravel()
    n_starts, allowed = int((kind == Cell.START).sum()), max(1, MAX_FALLS // cells.size)
    if (kind == Cell.CLIFF).any() and n_starts > allowed:
        raise ValueError(
            f"{name} with cliffs must have at most {allowed} starts at this size, got {n_starts}"
        )
    # No way leads through a pit, which ends the episode, or a cliff, which leads to a start.
    passable = (kind == Cell.FREE) | (kind == Cell.START)
    can_reach = kind == Cell.GOAL
    while True:
        grown = can_reach | (passable & can_reach[landing].any(axis=1))
        if (grown == can_reach).all():
            break
        can_reach = grown
    for state in np.flatnonzero((kind == Cell.START) & ~can_reach):
        row, col = divmod(int(state), cells.shape[1])
        raise ValueError(f"{name} has no way to a goal from the start at row {row}, column {col}")
