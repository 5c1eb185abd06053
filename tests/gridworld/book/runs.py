"""Runs over many seeds for the examples of the book, and what is asserted of them."""

import numpy as np
import pytest

from gridworld import GridWorldConfig, Trainer, learner_of
from tests.gridworld.test_textbook import greedy_length

N_SEEDS = 30
#: Explores alike all the time, as nearly all learners of the book do.
STEADY = {"epsilon": 0.1, "min_epsilon": 0.1, "epsilon_decay": 1}
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))


def trained(world, learning, n_seeds=N_SEEDS):
    """Finished runs, one a seed. An environment is given by its class: each run has its own."""
    made = world if callable(world) else lambda: world
    trainers = [Trainer(made(), learning, seed) for seed in range(n_seeds)]
    for trainer in trainers:
        trainer.train(show_progress=False)
    return trainers


def on_level(level, algorithm, n_seeds=N_SEEDS, world=None, **learning):
    """Finished runs of the level's learner, or of another one with the level's settings."""
    learner = learner_of(level, algorithm)
    learner.param.update(**learning)
    return trained(GridWorldConfig(level=level, **(world or {})), learner, n_seeds)


def returns_of(trainers):
    """Return of each episode, shape ``(n_seeds, n_episodes)``."""
    return np.array([trainer.snapshot.episode_returns for trainer in trainers])


def lengths_of(trainers):
    """Steps of each episode, shape ``(n_seeds, n_episodes)``."""
    return np.array([trainer.snapshot.episode_lengths for trainer in trainers])


def greedy_lengths(trainers):
    """Steps along the greedy policy of each run; infinite where it does not end."""
    return np.array([greedy_length(trainer) or np.inf for trainer in trainers])


def standard_error(sample):
    return np.std(sample, ddof=1) / np.sqrt(len(sample))


def assert_alike(sample, other, n_errors=4):
    """The means of two samples differ by no more than chance explains."""
    tolerance = n_errors * np.hypot(standard_error(sample), standard_error(other))
    assert np.mean(sample) == pytest.approx(np.mean(other), abs=tolerance)


def assert_above(sample, other, n_errors=3):
    """The first mean is above the second one, seed by seed, by more than chance explains."""
    difference = np.subtract(sample, other)
    assert np.mean(difference) > n_errors * standard_error(difference)


def chosen(values, rng):
    """ε-greedy with ε = 0.1, ties broken evenly."""
    if rng.random() < 0.1:
        return rng.randrange(len(values))
    highest = max(values)
    return rng.choice([i for i, value in enumerate(values) if value == highest])
