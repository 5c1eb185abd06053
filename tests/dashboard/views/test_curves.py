from dataclasses import replace

import numpy as np
import pytest
from bokeh.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.curves import CurvesView
from dashboard.views.smoothing import MAX_GROUPS, WINDOW
from gridworld import Change, Status, Trainer

IDLE = Trainer().snapshot


def after(record, n_episodes, status=Status.RUNNING):
    """A snapshot with so many episodes of a run's record."""
    return replace(
        IDLE,
        status=status,
        episode=n_episodes,
        num_episodes=max(1, len(record)),
        episode_returns=record[:n_episodes],
    )


def drawn(view, name):
    source = next(s for s in view.figure.references() if getattr(s, "name", None) == name)
    return np.array(source.data["x"], dtype=int), np.array(source.data["y"], dtype=float)


def means_at(record, episodes):
    return [record[max(0, last - WINDOW) : last].mean() for last in episodes]


@st.composite
def runs(draw):
    """A record of returns, and where it is looked at in between with which status."""
    n_episodes = draw(st.integers(1, 6000))
    record = np.random.default_rng(draw(st.integers(0, 99))).normal(size=n_episodes)
    looks = draw(st.lists(st.integers(0, n_episodes), max_size=12).map(sorted))
    statuses = st.sampled_from([Status.RUNNING, Status.RUNNING, Status.PAUSED])
    return record, [(look, draw(statuses)) for look in looks]


@settings(deadline=None)
@given(run=runs())
def test_however_a_run_is_looked_at_its_curve_shows_all_of_it_in_few_points(run):
    record, looks = run
    view = CurvesView(after(record, 0))
    for n_episodes, status in looks:
        view.update(after(record, n_episodes, status))
        x, y = drawn(view, "episodes")
        assert len(x) <= 2 * MAX_GROUPS
        assert (np.diff(x) >= 0).all()
        assert (record[x - 1] == y).all()
    view.update(after(record, len(record), Status.FINISHED))
    x, y = drawn(view, "episodes")
    assert len(x) <= 2 * MAX_GROUPS
    assert (np.diff(x) >= 0).all()
    assert (record[x - 1] == y).all()
    assert (y.min(), y.max()) == (record.min(), record.max())
    last, means = drawn(view, "means")
    assert len(last) <= MAX_GROUPS
    assert (np.diff(last) > 0).all()
    assert last[-1] == len(record)
    np.testing.assert_allclose(means, means_at(record, last), rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@settings(deadline=None)
@given(run=runs())
def test_looking_often_draws_the_same_curve_as_looking_once(run):
    record, looks = run
    often, once = (CurvesView(after(record, 0)) for _ in range(2))
    for n_episodes, status in looks:
        often.update(after(record, n_episodes, status))
    for view in (often, once):
        view.update(after(record, len(record), Status.FINISHED))
    for name in ("episodes", "means"):
        for ours, theirs in zip(drawn(often, name), drawn(once, name), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(run=runs())
def test_the_axes_hold_the_whole_curve(run):
    record, looks = run
    view = CurvesView(after(record, 0))
    for n_episodes, status in [*looks, (len(record), Status.FINISHED)]:
        view.update(after(record, n_episodes, status))
        x, y = drawn(view, "episodes")
        if x.size:
            assert view.figure.x_range.start <= x[0] <= x[-1] <= view.figure.x_range.end
            assert view.figure.y_range.start <= y.min() <= y.max() <= view.figure.y_range.end


def test_a_short_run_is_drawn_episode_by_episode():
    record = np.arange(MAX_GROUPS, dtype=float)
    view = CurvesView(after(record, 0))
    view.update(after(record, MAX_GROUPS))
    x, y = drawn(view, "episodes")
    assert x.tolist() == list(range(1, MAX_GROUPS + 1))
    assert y.tolist() == record.tolist()


def test_a_million_episodes_are_drawn_in_a_thousand_points():
    record = np.random.default_rng(0).normal(size=1_000_000)
    view = CurvesView(after(record, 0))
    for n_episodes in range(0, 1_000_000, 40_007):
        view.update(after(record, n_episodes))
    view.update(after(record, 1_000_000, Status.FINISHED))
    x, y = drawn(view, "episodes")
    assert MAX_GROUPS / 2 < len(x) <= 2 * MAX_GROUPS
    assert (y.min(), y.max()) == (record.min(), record.max())
    last, means = drawn(view, "means")
    assert last[-1] == 1_000_000
    np.testing.assert_allclose(means, means_at(record, last), atol=1e-9)


def test_another_run_begins_a_new_curve():
    first, second = np.zeros(1000), np.ones(1000)
    view = CurvesView(after(first, 700))
    view.update(after(second, 3))
    x, y = drawn(view, "episodes")
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [1, 1, 1])
    view.update(after(np.zeros(5), 0))
    names = ("episodes", "means")
    assert [column.size for name in names for column in drawn(view, name)] == [0] * 4


def test_another_run_with_as_many_changes_has_marks_of_its_own():
    changes = [Change(5, 1, "epsilon", 0.5), Change(70, 4, "learning_rate", 0.2)]
    view = CurvesView(replace(IDLE, changes=(changes[0],)))
    view.update(replace(IDLE, changes=(changes[1],)))
    source = next(s for s in view.figure.references() if getattr(s, "name", None) == "changes")
    assert source.data == {"x": [4], "text": ["learning rate 0.2, step 70"]}


def test_equal_returns_have_an_axis_of_some_height():
    record = np.full(20, -3.0)
    view = CurvesView(after(record, 20))
    assert view.figure.y_range.start <= -3 < view.figure.y_range.end


def test_a_renewed_curve_is_sent_whole_though_nothing_has_changed():
    record = np.arange(50.0)
    view, document, sent = CurvesView(after(record, 50)), Document(), {}
    document.add_root(view.figure)
    document.on_change(
        lambda event: sent.update({event.model.name: event.data or event.model.data})
    )
    view.renew()
    for name in ("episodes", "means"):
        assert sent[name]["x"] == list(range(1, 51))
    assert sent["episodes"]["y"] == record.tolist()
