"""Worlds of Gymnasium's own environments, with answers that are known from elsewhere."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from gridworld import (
    GridWorldConfig,
    PolicyIterationConfig,
    QLearningConfig,
    World,
    disagreement,
    value_iteration,
)
from gridworld.algorithms.policy_iteration import POLICY_ITERATION
from gridworld.algorithms.q_learning import Q_LEARNING
from gridworld.runs.run import Run
from gridworld.runs.stages import Stage


class Table(gymnasium.Env):
    """An environment of a table ``P``, which its steps follow."""

    def __init__(self, table, starts=None, first_state=0, first_action=0):
        self.P = table
        n_states, n_actions = len(table), len(table[0])
        self.observation_space = spaces.Discrete(n_states, start=first_state)
        self.action_space = spaces.Discrete(n_actions, start=first_action)
        self.first_state, self.first_action = first_state, first_action
        self.initial_state_distrib = np.eye(n_states)[0] if starts is None else np.array(starts)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        starts = self.initial_state_distrib
        self._state = int(self.np_random.choice(len(starts), p=starts))
        return self._state + self.first_state, {}

    def step(self, action):
        outcomes = self.P[self._state][action - self.first_action]
        chances = [outcome[0] for outcome in outcomes]
        which = self.np_random.choice(len(outcomes), p=chances)
        _, self._state, reward, terminated = outcomes[which]
        return self._state + self.first_state, reward, terminated, False, {}


#: One transition into a state ends the episode, and another into the same state does not.
TWO_ENDS = {
    0: {0: [(1, 1, 0, False)], 1: [(1, 1, 1, True)]},
    1: {0: [(1, 0, 2, False)], 1: [(1, 0, 0, True)]},
}


@pytest.mark.parametrize(
    ("name", "options", "discount", "expected"),
    [
        ("Taxi-v4", {}, 1, 7.93),
        ("Taxi-v4", {}, 0.99, 6.3275),
        ("FrozenLake-v1", {"is_slippery": True}, 0.99, 0.542026),
        ("CliffWalking-v1", {}, 1, -13),
        ("CliffWalkingSlippery-v1", {}, 1, -64.70918),
    ],
)
def test_known_answers(name, options, discount, expected):
    env = gymnasium.make(name, **options)
    world = World.from_env(env)
    plan = value_iteration(world, discount)
    digits = len(str(expected).partition(".")[2])
    assert round(world.mean_over_starts(plan.values), digits) == expected
    assert disagreement(env, world) is None


def test_termination_belongs_to_the_transition():
    values = value_iteration(World.from_env(Table(TWO_ENDS)), 0.9).values
    assert values == pytest.approx([9.473684, 10.526316], abs=1e-6)


def test_maps_keep_their_shape_and_success_is_the_best_ending():
    lake = World.from_env(gymnasium.make("FrozenLake-v1"))
    assert lake.shape == (4, 4)
    assert np.flatnonzero(lake.goal).tolist() == [15]
    cliff = World.from_env(gymnasium.make("CliffWalking-v1"))
    assert cliff.shape == (4, 12)
    assert np.flatnonzero(cliff.goal).tolist() == [47]
    taxi = World.from_env(gymnasium.make("Taxi-v4"))
    assert taxi.shape == (1, 500)
    assert len(taxi.start_states) == 300


def test_equal_outcomes_are_added_up():
    lake = World.from_env(gymnasium.make("FrozenLake-v1"))
    assert lake.probability[0, 0].max() == pytest.approx(2 / 3)
    assert (lake.probability.sum(axis=2) == pytest.approx(1)) is not False
    table = {0: {0: [(0.25, 0, 1, True), (0.5, 0, 1, True), (0.25, 0, 2, True), (0, 0, 9, False)]}}
    world = World.from_env(Table(table))
    assert world.probability.tolist() == [[[0.75, 0.25]]]


def test_spaces_may_begin_anywhere_and_the_table_begins_at_0():
    world = World.from_env(Table(TWO_ENDS, first_state=7, first_action=-3))
    assert world.next_state.tolist() == World.from_env(Table(TWO_ENDS)).next_state.tolist()
    assert disagreement(Table(TWO_ENDS, first_state=7, first_action=-3), world) is None


def test_starts_have_their_probabilities():
    env = Table(TWO_ENDS, starts=[0.25, 0.75])
    world = World.from_env(env)
    assert world.mean_over_starts(np.array([4.0, 8.0])) == 7
    env.initial_state_distrib = None
    with pytest.raises(ValueError, match=r"^start_probability must be given, Table has no initial"):
        World.from_env(env)
    assert World.from_env(env, start_probability=[0, 1]).start_states.tolist() == [1]
    for wrong in ([1], [2, -1], [0.5, 0.4]):
        with pytest.raises(ValueError, match=r"^start_probability must"):
            World.from_env(env, start_probability=wrong)


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        ([(0.5, 0, 0, False)], r"^P\[1\]\[0\] must have probabilities that sum to 1, got a sum of"),
        ([], r"^P\[1\]\[0\] must have probabilities that sum to 1, got a sum of 0"),
        ([(1, 2, 0, False)], r"^P\[1\]\[0\] must lead to 0 to 1, got 2"),
        ([(1, 0, float("nan"), False)], r"^P\[1\]\[0\] must have a probability from 0 to 1 and a"),
        ([(1.5, 0, 0, False), (-0.5, 0, 0, False)], r"^P\[1\]\[0\] must have a probability"),
        ([(1, 0, 0)], r"^P\[1\]\[0\] must have \(probability, next_state, reward, terminated\)"),
        (None, r"^P\[1\]\[0\] must be a list of outcomes"),
    ],
)
def test_a_wrong_table_is_told_by_state_and_action(outcomes, message):
    with pytest.raises(ValueError, match=message):
        World.from_env(Table(TWO_ENDS | {1: {0: outcomes, 1: [(1, 0, 0, True)]}}))


def test_an_environment_without_a_table_or_with_other_spaces_is_refused():
    with pytest.raises(ValueError, match=r"^P must be a table of the outcomes, Blackjack-v1 has"):
        World.from_env(gymnasium.make("Blackjack-v1"))
    with pytest.raises(ValueError, match=r"^observation_space must be of type Discrete, Multi"):
        World.from_env(gymnasium.make("CartPole-v1"))


def test_a_table_that_does_not_tell_the_truth_is_found():
    fickle = gymnasium.make("Taxi-v4", fickle_passenger=True)
    assert "which its table does not have" in disagreement(fickle, World.from_env(fickle), 10_000)
    plain = gymnasium.make("FrozenLake-v1")
    paid = gymnasium.wrappers.TransformReward(plain, lambda reward: reward - 0.1)
    assert "with reward -0.1" in disagreement(paid, World.from_env(paid))
    elsewhere = World.from_env(Table(TWO_ENDS, starts=[0, 1]))
    assert disagreement(Table(TWO_ENDS), elsewhere).startswith("An episode began in state 0")
    coin = {0: {0: [(0.5, 0, 0, True), (0.5, 0, 1, True)]}}
    bent = {0: {0: [(0.6, 0, 0, True), (0.4, 0, 1, True)]}}
    assert disagreement(Table(coin), World.from_env(Table(coin))) is None
    assert "more seldom" in disagreement(Table(coin), World.from_env(Table(bent)), 3000)


@pytest.mark.slow
def test_a_table_that_tells_the_truth_is_believed():
    for name in ("FrozenLake-v1", "Taxi-v4", "CliffWalking-v1", "CliffWalkingSlippery-v1"):
        env = gymnasium.make(name)
        world = World.from_env(env)
        assert [disagreement(env, world, seed=seed) for seed in range(30)] == [None] * 30


def run_in(world, algorithm, config, max_steps):
    run = Run((Stage.of(world),), algorithm, config, 0, max_steps=max_steps)
    while not run.ended:
        run.advance(100_000, run.num_episodes)
    return run


def test_policy_iteration_does_not_hang_where_a_taxi_always_drives_south():
    world = World.from_env(gymnasium.make("Taxi-v4"))
    run = run_in(world, POLICY_ITERATION, PolicyIterationConfig(discount_factor=1), 200)
    assert run.converged
    best = run.q_values.max(axis=1)
    assert round(world.mean_over_starts(best), 2) == 7.93


def test_a_goal_with_both_flags_counts_as_terminated():
    world = World.from_env(gymnasium.make("FrozenLake-v1", is_slippery=False))
    config = QLearningConfig(
        num_episodes=100_000, min_epsilon=1, discount_factor=0.99, learning_rate=0.5
    )
    run = run_in(world, Q_LEARNING, config, 6)
    assert run.q_values[14, 2] == pytest.approx(1, abs=1e-6)


def test_a_state_that_is_cut_off_for_ever_is_worth_its_reward_for_ever():
    world = World.from_env(Table({0: {0: [(1, 0, 1, False)]}}))
    config = QLearningConfig(num_episodes=2000, discount_factor=0.9)
    run = run_in(world, Q_LEARNING, config, 10)
    assert run.q_values[0, 0] == pytest.approx(10, abs=1e-6)


def test_the_world_of_a_grid_is_that_of_its_config():
    config = GridWorldConfig(level="medium", slip=0.2)
    world = World.from_config(config)
    table = {
        state: {
            action: [
                (
                    world.probability[state, action, k],
                    world.next_state[state, action, k],
                    world.reward[state, action, k],
                    world.terminated[state, action, k],
                )
                for k in range(world.next_state.shape[2])
            ]
            for action in range(world.n_actions)
        }
        for state in range(world.n_states)
    }
    again = World.from_env(Table(table))
    for discount in (0.9, 1):
        expected = value_iteration(world, discount).values
        found = value_iteration(again, discount).values
        np.testing.assert_allclose(found[world.ongoing], expected[world.ongoing], rtol=1e-9)
