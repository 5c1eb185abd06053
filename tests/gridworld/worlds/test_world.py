import dataclasses
import re

import numpy as np
import pytest

from gridworld import Action, GridWorldConfig, World, optimal_path, parse_layout
from tests.gridworld.grids import GRIDS

UP, RIGHT, DOWN, LEFT, *_ = Action
MIXED = "S..S\nC.XC\n..#.\nS..G"
SLIPS = [0, 0.2, 1 / 3, 1]
#: One state with one action, beside a terminal one; what `from_tables` takes.
TABLES = {
    "next_state": [[[1, 0]], [[1, 1]]],
    "probability": [[[0.5, 0.5]], [[1.0, 0.0]]],
    "reward": [[[1.0, 0.0]], [[0.0, 0.0]]],
    "terminal": [False, True],
}


#: State 1 is a start, and is entered by outcomes that end the episode and by one that does not;
#: state 2 is entered only as an episode ends; no episode gets to state 3.
OUTCOMES = {
    "next_state": [[[1, 1], [1, 2]], [[0, 2], [1, 0]], [[0, 3], [3, 0]], [[2, 2], [3, 1]]],
    "probability": [[[0.5, 0.5], [0.7, 0.3]], [[0.6, 0.4], [1, 0]], *[[[1, 0], [1, 0]]] * 2],
    "reward": np.arange(16.0).reshape(4, 2, 2),
    "terminal": [
        [[False, True], [True, True]],
        [[False, True], [False, True]],
        [[False, False], [False, False]],
        [[True, False], [True, False]],
    ],
    "start_states": [0, 1],
}


def world_of(layout, **parameters):
    return World.from_config(GridWorldConfig(layout=layout, **parameters))


def outcomes(world, position, action):
    """``{(row, col): (probability, reward)}`` of an action, as a person would list it."""
    state = position[0] * world.shape[1] + position[1]
    listed = {}
    for k in np.flatnonzero(world.probability[state, action]):
        cell = world.position(world.next_state[state, action, k])
        chance = world.probability[state, action, k] + listed.get(cell, (0,))[0]
        listed[cell] = (round(float(chance), 12), float(world.reward[state, action, k]))
    return listed


@pytest.fixture(params=SLIPS, ids="slip={:.2g}".format)
def slip(request):
    return request.param


@pytest.fixture(params=GRIDS)
def config(request, slip):
    if request.param == "custom":
        return GridWorldConfig(layout=MIXED, slip=slip)
    return GridWorldConfig(level=request.param, slip=slip)


@pytest.fixture
def world(config):
    return World.from_config(config)


@pytest.fixture
def kind(config):
    """The map's cells in the order of the states, shape ``(S,)``."""
    return parse_layout(config.layout).ravel()


def test_outcomes_of_every_action_are_a_distribution(world):
    assert (world.probability >= 0).all()
    np.testing.assert_allclose(world.probability.sum(axis=2), 1, rtol=0, atol=1e-12)
    assert (np.diff(world.cumulative, axis=2) >= 0).all()
    assert (world.cumulative[..., -1] == 1).all()
    np.testing.assert_allclose(
        world.cumulative, world.probability.cumsum(axis=2), rtol=0, atol=1e-12
    )


def test_a_draw_never_falls_on_an_impossible_outcome(world):
    below_one = np.nextafter(1.0, 0.0)
    for draw in (0.0, 0.5, below_one):
        drawn = (draw < world.cumulative).argmax(axis=2)[..., None]
        assert (np.take_along_axis(world.probability, drawn, axis=2) > 0).all()


def test_walls_and_cliffs_are_never_entered(world, kind):
    walked = ~np.isin(kind, ["#", "C"])
    reached = world.next_state[walked][world.probability[walked] > 0]
    assert not np.isin(kind[reached], ["#", "C"]).any()


def test_terminal_states_stay_and_pay_nothing(world, kind):
    np.testing.assert_array_equal(world.terminal, np.isin(kind, ["G", "X"]))
    np.testing.assert_array_equal(world.goal, kind == "G")
    ends = np.flatnonzero(world.terminal)
    assert (world.next_state[ends] == ends[:, None, None]).all()
    assert (world.reward[ends] == 0).all()
    assert (world.cumulative[ends] == 1).all()


def test_a_step_leads_one_cell_and_the_wind_away_at_most(world, config):
    rows, cols = np.divmod(world.next_state, world.shape[1])
    row, col = (index.ravel()[:, None, None] for index in np.indices(world.shape))
    distance = abs(rows - row) + abs(cols - col)
    own = 1 if config.moves == "four" else 2
    fell = np.isin(world.next_state, world.start_states) & (world.reward == config.cliff_reward)
    most = max(config.wind, default=0) + bool(config.gust)
    assert (distance <= own + most)[~fell].all()


def test_starts_are_those_of_the_map(world, kind):
    np.testing.assert_array_equal(world.start_states, np.flatnonzero(kind == "S"))


def test_arrays_are_read_only_and_contiguous(world):
    arrays = [
        value
        for field in dataclasses.fields(world)
        if isinstance(value := getattr(world, field.name), np.ndarray)
    ]
    assert len(arrays) == 10
    for array in arrays:
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_world_cannot_be_rewired(world):
    with pytest.raises(dataclasses.FrozenInstanceError):
        world.reward = np.zeros_like(world.reward)


def test_slip_shares_its_probability_among_the_perpendicular_moves():
    world = world_of("...\n.S.\n..G", slip=0.2)
    assert outcomes(world, (1, 1), UP) == {
        (0, 1): (0.8, -0.01),
        (1, 0): (0.1, -0.01),
        (1, 2): (0.1, -0.01),
    }
    assert outcomes(world, (1, 2), DOWN) == {
        (2, 2): (0.8, 1.0),
        (1, 1): (0.1, -0.01),
        (1, 2): (0.1, -0.05),
    }


def test_full_slip_never_goes_where_intended():
    world = world_of("...\n.S.\n..G", slip=1)
    assert outcomes(world, (1, 1), LEFT) == {(0, 1): (0.5, -0.01), (2, 1): (0.5, -0.01)}


def test_without_slip_every_move_is_certain():
    world = world_of("...\n.S.\n..G")
    moved = [outcomes(world, (1, 1), action) for action in (UP, RIGHT, DOWN, LEFT)]
    assert moved == [
        {(0, 1): (1, -0.01)},
        {(1, 2): (1, -0.01)},
        {(2, 1): (1, -0.01)},
        {(1, 0): (1, -0.01)},
    ]


def test_a_bump_pays_the_bump_reward_in_place_of_the_step_reward():
    world = world_of("S#\n.G", step_reward=-1, bump_reward=-7)
    assert outcomes(world, (0, 0), UP) == {(0, 0): (1, -7)}
    assert outcomes(world, (0, 0), RIGHT) == {(0, 0): (1, -7)}
    assert outcomes(world, (0, 0), LEFT) == {(0, 0): (1, -7)}
    assert outcomes(world, (0, 0), DOWN) == {(1, 0): (1, -1)}


def test_slipping_into_the_edge_is_a_bump_too():
    world = world_of("S.\n.G", slip=0.2, step_reward=-1, bump_reward=-7)
    state = 0
    np.testing.assert_array_equal(world.next_state[state, RIGHT], [1, 0, 2])
    np.testing.assert_array_equal(world.reward[state, RIGHT], [-1, -7, -1])


def test_goal_and_pit_pay_and_end():
    world = world_of("SX\n.G", goal_reward=5, pit_reward=-3)
    assert outcomes(world, (0, 0), RIGHT) == {(0, 1): (1, -3)}
    assert outcomes(world, (1, 0), RIGHT) == {(1, 1): (1, 5)}
    assert world.terminal.tolist() == [False, True, False, True]
    assert world.goal.tolist() == [False, False, False, True]


def test_a_cliff_leads_back_to_the_start_and_the_episode_goes_on():
    world = world_of("S.\nCG", cliff_reward=-9)
    assert outcomes(world, (0, 0), DOWN) == {(0, 0): (1, -9)}
    assert outcomes(world, (1, 1), LEFT) == {(1, 1): (1, 0)}
    assert not world.terminal[2]


def test_a_cliff_leads_to_each_of_several_starts_alike():
    world = world_of("S.S\n.C.\nS.G", cliff_reward=-9)
    third = (round(1 / 3, 12), -9)
    assert outcomes(world, (0, 1), DOWN) == {(0, 0): third, (0, 2): third, (2, 0): third}
    assert outcomes(world, (0, 1), RIGHT) == {(0, 2): (1, -0.01)}


def test_slipping_off_a_cliff_leads_to_each_of_several_starts_alike():
    world = world_of("S..\n.C.\nS.G", slip=0.2, cliff_reward=-9, bump_reward=-7)
    assert outcomes(world, (0, 1), RIGHT) == {
        (0, 2): (0.8, -0.01),
        (0, 1): (0.1, -7),
        (0, 0): (0.05, -9),
        (2, 0): (0.05, -9),
    }


@pytest.mark.parametrize("slip", [0, 0.2])
def test_the_largest_map_with_the_most_starts_and_cliffs_has_a_world(slip):
    layout = "\n".join(["S" * 10 + "." * 90, *["." * 100] * 98, "C" * 99 + "G"])
    world = world_of(layout, slip=slip)
    falls = world.next_state[98 * 100, DOWN][world.probability[98 * 100, DOWN] > 0]
    assert set(range(10)) <= set(falls.tolist())


@pytest.mark.parametrize(
    ("position", "action", "landing"),
    [
        ((3, 0), RIGHT, (3, 1)),
        ((3, 3), RIGHT, (2, 4)),
        ((3, 3), LEFT, (2, 2)),
        ((3, 4), UP, (1, 4)),
        ((3, 4), DOWN, (3, 4)),
        ((3, 6), RIGHT, (1, 7)),
        ((3, 6), DOWN, (2, 6)),
        # "If you are one cell to the right of the goal, then the action left takes you to
        # the cell just above the goal" (Sutton & Barto 2018, page 130).
        ((3, 8), LEFT, (2, 7)),
        ((0, 4), RIGHT, (0, 5)),
        ((0, 6), UP, (0, 6)),
        ((1, 6), UP, (0, 6)),
        ((0, 6), DOWN, (0, 6)),
        ((6, 6), DOWN, (5, 6)),
        ((6, 3), DOWN, (6, 3)),
        ((0, 9), RIGHT, (0, 9)),
        ((5, 9), DOWN, (6, 9)),
        ((4, 8), DOWN, (4, 8)),
        ((4, 9), LEFT, (4, 8)),
    ],
)
def test_the_windy_gridworld_moves_as_in_the_book(position, action, landing):
    world = World.from_config(GridWorldConfig(level="windy_gridworld"))
    expected = 0 if position == (3, 7) else -1
    assert outcomes(world, position, action) == {landing: (1, expected)}


def test_the_windy_gridworld_takes_fifteen_steps():
    world = World.from_config(GridWorldConfig(level="windy_gridworld"))
    assert len(optimal_path(world, 1.0)) - 1 == 15


@pytest.mark.parametrize(
    ("position", "action", "landing", "reward"),
    [
        ((2, 1), UP, (1, 1), -0.01),
        ((2, 1), DOWN, (2, 1), -0.01),
        ((2, 1), RIGHT, (1, 2), -0.01),
        ((2, 1), LEFT, (1, 0), -0.01),
        ((2, 0), RIGHT, (2, 1), -0.01),
        ((1, 1), LEFT, (0, 0), -0.01),
    ],
)
def test_the_wind_lifts_as_far_as_the_next_wall(position, action, landing, reward):
    world = world_of(".#.\n...\nS..\n..G", wind=(0, 1, 0))
    assert outcomes(world, position, action) == {landing: (1, reward)}


def test_wind_and_slip_act_together():
    world = world_of("...\n...\n.S.\n..G", wind=(0, 1, 0), slip=0.2)
    assert outcomes(world, (2, 1), UP) == {
        (0, 1): (0.8, -0.01),
        (1, 0): (0.1, -0.01),
        (1, 2): (0.1, -0.01),
    }


def test_a_position_is_row_and_column_of_a_state():
    world = world_of("S..\n..G")
    assert [world.position(state) for state in range(6)] == list(np.ndindex(2, 3))


def test_any_small_mdp_makes_a_world():
    world = World.from_tables(**TABLES)
    assert (world.n_states, world.n_actions, world.shape) == (2, 1, (1, 2))
    assert world.start_states.tolist() == [0]
    assert world.goal.tolist() == [False, True]


def test_terminal_states_stay_whatever_the_tables_say():
    world = World.from_tables([[[1]], [[0]]], np.ones((2, 1, 1)), [[[1.0]], [[5.0]]], [False, True])
    assert world.next_state.ravel().tolist() == [1, 1]
    assert world.reward.ravel().tolist() == [1, 0]


def test_outcomes_of_terminal_states_end_the_episode(world):
    np.testing.assert_array_equal(world.terminated, world.terminal[world.next_state])
    np.testing.assert_array_equal(
        world.succeeds, world.goal[world.next_state] & world.terminal[world.next_state]
    )


def test_one_outcome_may_end_where_another_goes_on():
    world = World.from_tables(**OUTCOMES)
    for name in ("next_state", "probability", "reward"):
        np.testing.assert_array_equal(getattr(world, name), OUTCOMES[name])
    np.testing.assert_array_equal(world.terminated, OUTCOMES["terminal"])
    assert world.ongoing.tolist() == [True, True, False, False]
    assert world.reachable.tolist() == [True, True, True, False]


def test_terminal_is_where_episodes_end_and_never_go_on():
    world = World.from_tables(**OUTCOMES)
    # An outcome ends in state 3 as well, though no episode gets to where it happens.
    assert world.terminal.tolist() == [False, False, True, True]
    assert world.goal.tolist() == [False, True, True, True]
    from_there = World.from_tables(**{**OUTCOMES, "start_states": [2]})
    assert not from_there.terminal.any()


def test_a_success_is_an_end_in_a_goal():
    world = World.from_tables(**OUTCOMES, goal=[False, True, False, False])
    succeeds = np.zeros((4, 2, 2), dtype=bool)
    succeeds[0, 0, 1] = succeeds[0, 1, 0] = True
    np.testing.assert_array_equal(world.succeeds[:3], succeeds[:3])


def test_an_end_that_cannot_happen_is_no_goal():
    tables = {**OUTCOMES, "goal": [True, False, False, False]}
    with pytest.raises(ValueError, match=r"^goal must be states in which an episode can end, "):
        World.from_tables(**tables)


def test_episodes_start_by_default_where_they_can_go_on():
    tables = {name: table for name, table in OUTCOMES.items() if name != "start_states"}
    assert World.from_tables(**tables).start_states.tolist() == [0, 1, 3]


def test_tables_of_ending_outcomes_make_the_world_of_their_terminal_states(world):
    same = World.from_tables(
        world.next_state,
        world.probability,
        world.reward,
        world.terminated,
        goal=world.goal,
        start_states=world.start_states,
        shape=world.shape,
        moves=world.moves,
    )
    for field in dataclasses.fields(world):
        np.testing.assert_array_equal(getattr(same, field.name), getattr(world, field.name))
    for name in ("terminal", "reachable", "ongoing"):
        np.testing.assert_array_equal(getattr(same, name), getattr(world, name))


def starts_of(probability):
    """A world whose states are all starts, of the given probabilities."""
    states = np.arange(len(probability))
    once = np.ones((len(states), 1, 1))
    return World.from_tables(
        states[:, None, None],
        once,
        once,
        once,
        start_states=states,
        start_probability=probability,
    )


def test_starts_are_as_frequent_as_they_are_probable():
    probability = np.array([0, 0.2, 0.5, 0, 0.3, 0])
    world = starts_of(probability)
    assert world.start_states.tolist() == [1, 2, 4]
    np.testing.assert_array_equal(world.start_probability, [0.2, 0.5, 0.3])
    np.testing.assert_allclose(world.start_cumulative, [0.2, 0.7, 1], rtol=1e-15)
    n_draws = 10_000
    drawn = [world.start_of(draw) for draw in np.random.default_rng(0).random(n_draws)]
    # Four standard deviations of a binomial count are at most 200.
    counts = np.bincount(drawn, minlength=6)
    np.testing.assert_allclose(counts, n_draws * probability, rtol=0, atol=200)
    assert (counts[probability == 0] == 0).all()
    assert world.start_of(0.0) == 1
    assert world.start_of(np.nextafter(1, 0)) == 4
    assert world.reachable.tolist() == world.ongoing.tolist() == (probability > 0).tolist()


def test_no_rounding_leaves_a_draw_without_a_start():
    world = starts_of([*[0.1] * 6, 0.4 - 1e-10, 0])
    assert world.start_cumulative[-1] == 1
    assert world.start_of(np.nextafter(1, 0)) == 6


@pytest.mark.parametrize("given", [None, [1 / 3] * 3, [0.333333333333] * 3])
def test_starts_that_are_all_alike_need_no_running_sum(given):
    tables = {**OUTCOMES, "start_states": [3, 0, 0], "start_probability": given}
    world = World.from_tables(**tables)
    assert world.start_probability.tolist() == [1 / 3] * 3
    assert world.start_cumulative.shape == (0,)
    assert [world.start_of(draw) for draw in (0, 0.33, 0.34, 0.99)] == [3, 3, 0, 0]


def test_the_mean_over_starts_weighs_their_probabilities():
    values = np.array([1.0, 2.0, np.nan, 5.0])
    assert starts_of([0.5, 0.25, 0, 0.25]).mean_over_starts(values) == 2.25
    assert np.isnan(starts_of([0.5, 0.25, 0.25, 0]).mean_over_starts(values))
    assert starts_of([0.25] * 4).mean_over_starts(np.arange(4.0)) == 1.5


def test_a_start_that_never_comes_may_be_terminal():
    world = World.from_tables(**TABLES, start_states=[0, 1], start_probability=[1, 0])
    assert world.terminal.tolist() == [False, True]
    assert world.start_states.tolist() == [0]


def test_tables_are_copied():
    reward = np.array(TABLES["reward"])
    world = World.from_tables(**{**TABLES, "reward": reward})
    reward[...] = 7
    assert world.reward[0].tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"next_state": [[1], [1]]}, "next_state must be whole numbers of shape (S, A, K)"),
        ({"next_state": np.zeros((2, 1, 2))}, "next_state must be whole numbers"),
        ({"next_state": np.zeros((0, 1, 2), int)}, "next_state must be whole numbers"),
        ({"next_state": [[[2, 0]], [[1, 1]]]}, "next_state must be from 0 to 1"),
        ({"next_state": [[[-1, 0]], [[1, 1]]]}, "next_state must be from 0 to 1"),
        ({"probability": [[[1.0]], [[1.0]]]}, "probability must have shape (2, 1, 2)"),
        (
            {"probability": [[[0.5, 0.4]], [[1.0, 0.0]]]},
            "probability must be from 0 to 1 and sum to 1, got [0.5, 0.4] for state 0, action 0",
        ),
        (
            {"probability": [[[1.5, -0.5]], [[1.0, 0.0]]]},
            "probability must be from 0 to 1 and sum to 1, got [1.5, -0.5] for state 0, action 0",
        ),
        (
            {"probability": [[[np.nan, 0.5]], [[1.0, 0.0]]]},
            "probability must be from 0 to 1 and sum to 1, got [nan, 0.5] for state 0, action 0",
        ),
        ({"reward": [[1.0, 0.0], [0.0, 0.0]]}, "reward must have shape (2, 1, 2), got (2, 2)"),
        ({"reward": [[[np.nan, 0.0]], [[0.0, 0.0]]]}, "reward must be finite numbers"),
        ({"reward": [[[np.inf, 0.0]], [[0.0, 0.0]]]}, "reward must be finite numbers"),
        ({"terminal": [True]}, "terminal must have shape (2,) or (2, 1, 2), got (1,)"),
        ({"terminal": [[True], [True]]}, "terminal must have shape (2,) or (2, 1, 2), got (2, 1)"),
        ({"terminal": [True, True]}, "start_states must be states that are not terminal"),
        ({"goal": [True]}, "goal must have shape (2,), got (1,)"),
        (
            {"goal": [True, False]},
            "goal must be states in which an episode can end, got state 0",
        ),
        ({"start_states": []}, "start_states must be states that are not terminal"),
        ({"start_states": [1]}, "start_states must be states that are not terminal"),
        ({"start_states": [5]}, "start_states must be from 0 to 1, got 5"),
        ({"start_states": [[0]]}, "start_states"),
        ({"start_states": [0.7]}, "start_states"),
        ({"start_probability": [0.5, 0.5]}, "start_probability must have shape (1,), got (2,)"),
        ({"start_probability": [0.9]}, "start_probability must sum to 1, got a sum of 0.9"),
        (
            {"start_states": [0, 0], "start_probability": [1.5, -0.5]},
            "start_probability must be from 0 to 1, got -0.5",
        ),
        (
            {"start_states": [0, 0], "start_probability": [0.5, np.nan]},
            "start_probability must be from 0 to 1, got nan",
        ),
        (
            {"start_states": [0, 1], "start_probability": [0.9, 0.1]},
            "start_states must be states that are not terminal",
        ),
        ({"shape": (3, 3)}, "shape"),
    ],
    ids=lambda value: re.sub(r"\s+", " ", str(value)) if isinstance(value, dict) else "",
)
def test_tables_that_are_no_mdp_are_refused(changes, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        World.from_tables(**{**TABLES, **changes})
