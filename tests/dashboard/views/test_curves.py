from dataclasses import replace

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.events import Tap
from bokeh.models import HoverTool
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.curves import CurvesView
from dashboard.views.smoothing import MAX_GROUPS, WINDOW
from gridworld import Change, Status, Trainer

IDLE = Trainer().snapshot


def after(record, n_episodes, status=Status.RUNNING, **fields):
    """A snapshot with so many episodes of a run's record."""
    lengths = fields.pop("lengths", np.arange(1, len(record) + 1))
    return replace(
        IDLE,
        status=status,
        episode=n_episodes,
        num_episodes=max(1, len(record)),
        episode_returns=record[:n_episodes],
        episode_lengths=lengths[:n_episodes],
        **fields,
    )


def drawn(view, name):
    source = next(s for s in view.figure.references() if getattr(s, "name", None) == name)
    return np.array(source.data["x"], dtype=int), np.array(source.data["y"], dtype=float)


def texts(view):
    """What is written in the figure, and where."""
    source = next(s for s in view.figure.references() if getattr(s, "name", None) == "names")
    places = zip(*(source.data[n] for n in "xy"), strict=True)
    written = zip(source.data["text"], places, strict=True)
    return {text: place for text, place in written if text}  # there are spare rows


def part(view, name):
    """The data of a part of the figure; None if it has not been made."""
    sources = (s for s in view.figure.references() if getattr(s, "name", None) == name)
    return next((source.data for source in sources), None)


def shown_range(view):
    return view.figure.y_range.start, view.figure.y_range.end


def zoom(view, x, y):
    """Zooms as the browser tells it."""
    view.figure.x_range.update(start=x[0], end=x[1])
    view.figure.y_range.update(start=y[0], end=y[1])


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


@settings(deadline=None, max_examples=30)
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
@settings(deadline=None, max_examples=30)
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


@settings(deadline=None, max_examples=30)
@given(run=runs())
def test_the_axes_hold_the_whole_curve_where_all_is_asked_for(run):
    record, looks = run
    view = CurvesView(after(record, 0))
    view.choose("Return", "All")
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
    view.choose("Return")
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
    assert source.data == {"x": [4], "text": ["α 0.1 → 0.2"]}


def test_equal_returns_have_an_axis_of_some_height():
    record = np.full(20, -3.0)
    view = CurvesView(after(record, 20))
    view.choose("Return")
    assert view.figure.y_range.start <= -3 < view.figure.y_range.end


def test_a_renewed_curve_is_sent_whole_though_nothing_has_changed():
    record = np.arange(50.0)
    view, document, sent = CurvesView(after(record, 50)), Document(), {}
    document.add_root(view.figure)
    document.on_change(
        lambda event: sent.update(
            {event.model.name: getattr(event, "data", None) or event.model.data}
        )
    )
    view.renew()
    for name in ("episodes", "means"):
        assert sent[name]["x"] == list(range(1, 51))
    assert sent["episodes"]["y"] == record.tolist()


@settings(deadline=None, max_examples=30)
@given(run=runs(), scale=st.sampled_from([1e-9, 1.0, 1e6]), optimum=st.floats(-3, 3))
def test_the_robust_range_holds_the_recent_means_the_best_and_the_optimum(run, scale, optimum):
    record, looks = run
    record = record * scale
    view = CurvesView(after(record, 0))
    view.choose("Return")
    for n_episodes, status in [*looks, (len(record), Status.FINISHED)]:
        view.update(after(record, n_episodes, status, optimal_return=optimum * scale))
        x, means = drawn(view, "means")
        if x.size:
            recent = means[-max(1, means.size // 4) :]
            start, end = shown_range(view)
            assert start <= min(recent.min(), optimum * scale)
            assert max(recent.max(), optimum * scale, drawn(view, "episodes")[1].max()) <= end


def test_an_outlier_does_not_rule_the_axis_unless_all_is_asked_for():
    record = np.concatenate([[-5000.0], np.linspace(-2, 1, 400)])
    view = CurvesView(after(record, 401, Status.FINISHED))
    assert shown_range(view)[0] > -500
    view.choose("Return", "All")
    assert shown_range(view)[0] <= -5000
    view.choose(*view.chosen)
    assert shown_range(view)[0] <= -5000


def test_an_evaluation_does_not_rule_the_axis():
    record = np.linspace(-2, 1, 400)
    evaluations = {
        "evaluation_episodes": np.array([0, 200, 400]),
        "evaluation_returns": np.array([-5000.0, 0.9, 0.9]),
        "evaluation_epsilons": np.array([1.0, 0.5, 0.2]),
    }
    view = CurvesView(after(record, 400, Status.FINISHED, **evaluations))
    assert shown_range(view)[0] > -5
    assert "greedy policy" in texts(view)


def test_the_range_seldom_moves():
    record = np.random.default_rng(0).normal(size=5000).cumsum() / 50
    view, seen = CurvesView(after(record, 0)), []
    for n_episodes in range(10, 5000, 10):
        view.update(after(record, n_episodes))
        if shown_range(view) not in seen[-1:]:
            seen.append(shown_range(view))
    assert len(seen) < 20


def test_a_level_has_its_quantity_and_lowest_return_until_the_person_chooses():
    record = np.concatenate([np.full(20, -400.0), np.full(380, -30.0)])
    snapshot = after(record, 400, Status.FINISHED, optimal_return=-13.0)
    view = CurvesView(snapshot)
    view.prefer("Return", -100, level="cliff")
    assert shown_range(view)[0] == -100
    view.prefer("Length", level="maze")
    assert view.quantity == "Length"
    view.choose("Episodes")
    view.prefer("Length", level="maze")
    assert (view.quantity, view.chosen) == ("Episodes", ("Episodes", "Robust"))
    view.prefer("Length", level="rooms")
    assert (view.quantity, view.chosen) == ("Length", (None, "Robust"))


def test_a_person_s_click_is_told_and_wins():
    view, told = CurvesView(after(np.arange(9.0), 9)), []
    view.on_choice(lambda: told.append(view.chosen))
    view.prefer("Length", level="maze")
    assert told == []
    next(iter(view.switches)).value = "Epsilon"
    view.update(after(np.arange(9.0), 9))
    assert (view.quantity, told) == ("Epsilon", [("Epsilon", "Robust")])


@pytest.mark.parametrize("choice", [("Returns", "All"), ("Return", "Most")])
def test_a_wrong_choice_is_refused(choice):
    with pytest.raises(ValueError, match="must be one of"):
        CurvesView(IDLE).choose(*choice)


def test_the_length_is_shown_where_all_returns_are_equal():
    view = CurvesView(after(np.ones(50), 0))
    for n_episodes in (1, 10, 50):
        view.update(after(np.ones(50), n_episodes))
    assert view.quantity == "Length"
    view.update(after(np.arange(50.0), 0, layout="another"))
    assert view.quantity == "Return"


@settings(deadline=None, max_examples=30)
@given(run=runs())
def test_episodes_over_steps_tell_when_each_was_completed(run):
    record, looks = run
    lengths = np.random.default_rng(1).integers(1, 90, len(record))
    view = CurvesView(after(record, 0, lengths=lengths))
    view.choose("Episodes")
    for n_episodes, status in [*looks, (len(record), Status.FINISHED)]:
        view.update(after(record, n_episodes, status, lengths=lengths))
        steps, episodes = drawn(view, "means")
        assert len(steps) <= MAX_GROUPS + 1
        total = np.concatenate([[0], lengths.cumsum()])
        assert (total[episodes.astype(int)] == steps).all()
    assert episodes[-1] == len(record)
    assert view.figure.x_range.end >= steps[-1]
    assert view.figure.y_range.end >= episodes[-1]


def test_a_click_tells_the_episode():
    lengths = np.array([4, 6, 10])
    view, clicked = CurvesView(after(np.array([0.0, 1.0, 2.0]), 3, lengths=lengths)), []
    view.on_episode(clicked.append)

    def click(x, y):
        for callback in view.figure._event_callbacks["tap"]:
            callback(Tap(view.figure, x=x, y=y))

    click(2.4, 1.0)
    click(0.1, 1.0)
    click(7.0, 1.0)  # not there yet
    click(2.0, 99.0)  # not in the frame
    view.choose("Episodes")
    click(5, 1)
    click(12, 2)
    assert clicked == [2, 1, 2, 3]


def test_nothing_is_sent_while_no_episode_ends_but_a_choice_is_seen_at_once():
    record, document, sent = np.array([0.0, 1.0, 2.0]), Document(), []
    view = CurvesView(after(record, 2))
    document.add_root(view.figure)
    document.on_change(sent.append)
    view.update(after(record, 2, total_steps=99, step=7, epsilon=0.5))
    assert not sent
    view.choose("Length")
    assert part(view, "episodes")["y"] == [1, 2]
    view.choose("Return")
    view.update(after(record, 3))
    assert part(view, "episodes")["y"] == [0, 1, 2]


def test_the_last_run_stays_beside_the_next():
    first, second = np.arange(600.0), np.arange(100.0)
    view = CurvesView(after(first, 600, Status.FINISHED))
    assert part(view, "last") is None
    view.update(after(second, 0))
    view.update(after(second, 3))
    last = part(view, "last")
    assert last["y"] == pytest.approx(means_at(first, last["x"]))
    assert last["x"][-1] == 600
    assert "last run" not in texts(view) or texts(view)["last run"][0] <= 100


def test_a_run_on_another_map_or_one_that_comes_back_has_no_last_run_beside_it():
    first, second = np.arange(60.0), np.arange(100.0)
    view = CurvesView(after(first, 60))
    view.update(after(second, 5))
    assert part(view, "last")["x"]
    view.update(after(second, 6, layout="another"))
    assert not part(view, "last")["x"]
    view = CurvesView(after(first, 60))
    view.update(after(second, 0))
    view.update(after(first, 60))
    assert not part(view, "last")["x"]


def test_an_idle_curve_says_what_will_be_there_and_shows_the_optimum():
    view = CurvesView(replace(IDLE, optimal_return=0.81))
    assert any("appears here" in text for text in texts(view))
    assert part(view, "optimum")["y"] == [0.81, 0.81]
    assert "optimum 0.81" in texts(view)
    view.update(after(np.arange(5.0), 5))
    assert not any("appears here" in text for text in texts(view))


def test_the_mean_s_name_tells_of_how_many_episodes_it_is():
    view = CurvesView(after(np.arange(300.0), 7))
    assert "mean of 7" in texts(view)
    view.update(after(np.arange(300.0), 300))
    assert f"mean of {WINDOW}" in texts(view)


def test_a_zoom_stays_until_it_is_reset():
    record = np.arange(1000.0)
    view = CurvesView(after(record, 100))
    zoom(view, (20, 40), (10, 50))
    for n_episodes in (200, 900):
        view.update(after(record, n_episodes))
    assert (view.figure.x_range.start, view.figure.x_range.end) == (20, 40)
    assert shown_range(view) == (10, 50)
    button = view.panel[-1]
    assert button.visible
    button.clicks += 1
    assert (view.figure.x_range.start, view.figure.x_range.end) == (0, 1000)
    assert shown_range(view)[1] >= 899
    assert not button.visible


def test_another_quantity_or_another_run_ends_the_zoom():
    view = CurvesView(after(np.arange(100.0), 100))
    zoom(view, (20, 40), (10, 50))
    view.choose("Length")
    assert view.figure.x_range.end == 100
    zoom(view, (20, 40), (10, 50))
    view.update(after(np.arange(50.0), 50))
    assert view.figure.x_range.end == 50


def test_both_themes_have_colours_of_their_own_that_can_be_read():
    view = CurvesView(after(np.arange(9.0), 9))
    colours = {}
    for dark in (False, True):
        view.set_dark(dark)
        (hover,) = view.figure.select(HoverTool)
        grid = view.figure.ygrid[0].grid_line_color
        colours[dark] = [*part(view, "names")["colour"], grid, hover.tooltips]
    assert not set(colours[False]) & set(colours[True])


def test_what_is_read_off_has_a_true_minus():
    view = CurvesView(after(np.array([-0.5, -0.25, 0.0]), 3))
    assert part(view, "means")["value"] == ["−0.50", "−0.25", "0.00"]
    assert part(view, "means")["mean"][0] == "−0.50 (of 1)"


def test_the_words_tell_last_mean_trend_and_optimum():
    record = np.concatenate([np.full(100, -1.0), np.full(100, 0.5)])
    view = CurvesView(after(record, 200, optimal_return=0.81))
    view.tell(after(record, 200, optimal_return=0.81))
    assert view.figure.html_attributes["role"] == "figure"
    assert view.figure.html_attributes["aria-label"] == (
        "Curve of the return of each episode, 200 of 200 episodes. "
        "Last 0.50; mean of the last 20 0.50, rising. Optimum: 0.81."
    )
