"""What views show of a map: its letters, its open cells, its moves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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

#: ``(x, y)`` of the move of each action of a world, with y downwards.
Moves = tuple[tuple[int, int], ...]


class Dynamics(NamedTuple):
    """How the world moves an agent besides its actions.

    Attributes:
        wind: Upward shift in cells, one value a column; empty for calm.
        slip: Probability that a move goes to one side of where it was meant to.
        gust: Probability that the wind is one cell weaker or stronger.
        changes_after: Steps after which the map changes; None if it does not.
    """

    wind: tuple[int, ...] = ()
    slip: float = 0.0
    gust: float = 0.0
    changes_after: int | None = None


CALM = Dynamics()


def moves_of(snapshot: Snapshot) -> Moves:
    """The moves of a run's actions over its map."""
    assert snapshot.moves is not None
    return tuple((col, row) for row, col in snapshot.moves.tolist())


def open_states(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Whether the agent can come to a state and act there, shape ``(S,)``."""
    cells = parse_layout(snapshot.layout).ravel()
    return np.isin(cells, OPEN) & snapshot.reachable
