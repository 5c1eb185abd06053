"""Figures of Sutton & Barto (2018), in numbers that were computed apart from this code."""

import numpy as np
import pytest

from gridworld import DynaQConfig, GridWorldConfig, Trainer

N_SEEDS = 30


def mean_lengths(n_planning):
    """Mean length of each episode in the Dyna maze, over the seeds, shape ``(50,)``."""
    learning = DynaQConfig(
        planning_steps=n_planning,
        learning_rate=0.1,
        discount_factor=0.95,
        epsilon=0.1,
        min_epsilon=0.1,
        epsilon_decay=1,
        num_episodes=50,
    )
    lengths = []
    for seed in range(N_SEEDS):
        trainer = Trainer(GridWorldConfig(level="dyna_maze"), learning, seed)
        trainer.train(show_progress=False)
        lengths.append(trainer.snapshot.episode_lengths)
    return np.mean(lengths, axis=0)


@pytest.mark.parametrize(
    ("n_planning", "first_below_20", "second_episode"), [(0, 30, 672), (5, 6, 152), (50, 3, 41)]
)
def test_the_more_it_plans_the_sooner_it_finds_its_way(n_planning, first_below_20, second_episode):
    """Figure 8.2: Dyna-Q with 0, 5 and 50 planning steps in the maze of example 8.1."""
    lengths = mean_lengths(n_planning)
    # The means of 30 runs: their own spread, and that of the numbers that they are compared with.
    assert 1 + (lengths < 20).argmax() == pytest.approx(first_below_20, rel=0.15, abs=1)
    assert lengths[1] == pytest.approx(second_episode, rel=0.25)
