"""King's moves and gusts, beside what is worked out without the code under test."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    MOVE_SETS,
    Action,
    GridWorldConfig,
    GridWorldEnv,
    World,
    action_names,
    random_layout,
    value_iteration,
)

#: The windy gridworld of example 6.5.
N_ROWS, N_COLS, START, GOAL = 7, 10, (3, 0), (3, 7)
WIND = (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)
KING = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]


def values_of_the_book(moves, chances):
    """Steps to the goal at best from each cell, where what leads over the edge stops at it.

    Args:
        moves: The moves.
        chances: Probability of each change of the wind, in columns where it blows.
    """
    cells = list(itertools.product(range(N_ROWS), range(N_COLS)))
    steps = dict.fromkeys(cells, 0.0)
    for _ in range(2000):
        for row, col in cells:
            if (row, col) == GOAL:
                continue
            best = np.inf
            for d_row, d_col in moves:
                mean = 1.0
                for change, chance in chances.items():
                    lift = WIND[col] + change if WIND[col] else 0
                    there = (
                        min(max(row + d_row - lift, 0), N_ROWS - 1),
                        min(max(col + d_col, 0), N_COLS - 1),
                    )
                    mean += chance * steps[there]
                best = min(best, mean)
            steps[row, col] = best
    return steps[START]


@pytest.mark.parametrize(
    ("moves", "own"), [("king", KING), ("king_or_stay", [*KING, (0, 0)])], ids=lambda each: ""
)
@pytest.mark.parametrize(
    ("gust", "chances"), [(0, {0: 1}), (2 / 3, {-1: 1 / 3, 0: 1 / 3, 1: 1 / 3})]
)
def test_the_optimum_is_that_of_the_books_exercises(moves, own, gust, chances):
    """Exercises 6.9 and 6.10: seven steps with king's moves, and with staying no fewer."""
    config = GridWorldConfig(level="windy_gridworld", moves=moves, gust=gust)
    world = World.from_config(config)
    best = -value_iteration(world, 1).values[world.start_states[0]]
    assert best == pytest.approx(values_of_the_book(own, chances), rel=1e-9)
    if not gust:
        assert best == 7


@pytest.mark.parametrize("kind", MOVE_SETS)
def test_the_moves_are_numbered_as_the_actions_are(kind):
    names = action_names(MOVE_SETS[kind], len(MOVE_SETS[kind]))
    assert names == tuple(action.name for action in list(Action)[: len(names)])
    vertical, sideways = {"UP": -1, "DOWN": 1}, {"LEFT": -1, "RIGHT": 1}
    for name, (d_row, d_col) in zip(names, MOVE_SETS[kind].tolist(), strict=True):
        assert d_row == sum(step for word, step in vertical.items() if word in name.split("_"))
        assert d_col == sum(step for word, step in sideways.items() if word in name.split("_"))


def test_actions_that_are_no_moves_are_called_by_their_numbers():
    assert action_names(None, 3) == ("0", "1", "2")


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 99), st.data())
def test_a_kings_move_leads_to_the_cell_that_it_aims_at_or_nowhere(n_rows, n_cols, seed, data):
    layout = random_layout(n_rows, n_cols, 0.4, seed)
    cells = [list(row) for row in layout.split("\n")]
    config = GridWorldConfig(layout=layout, moves="king_or_stay", slip=data.draw(st.floats(0, 1)))
    world = World.from_config(config)
    assert (world.n_actions, world.moves.tolist()) == (9, MOVE_SETS["king_or_stay"].tolist())
    for state in range(world.n_states):
        row, col = divmod(state, n_cols)
        if cells[row][col] in "#G":
            continue
        for action, (d_row, d_col) in enumerate(world.moves.tolist()):
            aims = [(d_row, d_col), (-d_col, d_row), (d_col, -d_row)]  # and to either side
            expected = {}
            shares = (1 - config.slip, config.slip / 2, config.slip / 2)
            for (aim_row, aim_col), share in zip(aims, shares, strict=True):
                to_row, to_col = row + aim_row, col + aim_col
                inside = 0 <= to_row < n_rows and 0 <= to_col < n_cols
                if not inside or cells[to_row][to_col] == "#":
                    to_row, to_col = row, col
                    paid = config.bump_reward
                else:
                    paid = config.step_reward
                if cells[to_row][to_col] == "G":
                    paid = config.goal_reward
                key = to_row * n_cols + to_col, paid
                expected[key] = expected.get(key, 0) + share
            found = {}
            for k in range(world.next_state.shape[2]):
                place = state, action, k
                key = int(world.next_state[place]), float(world.reward[place])
                found[key] = found.get(key, 0) + world.probability[place]
            assert {k: v for k, v in found.items() if v} == pytest.approx(
                {k: v for k, v in expected.items() if v}
            )


def test_gusts_blow_only_where_there_is_wind_and_draw_a_number_only_there():
    env = GridWorldEnv(layout="S...G\n.....", wind=(0, 1, 0, 2, 0), gust=0.5)
    rng = np.random.default_rng(4)
    env.reset(seed=4)
    env.step(Action.RIGHT)
    assert env.np_random.bit_generator.state == rng.bit_generator.state
    env.step(Action.DOWN)
    rng.random()
    assert env.np_random.bit_generator.state == rng.bit_generator.state


@pytest.mark.parametrize(("wind", "shares"), [(1, (0.25, 0.5, 0.25)), (2, (0.25, 0.5, 0.25))])
def test_a_gust_is_one_cell_more_or_less(wind, shares):
    rows = ["....G", ".....", ".....", ".....", "S...."]
    config = GridWorldConfig(layout="\n".join(rows), wind=(0, wind, 0, 0, 0), gust=0.5)
    world = World.from_config(config)
    state = 4 * 5 + 1
    outcome = world.next_state[state, Action.RIGHT] // 5
    assert outcome.tolist() == [4 - wind, 4 - wind + 1, 4 - wind - 1]
    assert world.probability[state, Action.RIGHT].tolist() == [shares[1], shares[0], shares[2]]


def test_a_gust_may_open_a_way_and_a_diagonal_move_one_between_walls():
    with pytest.raises(ValueError, match="no way to a goal"):
        GridWorldConfig(layout="S#\n#G")
    assert World.from_config(GridWorldConfig(layout="S#\n#G", moves="king")).n_actions == 8
    blown = "G#\n.#\nS#"
    assert GridWorldConfig(layout=blown, wind=(1, 0), gust=0.5).gust == 0.5
