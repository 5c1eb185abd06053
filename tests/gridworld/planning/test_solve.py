import itertools
import re
from collections import deque

import numpy as np
import pytest
from gymnasium.envs.toy_text import CliffWalkingEnv, FrozenLakeEnv, TaxiEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    GridWorldConfig,
    World,
    gap_to_optimal,
    optimal_path,
    policy_evaluation,
    value_iteration,
)
from tests.gridworld.grids import GRIDS

DISCOUNTS = [0, 0.5, 0.9, 0.99]
NEVER = [np.nan, np.nan]
LEVEL_NAMES = [level for level in GRIDS if level != "custom"]


def nearly_tied(advantage):
    """From state 0 one reward and the end, or 1 a step for ever, which is worth a bit more."""
    return World.from_tables(
        [[[2], [1]], [[1], [1]], [[2], [2]]],
        np.ones((3, 2, 1)),
        [[[99 - advantage], [0]], [[1], [1]], [[0], [0]]],
        [False, False, True],
    )


def world_of(level="easy", **parameters):
    return World.from_config(GridWorldConfig(level=level, **parameters))


def map_world(layout, **parameters):
    return World.from_config(GridWorldConfig(layout=layout, **parameters))


@st.composite
def mdps(draw, proper=False):
    """Small random MDPs; of a proper one, every action may end the episode."""
    n_states, n_actions, n_outcomes = (draw(st.integers(1, n)) for n in (4, 3, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (n_states + 1, n_actions, n_outcomes + 1)
    next_state = rng.integers(n_states + 1, size=shape)
    probability = rng.dirichlet(np.ones(n_outcomes + 1), size=shape[:2])
    probability[rng.random(shape) < 0.3] = 0
    if proper:
        next_state[..., 0] = n_states
        probability[..., 0] += 0.1
    probability[..., 0] += probability.sum(axis=2) == 0
    probability /= probability.sum(axis=2, keepdims=True)
    reward = rng.integers(-3, 4, size=shape).astype(float)
    terminal = np.arange(n_states + 1) == n_states
    return World.from_tables(next_state, probability, reward, terminal)


@st.composite
def ending_mdps(draw, costly=False):
    """A small MDP whose outcomes end episodes, and it with one more state, which they lead to.

    In a costly one no reward is above 0, so that discount 1 gives an optimum.
    """
    world, rng = draw(mdps()), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    next_state, n_states = world.next_state, world.n_states
    reward = -abs(world.reward) if costly else world.reward
    terminated = rng.random(next_state.shape) < draw(st.sampled_from([0.1, 0.5]))
    chances = rng.integers(3, size=n_states) + (np.arange(n_states) == 0)
    starts = {
        "start_states": range(n_states),
        "start_probability": chances / chances.sum(),
    }
    ending = World.from_tables(next_state, world.probability, reward, terminated, **starts)
    to_end = np.where(terminated, n_states, next_state)
    row = ((0, 1), (0, 0), (0, 0))
    probability = np.pad(world.probability, row)
    probability[-1, :, 0] = 1
    end = np.arange(n_states + 1) == n_states
    return ending, World.from_tables(
        np.pad(to_end, row), probability, np.pad(reward, row), end, **starts
    )


def solve(world, weights, discount):
    """Values of a policy ``(S, A)`` by dense linear algebra over the open states."""
    n_states = world.n_states
    transitions = np.zeros((n_states, n_states))
    reward = np.zeros(n_states)
    for s, a, k in np.ndindex(world.next_state.shape):
        chance = weights[s, a] * world.probability[s, a, k]
        transitions[s, world.next_state[s, a, k]] += chance
        reward[s] += chance * world.reward[s, a, k]
    is_open = ~world.terminal
    values = np.zeros(n_states)
    values[is_open] = np.linalg.solve(
        np.eye(is_open.sum()) - discount * transitions[np.ix_(is_open, is_open)], reward[is_open]
    )
    return values


def best_of_all_policies(world, discount):
    """Optimal values, by trying every deterministic policy."""
    actions = np.eye(world.n_actions)
    every = itertools.product(range(world.n_actions), repeat=world.n_states - 1)
    values = [solve(world, actions[[*policy, 0]], discount) for policy in every]
    return np.max(values, axis=0)


def backup(world, values, discount):
    """Right-hand side of the Bellman equation for ``q``, shape ``(S, A)``."""
    return (world.probability * (world.reward + discount * values[world.next_state])).sum(axis=2)


def fewest_steps(world):
    """Steps from the first start to the nearest goal, whatever is paid on the way."""
    start = int(world.start_states[0])
    distance, queue = {start: 0}, deque([start])
    while queue:
        state = queue.popleft()
        if world.goal[state]:
            return distance[state]
        for reached in world.next_state[state][world.probability[state] > 0].tolist():
            if reached not in distance:
                distance[reached] = distance[state] + 1
                queue.append(reached)
    raise AssertionError("there is no way to a goal")


@settings(deadline=None)
@given(mdps(), st.sampled_from(DISCOUNTS))
def test_optimal_values_are_the_best_of_all_policies(world, discount):
    plan = value_iteration(world, discount)
    expected = best_of_all_policies(world, discount)
    np.testing.assert_allclose(plan.values, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(plan.q_values, backup(world, expected, discount), rtol=0, atol=1e-10)
    chosen = plan.q_values[np.arange(world.n_states), plan.policy]
    np.testing.assert_allclose(chosen, plan.q_values.max(axis=1), rtol=0, atol=1e-10)


def check_same_plans(ending, other, discount):
    plan, expected = (value_iteration(world, discount) for world in (ending, other))
    for name in ("values", "q_values"):
        table, of_end = getattr(plan, name), getattr(expected, name)
        np.testing.assert_allclose(table, of_end[:-1], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(plan.policy, expected.policy[:-1])
    np.testing.assert_array_equal(plan.optimal, expected.optimal[:-1])
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(other.n_actions), size=other.n_states)
    for policy in (weights, rng.integers(other.n_actions, size=other.n_states)):
        values = policy_evaluation(ending, policy[:-1], discount)
        of_end = policy_evaluation(other, policy, discount)
        np.testing.assert_allclose(values, of_end[:-1], rtol=1e-9, atol=1e-9)
    q_values = rng.integers(3, size=(other.n_states, other.n_actions))
    gap = gap_to_optimal(ending, q_values[:-1], discount)
    assert gap == pytest.approx(gap_to_optimal(other, q_values, discount), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(ending_mdps(), st.sampled_from(DISCOUNTS))
def test_an_outcome_that_ends_is_worth_what_one_into_a_terminal_state_is(worlds, discount):
    check_same_plans(*worlds, discount)


@settings(deadline=None)
@given(ending_mdps(costly=True))
def test_undiscounted_an_outcome_that_ends_is_worth_what_one_into_a_terminal_state_is(worlds):
    check_same_plans(*worlds, 1)


@settings(deadline=None)
@given(mdps(), st.sampled_from(DISCOUNTS))
def test_terminal_states_and_the_outcomes_into_them_give_the_same_plan(world, discount):
    same = World.from_tables(world.next_state, world.probability, world.reward, world.terminated)
    plan, expected = value_iteration(same, discount), value_iteration(world, discount)
    for table, other in zip(plan, expected, strict=True):
        np.testing.assert_array_equal(table, other)


def test_known_values_where_the_outcome_decides_whether_the_episode_ends():
    world = World.from_tables(
        [[[1], [1]], [[0], [0]]],
        np.ones((2, 2, 1)),
        [[[0], [1]], [[2], [0]]],
        [[[False], [True]], [[False], [True]]],
        start_states=[0],
    )
    plan = value_iteration(world, 0.9)
    assert plan.values.tolist() == pytest.approx([9.473684, 10.526316], abs=5e-7)
    assert plan.policy.tolist() == [0, 0]
    assert policy_evaluation(world, [1, 1], 0.9).tolist() == [1, 0]
    assert policy_evaluation(world, [0, 1], 0.9).tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"^discount must be below 1 for this world, got 1:"):
        value_iteration(world, 1)


def world_of_table(env):
    """A world of a Gymnasium environment's table ``P``, shorter rows filled up with chance 0."""
    n_states, n_actions = env.observation_space.n, env.action_space.n
    rows = [env.P[s][a] for s, a in np.ndindex(n_states, n_actions)]
    most = max(map(len, rows))
    filled = np.array([[*row, *[(0, 0, 0, False)] * (most - len(row))] for row in rows])
    chance, next_state, reward, terminated = np.moveaxis(
        filled.reshape(n_states, n_actions, most, 4), 3, 0
    )
    return World.from_tables(
        next_state.astype(int),
        chance,
        reward,
        terminated,
        start_states=range(n_states),
        start_probability=env.initial_state_distrib,
    )


@pytest.mark.parametrize(
    ("kind", "terminal"),
    [
        (FrozenLakeEnv, [5, 7, 11, 12, 15]),
        (CliffWalkingEnv, [47]),
        # A passenger who is at the destination has been brought there.
        (TaxiEnv, [0, 85, 410, 475]),
    ],
)
def test_a_table_of_gymnasium_makes_a_world(kind, terminal):
    env = kind()
    world = world_of_table(env)
    assert np.flatnonzero(world.terminal).tolist() == terminal
    values = np.zeros(world.n_states)
    for _ in range(300):  # 0.9**300 is 2e-14
        values = np.array(
            [
                max(
                    sum(p * (r + (0 if end else 0.9 * values[s])) for p, s, r, end in row)
                    for row in env.P[state].values()
                )
                for state in range(world.n_states)
            ]
        )
    np.testing.assert_allclose(value_iteration(world, 0.9).values, values, rtol=0, atol=1e-10)


def passing_through(end_reward):
    """A row of three states; from the last, action 1 ends in the goal in the middle."""
    return World.from_tables(
        [[[1], [0]], [[2], [0]], [[2], [1]]],
        np.ones((3, 2, 1)),
        [[[0], [0]], [[0], [0]], [[0], [end_reward]]],
        [[[False], [False]], [[False], [False]], [[False], [True]]],
        goal=[False, True, False],
        start_states=[2, 0],
        start_probability=[0, 1],
    )


@pytest.mark.parametrize("discount", [0.5, 1])
def test_an_optimal_path_may_pass_through_the_goal_that_it_ends_in(discount):
    assert optimal_path(passing_through(end_reward=1), discount).tolist() == [0, 1, 2, 1]


def test_an_optimal_path_that_passes_through_a_goal_alone_reaches_none():
    with pytest.raises(ValueError, match=r"reaches no goal from state 0$"):
        optimal_path(passing_through(end_reward=-1), 0.9)


def test_a_gap_weighs_the_probabilities_of_the_starts():
    world = World.from_tables(
        [[[0], [0]], [[1], [1]], [[2], [2]]],
        np.ones((3, 2, 1)),
        [[[3], [0]], [[1], [0]], [[-1], [-1]]],
        [[[True]] * 2, [[True]] * 2, [[False]] * 2],
        start_states=[0, 1, 2],
        start_probability=[0.25, 0.75, 0],
    )
    worst = [[0, 1]] * 3
    assert gap_to_optimal(world, worst, 0.9) == 0.25 * 3 + 0.75 * 1
    assert gap_to_optimal(world, worst, 1) == 0.25 * 3 + 0.75 * 1  # state 2 never ends


def test_actions_nearly_tied_are_told_apart():
    plan = value_iteration(nearly_tied(advantage=1e-5), 0.99)
    assert plan.policy[0] == 1
    assert plan.values[0] == pytest.approx(99, abs=1e-10)


@settings(deadline=None)
@given(mdps(proper=True))
def test_undiscounted_values_of_episodes_that_end_are_the_best_of_all_policies(world):
    values = value_iteration(world, 1).values
    np.testing.assert_allclose(values, best_of_all_policies(world, 1), rtol=0, atol=1e-9)


@settings(deadline=None)
@given(mdps(), st.sampled_from(DISCOUNTS), st.integers(0, 2**32 - 1))
def test_policies_are_evaluated_exactly(world, discount, seed):
    rng = np.random.default_rng(seed)
    actions = rng.integers(world.n_actions, size=world.n_states)
    weights = rng.dirichlet(np.ones(world.n_actions), size=world.n_states)
    for policy, as_weights in ((actions, np.eye(world.n_actions)[actions]), (weights, weights)):
        values = policy_evaluation(world, policy, discount)
        np.testing.assert_allclose(values, solve(world, as_weights, discount), rtol=0, atol=1e-10)


@settings(deadline=None)
@given(mdps(proper=True), st.integers(0, 2**32 - 1))
def test_undiscounted_policies_of_episodes_that_end_are_evaluated_exactly(world, seed):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(world.n_actions), size=world.n_states)
    values = policy_evaluation(world, weights, 1)
    np.testing.assert_allclose(values, solve(world, weights, 1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("discount", [*DISCOUNTS, 0.9999, 1])
@pytest.mark.parametrize("slip", [0, 0.2])
@pytest.mark.parametrize("level", LEVEL_NAMES)
def test_optimal_values_satisfy_the_bellman_equation(level, slip, discount):
    world = world_of(level, slip=slip)
    plan = value_iteration(world, discount)
    expected = backup(world, plan.values, discount)
    finite = np.isfinite(plan.q_values)
    np.testing.assert_allclose(plan.q_values[finite], expected[finite], rtol=0, atol=1e-10)
    open_states = np.isfinite(plan.values)
    np.testing.assert_allclose(
        plan.q_values[open_states].max(axis=1), plan.values[open_states], rtol=0, atol=1e-10
    )
    np.testing.assert_allclose(
        policy_evaluation(world, plan.policy, discount), plan.values, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize(
    ("level", "discount", "n_steps", "value"),
    [
        ("cliff_walking", 1, 13, -13),
        ("windy_gridworld", 1, 15, -15),
        ("dyna_maze", 0.95, 14, 0.95**13),
        ("dyna_maze", 1, 14, 1),
        ("four_rooms", 0.9, 14, 0.9**13),
        ("easy", 1, 8, 1 - 7 * 0.01),
        ("medium", 1, 12, 1 - 11 * 0.01),
        ("hard", 1, 20, 1 - 19 * 0.01),
    ],
)
def test_known_answers(level, discount, n_steps, value):
    world = world_of(level)
    assert len(optimal_path(world, discount)) - 1 == n_steps
    start = world.start_states[0]
    assert value_iteration(world, discount).values[start] == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("discount", [0.9, 0.99, 1])
@pytest.mark.parametrize("level", LEVEL_NAMES)
def test_an_optimal_path_is_a_shortest_way_from_start_to_goal(level, discount):
    world = world_of(level)
    path = optimal_path(world, discount)
    assert path[0] in world.start_states
    assert world.goal[path[-1]]
    assert not world.goal[path[:-1]].any()
    for state, reached in itertools.pairwise(path):
        assert reached in world.next_state[state]
    assert len(path) - 1 == fewest_steps(world)


@pytest.mark.parametrize("seed", range(20))
def test_on_random_maps_an_optimal_path_is_a_shortest_way(seed):
    world = world_of("random", n_rows=12, n_cols=15, map_seed=seed)
    assert len(optimal_path(world, 0.99)) - 1 == fewest_steps(world)


@pytest.mark.parametrize("slip", [0.1, 1])
@pytest.mark.parametrize("level", ["easy", "cliff_walking", "four_rooms"])
def test_under_slip_an_optimal_path_is_one_that_can_happen(level, slip):
    world = world_of(level, slip=slip)
    path = optimal_path(world, 0.99)
    policy = value_iteration(world, 0.99).policy
    assert path[0] == world.start_states[0]
    assert world.goal[path[-1]]
    for state, reached in itertools.pairwise(path):
        chances = world.probability[state, policy[state]]
        assert chances[world.next_state[state, policy[state]] == reached].sum() > 0


def test_out_of_several_paths_that_can_happen_the_likeliest_is_taken():
    world = World.from_tables(
        [[[1, 2]], [[2, 2]], [[2, 2]]],
        [[[0.9, 0.1]], [[1, 0]], [[1, 0]]],
        np.zeros((3, 1, 2)),
        [False, False, True],
        start_states=[0],
    )
    assert optimal_path(world, 0.9).tolist() == [0, 1, 2]


def test_where_the_best_is_to_stay_there_is_no_optimal_path():
    world = map_world("S.\n.G", goal_reward=-1)
    with pytest.raises(ValueError, match=r"policy at discount 0\.9 reaches no goal from state 0$"):
        optimal_path(world, 0.9)


@pytest.mark.parametrize("discount", [0.9, 0.99, 1])
@pytest.mark.parametrize("level", ["easy", "medium", "hard", "cliff_walking"])
def test_the_optimum_has_no_gap_and_an_empty_table_has(level, discount):
    world = world_of(level)
    q_values = value_iteration(world, discount).q_values
    assert gap_to_optimal(world, np.nan_to_num(q_values), discount) == pytest.approx(0, abs=1e-9)
    assert gap_to_optimal(world, np.zeros_like(q_values), discount) > 0.1


def test_a_gap_is_what_the_tied_policy_loses_on_average_over_the_starts():
    # One step ends from either start; half of the four moves from each do not help.
    world = map_world("SG\nGS", step_reward=0, bump_reward=0, goal_reward=1)
    assert gap_to_optimal(world, np.zeros((4, 4)), 0.5) == pytest.approx(1 - 0.5 / (1 - 0.25))
    perfect_from_one = np.zeros((4, 4))
    perfect_from_one[0, 1] = 1
    assert gap_to_optimal(world, perfect_from_one, 0.5) == pytest.approx((1 - 0.5 / (1 - 0.25)) / 2)


def test_a_policy_that_never_ends_has_an_infinite_gap_undiscounted():
    world = map_world("S.\n.G")
    never = np.zeros((4, 4))
    never[:, 0] = 1
    assert gap_to_optimal(world, never, 1) == float("inf")
    # Bumping for ever: 0.05 lost each time, 0.99 won at best after one step.
    assert gap_to_optimal(world, never, 0.5) == pytest.approx(-0.01 + 0.5 + 0.05 / (1 - 0.5))


def test_undiscounted_a_state_that_never_ends_has_no_value():
    world = map_world("S.G\n###\n...")
    plan = value_iteration(world, 1)
    assert np.isnan(plan.values).tolist() == [False] * 6 + [True] * 3
    assert np.isnan(plan.q_values[6:]).all()
    assert plan.values[0] == pytest.approx(0.99)
    assert np.isfinite(value_iteration(world, 0.99).values).all()


def test_undiscounted_a_state_that_never_ends_nor_pays_is_worth_nothing():
    plan = value_iteration(map_world("S.G\n###\n...", step_reward=0, bump_reward=0), 1)
    assert plan.values[6:].tolist() == [0, 0, 0]
    assert plan.q_values[6:].tolist() == [[0] * 4] * 3


def trap(reward, way_in):
    """From state 0 a sure end in state 1, or a trap of states 2 and 3 that pays ``reward``."""
    return World.from_tables(
        [[[1], [2]], [[1], [1]], [[3], [3]], [[2], [2]]],
        np.ones((4, 2, 1)),
        [[[-5], [way_in]], [[0], [0]], [[reward], [reward]], [[reward], [reward]]],
        [False, True, False, False],
        start_states=[0],
    )


def test_undiscounted_a_way_into_a_costly_trap_is_not_taken():
    plan = value_iteration(trap(-1, way_in=1), 1)
    np.testing.assert_array_equal(plan.values, [-5, 0, *NEVER])
    assert plan.policy[0] == 0


def test_undiscounted_a_way_into_a_trap_that_pays_nothing_is_worth_what_it_pays():
    world = trap(0, way_in=1)
    assert policy_evaluation(world, [1, 0, 0, 0], 1).tolist() == [1, 0, 0, 0]
    assert value_iteration(world, 1).values.tolist() == [1, 0, 0, 0]


def risk(reward):
    """The only action ends, or in one of ten times leads into a trap that pays ``reward``."""
    return World.from_tables(
        [[[1, 2]], [[1, 1]], [[3, 3]], [[2, 2]]],
        [[[0.9, 0.1]], [[1, 0]], [[1, 0]], [[1, 0]]],
        [[[1, 0]], [[0, 0]], [[reward, 0]], [[reward, 0]]],
        [False, True, False, False],
        start_states=[0],
    )


def test_undiscounted_a_risk_of_a_trap_that_pays_nothing_lowers_the_value():
    world = risk(0)
    assert policy_evaluation(world, [0, 0, 0, 0], 1)[0] == pytest.approx(0.9)
    assert value_iteration(world, 1).values[0] == pytest.approx(0.9)


def test_undiscounted_an_unavoidable_risk_of_a_costly_trap_leaves_no_value():
    world = risk(-1)
    np.testing.assert_array_equal(policy_evaluation(world, [0, 0, 0, 0], 1), [np.nan, 0, *NEVER])
    np.testing.assert_array_equal(value_iteration(world, 1).values, [np.nan, 0, *NEVER])


def test_undiscounted_a_trap_that_can_be_avoided_leaves_the_start_its_value():
    # Nobody gets out of the niche at the top, against the wind; the cell below it slips
    # into it whatever one does, but from the start there is a way round.
    world = map_world("#.#\n..#\nS..\n..G", wind=(0, 1, 0), slip=0.2)
    values = value_iteration(world, 1).values
    assert np.flatnonzero(np.isnan(values)).tolist() == [1, 4]
    nearly = value_iteration(world, 1 - 1e-7).values
    start = world.start_states[0]
    assert values[start] == pytest.approx(nearly[start], abs=1e-4)


def test_rewards_for_ever_are_refused_undiscounted():
    world = map_world("S.\n.G", step_reward=1)
    with pytest.raises(ValueError, match=r"^discount must be below 1 for this world, got 1:"):
        value_iteration(world, 1)
    assert np.isfinite(value_iteration(world, 0.99).values).all()


def test_putting_off_the_end_for_ever_is_optimal_where_it_costs_nothing():
    plan = value_iteration(map_world("S.\n.G", step_reward=0, bump_reward=0, goal_reward=-1), 1)
    assert plan.values.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("discount", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_discount_out_of_range_is_refused(discount):
    world = world_of()
    message = re.escape(f"discount must be a number from 0 to 1, got {discount}")
    for call in (
        lambda: value_iteration(world, discount),
        lambda: policy_evaluation(world, np.zeros(25, int), discount),
        lambda: optimal_path(world, discount),
        lambda: gap_to_optimal(world, np.zeros((25, 4)), discount),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (np.full(25, 4), "policy must have actions from 0 to 3"),
        (np.full(25, -1), "policy must have actions from 0 to 3"),
        (np.full((25, 4), 0.3), "policy must have probabilities from 0 that sum to 1"),
        (np.full((25, 4), np.nan), "policy must have probabilities from 0 that sum to 1"),
        (np.tile([2.0, -1, 0, 0], (25, 1)), "policy must have probabilities from 0"),
        (np.zeros(25), "policy must be whole numbers of shape (25,) or probabilities of shape"),
        (np.zeros(24, int), "policy must be whole numbers of shape (25,)"),
        (np.zeros((4, 25)), "policy must be whole numbers of shape (25,)"),
    ],
    ids=["high", "low", "sum", "nan", "negative", "floats", "short", "turned"],
)
def test_a_wrong_policy_is_refused(policy, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        policy_evaluation(world_of(), policy, 0.9)


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"^q_values must have shape \(25, 4\), got \(4, 25\)$"):
        gap_to_optimal(world_of(), np.zeros((4, 25)), 0.9)
