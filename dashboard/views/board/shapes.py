"""Lines that make the signs on the grid, each drawn in one go from point to point.

A line is a list of points ``(x, y)`` in cells, with y downwards, about the middle of a cell.
"""

from collections.abc import Iterable, Sequence
from math import cos, pi, sin

from dashboard.views.cells import MOVES_XY

Line = list[tuple[float, float]]

#: A flag on its pole.
FLAG: Line = [(-0.16, 0.3), (-0.16, -0.26), (0.2, -0.12), (-0.16, 0.02)]
#: A cross, its arms drawn one after the other from the middle.
CROSS: Line = [
    point
    for end in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    for point in ((0.0, 0.0), (0.17 * end[0], 0.17 * end[1]), (0.0, 0.0))
]
#: A broken edge.
EDGE: Line = [(0.11 * at, 0.07 * (-1) ** at) for at in range(-3, 4)]
RING_RADIUS = 0.36
#: A ring, closed.
RING: Line = [
    (RING_RADIUS * cos(2 * pi * i / 32), RING_RADIUS * sin(2 * pi * i / 32)) for i in range(33)
]
_DIRECTIONS: list[tuple[int, int]] = [(dx, dy) for dx, dy in MOVES_XY.tolist()]


def moved(line: Line, x: float, y: float) -> tuple[list[float], list[float]]:
    """A line about another point: its xs and its ys."""
    return [round(x + dx, 3) for dx, _ in line], [round(y + dy, 3) for _, dy in line]


def arrow(dx: int, dy: int, tail: float, tip: float, barb: float) -> Line:
    """An arrow from the tail to the tip, both measured from the middle."""
    back = tip - barb
    left = (back * dx - barb * dy, back * dy + barb * dx)
    right = (back * dx + barb * dy, back * dy - barb * dx)
    point = (tip * dx, tip * dy)
    return [(tail * dx, tail * dy), point, left, point, right, point]


def arrows(actions: Sequence[int], size: float = 1.0) -> Line:
    """One arrow through the middle; or several smaller ones from it, for actions that tie."""
    if len(actions) == 1:
        return arrow(*_DIRECTIONS[actions[0]], -0.22 * size, 0.22 * size, 0.1 * size)
    line: Line = []
    for action in actions:
        head = arrow(*_DIRECTIONS[action], 0.0, 0.22 * size, 0.065 * size)
        line += [*head, (0.0, 0.0)]
    return line


def triangles(actions: Iterable[int], half: float) -> Line:
    """The outlines of the triangles of some actions in a cell of that half width."""
    line: Line = []
    for action in actions:
        dx, dy = _DIRECTIONS[action]
        # Within the triangle's own edges, so that neighbours' outlines can be told apart.
        along, across = half - 0.03, half - 0.06
        corners = [
            (along * dx - across * dy, along * dy + across * dx),
            (along * dx + across * dy, along * dy - across * dx),
        ]
        line += [(0.0, 0.0), *corners, (0.0, 0.0)]
    return line
