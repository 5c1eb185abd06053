import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    World,
    random_layout,
    value_iteration,
)
from gridworld.planning import optimum as module
from gridworld.planning.evaluation import best_actions, expected_return, following
from gridworld.planning.optimum import optimising
from gridworld.planning.resumable import Resumable
from tests.gridworld.grids import GRIDS
from tests.gridworld.planning.test_solve import ending_mdps

FROZEN_LAKE = """\
S.......
........
...X....
.....X..
...X....
.XX...X.
.X..X.X.
...X...G"""


def frozen_lake(max_steps=100):
    return GridWorldConfig(
        layout=FROZEN_LAKE,
        slip=2 / 3,
        step_reward=0,
        bump_reward=0,
        pit_reward=0,
        goal_reward=1,
        max_steps=max_steps,
    )


def optimum(world, max_steps):
    return Resumable(lambda: optimising(world, max_steps)).result()


def most_of_all(world, max_steps):
    """By recursion over all that can happen; for a few steps."""

    def most(state, n_left):
        if not n_left or world.terminal[state]:
            return 0.0
        return max(
            sum(
                p * (r + most(reached, n_left - 1))
                for p, r, reached in zip(
                    world.probability[state, a],
                    world.reward[state, a],
                    world.next_state[state, a],
                    strict=True,
                )
                if p
            )
            for a in range(world.n_actions)
        )

    return np.mean([most(start, max_steps) for start in world.start_states])


@pytest.mark.parametrize(("max_steps", "expected"), [(100, 0.640719), (200, 0.913220)])
def test_the_most_that_can_be_earned_on_the_frozen_lake(max_steps, expected):
    trainer = Trainer(frozen_lake(max_steps), QLearningConfig(discount_factor=1))
    trainer.analyse()
    assert trainer.snapshot.optimal_return == pytest.approx(expected, abs=5e-7)


def test_no_policy_of_planning_earns_more_than_the_optimum():
    world = World.from_config(frozen_lake())
    earned = [
        expected_return(world, np.eye(4, dtype=bool)[value_iteration(world, discount).policy], 100)
        for discount in (0.9, 0.99, 1)
    ]
    assert earned[1] == pytest.approx(0.632, abs=5e-4)
    assert max(earned) <= optimum(world, 100)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0, 0.2, 1]), st.integers(1, 4))
def test_the_optimum_is_the_most_of_all_that_can_be_done(seed, slip, max_steps):
    layout = random_layout(3, 3, 0.2, seed)
    try:
        config = GridWorldConfig(layout=layout.replace(".", "C", 1).replace("#", "S", 1))
    except ValueError:  # no way to the goal any more
        config = GridWorldConfig(layout=layout)
    config.param.update(slip=slip, step_reward=-0.1)
    world = World.from_config(config)
    assert optimum(world, max_steps) == pytest.approx(most_of_all(world, max_steps), rel=1e-12)


@settings(deadline=None)
@given(ending_mdps(), st.integers(1, 60))
def test_an_outcome_that_ends_counts_as_one_into_a_terminal_state(worlds, max_steps):
    ending, other = worlds
    assert optimum(ending, max_steps) == pytest.approx(optimum(other, max_steps), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_policy_is_followed_it_earns_no_more(data):
    level = data.draw(st.sampled_from([level for level in GRIDS if level != "custom"]))
    config = GridWorldConfig(level=level, slip=data.draw(st.sampled_from([0, 0.3])))
    world, max_steps = World.from_config(config), data.draw(st.integers(1, 300))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    policy = best_actions(rng.integers(3, size=(world.n_states, world.n_actions)).astype(float))
    most = optimum(world, max_steps)
    assert expected_return(world, policy, max_steps) <= most + 1e-9 * abs(most)


def test_it_is_known_even_where_rewards_could_be_gathered_for_ever():
    config = GridWorldConfig(layout="S.\n.G", step_reward=1, bump_reward=1, max_steps=50)
    trainer = Trainer(config, QLearningConfig(discount_factor=1))
    trainer.analyse()
    assert trainer.snapshot.plan is None
    assert trainer.snapshot.optimal_return == 50


def test_where_it_would_take_too_long_what_planning_earns_is_told(monkeypatch):
    monkeypatch.setattr(module, "OUTCOMES_PER_PIECE", 50)
    monkeypatch.setattr(module, "_MAX_OUTCOMES", 100)
    trainer = Trainer(GridWorldConfig(level="hard", slip=0.2))
    trainer.analyse()
    assert np.isnan(trainer.snapshot.optimal_return)
    assert trainer.snapshot.planned_return == pytest.approx(0.6574, abs=1e-4)


def test_a_policy_that_seldom_ends_is_told_beside_a_gap_of_nothing():
    config = frozen_lake()
    trainer = Trainer(config, QLearningConfig(discount_factor=1))
    q_values = value_iteration(trainer.world, 1).q_values
    trainer.agent.q_values[:] = np.nan_to_num(q_values.round(9))  # tied nearly everywhere
    trainer.analyse()
    snapshot = trainer.snapshot
    assert snapshot.gap == 0
    assert 0 < snapshot.greedy_ends < 0.1
    assert snapshot.max_steps == 100


def test_how_many_episodes_end_is_what_simulation_shows():
    world = World.from_config(frozen_lake())
    policy = np.eye(4, dtype=bool)[value_iteration(world, 0.99).policy]
    ends = Resumable(lambda: following(world, policy, 100)).result().ends
    rng = np.random.default_rng(0)
    n_ended, actions = 0, policy.argmax(axis=1)
    for _ in range(2000):
        state = world.start_states[0]
        for _ in range(100):
            outcome = np.searchsorted(
                world.cumulative[state, actions[state]], rng.random(), "right"
            )
            state = world.next_state[state, actions[state], outcome]
            if world.terminal[state]:
                n_ended += 1
                break
    # Four standard deviations of a share are at most 4 * sqrt(0.25 / 2000) = 0.045.
    assert n_ended / 2000 == pytest.approx(ends, abs=0.045)


def test_an_improbable_goal_counts_as_what_it_is():
    chance = 1e-13
    world = World.from_tables(
        [[[0, 1, 2]], [[1] * 3], [[2] * 3]],
        [[[0.5 - chance, chance, 0.5]], [[1, 0, 0]], [[1, 0, 0]]],
        [[[0, 1, 0]], [[0] * 3], [[0] * 3]],
        [False, True, True],
        start_states=[0],
    )
    always = np.ones((3, 1), dtype=bool)
    assert expected_return(world, always, 1000) == pytest.approx(2 * chance, rel=1e-9)
    assert optimum(world, 1000) == pytest.approx(2 * chance, rel=1e-9)
