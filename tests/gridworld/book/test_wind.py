"""Example 6.5, exercises 6.9 and 6.10 of Sutton & Barto (2018): windy gridworld."""

import numpy as np
import pytest

from tests.gridworld.book.runs import greedy_lengths, lengths_of, on_level


@pytest.mark.parametrize(("moves", "shortest"), [("four", 15), ("king", 7), ("king_or_stay", 7)])
def test_learning_comes_to_the_shortest_ways_through_the_wind(moves, shortest):
    """Example 6.5 and exercise 6.9: 15 steps; 7 with the king's moves, and staying is no help.

    Q-learning learns them with every seed. The way that SARSA believes in changes as long as it
    explores: half of the runs are within two steps of the shortest one, and none is below it.
    """
    runs = {
        algorithm: on_level("windy_gridworld", algorithm, world={"moves": moves}, num_episodes=500)
        for algorithm in ("q_learning", "sarsa")
    }
    assert set(greedy_lengths(runs["q_learning"])) == {shortest}
    lengths = greedy_lengths(runs["sarsa"])
    assert min(lengths) == shortest
    assert np.median(lengths) <= shortest + 2


@pytest.mark.parametrize("algorithm", ["sarsa", "q_learning"])
def test_wind_by_chance_makes_the_way_longer_than_the_optimum(algorithm):
    """Exercise 6.10: no policy needs less than 10.96 steps in the mean; four times is the bound."""
    trainers = on_level("stochastic_wind", algorithm, num_episodes=1000)
    assert 10.96 < lengths_of(trainers)[:, -200:].mean() < 4 * 10.96
