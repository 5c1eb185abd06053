"""Example 6.7 of Sutton & Barto (2018): maximisation bias, once more in plain Python."""

import random
from functools import cache

import gymnasium
import numpy as np
import pytest

from gridworld import DoubleQLearningConfig, QLearningConfig
from tests.gridworld.book.runs import (
    STEADY,
    assert_above,
    assert_alike,
    chosen,
    lengths_of,
    trained,
)

N_OF_B = 10
N_RUNS, N_PLAIN = 150, 400


class Example67(gymnasium.Env):
    """A, from which half of the actions lead left to B, and the others end the episode.

    The book's A has two actions, and B many; here all states have as many. Half of them lead left,
    so that exploring still goes left in 5 % of the episodes, and at first every second one does.
    What is learned of going left is spread over five actions, and unlearned later therefore.
    """

    observation_space = gymnasium.spaces.Discrete(3)
    action_space = gymnasium.spaces.Discrete(N_OF_B)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = 0
        return 0, {}

    def step(self, action):
        if self.state == 1:
            return 2, self.np_random.normal(-0.1, 1), True, False, {}
        goes_left = action < N_OF_B // 2
        self.state = 1 if goes_left else 2
        return self.state, 0.0, not goes_left, False, {}


def plain_lefts(is_double, rng, n_episodes=300):
    """Whether each episode goes left, in plain Python."""
    tables = [[[0.0] * N_OF_B, [0.0] * N_OF_B] for _ in range(2)]
    lefts = []
    for _ in range(n_episodes):
        for state in (0, 1):
            seen = [sum(pair) for pair in zip(tables[0][state], tables[1][state], strict=True)]
            action = chosen(seen if is_double else tables[0][state], rng)
            which = rng.randrange(2) if is_double else 0
            own, other = tables[which], tables[1 - which if is_double else 0]
            goes_left = state == 0 and action < N_OF_B // 2
            target = rng.gauss(-0.1, 1) if state == 1 else 0.0
            if goes_left:
                target = other[1][own[1].index(max(own[1]))]
            own[state][action] += 0.1 * (target - own[state][action])
            if not goes_left:
                break
        lefts.append(state == 1)
    return lefts


@cache
def shares_of_left(kind):
    """Share of left in the first 100 and the last 50 episodes; of each run here, and in plain."""
    config = {"q_learning": QLearningConfig, "double": DoubleQLearningConfig}[kind]
    learning = config(learning_rate=0.1, discount_factor=1, num_episodes=300, **STEADY)
    rng = random.Random(kind)
    here = lengths_of(trained(Example67, learning, N_RUNS)) == 2
    plain = np.array([plain_lefts(kind == "double", rng) for _ in range(N_PLAIN)])
    return here, plain


@pytest.mark.parametrize("kind", ["q_learning", "double"])
def test_the_share_of_left_is_that_of_a_plain_loop(kind):
    """Figure 6.5: early and late, within 4 standard errors of 400 runs in plain Python."""
    here, plain = shares_of_left(kind)
    for part in (slice(0, 50), slice(50, 150), slice(150, 300)):
        assert_alike(here[:, part].mean(axis=1), plain[:, part].mean(axis=1))


def test_q_learning_goes_left_far_more_often_and_double_learning_does_not():
    """Figure 6.5: above 80 % at its peak, against less than 70 %; 5 % would be best.

    At the end Double Q-learning is below 10 %, and Q-learning still above it.
    """
    q_learning, double = (shares_of_left(kind)[0] for kind in ("q_learning", "double"))
    peaks = [
        lefts.reshape(N_RUNS, -1, 10).mean(axis=(0, 2)).max() for lefts in (q_learning, double)
    ]
    assert peaks[0] > 0.8
    assert peaks[1] < 0.7
    assert_above(q_learning[:, :100].mean(axis=1), double[:, :100].mean(axis=1), 10)
    assert double[:, -50:].mean() < 0.1
    assert double[:, -50:].mean() < q_learning[:, -50:].mean() < 0.2
