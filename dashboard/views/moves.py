"""`Manner`: how a step came to the cell in which it ended, as far as the map tells it."""

from enum import Enum, auto

from numpy.typing import NDArray

from gridworld import Cell, Step


class Manner(Enum):
    """How a step came about. It claims no more than the map proves."""

    #: It came to the cell that the action leads to.
    MOVED = auto()
    #: It stayed, as the action says.
    STAYED = auto()
    #: It stayed, in front of a wall.
    HIT_WALL = auto()
    #: It stayed, at the edge of the map.
    HIT_EDGE = auto()
    #: The action leads into a cliff.
    TO_THE_CLIFF = auto()
    #: It came to a cell beside the action's way.
    SLIPPED = auto()
    #: It was shifted upwards.
    BLOWN = auto()
    #: Several things may have happened, slip and wind among them.
    LANDED = auto()


def manner_of(step: Step, moves: NDArray, cells: NDArray) -> Manner:
    """How a step came about.

    Args:
        step: The step.
        moves: ``(row, col)`` displacement of each action, shape ``(A, 2)``.
        cells: The map's letters, shape ``(n_rows, n_cols)``.
    """
    n_cols = cells.shape[1]
    here, there = divmod(step.state, n_cols), divmod(step.next_state, n_cols)
    d_row, d_col = moves[step.action].tolist()
    aim, beside = (
        _shifted(here, d_row, d_col),
        [_shifted(here, sign * d_col, sign * d_row) for sign in (1, -1)],
    )
    ahead = _letter(cells, aim)
    is_blocked = ahead in (None, Cell.WALL)
    # Slip may have led into the cliff, from where it was put back to a start.
    may_have_fallen = cells[there] == Cell.START and any(
        _letter(cells, cell) == Cell.CLIFF for cell in beside
    )
    if there == aim:
        return Manner.STAYED if there == here else Manner.MOVED
    if ahead == Cell.CLIFF and there not in beside:
        return Manner.TO_THE_CLIFF
    if may_have_fallen:
        return Manner.LANDED
    if there == here:
        if not is_blocked:
            return Manner.LANDED
        return Manner.HIT_EDGE if ahead is None else Manner.HIT_WALL
    if there in beside:
        # In front of a wall, wind alone leads upwards, too.
        is_lifted = is_blocked and there[0] < here[0]
        return Manner.LANDED if is_lifted else Manner.SLIPPED
    if d_row and d_col and is_blocked:  # wind may have made room for a part of it
        return Manner.LANDED
    is_in_the_way = there[1] == (here if is_blocked else aim)[1]
    return Manner.BLOWN if is_in_the_way and there[0] < aim[0] else Manner.LANDED


def _shifted(cell: tuple[int, int], d_row: int, d_col: int) -> tuple[int, int]:
    return cell[0] + d_row, cell[1] + d_col


def _letter(cells: NDArray, cell: tuple[int, int]) -> str | None:
    """The letter of a cell; None beyond the edge."""
    is_inside = all(0 <= index < size for index, size in zip(cell, cells.shape, strict=True))
    return str(cells[cell]) if is_inside else None
