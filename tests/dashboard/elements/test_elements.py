import subprocess
import sys

import holoviews as hv
import numpy as np
import pytest
from bokeh.embed import file_html
from bokeh.models import HoverTool
from bokeh.resources import INLINE
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.elements import comparison, learning_curve, policy, q_values, values, visits
from dashboard.views.colours import LIGHT
from dashboard.views.smoothing import MAX_GROUPS, extremes, means
from gridworld import Action, GridWorldConfig, QLearningConfig, Trainer, parse_layout

PIT_AND_CLIFF = "S.#G.\n.X...\n.....\n..C.."


def trained(seed=0, episodes=100, layout=PIT_AND_CLIFF, **parameters):
    config = QLearningConfig(num_episodes=episodes, **parameters)
    trainer = Trainer(GridWorldConfig(layout=layout), config, seed)
    trainer.advance(10**9)
    return trainer


@pytest.fixture(scope="module")
def trainer():
    return trained()


def part(overlay, kind):
    (found,) = [element for element in overlay if isinstance(element, kind)][:1]
    return found


def arrows(drawn):
    """State and action of each arrow drawn."""
    segments = [element for element in drawn if isinstance(element, hv.Segments)][-1]
    states, actions = (segments.dimension_values(name) for name in ("State", "Action"))
    return set(zip(states.tolist(), actions.tolist(), strict=True))


@pytest.mark.parametrize("view", [values, visits, q_values, policy, learning_curve])
def test_a_view_is_the_same_of_a_trainer_and_of_its_snapshot(view, trainer):
    of_trainer, of_snapshot = view(trainer), view(trainer.snapshot)
    for one, other in zip(of_trainer, of_snapshot, strict=True):
        for dimension in one.dimensions():
            np.testing.assert_array_equal(
                one.dimension_values(dimension), other.dimension_values(dimension)
            )


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b: values(a) * policy(a),
        lambda a, b: learning_curve(a, label="a") * learning_curve(b, 20, label="b"),
        lambda a, b: learning_curve(a) * learning_curve(b),
        lambda a, b: values(a) + visits(a),
        lambda a, b: q_values(a) * policy(a) + learning_curve(a),
        lambda a, b: comparison({"one": [a, b], "other": [b.snapshot, a]}),
        lambda a, b: policy(Trainer()) + learning_curve(Trainer()),
    ],
)
def test_views_compose_and_render_without_a_warning(compose, trainer, caplog):
    figure = hv.render(compose(trainer, trained(1)), backend="bokeh")
    file_html(figure, INLINE)
    assert not caplog.records
    assert figure.select({"type": HoverTool})


def test_a_cell_shows_the_value_of_its_best_action(trainer):
    snapshot = trainer.snapshot
    shown = part(values(trainer), hv.QuadMesh).dimension_values("Value", flat=False)
    live = np.isin(parse_layout(snapshot.layout), ["S", "."])
    expected = snapshot.q_values.max(axis=1).reshape(live.shape)
    np.testing.assert_array_equal(shown[live], expected[live])
    assert np.isnan(shown[~live]).all()


def test_cells_that_no_start_leads_to_are_left_out():
    trainer = Trainer(GridWorldConfig(layout="SX.\n.#C\n..G"))
    shown = part(values(trainer), hv.QuadMesh).dimension_values("Value", flat=False)
    assert np.isnan(shown[0, 2])
    assert not np.isnan(shown[0, 0])
    arrows = part(policy(trainer), hv.Segments).dimension_values("State")
    triangles = part(q_values(trainer), hv.Polygons).dimension_values("State", expanded=False)
    assert 2 not in {*arrows, *triangles}


def test_a_cell_shows_how_often_it_was_left(trainer):
    shown = part(visits(trainer), hv.QuadMesh).dimension_values("Visits", flat=False)
    assert np.nansum(shown) == trainer.snapshot.total_steps


def test_row_0_is_at_the_top_and_cells_are_square(trainer):
    figure = hv.render(values(trainer), backend="bokeh")
    assert figure.y_range.start > figure.y_range.end
    assert figure.frame_width / figure.frame_height == pytest.approx(5 / 4)


@pytest.mark.parametrize("view", [values, visits, q_values, policy])
def test_walls_and_letters_lie_on_their_cells(view, trainer):
    letters = part(view(trainer), hv.Labels)
    columns = [letters.dimension_values(name) for name in ("x", "y", "Letter")]
    drawn = {(round(x), round(y)): kind for x, y, kind in zip(*columns, strict=True)}
    assert drawn == {(0, 0): "S", (3, 0): "G", (1, 1): "X", (2, 3): "C"}
    blocks = part(view(trainer), hv.Rectangles)
    walls = blocks.select(Colour=LIGHT.wall)
    assert walls.array([0, 1, 2, 3]).tolist() == [[1.5, -0.5, 2.5, 0.5]]


def test_the_policy_shows_every_best_action_and_none_where_nobody_acts(trainer):
    q = trainer.snapshot.q_values
    live = np.isin(parse_layout(trainer.snapshot.layout), ["S", "."]).ravel()
    expected = {
        (state, action.name.lower())
        for state in np.flatnonzero(live).tolist()
        for action in list(Action)[:4]
        if q[state, action] == q[state].max()
    }
    assert arrows(policy(trainer)) == expected


def test_before_training_all_four_actions_tie():
    untrained = Trainer(GridWorldConfig(layout=PIT_AND_CLIFF))
    assert len(arrows(policy(untrained))) == 4 * 16


def test_an_arrow_points_where_its_action_leads(trainer):
    segments = [e for e in policy(trainer) if isinstance(e, hv.Segments)][-1]
    n = len(segments) // 3
    x0, y0, x1, y1 = segments.array([0, 1, 2, 3])[:n].T
    for dx, dy, action in zip(x1 - x0, y1 - y0, segments.dimension_values("Action"), strict=False):
        way = {(0, -1): "up", (1, 0): "right", (0, 1): "down", (-1, 0): "left"}
        assert way[np.sign(round(dx, 9)), np.sign(round(dy, 9))] == action


def test_a_triangle_shows_the_q_value_on_the_side_of_its_action(trainer):
    drawn = part(q_values(trainer), hv.Polygons)
    assert len(drawn) == 4 * 16
    for triangle in drawn.split(datatype="dictionary"):
        row, col = divmod(triangle["State"], 5)
        action = Action[triangle["Action"].upper()]
        assert triangle["Q"] == trainer.snapshot.q_values[triangle["State"], action]
        dx, dy = np.mean(triangle["x"][:3]) - col, np.mean(triangle["y"][:3]) - row
        beyond = {Action.UP: -dy, Action.DOWN: dy, Action.RIGHT: dx, Action.LEFT: -dx}
        assert max(beyond, key=beyond.get) is action


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 300))
def test_a_moving_mean_is_the_mean_of_the_latest_episodes(n_episodes, window):
    record = np.random.default_rng(n_episodes).normal(size=n_episodes)
    episodes, drawn = means(record, window)
    assert len(episodes) <= MAX_GROUPS
    assert episodes[-1] == n_episodes
    expected = [record[max(0, episode - window) : episode].mean() for episode in episodes]
    np.testing.assert_allclose(drawn, expected, atol=1e-9)


@settings(deadline=None)
@given(st.integers(0, 5000))
def test_thinning_keeps_the_extremes(n_episodes):
    record = np.random.default_rng(n_episodes).normal(size=n_episodes)
    episodes, drawn = extremes(record)
    assert len(episodes) <= 2 * MAX_GROUPS
    np.testing.assert_array_equal(drawn, record[episodes - 1])
    if n_episodes:
        assert (drawn.min(), drawn.max()) == (record.min(), record.max())


def test_the_band_is_students_confidence_interval():
    from scipy.stats import ttest_1samp

    runs = [trained(seed, episodes=50) for seed in range(5)]
    drawn = comparison({"runs": runs}, window=1)
    at_end = [run.snapshot.episode_returns[-1] for run in runs]
    band = part(drawn, hv.Spread)
    mean, half = (band.dimension_values(name)[-1] for name in ("Return", "Band"))
    interval = ttest_1samp(at_end, 0).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((interval.low, interval.high))
    assert part(drawn, hv.Curve).dimension_values("Return")[-1] == pytest.approx(np.mean(at_end))


def test_runs_are_compared_as_far_as_the_shortest_goes():
    drawn = comparison({"runs": [trained(0, episodes=30), trained(1, episodes=20)]})
    assert part(drawn, hv.Curve).dimension_values("Episode")[-1] == 20


@pytest.mark.parametrize("view", [values, visits, q_values, policy, learning_curve])
def test_what_is_no_run_is_refused(view):
    with pytest.raises(TypeError, match="source must be a Trainer or a Snapshot, got dict"):
        view({})


@pytest.mark.parametrize("window", [0, -1, 2.5, True, "10"])
def test_a_window_is_a_whole_number_of_episodes(window, trainer):
    with pytest.raises(ValueError, match="window must be a whole number from 1"):
        learning_curve(trainer, window)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({}, "runs must have at least one label"),
        ({"α": [Trainer()]}, "at least 2 seeds a label, got 1 of 'α'"),
        ({"α": [Trainer(), Trainer()]}, "completed an episode, got one of 'α' with none"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        comparison(runs)


def test_the_core_and_the_page_do_without_the_elements():
    code = "import sys, dashboard; assert 'dashboard.elements' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
