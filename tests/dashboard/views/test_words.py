import re
from dataclasses import replace

import numpy as np

from dashboard.rooms.room import Room
from dashboard.views import numbers
from dashboard.views.ask import AskView
from dashboard.views.numbers import NumbersView
from dashboard.views.sentence import SentenceView, context_of
from dashboard.words.asking import QUESTIONS
from dashboard.words.counters import counters_of, success_rate
from dashboard.words.facts import Context
from dashboard.words.hints import HINTS
from gridworld import Status, Trainer
from tests.dashboard.words.runs import trained

IDLE = Trainer().snapshot


def shown(view):
    """Names and values as they read, without markup."""
    terms = re.findall(r"<dt>(.*?)</dt><dd.*?>(.*?)</dd>", view.div.text)
    return {name: re.sub(r"<[^>]+>", "", value) for name, value in terms}


def test_a_run_that_has_not_begun_has_no_return_and_no_rate():
    view = shown(NumbersView(IDLE))
    assert view["Total steps"] == "0"
    assert view["Epsilon ε"] == "1.000"
    assert view["Last return"] == view["Reached goal"] == view["Mean return"] == "–"


def test_the_numbers_are_those_of_the_run():
    trainer, _ = trained(5000)
    snapshot = trainer.snapshot
    view = NumbersView(snapshot)
    told = shown(view)
    mean = snapshot.episode_returns[-100:].mean()
    assert told["Total steps"] == "5,000"
    assert told["Step of the episode"] == str(snapshot.step)
    assert told["Epsilon ε"] == f"{snapshot.epsilon:.3f}"
    assert told["Last return"] == f"{snapshot.episode_returns[-1]:.2f}".replace("-", "−")
    assert told["Gap to optimal"] == "0"
    assert told["Optimum"] == "0.93"
    cost = float(told["Cost of exploring"])
    assert abs(cost - (snapshot.evaluation_returns[-1] - mean)) < 0.01
    assert 'class="good"' in view.div.text
    view.update(replace(snapshot, gap=0.5))
    assert 'class="good"' not in view.div.text


def test_a_share_says_of_how_many_episodes_it_is_one():
    for n, of in ((5, 5), (100, 100), (250, 100)):
        snapshot = replace(IDLE, episode=n, episode_successes=np.ones(n, dtype=bool))
        assert success_rate(snapshot) == f"100% of {of}"


def test_there_is_no_negative_zero_and_no_hyphen_for_a_minus():
    for value in (-0.0, -0.001, -12.5):
        snapshot = replace(IDLE, episode=1, episode_returns=np.array([value]))
        text = counters_of(snapshot)["Last return"]
        assert "-" not in text
        assert text != "−0.00"


def test_every_number_has_a_hint_that_needs_no_mouse():
    view = NumbersView(IDLE)
    (sheet,) = [model for model in view.panel.object.children if model.name == "hints"]
    for name in shown(view):
        (key,) = re.findall(rf'popovertarget="([\w-]+)" aria-label="What is {name}\?"', sheet.text)
        assert f'<div popover id="{key}"><b>{name}</b>{HINTS[name]}</div>' in sheet.text
    before = sheet.text
    view.update(trained(5000)[0].snapshot)
    assert sheet.text == before  # what is drawn anew would close an open hint


def test_the_speed_is_counted_over_the_last_readings_and_only_while_running(monkeypatch):
    clock = iter(np.arange(100.0))
    monkeypatch.setattr(numbers.time, "monotonic", lambda: next(clock))
    running = replace(IDLE, status=Status.RUNNING)
    view = NumbersView(IDLE)
    for n_steps in (0, 10_000, 20_000):
        view.update(replace(running, total_steps=n_steps))
    assert shown(view)["Steps a second"] == "10,000"
    view.update(replace(running, status=Status.PAUSED, total_steps=20_000))
    assert shown(view)["Steps a second"] == "–"
    view.update(replace(running, total_steps=20_000))
    assert shown(view)["Steps a second"] == "–"
    view.update(replace(running, total_steps=20_500))
    assert shown(view)["Steps a second"] == "500"


def test_the_status_is_read_out_only_when_it_changes():
    trainer, context = trained(3000)
    view = SentenceView(IDLE, lambda: context)
    word, changes = view.word, []
    assert ">Ready</span>" in word.text
    word.model.on_change("text", lambda attr, old, new: changes.append(new))
    for n_steps in (1000, 1000):
        trainer.advance(n_steps)
        view.update(trainer.snapshot)
    assert len(changes) == 1
    assert 'role="status" aria-label="Status">Learning</span>' in word.text
    assert 'aria-hidden="true">Learning</b>' in view.div.text


def test_the_context_of_a_room_is_its_training_s():
    room = Room()
    room.learning_config.initial_q = 5
    room.step()
    context = context_of(room, "Map has no goal.")
    assert context == Context(problem="Map has no goal.", world=room.trainer.world, initial_q=5.0)


def test_only_an_open_question_is_answered_and_marked():
    trainer, context = trained(3000)
    marks = []
    view = AskView(trainer.snapshot, lambda: context)
    view.on_mark(marks.append)
    assert not any(div.text for div in view.divs.values())
    question = "Why that arrow there?"
    view.ask(question)
    before = view.divs[question].text
    assert before.startswith("<p>In (")
    assert [bool(div.text) for div in view.divs.values()].count(True) == 1
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert view.divs[question].text != before
    view.panel.active = []
    assert view.open_question is None
    assert [mark and mark[0] for mark in marks] == ["cell", None]
    answered = view.divs[question].text
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert view.divs[question].text == answered


def test_all_questions_are_on_the_list():
    view = AskView(IDLE)
    assert [title for title, _ in zip(QUESTIONS, view.panel, strict=True)] == list(view.divs)
