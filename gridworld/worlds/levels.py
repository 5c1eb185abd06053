"""Named maps with their rewards."""

from typing import Any, NamedTuple


class Level(NamedTuple):
    """A named map, with the parameters in which it differs from the defaults."""

    title: str
    description: str
    layout: str
    parameters: dict[str, Any]


_BOOK: dict[str, Any] = {"max_steps": 10_000}
_EVERY_STEP_COSTS_ONE: dict[str, Any] = {
    "step_reward": -1.0,
    "bump_reward": -1.0,
    "goal_reward": -1.0,
}
_ONLY_THE_GOAL_PAYS: dict[str, Any] = {"step_reward": 0.0, "bump_reward": 0.0, "goal_reward": 1.0}

LEVELS: dict[str, Level] = {
    "easy": Level(
        "Easy",
        "5×5, three walls: a first run, learned in seconds.",
        """\
S.#..
..#..
..#..
.....
....G""",
        {},
    ),
    "medium": Level(
        "Medium",
        "6×6, six walls: the last corner has to be approached from above.",
        """\
S.#...
..#...
..#...
..#...
....#.
....#G""",
        {},
    ),
    "hard": Level(
        "Hard",
        "7×7 maze, ten walls: one long winding way, twenty steps at best.",
        """\
S.#....
..#....
..#.#..
..#.#..
..#.#..
....#..
....#.G""",
        {},
    ),
    "random": Level(
        "Random",
        "A map drawn from its size, wall density and map seed; always solvable.",
        "",
        {},
    ),
    "custom": Level(
        "Custom", "A map of your own: switch Edit map on and draw, or paste its text.", "", {}
    ),
    "cliff_walking": Level(
        "Cliff walking",
        "Sutton & Barto 2018, example 6.6: the shortest way runs along the edge.",
        """\
............
............
............
SCCCCCCCCCCG""",
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "cliff_reward": -100.0},
    ),
    "windy_gridworld": Level(
        "Windy gridworld",
        "Sutton & Barto 2018, example 6.5: the wind lifts whoever crosses it.",
        """\
..........
..........
..........
S......G..
..........
..........
..........""",
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "wind": (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)},
    ),
    "dyna_maze": Level(
        "Dyna maze",
        "Sutton & Barto 2018, example 8.1: only the goal pays; used with discount 0.95.",
        """\
.......#G
..#....#.
S.#....#.
..#......
.....#...
.........""",
        {**_BOOK, **_ONLY_THE_GOAL_PAYS},
    ),
    "four_rooms": Level(
        "Four rooms",
        "Sutton, Precup & Singh 1999: four rooms, four doorways; used with discount 0.9.",
        """\
#############
#S....#.....#
#.....#.....#
#...........#
#.....#.....#
#.....#.....#
##.####.....#
#.....###G###
#.....#.....#
#.....#.....#
#...........#
#.....#.....#
#############""",
        {**_BOOK, **_ONLY_THE_GOAL_PAYS},
    ),
}
