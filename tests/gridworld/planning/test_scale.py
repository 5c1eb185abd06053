"""With all rewards times c everything else is the same, or times c."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    World,
    gap_to_optimal,
    optimal_path,
    policy_evaluation,
    random_layout,
    value_iteration,
)
from gridworld.planning.tolerance import is_rounding
from tests.gridworld.grids import GRIDS

FACTORS = [1e-9, 7.7, 1e6]
DISCOUNTS = [0.5, 0.9, 0.99, 1]
REWARDS = ("step_reward", "bump_reward", "goal_reward", "pit_reward", "cliff_reward")
WORLDS = [(level, slip) for level in GRIDS if level != "custom" for slip in (0, 0.2)]


def times(world, factor):
    return replace(world, reward=world.reward * factor)


def path_of(world, discount):
    try:
        return optimal_path(world, discount).tolist()
    except ValueError as error:
        return str(error)


def plan_of(world, discount):
    try:
        return value_iteration(world, discount)
    except ValueError:
        return None  # rewards can be gathered for ever


def check_scale(world, discount, factor, *tables):
    scaled = times(world, factor)
    plan, other = plan_of(world, discount), plan_of(scaled, discount)
    assert (plan is None) == (other is None)
    if plan is None:
        return
    assert path_of(scaled, discount) == path_of(world, discount)
    np.testing.assert_array_equal(other.policy, plan.policy)
    np.testing.assert_array_equal(other.optimal, plan.optimal)
    # What is added up on the way rounds: on long ways rewards of both signs may cancel out.
    terms = policy_evaluation(replace(world, reward=abs(world.reward)), plan.policy, discount)
    np.testing.assert_array_equal(np.isnan(other.values), np.isnan(plan.values))
    apart = abs(other.values / factor - plan.values)
    assert (apart <= 1e-10 * terms)[~np.isnan(apart)].all()
    for q_values in tables:
        gap = gap_to_optimal(world, q_values, discount, plan)
        its = gap_to_optimal(scaled, q_values, discount, other) / factor
        assert its == pytest.approx(gap, rel=1e-9, abs=1e-10 * terms[world.start_states].max())
        assert (its == 0) == (gap == 0)


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize(("level", "slip"), WORLDS)
def test_planning_on_every_level_is_the_same_at_every_scale(level, slip, discount):
    world = World.from_config(GridWorldConfig(level=level, slip=slip))
    known = np.nan_to_num(value_iteration(world, discount).q_values)
    for factor in FACTORS:
        check_scale(world, discount, factor, known, known.round(2), 0 * known)


@st.composite
def random_worlds(draw):
    sizes = draw(st.integers(2, 9)), draw(st.integers(2, 9))
    layout = random_layout(*sizes, draw(st.floats(0, 0.4)), draw(st.integers(0, 10_000)))
    slip = draw(st.sampled_from([0, 0.1, 0.2, 2 / 3, 1]))
    rewards = {name: draw(st.sampled_from([-1.0, -0.05, 0.0])) for name in REWARDS[:2]}
    goal = draw(st.sampled_from([-1.0, 0.9, 1.0]))
    return World.from_config(GridWorldConfig(layout=layout, slip=slip, goal_reward=goal, **rewards))


@settings(max_examples=60, deadline=None)
@given(random_worlds(), st.sampled_from(DISCOUNTS), st.floats(1e-9, 1e6), st.integers(0, 99))
def test_planning_on_random_maps_is_the_same_at_every_scale(world, discount, factor, seed):
    shape = world.n_states, world.n_actions
    check_scale(world, discount, factor, np.random.default_rng(seed).integers(3, size=shape))


@pytest.mark.parametrize(("level", "slip"), WORLDS)
def test_the_verdict_is_the_same_at_every_scale(level, slip):
    verdicts = []
    for factor in (2.0**-29, 1.0, 2.0**13):
        trainer = scaled_run(level, slip, factor, num_episodes=300, optimal_evaluations=3)
        snapshot = trainer.snapshot
        verdicts.append((snapshot.converged, snapshot.episode, snapshot.gap / factor))
    assert verdicts == [verdicts[0]] * 3


def scaled_run(level, slip, factor, **learning):
    """A finished run of the learner with all rewards, and the initial Q, times a factor."""
    world = GridWorldConfig(level=level, slip=slip, max_steps=300)
    rewards = {name: getattr(world, name) * factor for name in REWARDS}
    learning = {"num_episodes": 50, "initial_q": 0.25 * factor} | learning
    trainer = Trainer(
        GridWorldConfig(level=level, slip=slip, max_steps=300, **rewards),
        QLearningConfig(**learning),
        seed=2,
    )
    trainer.train(show_progress=False)
    trainer.analyse()
    return trainer


@pytest.mark.parametrize("exponent", [-29, -3, 1, 13])
@pytest.mark.parametrize("level", [level for level in GRIDS if level != "custom"])
def test_rewards_times_a_power_of_two_give_the_same_run_to_the_last_bit(level, exponent):
    factor = 2.0**exponent
    run, scaled = (scaled_run(level, 0.2, each).snapshot for each in (1.0, factor))
    np.testing.assert_array_equal(scaled.q_values, run.q_values * factor)
    np.testing.assert_array_equal(scaled.visits, run.visits)
    np.testing.assert_array_equal(scaled.episode_lengths, run.episode_lengths)
    np.testing.assert_array_equal(scaled.episode_returns, run.episode_returns * factor)


def test_a_small_reward_is_worth_going_for():
    world = World.from_config(GridWorldConfig(level="dyna_maze", goal_reward=1e-9))
    start = world.start_states[0]
    assert value_iteration(world, 1).values[start] == pytest.approx(1e-9, rel=1e-12)
    assert len(optimal_path(world, 1)) == 15
    stands_still = np.eye(4)[np.zeros(world.n_states, dtype=int)]
    assert gap_to_optimal(world, stands_still, 1) == pytest.approx(1e-9, rel=1e-12)


def test_an_improbable_goal_is_worth_its_probability():
    chance = 1e-12
    world = World.from_tables(
        [[[1, 2], [0, 0]], [[1, 1]] * 2, [[2, 2]] * 2],
        [[[chance, 1 - chance], [1, 0]], [[1, 0]] * 2, [[1, 0]] * 2],
        [[[1, 0], [0, 0]], [[0, 0]] * 2, [[0, 0]] * 2],
        [False, True, True],
        start_states=[0],
    )
    for discount in DISCOUNTS:
        plan = value_iteration(world, discount)
        assert plan.values[0] == chance
        assert plan.policy[0] == 0
        # At discount 1 to stay loses nothing, as the chance comes again.
        assert plan.optimal[0].tolist() == [True, discount == 1]
        assert gap_to_optimal(world, [[0, 1]] * 3, discount) == chance


@pytest.mark.parametrize("distance", [20, 35])
def test_far_from_the_goal_a_step_towards_it_is_told_from_one_away(distance):
    layout = "S" + "." * (distance - 1) + "G\n" + "#" * (distance + 1)
    world = World.from_config(GridWorldConfig(layout=layout, step_reward=-0.01, bump_reward=-0.01))
    assert value_iteration(world, 0.5).optimal[0].tolist() == [False, True, False, False]


def test_sums_that_differ_by_rounding_alone_are_the_same():
    assert is_rounding(0.1 + 0.2 - 0.3, 0.6)
    assert not is_rounding(1e-12, 0.6)
    assert not is_rounding(float("nan"), 1.0)
    assert is_rounding(0.0, 0.0)
