import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import GridWorldConfig, World, optimal_path, policy_evaluation, value_iteration
from gridworld.planning.evaluation import best_actions, expected_return, following, stays_within
from gridworld.planning.resumable import Resumable
from tests.gridworld.planning.test_solve import ending_mdps, map_world, mdps, world_of


def return_by_steps(world, policy, max_steps):
    """Expected return with ``n`` steps to go, backwards from 0, in plain NumPy."""
    weights = policy / policy.sum(axis=1, keepdims=True)
    values = np.zeros(world.n_states)
    for _ in range(max_steps):
        reached = np.where(world.terminal[world.next_state], 0, values[world.next_state])
        q_values = (world.probability * (world.reward + reached)).sum(axis=2)
        values = np.where(world.terminal, 0, (weights * q_values).sum(axis=1))
    return values[world.start_states].mean()


def return_of_an_episode(world, policy, max_steps, rng):
    """What an episode pays, lived through step by step."""
    state, total = rng.choice(world.start_states), 0.0
    for _ in range(max_steps):
        action = rng.choice(np.flatnonzero(policy[state]))
        outcome = rng.choice(world.probability.shape[2], p=world.probability[state, action])
        total += world.reward[state, action, outcome]
        state = world.next_state[state, action, outcome]
        if world.terminal[state]:
            break
    return total


def any_policy(world, rng):
    policy = rng.random((world.n_states, world.n_actions)) < 0.5
    policy[np.arange(world.n_states), rng.integers(world.n_actions, size=world.n_states)] = True
    return policy


SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(mdps(), SEEDS, st.integers(1, 60))
def test_the_expected_return_is_that_of_the_steps_to_go(world, seed, max_steps):
    policy = any_policy(world, np.random.default_rng(seed))
    expected = return_by_steps(world, policy, max_steps)
    assert expected_return(world, policy, max_steps) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(mdps(proper=True), SEEDS)
def test_a_policy_that_ends_earns_what_its_evaluation_tells(world, seed):
    policy = any_policy(world, np.random.default_rng(seed))
    values = policy_evaluation(world, policy / policy.sum(axis=1, keepdims=True), 1)
    expected = values[world.start_states].mean()
    assert expected_return(world, policy, 100_000) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("max_steps", [3, 25])
def test_the_expected_return_is_the_mean_of_many_episodes(max_steps):
    world = map_world("S..S\nC.X.\n...G", slip=0.3)
    rng = np.random.default_rng(0)
    policy = any_policy(world, rng)
    returns = [return_of_an_episode(world, policy, max_steps, rng) for _ in range(1500)]
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - expected_return(world, policy, max_steps)) < 5 * error


@pytest.mark.parametrize("level", ["easy", "hard", "cliff_walking", "windy_gridworld"])
def test_an_optimal_policy_earns_the_rewards_along_the_optimal_path(level):
    world = world_of(level)
    policy = best_actions(value_iteration(world, 1.0).q_values)
    path = optimal_path(world, 1.0)
    step = world.reward[path[0], value_iteration(world, 1.0).policy[path[0]], 0]
    goal = world.reward[path[-2], value_iteration(world, 1.0).policy[path[-2]], 0]
    expected = (len(path) - 2) * step + goal
    assert expected_return(world, policy, 10_000) == pytest.approx(expected, abs=1e-9)


def test_episodes_are_cut_off():
    world = map_world("S.\n.G", bump_reward=-1)
    bump = np.zeros((4, 4), dtype=bool)
    bump[:, 0] = True
    assert [expected_return(world, bump, n) for n in (1, 7, 1000)] == [-1, -7, -1000]


def test_wandering_for_too_long_to_tell_is_nan():
    world = world_of("random", n_rows=40, n_cols=40, slip=0.2)
    policy = np.ones((world.n_states, 4), dtype=bool)
    assert np.isnan(expected_return(world, policy, 10_000_000))


def test_a_start_named_twice_counts_twice():
    paid = World.from_tables(
        [[[2]], [[2]], [[2]]],
        np.ones((3, 1, 1)),
        [[[3]], [[0]], [[0]]],
        [False, False, True],
        start_states=[0, 0, 0, 0, 1],
    )
    policy = np.ones((3, 1), dtype=bool)
    assert expected_return(paid, policy, 10) == pytest.approx(3 * 4 / 5)
    assert stays_within(paid, policy, policy)


@settings(deadline=None)
@given(ending_mdps(), SEEDS, st.integers(1, 60))
def test_an_outcome_that_ends_counts_as_one_into_a_terminal_state(worlds, seed, max_steps):
    ending, other = worlds
    policy, allowed = (any_policy(other, np.random.default_rng(seed + i)) for i in range(2))
    followed = Resumable(lambda: following(ending, policy[:-1], max_steps)).result()
    expected = Resumable(lambda: following(other, policy, max_steps)).result()
    assert followed == pytest.approx(expected, rel=1e-12, abs=1e-12)
    within = stays_within(ending, policy[:-1], allowed[:-1])
    assert within == stays_within(other, policy, allowed)


def test_starts_count_as_they_are_probable():
    paid = World.from_tables(
        [[[2]], [[2]], [[2]], [[3]]],
        np.ones((4, 1, 1)),
        [[[3]], [[1]], [[0]], [[7]]],
        [[[True]], [[True]], [[True]], [[False]]],
        start_states=[0, 1, 3],
        start_probability=[0.25, 0.75, 0],
    )
    policy = np.ones((4, 1), dtype=bool)
    assert Resumable(lambda: following(paid, policy, 10)).result() == (1.5, 1)
    # State 3 is a start that never comes.
    assert stays_within(paid, policy, np.array([[True], [True], [False], [False]]))
    assert not stays_within(paid, policy, np.array([[True], [False], [False], [False]]))


def test_best_actions_are_all_that_tie():
    q_values = np.array([[0.0, 0, 0, 0], [1, 2, 2, 1], [-1, -2, -3, -1]])
    assert best_actions(q_values).tolist() == [
        [True, True, True, True],
        [False, True, True, False],
        [True, False, False, True],
    ]


@settings(deadline=None)
@given(mdps(), SEEDS)
def test_staying_within_is_told_for_the_states_that_can_be_reached(world, seed):
    rng = np.random.default_rng(seed)
    start = World.from_tables(
        world.next_state, world.probability, world.reward, world.terminal, start_states=[0]
    )
    policy, allowed = any_policy(world, rng), any_policy(world, rng)
    reached, grown = set(), {0}
    while grown != reached:
        reached = set(grown)
        for s, a, k in np.ndindex(world.next_state.shape):
            if s in reached and policy[s, a] and world.probability[s, a, k] > 0:
                grown.add(int(world.next_state[s, a, k]))
    among = [s for s in reached if not world.terminal[s]]
    assert stays_within(start, policy, allowed) == (not (policy & ~allowed)[among].any())


def test_outcomes_without_chance_are_not_reached():
    world = World.from_config(GridWorldConfig(layout="S.G\n.X.", slip=0.0))
    right = np.zeros((6, 4), dtype=bool)
    right[:, 1] = True
    allowed = right.copy()
    allowed[3:] = False
    assert stays_within(world, right, allowed)


def test_an_episode_ends_where_nothing_is_paid_too():
    free = {"step_reward": 0, "bump_reward": 0, "goal_reward": 0}
    world = World.from_config(GridWorldConfig(layout="S.\n.G", **free))
    policy = np.zeros((4, 4), dtype=bool)
    policy[:, 1:3] = True  # right or down
    found = Resumable(lambda: following(world, policy, 100)).result()
    assert (found.expected_return, found.ends) == (0, pytest.approx(1))
