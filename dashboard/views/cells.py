"""What views show of a map: its letters, its open cells, its moves and the best of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.views.colours import GREEN, ORANGE, SKY_BLUE, VERMILION
from gridworld import Snapshot, parse_layout

START, GOAL, FREE, WALL, PIT, CLIFF = "SG.#XC"


class CellKind(NamedTuple):
    """What a letter of a map stands for.

    Attributes:
        name: Name of the kind.
        colour: Colour of such a cell on a light page.
    """

    name: str
    colour: str


#: The kinds of cell by their letters.
KINDS = {
    START: CellKind("start", SKY_BLUE),
    GOAL: CellKind("goal", GREEN),
    FREE: CellKind("free", "#ffffff"),
    WALL: CellKind("wall", "#4a5056"),
    PIT: CellKind("pit", VERMILION),
    CLIFF: CellKind("cliff", ORANGE),
}
#: Cells in which the agent acts.
OPEN = (START, FREE)
#: Cells that end an episode.
TERMINAL = (GOAL, PIT)

#: An arrow for each action: up, right, down, left.
ARROWS = "↑→↓←"
#: ``(x, y)`` of each action's move, with y downwards, shape ``(A, 2)``.
MOVES = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])


def open_states(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Whether the agent can come to a state and act there, shape ``(S,)``."""
    cells = parse_layout(snapshot.layout).ravel()
    return np.isin(cells, OPEN) & snapshot.reachable


def best_actions(q_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The greedy policy: the actions of the greatest value, all of them where they tie.

    Args:
        q_values: Shape ``(S, A)``.

    Returns:
        Whether an action is a best one of its state, shape ``(S, A)``.
    """
    return np.asarray(q_values == q_values.max(axis=1, keepdims=True))
