"""Chapters 7 and 12 of Sutton & Barto (2018): between one step and the whole episode."""

import pytest

from gridworld import GridWorldConfig, NStepSarsaConfig, SarsaLambdaConfig
from tests.gridworld.book.runs import STEADY, assert_above, lengths_of, trained

WINDY = {"learning_rate": 0.3, "discount_factor": 1}
MAZE = {"learning_rate": 0.1, "discount_factor": 0.95}


@pytest.mark.parametrize(
    ("level", "learning", "config", "between", "extremes"),
    [
        ("windy_gridworld", WINDY, NStepSarsaConfig, {"n": 4}, [{"n": 1}, {"n": 16}]),
        ("dyna_maze", MAZE, NStepSarsaConfig, {"n": 4}, [{"n": 1}]),
        (
            *("windy_gridworld", WINDY, SarsaLambdaConfig),
            *({"trace_decay": 0.9}, [{"trace_decay": 0.0}, {"trace_decay": 1.0}]),
        ),
        ("dyna_maze", MAZE, SarsaLambdaConfig, {"trace_decay": 0.6}, [{"trace_decay": 0.0}]),
    ],
)
def test_between_one_step_and_the_whole_episode_it_learns_soonest(
    level, learning, config, between, extremes
):
    """Figures 7.2 and 12.3 have prediction; here it is control, and the levels' examples.

    The first 50 episodes are shorter than with one step, and in the wind than with very many, by
    more than 3 standard errors of the difference, seed by seed.
    """

    def mean_length(own):
        settings = config(num_episodes=50, **STEADY, **learning, **own)
        return lengths_of(trained(GridWorldConfig(level=level), settings)).mean(axis=1)

    for extreme in extremes:
        assert_above(mean_length(extreme), mean_length(between))
