import re
from dataclasses import replace

import numpy as np
import pytest

from dashboard.views import progress
from dashboard.views.progress import ProgressView
from gridworld import Status, Trainer

IDLE = Trainer().snapshot


def numbers(view):
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", view.div.text))


def test_a_run_that_has_not_begun_has_no_return_and_no_rate():
    shown = numbers(ProgressView(IDLE))
    assert shown["Total steps"] == "0"
    assert shown["Epsilon ε"] == "1.000"
    assert shown["Last return"] == shown["Success rate, last 100"] == "–"


def test_the_numbers_are_those_of_the_run():
    trainer = Trainer()
    trainer.start()
    trainer.advance(5000)
    snapshot = trainer.snapshot
    view = ProgressView(snapshot)
    shown = numbers(view)
    assert shown["Step"] == str(snapshot.step)
    assert shown["Total steps"] == "5,000"
    assert shown["Epsilon ε"] == f"{snapshot.epsilon:.3f}"
    assert shown["Last return"] == f"{snapshot.episode_returns[-1]:.2f}"
    assert f"Episode {snapshot.episode + 1} of 500" in view.div.text
    assert f'value="{snapshot.episode}" max="500"' in view.div.text


def test_the_success_rate_is_that_of_the_last_hundred_episodes():
    assert IDLE.success_rate is None
    record = np.array([True] * 50 + [False] * 75 + [True] * 25)
    assert replace(IDLE, episode_successes=record).success_rate == 0.25
    assert replace(IDLE, episode_successes=record[:50]).success_rate == 1


@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_can_be_done(status):
    hint = re.search(r'class="hint">(.+?)<', ProgressView(replace(IDLE, status=status)).div.text)
    assert hint


def test_the_speed_is_counted_over_the_last_readings_and_only_while_running(monkeypatch):
    clock = iter(np.arange(100.0))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    running = replace(IDLE, status=Status.RUNNING)
    view = ProgressView(IDLE)
    for n_steps in (0, 10_000, 20_000):
        view.update(replace(running, total_steps=n_steps))
    assert numbers(view)["Steps a second"] == "10,000"
    view.update(replace(running, status=Status.PAUSED, total_steps=20_000))
    assert numbers(view)["Steps a second"] == "–"
    view.update(replace(running, total_steps=20_000))
    assert numbers(view)["Steps a second"] == "–"
    view.update(replace(running, total_steps=20_500))
    assert numbers(view)["Steps a second"] == "500"
