"""The moves over a map: what they are called, and the sets of them that a world can have."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Action(IntEnum):
    """The moves over a map: the four of a rook, the four more of a king, and staying.

    A world of its own map has the first four of them, the first eight, or all nine.
    """

    UP = 0
    RIGHT = 1
    DOWN = 2
    LEFT = 3
    UP_RIGHT = 4
    DOWN_RIGHT = 5
    DOWN_LEFT = 6
    UP_LEFT = 7
    STAY = 8


_ALL = np.array([(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 1), (1, 1), (1, -1), (-1, -1), (0, 0)])
_ALL.setflags(write=False)
#: ``(row, col)`` displacement of each of the four moves, shape ``(4, 2)``.
MOVES = _ALL[:4]
#: The displacements, shape ``(A, 2)``, of the moves that a world can have, by their names in
#: `GridWorldConfig`.
MOVE_SETS = {"four": MOVES, "king": _ALL[:8], "king_or_stay": _ALL}

_NAMES = {tuple(move): Action(action).name for action, move in enumerate(_ALL.tolist())}


def action_names(moves: NDArray[np.int64] | None, n_actions: int) -> tuple[str, ...]:
    """The names of a world's actions, in their order: such as ``UP``; else their numbers.

    Args:
        moves: Displacements of the actions, shape ``(A, 2)``; None if they are no moves.
        n_actions: Number of actions ``A``.
    """
    if moves is None:
        return tuple(map(str, range(n_actions)))
    return tuple(_NAMES[row, col] for row, col in moves.tolist())


def turned(moves: NDArray[np.int64], sense: int) -> NDArray[np.int64]:
    """The action at a right angle to each action, shape ``(A,)``; staying is its own.

    Args:
        moves: Displacements of the actions, closed under such turns, shape ``(A, 2)``.
        sense: 1 for the action to its right, −1 for the one to its left.
    """
    places = {tuple(move): action for action, move in enumerate(moves.tolist())}
    return np.array([places[sense * col, -sense * row] for row, col in moves.tolist()])
