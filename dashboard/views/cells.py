"""What views show of a map: its letters, its open cells, its moves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import gridworld
from dashboard.views.colours import GREEN, LIGHT, ORANGE, SKY_BLUE, VERMILION
from gridworld import Cell, Snapshot, parse_layout


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
    Cell.START: CellKind("start", SKY_BLUE),
    Cell.GOAL: CellKind("goal", GREEN),
    Cell.FREE: CellKind("free", "#ffffff"),
    Cell.WALL: CellKind("wall", LIGHT.wall),
    Cell.PIT: CellKind("pit", VERMILION),
    Cell.CLIFF: CellKind("cliff", ORANGE),
}
#: Cells in which the agent acts.
OPEN = (Cell.START, Cell.FREE)
#: Cells that end an episode.
TERMINAL = (Cell.GOAL, Cell.PIT)

#: An arrow for each action: up, right, down, left.
ARROWS = "↑→↓←"
#: ``(x, y)`` of each action's move, with y downwards, shape ``(A, 2)``.
MOVES_XY = gridworld.MOVES[:, ::-1]


class Dynamics(NamedTuple):
    """How the world moves an agent besides its actions.

    Attributes:
        wind: Upward shift in cells, one value a column; empty for calm.
        slip: Probability that a move goes to one side of where it was meant to.
    """

    wind: tuple[int, ...] = ()
    slip: float = 0.0


CALM = Dynamics()


def open_states(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Whether the agent can come to a state and act there, shape ``(S,)``."""
    cells = parse_layout(snapshot.layout).ravel()
    return np.isin(cells, OPEN) & snapshot.reachable
