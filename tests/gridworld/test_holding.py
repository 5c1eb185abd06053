"""Runs that are held and brought back, and settings that are edited beside a run."""

import pytest

from gridworld import GridWorldConfig, LearningConfig, QLearningConfig, Status, Trainer
from gridworld.cli.report import evaluation, summary
from tests.gridworld.runs.test_run import all_of
from tests.gridworld.test_trainer import make_in

WORLDS = [
    {},
    {"level": "hard", "step_reward": -0.5},
    {"level": "easy", "step_reward": -0.5, "slip": 0.1},
    {"level": "windy_gridworld", "max_steps": 300},
    {"level": "random", "n_rows": 5, "n_cols": 9, "map_seed": 3, "goal_reward": 7},
    {"level": "random", "n_rows": 5, "n_cols": 9, "map_seed": 4},
    {"layout": "S..\n.C.\nX.G", "wind": (0, 1, 0)},
    {"layout": " S.. \n.C.\nX.G"},
]
#: Each makes another run.
EDITS = {
    "level": "medium",
    "layout": "S..\n..G",
    "slip": 0.3,
    "moves": "king",
    "wind": (1, 0, 0, 0, 0),
    "gust": 0.7,
    "later_layout": "S..#.\n..#..\n.....\n.....\n....G",
    "change_after": 77,
    "step_reward": -0.7,
    "bump_reward": -0.7,
    "goal_reward": 3,
    "pit_reward": -3,
    "cliff_reward": -3,
    "max_steps": 77,
    "learning_rate": 0.7,
    "discount_factor": 0.7,
    "exploration": "softmax",
    "epsilon": 0.7,
    "epsilon_decay": 0.7,
    "min_epsilon": 0.7,
    "epsilon_episodes": 77,
    "temperature": 0.7,
    "confidence": 0.7,
    "optimistic_q": 0.7,
    "initial_q": 0.7,
    "num_episodes": 77,
    "optimal_evaluations": 7,
    "seed": 77,
}


def owner_of(trainer, name):
    """What has the setting of that name."""
    configs = (trainer.world_config, trainer.learning_config)
    return next((config for config in configs if name in config.param), trainer)


def edit(trainer, name):
    setattr(owner_of(trainer, name), name, EDITS[name])


def settings_of(trainer):
    """All settings but the configs' names."""
    values = trainer.world_config.param.values() | trainer.learning_config.param.values()
    return values | {"seed": trainer.seed, "name": None}


def finished(trainer):
    if trainer.status in (Status.IDLE, Status.RUNNING, Status.PAUSED):
        trainer.train(show_progress=False)
    return trainer


@pytest.mark.parametrize("status", Status)
def test_a_run_is_brought_back_after_others_and_goes_on_to_the_same_bits(status):
    trainer, undisturbed = make_in(status), make_in(status)
    before = settings_of(trainer)
    held = trainer.hold()
    trainer.reset()
    trainer.world_config.level = "hard"
    trainer.learning_config.learning_rate = 0.9
    trainer.seed = 9
    trainer.advance(500)
    trainer.bring_back(held)
    assert trainer.status is (Status.PAUSED if status is Status.RUNNING else status)
    assert settings_of(trainer) == before
    assert trainer.total_steps == undisturbed.total_steps
    assert all_of(finished(trainer)) == all_of(finished(undisturbed))
    trainer.reset()
    undisturbed.reset()
    assert all_of(finished(trainer)) == all_of(finished(undisturbed))


def test_settings_come_back_as_they_were_when_the_run_was_held():
    trainer = make_in(Status.FINISHED)
    trainer.world_config.slip = 0.3
    held = trainer.hold()
    trainer.world_config.slip = 0.6
    trainer.reset()
    trainer.bring_back(held)
    assert trainer.world_config.slip == 0.3
    assert trainer.origin.world["slip"] == 0
    assert trainer.settings_changed


@pytest.mark.parametrize("before", WORLDS)
@pytest.mark.parametrize("world", WORLDS)
def test_a_world_takes_all_of_another_ones_parameters_whatever_it_was(before, world):
    config, other = GridWorldConfig(**before), GridWorldConfig(**world)
    told = []
    config.param.watch(lambda *events: told.append(config.param.values()), list(config.param))
    config.copy_from(other)
    expected = {**other.param.values(), "name": config.name}
    assert config.param.values() == expected
    assert all(values == expected for values in told)
    config.slip = 0.75
    assert config.param.values() == expected | {"slip": 0.75}


def test_every_setting_is_among_those_that_are_edited():
    names = {*GridWorldConfig.param, *LearningConfig.param, "seed"} - {"name"}
    assert names - set(EDITS) == {"n_rows", "n_cols", "wall_density", "map_seed"}  # make a map


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("status", Status)
def test_a_setting_that_makes_another_run_counts_as_changed_until_it_is_put_back(status, name):
    trainer = make_in(status)
    kept = trainer.hold().settings
    assert not trainer.settings_changed
    edit(trainer, name)
    assert trainer.settings_changed
    trainer.world_config.copy_from(kept.world_config)
    trainer.learning_config.param.update(**kept.learning)
    trainer.seed = kept.seed
    assert not trainer.settings_changed


def test_a_map_by_another_name_and_calm_in_numbers_are_no_change():
    trainer = Trainer(GridWorldConfig(level="hard"))
    layout = trainer.world_config.layout
    trainer.world_config.layout = f"\n {layout.replace(chr(10), chr(10) + ' ')}\n"
    trainer.world_config.wind = [0] * 7
    trainer.learning_config.epsilon = 1
    assert trainer.world_config.level == "custom"
    assert not trainer.settings_changed


@pytest.mark.parametrize("name", EDITS)
def test_what_is_told_of_a_run_is_its_own_whatever_is_edited(name, tmp_path):
    trainer = Trainer(GridWorldConfig(max_steps=50), QLearningConfig(num_episodes=20), seed=3)
    trainer.train(show_progress=False)
    expected = all_of(trainer), summary(trainer), evaluation(trainer), trainer.origin
    edit(trainer, name)
    assert (all_of(trainer), summary(trainer), evaluation(trainer), trainer.origin) == expected
    trainer.save(tmp_path / "run.npz")
    loaded = Trainer.load(tmp_path / "run.npz")
    assert not loaded.settings_changed
    assert (summary(loaded), evaluation(loaded)) == (summary(trainer), evaluation(trainer))
