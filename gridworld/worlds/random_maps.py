"""Maps drawn from a seed."""

import heapq

import numpy as np
from numpy.typing import NDArray

from gridworld.parameters import check_whole
from gridworld.worlds.maps import MAX_SIZE, MIN_SIZE, Cell, format_layout
from gridworld.worlds.moves import MOVES

#: Highest share of walls that may be asked for.
MAX_DENSITY = 0.9


def random_layout(n_rows: int, n_cols: int, wall_density: float, seed: int) -> str:
    """Draws a map with one start and one goal far from it; always solvable.

    A winding way from start to goal is laid first. The walls are then drawn from the other
    cells: as many as the density asks for, or all of them if these are fewer.

    Args:
        n_rows: Rows, 2 to 100.
        n_cols: Columns, 2 to 100.
        wall_density: Share of all cells that are walls, 0 to 0.9.
        seed: Seed of the map; the same seed gives the same map.

    Raises:
        ValueError: If a size or the density is out of range.
    """
    n_rows = check_whole("n_rows", n_rows, MIN_SIZE, MAX_SIZE)
    n_cols = check_whole("n_cols", n_cols, MIN_SIZE, MAX_SIZE)
    if not 0 <= wall_density <= MAX_DENSITY:
        raise ValueError(f"wall_density must be from 0 to {MAX_DENSITY}, got {wall_density!r}")
    rng = np.random.default_rng(check_whole("seed", seed))
    row, col = np.divmod(np.arange(n_rows * n_cols), n_cols)
    start = int(rng.integers(n_rows * n_cols))
    distance = abs(row - row[start]) + abs(col - col[start])
    goal = int(rng.choice(np.flatnonzero(2 * distance >= distance.max())))
    way = _cheapest_way(start, goal, rng.random((n_rows, n_cols)))
    cells = np.full(n_rows * n_cols, Cell.FREE)
    beside = np.setdiff1d(np.arange(cells.size), way)
    n_walls = min(round(wall_density * cells.size), beside.size)
    cells[rng.choice(beside, size=n_walls, replace=False)] = Cell.WALL
    cells[start], cells[goal] = Cell.START, Cell.GOAL
    return format_layout(cells.reshape(n_rows, n_cols))


def _cheapest_way(start: int, goal: int, cost: NDArray[np.float64]) -> list[int]:
    """States of the cheapest way over a grid of cell costs, both ends included."""
    n_rows, n_cols = cost.shape
    came_from = {start: start}
    queue = [(0.0, start, start)]
    settled: set[int] = set()
    while queue:
        spent, state, previous = heapq.heappop(queue)
        if state in settled:
            continue
        settled.add(state)
        came_from[state] = previous
        if state == goal:
            break
        for move in MOVES:
            row, col = np.add(divmod(state, n_cols), move).tolist()
            if 0 <= row < n_rows and 0 <= col < n_cols:
                heapq.heappush(queue, (spent + cost[row, col], row * n_cols + col, state))
    way = [goal]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way
