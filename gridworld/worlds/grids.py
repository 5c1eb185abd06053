"""Tables of grid worlds: what map, moves, wind, slip and rewards make together."""

from typing import Any, NamedTuple

import numpy as np

from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.maps import Cell, gusts, landing_states, parse_layout
from gridworld.worlds.moves import MOVE_SETS, turned


class Grid(NamedTuple):
    """All that a grid world is made of; the fields are those of `GridWorldConfig`.

    Attributes:
        earlier_layout: The map that this one took the place of; empty for none.
    """

    layout: str
    moves: str
    wind: tuple[int, ...]
    gust: float
    slip: float
    step_reward: float
    bump_reward: float
    goal_reward: float
    pit_reward: float
    cliff_reward: float
    earlier_layout: str = ""

    @classmethod
    def of(cls, config: GridWorldConfig, later: bool) -> "Grid":
        """What a config describes, with its first map or with the later one.

        Raises:
            ValueError: If there is no later map.
        """
        grid = cls(*(getattr(config, name) for name in cls._fields if name in config.param))
        if not later:
            return grid
        if not config.later_layout:
            raise ValueError("later_layout must be a map for the later world, got none")
        return grid._replace(layout=config.later_layout, earlier_layout=grid.layout)


def tables_of_grid(grid: Grid) -> dict[str, Any]:
    """The arguments of `World.from_tables` for a grid world.

    Outcomes are the intended move, then, under slip, those to its left and to its right; each of
    them with the wind as it is, then, with gusts, one cell weaker and stronger. A fall off a cliff
    leads to each start with equal probability.
    """
    cells, moves = parse_layout(grid.layout), MOVE_SETS[grid.moves]
    kind = cells.ravel()
    starts = np.flatnonzero(kind == Cell.START)
    changes = gusts(grid.wind, grid.gust)
    blown = [landing_states(cells, grid.wind, moves, change) for _, change in changes]
    landing, bump = map(np.dstack, zip(*blown, strict=True))  # (S, A, G)
    # From two whole rewards NumPy would make whole numbers, which cut fractions off.
    reward = np.where(bump, grid.bump_reward, grid.step_reward).astype(np.float64)
    for cell, value in (
        (Cell.GOAL, grid.goal_reward),
        (Cell.PIT, grid.pit_reward),
        (Cell.CLIFF, grid.cliff_reward),
    ):
        reward[kind[landing] == cell] = value
    closed = kind == Cell.WALL
    if grid.earlier_layout:  # who stands where a wall has come can leave it
        closed &= parse_layout(grid.earlier_layout).ravel() == Cell.WALL
    landing[closed] = np.flatnonzero(closed)[:, None, None]
    reward[closed] = 0.0

    # Where no wind blows, there are no gusts.
    is_calm = np.resize(np.array(grid.wind or (0,)), kind.size) == 0
    of_wind = np.array([chance for chance, _ in changes])
    of_wind = np.where(is_calm[:, None], np.arange(len(changes)) == 0, of_wind)
    turns, chances = [np.arange(len(moves))], [1.0]
    if grid.slip:
        turns += [turned(moves, -1), turned(moves, 1)]
        chances = [1 - grid.slip, grid.slip / 2, grid.slip / 2]
    shape = (kind.size, len(moves), len(turns) * len(changes))
    landing, reward = (
        table[:, np.stack(turns, axis=1)].reshape(shape) for table in (landing, reward)
    )
    probability = np.broadcast_to(
        (np.array(chances)[:, None] * of_wind[:, None, None, :]).reshape(kind.size, 1, -1), shape
    )

    # A fall off a cliff leads back to the start: with several starts, one outcome for each.
    falls = (kind[landing] == Cell.CLIFF)[..., None]
    if falls.any():
        only_first = np.arange(starts.size) == 0
        probability = probability[..., None] * np.where(falls, 1 / starts.size, only_first)
        reward = np.broadcast_to(reward[..., None], probability.shape)
        landing = np.where(falls, starts, landing[..., None])
        landing, probability, reward = (
            table.reshape(*table.shape[:2], -1) for table in (landing, probability, reward)
        )
    return {
        "next_state": landing,
        "probability": probability,
        "reward": reward,
        "terminal": (kind == Cell.GOAL) | (kind == Cell.PIT),
        "goal": kind == Cell.GOAL,
        "start_states": starts,
        "shape": cells.shape,
        "moves": moves,
    }
