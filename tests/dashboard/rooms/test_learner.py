"""The choice of an algorithm: settings go along, runs stay."""

import pytest

from dashboard.rooms.learner import LearnerChoice
from dashboard.rooms.room import Room
from gridworld import (
    ALGORITHMS,
    GridWorldConfig,
    QLearningConfig,
    SarsaConfig,
    Status,
    Trainer,
    parameters,
)
from tests.gridworld.runs.test_run import all_of


class PickyConfig(SarsaConfig):
    """A learner with another step size by default, and a parameter of its own."""

    learning_rate = parameters.Real(default=0.5, bounds=(0, 1), doc="Another default.")
    n_steps = parameters.Whole(default=3, bounds=(1, 9), doc="Its own.")


def test_what_was_set_goes_along_and_defaults_stay_defaults(monkeypatch):
    monkeypatch.setitem(
        ALGORITHMS,
        "sarsa",
        ALGORITHMS["sarsa"].__class__(**{**vars(ALGORITHMS["sarsa"]), "config": PickyConfig}),
    )
    learner = LearnerChoice(QLearningConfig(epsilon=0.3))
    learner.algorithm = "sarsa"
    assert isinstance(learner.config, PickyConfig)
    assert (learner.config.epsilon, learner.config.learning_rate) == (0.3, 0.5)
    learner.config.param.update(n_steps=5, learning_rate=0.2, epsilon=1)
    learner.algorithm = "q_learning"
    assert (learner.config.epsilon, learner.config.learning_rate) == (1, 0.2)
    learner.algorithm = "sarsa"
    assert learner.config.n_steps == 5


def test_the_config_that_is_given_is_the_one_that_is_shown():
    config = SarsaConfig(epsilon=0.3)
    learner = LearnerChoice(config)
    assert (learner.algorithm, learner.config) == ("sarsa", config)


def test_an_algorithm_that_is_chosen_shows_at_once_where_nothing_was_learned(room):
    room.learning_config.num_episodes = 3
    room.learner.algorithm = "sarsa"
    assert room.snapshot.algorithm == "sarsa"
    assert room.snapshot.num_episodes == 3
    room.step()
    assert room.snapshot.last_update.next_action is not None
    expected = Trainer(learning_config=SarsaConfig(num_episodes=3))
    for trainer in (room.trainer, expected):
        trainer.train(show_progress=False)
    assert all_of(room.trainer) == all_of(expected)


def test_what_was_learned_stays_when_another_algorithm_is_chosen(room):
    room.step_episode()
    room.stop()
    room.learner.algorithm = "sarsa"
    assert (room.snapshot.algorithm, room.snapshot.episode) == ("q_learning", 1)
    assert room.settings_changed
    room.start()
    assert (room.snapshot.algorithm, room.status) == ("sarsa", Status.RUNNING)
    room.undo()
    assert (room.snapshot.algorithm, room.learner.algorithm) == ("q_learning", "sarsa")
    assert room.trainer.learning_config is room.learning_config


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_of_another_algorithm_can_be_adopted(room, algorithm, tmp_path):
    trainer = Trainer(GridWorldConfig(), ALGORITHMS[algorithm].config(epsilon=0.4), seed=3)
    trainer.advance(100)
    trainer.save(tmp_path / "run.npz")
    room.adopt(Trainer.load(tmp_path / "run.npz"))
    assert (room.learner.algorithm, room.learning_config.epsilon) == (algorithm, 0.4)
    assert room.snapshot.algorithm == algorithm
    room.learning_config.epsilon = 0.9  # of the next run
    assert room.settings_changed is False  # as the run is under way
    room.stop()
    assert room.settings_changed


def test_a_trainer_with_a_config_of_its_own_is_followed():
    config = SarsaConfig(num_episodes=7)
    room = Room(trainer=Trainer(learning_config=config))
    assert room.learning_config is config
    config.num_episodes = 9
    assert room.snapshot.num_episodes == 9
    room.close()
