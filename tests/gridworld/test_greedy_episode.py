"""Watching what was learned: one episode of the greedy policy, without learning."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    ALGORITHMS,
    Action,
    GridWorldConfig,
    GridWorldEnv,
    QLearningAgent,
    QLearningConfig,
    Trainer,
    optimal_path,
    policy_evaluation,
    value_iteration,
)
from tests.gridworld.runs.test_run import all_of, make

MAP = "S..S.\nC.XC.\n..#..\nS.#.G"


def by_hand(trainer, seed, start=None, q_values=None):
    """The same by a loop over the environment and the agent, with ε = 0."""
    env = GridWorldEnv(trainer.origin.world_config)
    agent = QLearningAgent(
        QLearningConfig(epsilon=0), env.world.n_states, env.world.n_actions, seed
    )
    agent.q_values[:] = trainer.snapshot.q_values if q_values is None else q_values
    state, _ = env.reset(seed=seed)
    if start is not None:
        state = env._state = start
        env.np_random = np.random.default_rng(seed)  # nothing was drawn for the start
    states, actions, rewards, over = [state], [], [], False
    while not over:
        action = agent.select_action(state)
        state, reward, terminated, truncated, _ = env.step(action)
        over = terminated or truncated
        states.append(state)
        actions.append(action)
        rewards.append(reward)
    return states, actions, rewards


def as_lists(episode):
    return tuple(part.tolist() for part in episode)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 2**32),
    st.sampled_from([*ALGORITHMS]),
    st.sampled_from([0, 0.2]),
    st.sampled_from([0, 7, 300, 2_000]),
    st.sampled_from([None, 0, 2, 10, 18]),
)
def test_it_is_that_of_a_loop_by_hand_with_an_agent_that_does_not_explore(
    seed, algorithm, slip, n_steps, start
):
    trainer = make(slip=slip, algorithm=algorithm, num_episodes=1_000)
    trainer.advance(n_steps)
    found = trainer.greedy_episode(seed, start)
    assert as_lists(found) == by_hand(trainer, seed, start)
    states, actions, rewards = found
    assert [states.dtype, actions.dtype, rewards.dtype] == [np.int64, np.int64, np.float64]
    assert len(states) - 1 == len(actions) == len(rewards) <= trainer.snapshot.max_steps
    if start is not None:
        assert as_lists(trainer.greedy_episode(seed, divmod(start, 5))) == as_lists(found)


@pytest.mark.parametrize("n_steps", [0, 1, 37, 10**9])
def test_nothing_of_the_run_changes(n_steps):
    watched, alone = make(seed=5), make(seed=5)
    for trainer in (watched, alone):
        trainer.advance(n_steps)
        if trainer.snapshot.status.name == "RUNNING":
            trainer.pause()
    for seed in range(3):
        watched.greedy_episode(seed)
        watched.greedy_episode(seed, (0, 1), watched.total_steps // 2)
    assert all_of(watched) == all_of(alone)
    if watched.snapshot.status.name == "PAUSED":
        for trainer in (watched, alone):
            trainer.train(show_progress=False)
        assert all_of(watched) == all_of(alone)


@pytest.mark.parametrize(
    "level", ["easy", "medium", "hard", "windy_gridworld", "cliff_walking", "dyna_maze"]
)
def test_with_optimal_values_it_is_an_optimal_path(level):
    config = GridWorldConfig(level=level)
    trainer = Trainer(config, QLearningConfig(discount_factor=0.99))
    world = trainer.world
    plan = value_iteration(world, 0.99)
    agent = trainer.agent
    agent.q_values[:] = plan.q_values
    shortest = len(optimal_path(world, discount=0.99)) - 1
    discounts = 0.99 ** np.arange(int(config.max_steps))
    for seed in range(5):
        states, actions, rewards = trainer.greedy_episode(seed)
        assert world.goal[states[-1]]
        assert rewards @ discounts[: len(rewards)] == pytest.approx(plan.values[states[0]])
        assert len(actions) == shortest


def test_under_slip_its_return_is_on_average_that_of_planning():
    trainer = Trainer(GridWorldConfig(level="easy", slip=0.3))
    trainer.advance(5_000)
    world, values = trainer.world, trainer.snapshot.q_values
    # Values of the greedy policy, without ties.
    assert all(len(np.flatnonzero(row == row.max())) == 1 for row in values[world.ongoing])
    exact = policy_evaluation(world, values.argmax(axis=1), 0.9)
    returns = []
    for seed in range(2_000):
        rewards = trainer.greedy_episode(seed).rewards
        returns.append(rewards @ 0.9 ** np.arange(len(rewards)))
    error = np.std(returns) / np.sqrt(len(returns))
    assert np.mean(returns) == pytest.approx(world.mean_over_starts(exact), abs=5 * error)


def test_a_policy_that_goes_round_in_circles_is_cut_off():
    trainer = Trainer(GridWorldConfig(layout="S..\n...\n..G", max_steps=1_001))
    values = trainer.agent.q_values
    values[:, Action.RIGHT] = 1.0
    values[2, Action.LEFT] = 2.0
    states, actions, rewards = trainer.greedy_episode(0)
    assert states.tolist() == [0] + [1, 2] * 500 + [1]
    assert actions.tolist() == [1] + [1, 3] * 500
    assert rewards.tolist() == [-0.01] * 1_001


def test_it_may_be_the_policy_of_an_earlier_moment():
    trainer = make(slip=0, num_episodes=200)
    trainer.advance(150)
    then = trainer.snapshot
    first = as_lists(trainer.greedy_episode(7))
    trainer.advance(1_000)
    assert as_lists(trainer.greedy_episode(7, None, 150)) == first
    assert as_lists(trainer.greedy_episode(7, None, then)) == first
    assert as_lists(trainer.greedy_episode(7, moment=np.int64(150))) == first
    assert as_lists(trainer.greedy_episode(7)) == by_hand(trainer, 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": (2, 2)}, "start must be a cell that is no wall, .* got (2, 2), which is a wall"),
        ({"start": 12}, "start must be a cell that is no wall, .* got 12, which is a wall"),
        ({"start": (3, 4)}, "got (3, 4), which is a goal"),
        ({"start": (1, 2)}, "got (1, 2), which is a pit"),
        ({"start": (1, 0)}, "got (1, 0), which is a cliff"),
        ({"start": (4, 0)}, "start must be a cell (row, col) from (0, 0) to (3, 4), or a state "),
        ({"start": (0, -1)}, "got (0, -1)"),
        ({"start": -1}, "or a state from 0 to 19, got -1"),
        ({"start": 20}, "got 20"),
        ({"start": 1.5}, "got 1.5"),
        ({"start": "S"}, "got 'S'"),
        ({"start": (1, 2, 3)}, "got (1, 2, 3)"),
        ({"seed": -1}, "seed must be a whole number from 0, got -1"),
        ({"moment": 10**6}, "total_steps must be a whole number from 0 to 100, got 1000000"),
        ({"moment": "now"}, "moment must be a Snapshot or a number of steps, got 'now'"),
        ({"moment": Trainer().snapshot}, "moment must be a snapshot of this run, got one of an"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments, message):
    trainer = make()
    trainer.advance(100)
    pattern = re.escape(message).replace(re.escape(".*"), ".*")
    with pytest.raises(ValueError, match=pattern):
        trainer.greedy_episode(**{"seed": 0} | arguments)
