import re
from dataclasses import replace

import numpy as np
import pytest

from dashboard.views.progress import ProgressView
from dashboard.words.facts import episode_shown
from gridworld import Status, Trainer

IDLE = Trainer().snapshot


def words(view):
    return re.sub(r"<[^>]+>", "", view.div.text)


def test_it_names_the_episode_that_is_under_way_and_shows_those_completed():
    trainer = Trainer()
    trainer.start()
    trainer.advance(5000)
    snapshot = trainer.snapshot
    view = ProgressView(snapshot)
    assert words(view) == f"Episode {snapshot.episode + 1} of 500"
    assert f'value="{snapshot.episode}" max="500"' in view.div.text
    trainer.train(show_progress=False)
    view.update(trainer.snapshot)
    assert words(view) == "Episode 500 of 500"


def test_before_the_first_episode_it_is_none_and_from_start_on_the_first():
    assert words(ProgressView(IDLE)) == "Episode 0 of 500"
    assert words(ProgressView(replace(IDLE, status=Status.RUNNING))) == "Episode 1 of 500"


def test_an_episode_that_has_just_ended_is_the_one_that_is_shown():
    trainer = Trainer()
    for episode in (1, 2, 3):
        trainer.step_episode()
        assert episode_shown(trainer.snapshot) == episode
    trainer.step()
    assert episode_shown(trainer.snapshot) == 4


@pytest.mark.parametrize("max_steps", [1, 7])
def test_an_episode_that_is_cut_off_has_ended(max_steps):
    trainer = Trainer()
    trainer.world_config.max_steps = max_steps
    trainer.reset()
    trainer.step_episode()
    assert (trainer.snapshot.step, episode_shown(trainer.snapshot)) == (max_steps, 1)


def test_the_success_rate_is_that_of_the_last_hundred_episodes():
    assert IDLE.success_rate is None
    record = np.array([True] * 50 + [False] * 75 + [True] * 25)
    assert replace(IDLE, episode_successes=record).success_rate == 0.25
    assert replace(IDLE, episode_successes=record[:50]).success_rate == 1
