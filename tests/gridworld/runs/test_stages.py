"""Worlds whose map changes in mid-run."""

import numpy as np
import pytest

from gridworld import (
    ALGORITHMS,
    Change,
    DynaQPlusConfig,
    GridWorldConfig,
    GridWorldEnv,
    QLearningConfig,
    RunSpec,
    SarsaConfig,
    Status,
    Trainer,
    World,
    value_iteration,
)
from tests.gridworld.runs.test_run import all_of

FIRST = "S...\n###.\nG..."
LATER = "S...\n.###\nG..."
#: After so many steps the way round is blocked, and a short one opens.
WORLD = {"layout": FIRST, "later_layout": LATER, "change_after": 300, "max_steps": 50}
LEARNING = {"num_episodes": 120, "learning_rate": 0.5, "epsilon": 0.3, "min_epsilon": 0.3}


def make(seed=0, algorithm=QLearningConfig, **world):
    return Trainer(GridWorldConfig(**{**WORLD, **world}), algorithm(**LEARNING), seed)


def finished(trainer):
    trainer.train(show_progress=False)
    return trainer


def test_the_map_changes_with_the_next_step_after_so_many():
    trainer = make()
    trainer.advance(299)
    assert (trainer.snapshot.layout, trainer.snapshot.new_maps) == (FIRST, ())
    trainer.advance(1)
    now = trainer.snapshot
    assert (now.layout, now.first_layout) == (LATER, FIRST)
    assert now.new_maps == ((300, now.episode, FIRST),)
    np.testing.assert_array_equal(
        trainer.world.next_state, World.from_config(trainer.world_config, later=True).next_state
    )
    # No step that was taken later leads through the new wall, none before through the old one.
    steps = []
    trainer = make()
    for _ in range(900):
        steps.append(trainer.step())
        if trainer.status is Status.FINISHED:
            break
    new_wall, old_wall = 1 * 4 + 3, 1 * 4 + 0
    assert new_wall in {step.next_state for step in steps[:300]}
    assert old_wall not in {step.next_state for step in steps[:300]}
    assert new_wall not in {step.next_state for step in steps[301:]}
    assert old_wall in {step.next_state for step in steps[300:]}


@pytest.mark.parametrize("change_after", [1, 299, 300, 1001])
def test_the_sizes_of_the_steps_do_not_matter(change_after):
    whole = finished(make(3, change_after=change_after))
    in_parts = make(3, change_after=change_after)
    for n_steps in np.random.default_rng(0).integers(1, 60, size=500).tolist():
        if in_parts.status is Status.FINISHED:
            break
        in_parts.advance(n_steps)
    assert all_of(finished(in_parts) if in_parts.status is Status.RUNNING else in_parts) == (
        all_of(whole)
    )


@pytest.mark.parametrize("n_steps", [100, 299, 300, 301, 700])
@pytest.mark.parametrize("algorithm", ["sarsa", "dyna_q", "prioritized_sweeping"])
def test_a_run_goes_on_to_the_same_bits_after_a_file(algorithm, n_steps, tmp_path):
    kind = ALGORITHMS[algorithm].config
    whole, saved = finished(make(1, kind)), make(1, kind)
    saved.advance(n_steps)
    saved.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    assert again.snapshot.layout == (LATER if n_steps >= 300 else FIRST)
    assert again.snapshot.new_maps == saved.snapshot.new_maps
    assert all_of(finished(again)) == all_of(whole)


def test_moments_of_the_past_have_the_map_of_their_time():
    trainer = finished(make())
    for total_steps in (0, 150, 299, 300, 301, trainer.total_steps):
        moment = trainer.moment_at(total_steps)
        is_later = total_steps >= 300
        assert moment.layout == (LATER if is_later else FIRST)
        assert moment.reachable[1 * 4 + 0] == is_later
        assert len(moment.new_maps) == is_later
    assert {frame.layout for frame in trainer.keyframes} == {FIRST, LATER}
    early, late = trainer.moment_at(250), trainer.moment_at(900)
    for moment in (early, late):
        episode = trainer.greedy_episode(0, moment=moment)
        barred = 1 * 4 + (0 if moment is early else 3)
        assert barred not in episode.states


def test_a_changed_step_size_at_the_very_step_of_the_change_keeps_its_place():
    trainer = make()
    trainer.advance(300)
    trainer.tune(learning_rate=0.9)
    finished(trainer)
    again = Trainer(
        GridWorldConfig(**WORLD), QLearningConfig(**LEARNING), changes=[*trainer.changes]
    )
    assert all_of(finished(again)) == all_of(trainer)
    assert trainer.changes == (Change(300, trainer.changes[0].episode, "learning_rate", 0.9),)


def test_each_greedy_policy_is_judged_in_the_world_of_its_time():
    trainer = finished(make())
    trainer.analyse()
    snapshot = trainer.snapshot
    changed = snapshot.new_maps[0].episode
    plain = finished(Trainer(GridWorldConfig(layout=FIRST, max_steps=50), trainer.learning_config))
    plain.analyse()
    for episode, expected in zip(
        snapshot.evaluation_episodes, snapshot.evaluation_returns, strict=True
    ):
        if episode < changed:  # the run was the same until then
            place = plain.snapshot.evaluation_episodes.tolist().index(episode)
            assert plain.snapshot.evaluation_returns[place] == expected
    # The best that there is, in the later world: two steps down to the goal.
    assert snapshot.optimal_return == pytest.approx(-0.01 + 1)
    later = World.from_config(trainer.world_config, later=True)
    best = value_iteration(later, snapshot.discount_factor)
    np.testing.assert_array_equal(snapshot.plan.values, best.values)
    assert max(snapshot.evaluation_returns[-20:]) == pytest.approx(0.99)


def test_planning_stays_in_the_first_world():
    for key, each in ALGORITHMS.items():
        if each.plans:
            config = GridWorldConfig(**{**WORLD, "change_after": 100})
            trainer = Trainer(config, each.config(num_episodes=500))
            finished(trainer)
            assert trainer.snapshot.layout == FIRST, key
            assert trainer.total_steps > 100


def test_who_stands_where_a_wall_comes_can_leave_it():
    layout, later = "S..\n...\n..G", "S#.\n...\n..G"
    env = GridWorldEnv(layout=layout, later_layout=later, change_after=1)
    env.reset(seed=0)
    assert env.step(1)[0] == 1  # to the right
    state, reward, *_ = env.step(2)
    assert (state, reward) == (4, -0.01)
    assert env.step(0)[:2] == (4, -0.05)  # back up there is a wall now


def test_the_environment_begins_anew_with_a_seed_alone():
    env = GridWorldEnv(**WORLD)
    env.reset(seed=0)
    first = env.world
    for _ in range(300):
        _, _, terminated, truncated, _ = env.step(1)
        if terminated or truncated:
            env.reset()
    env.reset()
    assert env.world.shape == (3, 4)
    assert not np.array_equal(env.world.next_state, first.next_state)
    env.reset(seed=0)
    assert np.array_equal(env.world.next_state, first.next_state)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"later_layout": "S.\n.G"},
            "^later_layout must have 3 rows and 4 columns as the map, got",
        ),
        ({"later_layout": "S..\n..?"}, r"^later_layout row 1, column 2 is '\?'"),
        ({"later_layout": "S###\n####\nG..."}, "^later_layout has no way to a goal"),
        ({"later_layout": 7}, "^later_layout must be text, got 7"),
        ({"later_layout": LATER, "change_after": 0}, "^change_after must be"),
    ],
)
def test_a_later_map_that_cannot_be_is_refused_by_name(parameters, message):
    with pytest.raises(ValueError, match=message):
        GridWorldConfig(layout=FIRST, **parameters)


def test_a_later_map_goes_with_the_map_that_it_belongs_to():
    config = GridWorldConfig(**WORLD)
    config.layout = "S.\n.G"
    assert config.later_layout == ""
    config = GridWorldConfig(**WORLD)
    config.layout = FIRST.replace("#.", "..")
    assert config.later_layout == LATER
    config.level = "blocking_maze"
    assert config.later_layout.startswith("........G")
    config.level = "easy"
    assert config.later_layout == ""


def test_python_lines_of_a_changing_world_make_the_same_run():
    trainer = make(2, SarsaConfig)
    trainer.advance(500)
    lines = trainer.origin.to_python(500, trainer.changes)
    names = {}
    exec(lines, names)
    assert names["trainer"].snapshot.q_values.tobytes() == trainer.snapshot.q_values.tobytes()
    assert names["trainer"].snapshot.layout == LATER


def test_blank_space_in_a_later_map_makes_no_other_run():
    spaced = GridWorldConfig(**{**WORLD, "later_layout": f"\n {LATER}\n\n"})
    specs = [
        RunSpec.of(config, QLearningConfig(), 0, ())
        for config in (GridWorldConfig(**WORLD), spaced)
    ]
    assert specs[0].makes_the_same_run_as(specs[1])


def test_dyna_q_plus_finds_the_new_way():
    trainer = finished(Trainer(GridWorldConfig(**WORLD), DynaQPlusConfig(**LEARNING)))
    assert np.median(trainer.snapshot.episode_lengths[-20:]) < 6
