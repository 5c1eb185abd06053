"""Lines that make the signs on the grid, each drawn in one go from point to point.

A line is a list of points ``(x, y)`` in cells, with y downwards, about the middle of a cell.
"""

from collections.abc import Iterable, Sequence
from math import cos, hypot, pi, sin, tan

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
#: Half of a side's part of it where the corners have a part, too: all have the same angle.
_OCTANT = tan(pi / 8)
#: Radius of the middle, as a share of a cell's half width.
_MIDDLE = 0.42
#: Size of an outline within a part, as a share of the part's.
_INNER = 0.88


def moved(line: Line, x: float, y: float) -> tuple[list[float], list[float]]:
    """A line about another point: its xs and its ys."""
    return [round(x + dx, 3) for dx, _ in line], [round(y + dy, 3) for _, dy in line]


def arrow(dx: float, dy: float, tail: float, tip: float, barb: float) -> Line:
    """An arrow from the tail to the tip, both measured from the middle, along a unit vector."""
    back = tip - barb
    left = (back * dx - barb * dy, back * dy + barb * dx)
    right = (back * dx + barb * dy, back * dy - barb * dx)
    point = (tip * dx, tip * dy)
    return [(tail * dx, tail * dy), point, left, point, right, point]


def unit(move: tuple[int, int]) -> tuple[float, float]:
    """The unit vector along a move."""
    length = hypot(*move)
    return move[0] / length, move[1] / length


def arrows(moves: Sequence[tuple[int, int]], size: float = 1.0) -> Line:
    """One arrow through the middle; or several smaller ones from it, for actions that tie.

    Staying is a ring about the middle.
    """
    if len(moves) == 1 and any(moves[0]):
        return arrow(*unit(moves[0]), -0.22 * size, 0.22 * size, 0.1 * size)
    line: Line = []
    for move in moves:
        if any(move):
            line += [*arrow(*unit(move), 0.0, 0.22 * size, 0.065 * size), (0.0, 0.0)]
        else:
            line += [(0.3 * size * x, 0.3 * size * y) for x, y in RING]
            line += [(0.0, 0.0)] * (len(moves) > 1)
    return line


def part(move: tuple[int, int], moves: Sequence[tuple[int, int]], half: float) -> Line:
    """The corners of the part of a cell, of that half width, that belongs to an action.

    It is the triangle on the side that the action leads to; where there are diagonal moves, too,
    half of that, and the rest is theirs. Staying has the middle.
    """
    dx, dy = move
    if not any(move):
        radius = _MIDDLE * half
        return [(0.0, -radius), (radius, 0.0), (0.0, radius), (-radius, 0.0)]
    if dx and dy:
        share = _OCTANT * half
        return [
            (0.0, 0.0),
            (dx * share, dy * half),
            (dx * half, dy * half),
            (dx * half, dy * share),
        ]
    across = _OCTANT * half if any(x and y for x, y in moves) else half
    return [
        (0.0, 0.0),
        (half * dx - across * dy, half * dy + across * dx),
        (half * dx + across * dy, half * dy - across * dx),
    ]


def outlines(
    chosen: Iterable[tuple[int, int]], moves: Sequence[tuple[int, int]], half: float
) -> Line:
    """The outlines of the parts of some actions in a cell of that half width."""
    line: Line = []
    for move in chosen:
        corners = part(move, moves, half)
        middle = [sum(axis) / len(corners) for axis in zip(*corners, strict=True)]
        # Within the part's own edges, so that neighbours' outlines can be told apart.
        inner = [
            (middle[0] + _INNER * (x - middle[0]), middle[1] + _INNER * (y - middle[1]))
            for x, y in corners
            if x or y
        ]
        closed = inner if any(move) else [*inner, inner[0]]
        line += [(0.0, 0.0), *closed, (0.0, 0.0)]
    return line
