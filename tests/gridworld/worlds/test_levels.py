import pytest

from gridworld import LEVELS, parse_layout
from tests.gridworld.worlds.ways import shortest_way


@pytest.mark.parametrize(
    ("level", "shape", "n_walls", "n_steps"),
    [
        ("easy", (5, 5), 3, 8),
        ("medium", (6, 6), 6, 12),
        ("hard", (7, 7), 10, 20),
        ("cliff_walking", (4, 12), 0, 13),
        ("windy_gridworld", (7, 10), 0, 7),
        ("dyna_maze", (6, 9), 7, 14),
        ("four_rooms", (13, 13), 65, 14),
    ],
)
def test_levels_are_as_described(level, shape, n_walls, n_steps):
    cells = parse_layout(LEVELS[level].layout)
    assert cells.shape == shape
    assert (cells == "#").sum() == n_walls
    assert shortest_way(cells) == n_steps


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_a_title_and_a_description(level):
    assert LEVELS[level].title[0].isupper()
    assert LEVELS[level].description.endswith(".")
