"""Chapter 8 of Sutton & Barto (2018): planning with a learned model."""

from functools import cache

import numpy as np
import pytest

from gridworld import (
    LEVELS,
    DynaQConfig,
    GridWorldConfig,
    PrioritizedSweepingConfig,
    Trainer,
    World,
    learner_of,
    optimal_path,
    random_layout,
)
from tests.gridworld.book.runs import (
    N_SEEDS,
    STEADY,
    assert_above,
    greedy_lengths,
    lengths_of,
    on_level,
)
from tests.gridworld.test_textbook import SHORTEST, greedy_length


def mean_lengths(n_planning):
    """Mean length of each episode in the Dyna maze, over the seeds, shape ``(50,)``."""
    trainers = on_level("dyna_maze", "dyna_q", planning_steps=n_planning, num_episodes=50)
    return lengths_of(trainers).mean(axis=0)


@pytest.mark.parametrize(
    ("n_planning", "first_below_20", "second_episode"), [(0, 30, 672), (5, 6, 152), (50, 3, 41)]
)
def test_the_more_it_plans_the_sooner_it_finds_its_way(n_planning, first_below_20, second_episode):
    """Figure 8.2: Dyna-Q with 0, 5 and 50 planning steps in the maze of example 8.1."""
    lengths = mean_lengths(n_planning)
    # The means of 30 runs: their own spread, and that of the numbers that they are compared with.
    assert 1 + (lengths < 20).argmax() == pytest.approx(first_below_20, rel=0.15, abs=1)
    assert lengths[1] == pytest.approx(second_episode, rel=0.25)


@cache
def in_changing_maze(level, algorithm, n_steps):
    """Runs of so many steps; and the steps at which each completed its episodes."""
    learner = learner_of(level, algorithm)
    learner.num_episodes = n_steps
    trainers = [Trainer(GridWorldConfig(level=level), learner, seed) for seed in range(N_SEEDS)]
    for trainer in trainers:
        trainer.advance(n_steps)
    return trainers, [trainer.snapshot.episode_lengths.cumsum() for trainer in trainers]


def earned(completed, after, until):
    """Reward within some steps, for each seed: 1 for each episode."""
    return np.array([((each > after) & (each <= until)).sum() for each in completed])


def test_after_the_block_dyna_q_plus_finds_the_other_way_sooner():
    """Figure 8.4: cumulative reward over 3,000 steps; the short way is blocked after 1,000.

    Before that all runs of Dyna-Q+, and most of Dyna-Q, earn. In the 100 steps after it hardly any
    does. Dyna-Q+ goes on earning earlier, and has more at the end.
    """
    (_, plus), (_, plain) = (
        in_changing_maze("blocking_maze", algorithm, 3000)
        for algorithm in ("dyna_q_plus", "dyna_q")
    )
    assert earned(plus, 0, 1000).min() > 0
    assert np.mean(earned(plain, 0, 1000) > 0) > 0.75
    for completed in (plus, plain):
        before, after = earned(completed, 900, 1000).mean(), earned(completed, 1000, 1100).mean()
        assert after < 0.2 * before

    def pause(completed):
        return [min([*each[each > 1000], 3000]) - 1000 for each in completed]

    assert_above(pause(plain), pause(plus))
    assert_above(earned(plus, 0, 3000), earned(plain, 0, 3000))


def test_dyna_q_plus_alone_takes_the_shortcut():
    """Figure 8.5: 6,000 steps; after 3,000 a way of 10 steps opens beside that of 16.

    In the book Dyna-Q never finds it. By chance a run may: at most one in ten here. Of the runs of
    Dyna-Q+ at least four of five go that way at the end; its bonus may have any of them on an
    excursion just then. It earns more after the change, and in the whole run.
    """
    (trainers_plus, plus), (trainers, plain) = (
        in_changing_maze("shortcut_maze", algorithm, 6000)
        for algorithm in ("dyna_q_plus", "dyna_q")
    )
    lengths, lengths_plus = map(greedy_lengths, (trainers, trainers_plus))
    assert np.median(lengths) == SHORTEST["shortcut_maze"]
    assert np.mean(lengths < SHORTEST["shortcut_maze"]) <= 0.1
    assert np.mean(lengths_plus == 10) >= 0.8
    assert_above(earned(plus, 3000, 6000), earned(plain, 3000, 6000))
    assert_above(earned(plus, 0, 6000), earned(plain, 0, 6000))


ONLY_THE_GOAL_PAYS = {"step_reward": 0.0, "bump_reward": 0.0, "goal_reward": 1.0}


def enlarged(factor):
    """The Dyna maze with so many cells for each, as in the book: start and goal stay one cell."""
    rows = LEVELS["dyna_maze"].layout.splitlines()
    layout = "\n".join(
        "".join(cell * factor for cell in row) for row in rows for _ in range(factor)
    )
    for letter in "SG":
        layout = layout.replace(letter, letter.lower(), 1).replace(letter, ".")
    return layout.upper()


def updates_until_optimal(config, layout, seed, most_steps=60_000):
    """Updates until the greedy way from the start is a shortest one; looked at each 10 steps."""
    learning = config(planning_steps=5, learning_rate=1, discount_factor=0.95, num_episodes=10**6)
    learning.param.update(**STEADY | {"epsilon": 0.3, "min_epsilon": 0.3})
    world = GridWorldConfig(layout=layout, max_steps=10_000, **ONLY_THE_GOAL_PAYS)
    shortest = len(optimal_path(World.from_config(world), 0.95)) - 1
    trainer, n_updates = Trainer(world, learning, seed), 0
    trainer.start()
    agent = trainer.agent  # after the start, which begins a new run
    for _ in range(0, most_steps, 10):
        if config is DynaQConfig:  # one by each step itself, and five by planning
            n_updates += 6 * trainer.advance(10)
        else:  # by planning alone, and only what the queue has
            for _ in range(10):
                trainer.advance(1)
                n_updates += int(agent.memory.known.n_planned[0])
        if greedy_length(trainer) == shortest:
            return n_updates
    return np.inf


@pytest.mark.parametrize(
    ("layout", "n_seeds"),
    [
        pytest.param(enlarged(1), 16, id="dyna maze"),
        pytest.param(random_layout(12, 12, 0.4, 27), 8, id="random maze"),
        pytest.param(enlarged(2), 8, id="enlarged twice", marks=pytest.mark.slow),
        pytest.param(enlarged(3), 8, id="enlarged three times", marks=pytest.mark.slow),
    ],
)
def test_prioritized_sweeping_needs_far_fewer_updates(layout, n_seeds):
    """Example 8.4: the book has 5 to 10 times fewer than Dyna-Q, with five planning steps each.

    Here it is at least 5 times, in medians over the seeds. The mazes are those of the book, the
    Dyna maze with more and more cells, and one by chance. The book does not tell ε and α: with
    ε = 0.3 both find the shortest way soon; nothing is by chance, so α is 1.
    """
    swept, plain = (
        np.median([updates_until_optimal(config, layout, seed) for seed in range(n_seeds)])
        for config in (PrioritizedSweepingConfig, DynaQConfig)
    )
    assert 0 < 5 * swept < plain < np.inf
