"""Ways over a map, found without the code under test."""

from collections import deque

import numpy as np

MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]


def neighbours(cells, position):
    """Cells beside ``position`` that are not walls."""
    around = [(position[0] + row, position[1] + col) for row, col in MOVES]
    n_rows, n_cols = cells.shape
    return [
        (row, col)
        for row, col in around
        if 0 <= row < n_rows and 0 <= col < n_cols and cells[row, col] not in "#XC"
    ]


def shortest_way(cells):
    """Steps from the first start to the nearest goal, None if there is no way."""
    start = tuple(np.argwhere(cells == "S")[0].tolist())
    distance, queue = {start: 0}, deque([start])
    while queue:
        position = queue.popleft()
        if cells[position] == "G":
            return distance[position]
        for beside in neighbours(cells, position):
            if beside not in distance:
                distance[beside] = distance[position] + 1
                queue.append(beside)
    return None
