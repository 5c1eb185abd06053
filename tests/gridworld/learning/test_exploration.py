"""Ways to explore: the probabilities that they promise, in the agent and in the compiled loop."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from gridworld import (
    EPSILON_WAYS,
    EXPLORATIONS,
    ExpectedSarsaAgent,
    GridWorldConfig,
    LearningConfig,
    QLearningAgent,
    QLearningConfig,
    Trainer,
)
from gridworld.learning.agent import rates_of
from gridworld.learning.exploration import (
    Exploration,
    actions_of,
    choose,
    exp,
    expected,
    log,
)

#: An untied row, a tied one, one in which all are tied, and one of large numbers.
TABLE = [[0.1, 0.4, 0.3, -2.0], [1.0, 0.5, 1.0, 0.9], [0.0] * 4, [1e6, 1e6 - 1, -1e6, 0.0]]
#: Times that each action was taken; some never were.
VISITS = [[5, 9, 2, 1], [7, 7, 7, 7], [0, 3, 0, 0], [1, 2, 3, 4]]


def made(way, **parameters):
    """An agent that explores so, and the same for compiled code."""
    config = QLearningConfig(exploration=way, **parameters)
    agent = QLearningAgent(config, 4, 4, seed=1)
    agent.q_values[:], agent.visits[:] = TABLE, VISITS
    rates = rates_of(config)
    exploration = Exploration(
        *(rates.exploration, config.first_epsilon, rates.temperature, rates.confidence),
        *(agent.visits, actions_of(4)),
    )
    return agent, exploration


by_way = pytest.mark.parametrize(
    ("way", "parameters"),
    [
        *(("epsilon_greedy", {"epsilon": epsilon}) for epsilon in (0, 0.3, 1)),
        ("epsilon_linear", {"epsilon": 0.2}),
        *(("softmax", {"temperature": temperature}) for temperature in (1e-3, 0.5, 1e6)),
        *(("ucb", {"confidence": confidence}) for confidence in (0, 0.5, 100)),
        ("optimistic", {"epsilon": 0.9}),
    ],
    ids=str,
)


@by_way
def test_the_loop_chooses_what_the_agent_chooses(way, parameters):
    agent, exploration = made(way, **parameters)
    twin = QLearningAgent(QLearningConfig(), 1, 1, seed=1).np_random
    for _ in range(200):
        for state in range(4):
            action, explored = choose(agent.q_values, state, exploration, twin)
            assert agent.select_action(state) == action
            assert agent.explored == explored
    assert agent.np_random.random() == twin.random()


@by_way
def test_actions_come_as_often_as_the_policy_says(way, parameters):
    agent, exploration = made(way, **parameters)
    n = 4000
    for state in range(4):
        policy = agent.policy(state)
        assert policy.sum() == pytest.approx(1)
        shares = np.bincount([agent.select_action(state) for _ in range(n)], minlength=4) / n
        # Five standard deviations of a share are at most 5 * sqrt(0.25 / 4,000) = 0.04.
        np.testing.assert_allclose(shares, policy, rtol=0, atol=0.04)
        assert not shares[policy == 0].any()
        mean = expected(agent.q_values, state, exploration)
        assert mean == pytest.approx(float(policy @ agent.q_values[state]), rel=1e-12)


def test_softmax_is_proportional_to_the_exponential():
    agent, _ = made("softmax", temperature=0.5)
    weights = np.exp(np.array(TABLE[0]) / 0.5)
    np.testing.assert_allclose(agent.policy(0), weights / weights.sum(), rtol=1e-14)
    assert agent.policy(2).tolist() == [0.25] * 4


def test_ucb_takes_what_was_never_taken_and_then_the_greatest_bound():
    agent, _ = made("ucb", confidence=0.5)
    assert agent.policy(2).tolist() == [1 / 3, 0, 1 / 3, 1 / 3]
    visits = np.array(VISITS[0])
    bounds = np.array(TABLE[0]) + 0.5 * np.sqrt(np.log(visits.sum()) / visits)
    assert agent.policy(0).tolist() == np.eye(4)[bounds.argmax()].tolist()
    # Where all were taken as often, the values decide, and ties are broken by chance.
    assert agent.policy(1).tolist() == [0.5, 0, 0.5, 0]


def test_linear_decay_reaches_its_minimum_when_it_is_to():
    config = QLearningConfig(
        exploration="epsilon_linear", epsilon=0.9, min_epsilon=0.1, epsilon_episodes=8
    )
    agent = QLearningAgent(config, 1, 1)
    seen = [agent.epsilon]
    for _ in range(12):
        agent.end_episode()
        seen.append(agent.epsilon)
    assert seen == pytest.approx([*np.linspace(0.9, 0.1, 9), *[0.1] * 4])
    config.epsilon = 0.05
    low = QLearningAgent(config, 1, 1)
    low.end_episode()
    assert low.epsilon == 0.05  # never upwards


def test_an_optimist_begins_with_values_that_are_too_high_and_never_explores():
    config = QLearningConfig(exploration="optimistic", optimistic_q=3, initial_q=1, epsilon=0.9)
    trainer = Trainer(GridWorldConfig(level="easy"), config)
    assert (trainer.snapshot.q_values == 3).all()
    trainer.train(show_progress=False)
    trainer.analyse()
    assert trainer.snapshot.epsilon == 0
    assert trainer.snapshot.gap == 0
    config.exploration = "epsilon_greedy"
    assert config.first_q == 1


@pytest.mark.parametrize("way", EXPLORATIONS)
def test_each_way_learns_the_easy_level_with_its_defaults(way):
    trainer = Trainer(GridWorldConfig(level="easy"), QLearningConfig(exploration=way))
    trainer.train(show_progress=False)
    trainer.analyse()
    assert trainer.snapshot.gap == 0
    assert trainer.snapshot.success_rate > 0.95


def test_only_what_belongs_to_the_way_is_in_effect():
    everywhere = {"learning_rate", "discount_factor", "num_episodes", "exploration"}
    own = {name: each.parameters for name, each in EXPLORATIONS.items()}
    for way, parameters in own.items():
        used = set(LearningConfig(exploration=way).in_effect)
        assert everywhere | set(parameters) <= used
        others = {name for each in own.values() for name in each} - set(parameters)
        assert not used & others
        assert ("epsilon" in used) == (way in EPSILON_WAYS)


@given(st.floats(-750, 0))
def test_the_exponential_is_right_to_the_last_digits(x):
    assert exp(x) == pytest.approx(math.exp(x) if x > -700 else 0, rel=4e-16, abs=1e-305)


@given(st.floats(1, 1e300))
def test_the_logarithm_is_right_to_the_last_digits(x):
    assert log(x) == pytest.approx(math.log(x), rel=4e-16, abs=1e-16)


def test_both_have_the_same_bits_compiled():
    exp_of, log_of = njit(lambda x: exp(x)), njit(lambda x: log(x))
    rng = np.random.default_rng(0)
    for x in (-1000.0, -700.0, 0.0, *(-rng.exponential(20, 2000)).tolist()):
        assert exp_of(x) == exp(x)
    for x in (1.0, 2.0, 1e15, *(1 + rng.exponential(1e4, 2000)).tolist()):
        assert log_of(x) == log(x)


def test_expected_sarsa_of_an_agent_that_never_explores_counts_a_best_value():
    from gridworld import ExpectedSarsaConfig

    agent = ExpectedSarsaAgent(ExpectedSarsaConfig(epsilon=0, discount_factor=0.5), 4, 4)
    agent.q_values[:] = TABLE
    assert agent.update(0, 0, 1.0, 1, False).target == 1.5
