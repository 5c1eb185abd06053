import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import parse_layout, random_layout
from tests.gridworld.worlds.ways import neighbours, shortest_way


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
        # No cell is left for more: what is open is one way without a branch.
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
