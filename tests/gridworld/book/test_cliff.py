"""Example 6.6 and figure 6.3 of Sutton & Barto (2018): cliff walking, once more in plain Python."""

import random
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from tests.gridworld.book.runs import (
    MOVES,
    N_SEEDS,
    assert_above,
    assert_alike,
    chosen,
    on_level,
    returns_of,
    standard_error,
)

CLIFF_START, CLIFF_GOAL = 36, 47


def cliff_outcome(state, action):
    row = min(max(state // 12 + MOVES[action][0], 0), 3)
    col = min(max(state % 12 + MOVES[action][1], 0), 11)
    fell = row == 3 and 0 < col < 11
    return (CLIFF_START, -100.0) if fell else (12 * row + col, -1.0)


CLIFF = {(s, a): cliff_outcome(s, a) for s in range(48) for a in range(4)}


def plain_value(algorithm, values, action):
    """What a state counts in a target, given the action chosen next."""
    if algorithm == "sarsa":
        return values[action]
    if algorithm == "q_learning":
        return max(values)
    return 0.9 * max(values) + 0.1 * sum(values) / len(values)


def plain_return(algorithm, learning_rate, rng, n_episodes=100):
    """Mean return of a run in plain Python."""
    q = [[0.0] * 4 for _ in range(48)]
    total = 0.0
    for _ in range(n_episodes):
        state, action = CLIFF_START, chosen(q[CLIFF_START], rng)
        while state != CLIFF_GOAL:
            following, reward = CLIFF[state, action]
            following_action = chosen(q[following], rng) if algorithm == "sarsa" else None
            ahead = plain_value(algorithm, q[following], following_action)
            q[state][action] += learning_rate * (reward + ahead - q[state][action])
            if following_action is None:
                following_action = chosen(q[following], rng)
            state, action, total = following, following_action, total + reward
    return total / n_episodes


def cliff_q_values(epsilon):
    """The best values of policies that explore with ε, by value iteration in NumPy."""
    following, rewards = np.array([[CLIFF[s, a] for a in range(4)] for s in range(48)]).transpose(
        2, 0, 1
    )
    q = np.zeros((48, 4))
    for _ in range(5000):
        values = (1 - epsilon) * q.max(axis=1) + epsilon * q.mean(axis=1)
        values[CLIFF_GOAL] = 0
        q = rewards + values[following.astype(int)]
    return q


def cliff_return(q, epsilon=0.1):
    """What the ε-greedy policy of some values earns, by linear algebra."""
    best = q == q.max(axis=1, keepdims=True)
    policy = (1 - epsilon) * best / best.sum(axis=1, keepdims=True) + epsilon / 4
    onwards, earned = np.eye(48), np.zeros(48)
    for (state, action), (following, reward) in CLIFF.items():
        if state != CLIFF_GOAL:
            earned[state] += policy[state, action] * reward
            onwards[state, following] -= policy[state, action] * (following != CLIFF_GOAL)
    return np.linalg.solve(onwards, earned)[CLIFF_START]


@cache
def cliff_returns(algorithm, learning_rate, n_episodes, n_seeds=N_SEEDS):
    learning = {"learning_rate": learning_rate, "num_episodes": n_episodes}
    return returns_of(on_level("cliff_walking", algorithm, n_seeds, **learning))


def interim(algorithm, learning_rate):
    """Mean return of the first 100 episodes, for each seed."""
    return cliff_returns(algorithm, learning_rate, 100, 60).mean(axis=1)


def asymptotic(algorithm, learning_rate):
    """Mean return of the episodes from 1,000 to 5,000; the book has the first 100,000."""
    return cliff_returns(algorithm, learning_rate, 5000)[:, 1000:].mean(axis=1)


RATES = [0.2, 0.4, 0.6, 0.8, 1.0]


@pytest.mark.parametrize(
    ("algorithm", "mean", "spread"), [("sarsa", -26.3, 5.5), ("q_learning", -49.4, 6.7)]
)
def test_the_last_hundred_episodes_beside_the_cliff(algorithm, mean, spread):
    """Example 6.6, α = 0.5: within 4 standard errors of 40 runs of a program apart from this."""
    returns = cliff_returns(algorithm, 0.5, 500, 40)[:, -100:].mean(axis=1)
    assert returns.mean() == pytest.approx(mean, abs=4 * spread / np.sqrt(40))


@pytest.mark.parametrize("learning_rate", [0.5, 0.9])
@pytest.mark.parametrize("algorithm", ["expected_sarsa", "sarsa", "q_learning"])
def test_the_first_hundred_episodes_are_those_of_a_plain_loop(algorithm, learning_rate):
    """Figure 6.3, interim: within 4 standard errors of 20 runs in plain Python."""
    rng = random.Random(f"{algorithm} {learning_rate}")
    plain = [plain_return(algorithm, learning_rate, rng) for _ in range(20)]
    assert_alike(interim(algorithm, learning_rate), plain)


@pytest.mark.parametrize("learning_rate", RATES)
def test_at_first_expected_sarsa_is_best_whatever_the_step_size(learning_rate):
    """Figure 6.3, interim: Expected SARSA above SARSA, and both above Q-learning.

    Where α is large the last two come near each other: there they are not compared.
    """
    expected, sarsa, q_learning = (
        interim(algorithm, learning_rate) for algorithm in ("expected_sarsa", "sarsa", "q_learning")
    )
    assert_above(expected, sarsa)
    assert_above(expected, q_learning)
    if learning_rate <= 0.6:
        assert_above(sarsa, q_learning)


@pytest.mark.parametrize("learning_rate", RATES)
def test_in_the_long_run_the_step_size_does_not_matter_but_to_sarsa(learning_rate):
    """Figure 6.3, asymptotic.

    Expected SARSA comes to the best policy that explores, and Q-learning to the shortest way with
    exploring on it, for each α, 1 among them: within 4 standard errors of what linear algebra
    tells. SARSA is below the first.
    """
    expected, q_learning = (
        asymptotic(algorithm, learning_rate) for algorithm in ("expected_sarsa", "q_learning")
    )
    best, along_the_edge = (cliff_return(cliff_q_values(epsilon)) for epsilon in (0.1, 0))
    assert best > along_the_edge + 25
    assert expected.mean() == pytest.approx(best, abs=4 * standard_error(expected))
    assert q_learning.mean() == pytest.approx(along_the_edge, abs=4 * standard_error(q_learning))
    assert_above(expected, asymptotic("sarsa", learning_rate))


def test_in_the_long_run_sarsa_gets_worse_as_the_step_size_grows():
    """Figure 6.3, asymptotic: with a small α near Expected SARSA, with α = 1 below Q-learning."""
    by_rate = [asymptotic("sarsa", learning_rate) for learning_rate in RATES]
    for small, large in pairwise(by_rate):
        assert_above(small, large)
    assert by_rate[0].mean() > asymptotic("expected_sarsa", 0.2).mean() - 5
    assert_above(asymptotic("q_learning", 1.0), by_rate[-1])
