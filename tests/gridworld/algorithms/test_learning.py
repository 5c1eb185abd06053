"""What is learned, against the exact answers of planning."""

import numpy as np
import pytest

from gridworld import (
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    World,
    gap_to_optimal,
    optimal_path,
    value_iteration,
)

SMALL = "S..\n.#X\n..G"


def greedy_steps(trainer):
    """Steps of the greedy path from the start to the goal, None if it does not get there."""
    world, policy = trainer.world, trainer.agent.greedy_policy()
    state = world.start_states[0]
    for n_steps in range(world.n_states):
        if world.goal[state]:
            return n_steps
        state = world.next_state[state, policy[state], 0]
    return None


def visited(trainer):
    """States in which the agent has acted, shape ``(S,)``."""
    return (trainer.snapshot.visits > 0).any(axis=1)


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_the_defaults_find_a_shortest_way_with_nearly_every_seed(level):
    config = GridWorldConfig(level=level)
    shortest = len(optimal_path(World.from_config(config), 0.99)) - 1
    found = 0
    for seed in range(20):
        trainer = Trainer(config, QLearningConfig(), seed=seed)
        trainer.train()
        found += greedy_steps(trainer) == shortest
    assert found >= 19


@pytest.mark.parametrize("layout", [SMALL, "SC.\n.X.\n..G", "S..\n...\n..G"])
def test_without_chance_and_with_full_steps_the_optimal_values_are_found(layout):
    config = GridWorldConfig(layout=layout)
    learning = QLearningConfig(
        learning_rate=1, discount_factor=0.9, epsilon_decay=1, num_episodes=20_000
    )
    trainer = Trainer(config, learning)
    trainer.train()
    optimal = value_iteration(trainer.world, 0.9).q_values
    walked = visited(trainer)
    # Each sweep over all pairs takes a tenth of the error away; there were thousands.
    np.testing.assert_allclose(trainer.agent.q_values[walked], optimal[walked], rtol=0, atol=1e-9)
    assert gap_to_optimal(trainer.world, trainer.agent.q_values, 0.9) == pytest.approx(0)


@pytest.mark.parametrize("slip", [0, 0.2, 0.5])
def test_with_chance_and_small_steps_the_values_come_near_the_optimal_ones(slip):
    alpha, discount = 3e-5, 0.7
    learning = QLearningConfig(
        learning_rate=alpha,
        discount_factor=discount,
        epsilon_decay=1,
        num_episodes=5_000_000,
    )
    trainer = Trainer(GridWorldConfig(layout=SMALL, slip=slip), learning)
    trainer.advance(30_000_000)
    world, walked = trainer.world, visited(trainer)
    plan = value_iteration(world, discount)

    # The start is forgotten as (1 - α)^visits where it is seen alone, and the slower by
    # 1 - γ at worst, since an error feeds back through the next state.
    visits = trainer.snapshot.visits[walked].min()
    forgotten = np.exp(-alpha * (1 - discount) * visits) * abs(plan.q_values).max()
    # A constant step size averages over 2/α targets, of variance σ² each: noise of
    # σ √(α/2), which feeds back to 1/(1 - γ) times as much at worst. Four sigmas.
    target = world.reward + discount * plan.values[world.next_state]
    mean = (world.probability * target).sum(axis=2, keepdims=True)
    sigma = np.sqrt((world.probability * (target - mean) ** 2).sum(axis=2).max())
    noise = 4 * sigma * np.sqrt(alpha / 2) / (1 - discount)

    error = abs(trainer.agent.q_values - plan.q_values)[walked].max()
    assert error <= forgotten + noise
    assert gap_to_optimal(world, trainer.agent.q_values, discount) < 0.01
