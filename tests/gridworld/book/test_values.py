"""Examples 3.5, 3.8 and 4.1 of Sutton & Barto (2018): values that the book prints."""

import gymnasium
import numpy as np
import pytest

from gridworld import (
    GridWorldConfig,
    PolicyIterationConfig,
    ValueIterationConfig,
    World,
    policy_evaluation,
    value_iteration,
)
from tests.gridworld.book.runs import MOVES, trained

EQUIPROBABLE = [
    [3.3, 8.8, 4.4, 5.3, 1.5],
    [1.5, 3.0, 2.3, 1.9, 0.5],
    [0.1, 0.7, 0.7, 0.4, -0.4],
    [-1.0, -0.4, -0.4, -0.6, -1.2],
    [-1.9, -1.3, -1.2, -1.4, -2.0],
]
OPTIMAL = [
    [22.0, 24.4, 22.0, 19.4, 17.5],
    [19.8, 22.0, 19.8, 17.8, 16.0],
    [17.8, 19.8, 17.8, 16.0, 14.4],
    [16.0, 17.8, 16.0, 14.4, 13.0],
    [14.4, 16.0, 14.4, 13.0, 11.7],
]
#: They are printed with one decimal; and rounding to it may be done by two ways.
PRINTED = 0.05 + 1e-9


def outcome_of_example_3_5(state, action):
    """Next state and reward: from A and B all moves lead away, and off the grid costs 1."""
    row, col = divmod(state, 5)
    if (row, col) in {(0, 1), (0, 3)}:
        return (21, 10.0) if col == 1 else (13, 5.0)
    row, col = row + MOVES[action][0], col + MOVES[action][1]
    return (5 * row + col, 0.0) if 0 <= row < 5 and 0 <= col < 5 else (state, -1.0)


class Example35(gymnasium.Env):
    """The gridworld of example 3.5, whose episodes never end."""

    observation_space, action_space = gymnasium.spaces.Discrete(25), gymnasium.spaces.Discrete(4)
    initial_state_distrib = np.full(25, 1 / 25)

    def __init__(self):
        self.P = {
            state: {
                action: [(1.0, *outcome_of_example_3_5(state, action), False)]
                for action in range(4)
            }
            for state in range(25)
        }

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = int(self.np_random.integers(25))
        return self.state, {}

    def step(self, action):
        self.state, reward = outcome_of_example_3_5(self.state, action)
        return self.state, reward, False, False, {}


def as_printed(values):
    return pytest.approx(np.array(values), abs=PRINTED, rel=0)


def world_of_example_3_5():
    outcomes = np.array(
        [[[outcome_of_example_3_5(s, a)] for a in range(4)] for s in range(25)]
    )  # shape (25, 4, 1, 2)
    return World.from_tables(
        outcomes[..., 0].astype(int), np.ones((25, 4, 1)), outcomes[..., 1], np.zeros(25, bool)
    )


def test_the_equiprobable_policy_is_worth_what_figure_3_2_has():
    values = policy_evaluation(world_of_example_3_5(), np.full((25, 4), 0.25), 0.9)
    assert values.reshape(5, 5) == as_printed(EQUIPROBABLE)


def test_the_optimal_values_are_those_of_figure_3_5():
    plan = value_iteration(world_of_example_3_5(), 0.9)
    assert plan.values.reshape(5, 5) == as_printed(OPTIMAL)
    assert plan.optimal.reshape(5, 5, 4)[0, [1, 3]].all()  # from A and B all four are as good


@pytest.mark.parametrize("config", [ValueIterationConfig, PolicyIterationConfig])
def test_sweeps_in_a_trainer_come_to_the_values_of_figure_3_5(config):
    """Example 3.8 by a world that is an environment with a table, and has no terminal state."""
    (trainer,) = trained(Example35, config(discount_factor=0.9), n_seeds=1)
    assert trainer.world is not None
    assert trainer.snapshot.q_values.max(axis=1).reshape(5, 5) == as_printed(OPTIMAL)


def test_the_values_of_figure_4_1_are_the_books():
    """Example 4.1: the random policy at the end of iterative policy evaluation, γ = 1."""
    costs = {"step_reward": -1.0, "bump_reward": -1.0, "goal_reward": -1.0}
    world = World.from_config(GridWorldConfig(layout="G...\n.S..\n....\n...G", **costs))
    random_policy = policy_evaluation(world, np.full((16, 4), 0.25), 1.0).reshape(4, 4)
    assert random_policy == pytest.approx(
        np.array(
            [[0, -14, -20, -22], [-14, -18, -20, -20], [-20, -20, -18, -14], [-22, -20, -14, 0]]
        )
    )
    n_steps = -value_iteration(world, 1.0).values.reshape(4, 4)
    assert n_steps.tolist() == [[0, 1, 2, 3], [1, 2, 3, 2], [2, 3, 2, 1], [3, 2, 1, 0]]
