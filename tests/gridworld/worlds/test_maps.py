from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import LEVELS, Action, parse_layout, random_layout
from gridworld.worlds.maps import format_layout

MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]


@st.composite
def maps(draw):
    """Map text of any cells, with a start and a goal somewhere."""
    n_rows, n_cols = draw(st.integers(2, 12)), draw(st.integers(2, 12))
    size = n_rows * n_cols
    cells = draw(st.lists(st.sampled_from("SG.#XC"), min_size=size, max_size=size))
    start, goal = draw(st.permutations(range(size)))[:2]
    cells[start], cells[goal] = "S", "G"
    return "\n".join("".join(cells[row : row + n_cols]) for row in range(0, size, n_cols))


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


@settings(deadline=None)
@given(maps())
def test_map_text_survives_the_round_trip(text):
    assert format_layout(parse_layout(text)) == text


@settings(deadline=None)
@given(maps(), st.sampled_from(["\n", "\r\n", "  \n\t"]))
def test_blank_space_around_a_map_is_ignored(text, newline):
    padded = f"\n {newline.join(text.splitlines())} \n"
    np.testing.assert_array_equal(parse_layout(padded), parse_layout(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S..\n.#", "^layout row 2 has 2 cells, expected 3$"),
        ("S.?\n..G", r"^layout row 1, column 3 is '\?', allowed are S G \. # X C$"),
        ("s.\n.G", "^layout row 1, column 1 is 's', allowed"),
        ("  \n ", "^layout must have 2 to 100 rows, got 0$"),
        ("S.\n..", "^layout has no goal"),
        ("..\n.G", "^layout has no start"),
    ],
)
def test_wrong_map_text_is_refused_with_the_place(text, message):
    with pytest.raises(ValueError, match=message):
        parse_layout(text)


def test_the_largest_and_the_smallest_map_can_be_read():
    assert parse_layout("SG\n..").shape == (2, 2)
    rows = ["S" + "." * 99, *["." * 100] * 98, "." * 99 + "G"]
    assert parse_layout("\n".join(rows)).shape == (100, 100)


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


def test_actions_are_numbered_clockwise_from_the_top():
    assert [(a.name, a.value) for a in Action] == [
        ("UP", 0),
        ("RIGHT", 1),
        ("DOWN", 2),
        ("LEFT", 3),
    ]


@settings(deadline=None, max_examples=200)
@given(
    n_rows=st.integers(2, 20),
    n_cols=st.integers(2, 20),
    density=st.floats(0, 0.9),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_random_map_is_solvable_and_as_dense_as_asked_for(n_rows, n_cols, density, seed):
    text = random_layout(n_rows, n_cols, density, seed)
    cells = parse_layout(text)
    assert text == random_layout(n_rows, n_cols, density, seed)
    assert cells.shape == (n_rows, n_cols)
    assert (cells == "S").sum() == (cells == "G").sum() == 1
    assert shortest_way(cells) is not None
    n_walls, n_asked = (cells == "#").sum(), round(density * cells.size)
    assert n_walls <= n_asked
    if n_walls < n_asked:
        # No room for more: what is open is one way without a branch.
        degrees = [len(neighbours(cells, tuple(cell))) for cell in np.argwhere(cells != "#")]
        assert sorted(degrees) == [1, 1] + [2] * (len(degrees) - 2)


@pytest.mark.parametrize(("n_rows", "n_cols"), [(2, 2), (2, 100), (100, 2), (100, 100)])
def test_random_maps_reach_the_limits_of_size(n_rows, n_cols):
    cells = parse_layout(random_layout(n_rows, n_cols, 0.9, seed=0))
    assert cells.shape == (n_rows, n_cols)
    assert shortest_way(cells) is not None


def test_other_seeds_give_other_maps():
    assert len({random_layout(8, 8, 0.25, seed) for seed in range(100)}) == 100


@pytest.mark.parametrize("seed", range(10))
def test_the_goal_of_a_random_map_is_far_from_its_start(seed):
    cells = parse_layout(random_layout(10, 10, 0.25, seed))
    (start,), (goal,) = np.argwhere(cells == "S"), np.argwhere(cells == "G")
    farthest = np.maximum(start, 9 - start).sum()
    assert 2 * abs(goal - start).sum() >= farthest
