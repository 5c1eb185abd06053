import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.events import MouseEnter, MouseLeave
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard.views.colours import DARK, LIGHT, contrast, contrasting
from dashboard.views.grid import GridView
from dashboard.views.layers.base import Scale
from dashboard.views.layers.hover import why
from dashboard.views.layers.palettes import PALETTE, VISITS_PALETTE
from dashboard.views.layers.stack import BACKGROUNDS, DEFAULT, LAYERS, LayeredView
from dashboard.words import actions
from dashboard.words.numbers import number as exact
from gridworld import (
    MOVES,
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    best_actions,
    parse_layout,
)

LAYOUT = "S..\n.#.\nCXG"
#: Cells of it that an agent acts in, as (row, col).
ACTED_IN = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)]


def train(layout=LAYOUT, n_steps=200, **learning):
    trainer = Trainer(GridWorldConfig(layout=layout), QLearningConfig(**learning), seed=1)
    trainer.start()
    trainer.advance(n_steps)
    trainer.analyse()
    return trainer


class Shown:
    """A picture with its layers, in a document that tells what is sent of it."""

    def __init__(self, snapshot, *on):
        self.grid = GridView(snapshot)
        self.view = LayeredView(self.grid, snapshot)
        self.document = Document()
        self.document.add_root(self.grid.plot)
        self.switch(*on)
        self.view.update(snapshot)

    def switch(self, *on):
        self.view.show(on)

    def source(self, name):
        return self.document.get_model_by_name(name).data

    def visible(self, name):
        return [
            renderer.visible
            for renderer in self.grid.plot.renderers
            if renderer.data_source.name == name
        ]

    def image(self, name):
        """Indices into the palette by cell."""
        drawn = self.source(name)
        image = np.full(parse_layout(self.view._snapshot.layout).shape, 256)
        image[np.array(drawn["y"], int), np.array(drawn["x"], int)] = drawn["place"]
        return image

    def heads(self, name):
        """Actions that an arrow is drawn for, by cell."""
        drawn = self.source(name)
        return [actions_of(*line) for line in zip(drawn["xs"], drawn["ys"], strict=True)]


def actions_of(xs, ys):
    """The actions whose arrows a line is made of: each begins with its tail and its tip."""
    n_points = 7 if len(xs) % 7 == 0 else 6
    steps = [(xs[i + 1] - xs[i], ys[i + 1] - ys[i]) for i in range(0, len(xs), n_points)]
    return [int(np.argmax(np.array(step) @ MOVES[:, ::-1].T)) for step in steps]


@pytest.fixture(scope="module")
def snapshot():
    return train().snapshot


def values_at(snapshot, cells=ACTED_IN):
    return snapshot.q_values.reshape(3, 3, 4)[tuple(np.transpose(cells))]


def test_at_first_values_policy_and_trail_are_shown(snapshot):
    shown = Shown(snapshot, *DEFAULT)
    assert {title for title in LAYERS if any(shown.visible(title))} == {"State values", "Policy"}
    assert shown.visible("trail") == [True, True, True]
    assert shown.view.chosen == ("State values", ("Policy", "Trail"))
    shown.switch()
    assert shown.visible("trail") == [False, False, True]  # the agent stays
    assert not any(shown.visible("State values"))


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_is_switched_on_and_off_at_once(snapshot, title):
    shown = Shown(snapshot)
    name = {"Trail": "trail"}.get(title, title)
    if name in ("Q-values", "Difference"):
        name = f"{name} triangles"
    shown.switch(title)
    assert all(shown.visible(name))
    shown.switch()
    assert not all(shown.visible(name))


def test_values_are_coloured_where_the_agent_has_acted_and_nowhere_else(snapshot):
    shown = Shown(snapshot, "State values")
    values = values_at(snapshot).max(axis=1)
    scale = shown.view.frame_of(snapshot).scales["State values"]
    assert scale.low <= values.min() <= values.max() <= scale.high
    image = shown.image("State values")
    drawn = [tuple(cell) for cell in np.argwhere(image < len(PALETTE)).tolist()]
    assert drawn == ACTED_IN
    expected = 255 * (values - scale.low) / (scale.high - scale.low)
    assert image[tuple(np.transpose(ACTED_IN))] == pytest.approx(expected, abs=0.5001)
    numbers = shown.source("State values numbers")
    assert [number(text) for text in numbers["text"]] == pytest.approx(values, abs=0.005)


def test_cells_never_acted_in_have_no_value():
    trainer = train("S" + "." * 7 + "\n" + "." * 7 + "G", n_steps=3)
    shown = Shown(trainer.snapshot, "State values")
    visited = trainer.snapshot.visits.any(axis=1).reshape(2, 8)
    assert ((shown.image("State values") < len(PALETTE)) == visited).all()
    assert visited.sum() < 15


def test_the_policy_shows_all_tied_best_actions(snapshot):
    shown = Shown(snapshot, "Policy")
    best = [np.flatnonzero(row == row.max()).tolist() for row in values_at(snapshot)]
    assert shown.heads("Policy") == best
    alike = replace(snapshot, q_values=np.zeros_like(snapshot.q_values))
    shown.view.update(alike)
    assert shown.heads("Policy") == [[0, 1, 2, 3]] * 5


def test_cells_never_acted_in_are_calm():
    shown = Shown(Trainer(GridWorldConfig(layout=LAYOUT)).snapshot, *DEFAULT, "Visits")
    assert shown.heads("Policy") == [[]] * 5
    assert set(shown.source("State values numbers")["text"]) == {""}
    assert set(shown.source("Visits")["place"]) == {256}


def test_the_optimal_policy_is_that_of_planning_ties_included():
    trainer = train("S.\n.G")
    shown = Shown(trainer.snapshot, "Optimal policy")
    assert shown.heads("Optimal policy") == [[1, 2], [2], [1]]


def test_before_planning_has_answered_nothing_is_claimed():
    trainer = Trainer(GridWorldConfig(layout=LAYOUT))
    shown = Shown(trainer.snapshot, "Optimal policy", "Optimal values", "Difference")
    assert shown.heads("Optimal policy") == [[]] * 5
    assert (shown.image("Optimal values") >= len(PALETTE)).all()


def test_each_action_has_its_triangle_and_number(snapshot):
    shown = Shown(snapshot, "Q-values")
    tried = snapshot.visits.reshape(3, 3, 4)[tuple(np.transpose(ACTED_IN))].ravel() > 0
    triangles, numbers = map(shown.source, ("Q-values triangles", "Q-values triangle numbers"))
    assert ((np.array(triangles["place"]) < len(PALETTE)) == tried).all()
    expected = values_at(snapshot).ravel()
    told = [number(text) if text else None for text in numbers["text"]]
    assert [t is not None for t in told] == tried.tolist()
    for value, shown_value in zip(expected, told, strict=True):
        assert shown_value is None or shown_value == pytest.approx(value, abs=0.0051)
    # The first of each four points up from its cell's middle, the next to the right.
    assert max(triangles["ys"][0]) <= 0 <= min(triangles["xs"][1])


def test_visits_are_counted_and_more_of_them_are_lighter(snapshot):
    shown = Shown(snapshot, "Visits")
    counts = snapshot.visits.sum(axis=1).reshape(3, 3)[tuple(np.transpose(ACTED_IN))]
    texts, places = shown.source("Visits numbers")["text"], shown.source("Visits")["place"]
    assert texts == [str(count) if count else "" for count in counts]
    assert (np.argsort(places, stable=True) == np.argsort(counts, stable=True)).all()


LARGE = "S" + "." * 48 + "G\n" + "." * 50


@pytest.fixture(scope="module")
def large():
    return train(LARGE, n_steps=5000).snapshot


def pixels(shown, name):
    """The colours of a layer's picture by cell, RGBA, shape ``(n_rows, n_cols, n, n, 4)``."""
    [url] = shown.source(name)["url"]
    content = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    n = picture.shape[1] // 50
    return picture.reshape(2, n, 50, n, 4).swapaxes(1, 2)


@pytest.mark.parametrize("kind", ["Policy", "Optimal policy"])
def test_on_a_large_map_pointers_reach_the_edges_that_the_best_actions_lead_to(large, kind):
    shown = Shown(large, kind)
    cells = pixels(shown, f"{kind} tiles")[..., 3] > 0
    n = cells.shape[-1]
    edges = np.stack(
        [
            cells[..., 0, n // 2],
            cells[..., n // 2, -1],
            cells[..., -1, n // 2],
            cells[..., n // 2, 0],
        ],
        axis=-1,
    )
    values = large.q_values if kind == "Policy" else large.plan.q_values
    best = values >= values.max(axis=1, keepdims=True) - (1e-9 if kind != "Policy" else 0)
    acted_in = np.arange(100) != 49
    if kind == "Policy":
        acted_in &= large.visits.any(axis=1)
    assert (edges.reshape(100, 4)[acted_in] == best[acted_in]).all()
    assert not cells[0, 49].any()  # nobody acts at the goal
    assert shown.document.get_model_by_name(kind) is None


def test_on_a_large_map_cells_are_lighter_the_more_visits_there_are(large):
    colours = pixels(Shown(large, "Visits"), "Visits tiles")[:, :, 0, 0].reshape(100, 4)
    counts = large.visits.sum(axis=1)
    light = colours[:, :3].astype(int).sum(axis=1)[np.argsort(counts)]
    seen = np.sort(counts) > 0
    assert (np.diff(light[seen]) >= 0).all()
    assert (colours[:, 3] > 0).tolist() == (counts > 0).tolist()


def test_pictures_are_drawn_anew_for_another_map(large, snapshot):
    shown = Shown(large, "Policy", "Visits")
    shown.view.update(snapshot)
    assert shown.source("Policy tiles")["url"] == shown.source("Visits tiles")["url"] == []
    assert len(shown.source("Policy")["xs"]) == len(ACTED_IN)
    shown.view.update(large)
    assert len(shown.source("Policy tiles")["url"]) == 1


def test_a_picture_that_is_the_same_is_not_sent_again(large):
    shown = Shown(large, "Policy", "Visits", "Optimal policy")
    sent = []
    shown.document.on_change(sent.append)
    shown.view.update(large)
    assert sent == []


def test_the_difference_to_planning_fades_as_the_agent_learns():
    trainer = train(n_steps=50, epsilon=1, epsilon_decay=1, num_episodes=5000)
    shown = Shown(trainer.snapshot, "Difference")
    before = shown.view.frame_of(trainer.snapshot).scales["Difference"].high
    trainer.train()
    trainer.analyse()
    shown.view.update(trainer.snapshot)
    assert shown.view.frame_of(trainer.snapshot).scales["Difference"].high < before / 2


@pytest.mark.parametrize("kind", ["Q-values", "Difference"])
def test_on_a_large_map_triangles_are_coloured_where_there_is_a_value(large, kind):
    shown = Shown(large, kind)
    assert shown.document.get_model_by_name(f"{kind} triangles") is None
    cells = pixels(shown, f"{kind} tiles")
    n = cells.shape[2]
    of_actions = [(1, n // 2), (n // 2, n - 2), (n - 2, n // 2), (n // 2, 1)]
    colours = np.stack([cells[:, :, y, x] for y, x in of_actions], axis=2).reshape(100, 4, 4)
    if kind == "Q-values":
        assert ((colours[..., 3] > 0) == (large.visits > 0)).all()
        highest, lowest = (
            large.q_values[large.visits > 0] == f(large.q_values) for f in (np.max, np.min)
        )
        yellow = colours[large.visits > 0][:, 0]
        assert yellow[highest].min() > yellow[lowest].max()
    else:
        difference = abs(large.q_values - large.plan.q_values)[:49]
        opacity = colours[:49, :, 3]
        assert (np.diff(opacity.ravel()[np.argsort(difference.ravel())].astype(int)) >= 0).all()


def test_nothing_is_sent_of_what_has_not_changed(snapshot):
    shown = Shown(snapshot, *LAYERS)
    sent = []
    shown.document.on_change(sent.append)
    shown.view.update(snapshot)
    assert sent == []


def test_a_change_sends_little_more_than_the_change():
    trainer = train(n_steps=400)
    shown = Shown(trainer.snapshot, "Policy", "Q-values", "Visits")
    sent = []
    shown.document.on_change(sent.append)
    trainer.advance(1)
    shown.view.update(trainer.snapshot)
    patched = sum(len(values) for event in sent for values in event.patches.values())
    assert 0 < patched <= 15


def test_another_map_has_layers_of_its_own(snapshot):
    shown = Shown(snapshot, *LAYERS)
    other = train("S...\n...G", n_steps=60).snapshot
    shown.view.update(other)
    assert shown.image("State values").shape == (2, 4)
    assert len(shown.heads("Policy")) == 7
    assert len(shown.source("Visits")["place"]) == 7


def number(text):
    """The number that a person reads."""
    assert "-" not in text  # but a true minus
    return float(text.replace("−", "-"))


numbers = st.lists(st.floats(-1e6, 1e6, width=32, allow_subnormal=False)).map(np.array)


@settings(deadline=None)
@given(values=numbers, known=numbers, factor=st.sampled_from([2.0**-30, 2.0**10]))
def test_a_scale_holds_all_values_and_goes_with_them(values, known, factor):
    everything = np.concatenate([values, known])
    scale = Scale.of(everything, known)
    assert scale.low < scale.high
    slack = 1e-8 * (scale.high - scale.low)
    for value in everything:
        assert scale.low - slack <= value <= scale.high + slack
    assert set(scale.indices(everything)) <= set(range(256))
    if everything.any():
        other = Scale.of(everything * factor, known * factor)
        assert other == pytest.approx((scale.low * factor, scale.high * factor))
        np.testing.assert_array_equal(other.indices(everything * factor), scale.indices(everything))


def test_a_scale_holds_still_while_values_change_a_little():
    known = np.array([0.7, 1.0])
    scales = {Scale.of(np.append(known, low), known) for low in np.linspace(0.68, 0.699, 20)}
    assert len(scales) == 1


@pytest.mark.parametrize("factor", [1e-9, 1e-5, 0.01, 1, 100, 1e6])
def test_numbers_tell_values_apart_at_every_scale(factor):
    values = np.array([-0.5, 0.25, 0.5, 1.0]) * factor
    texts = Scale.of(values, values).texts(values)
    assert [number(text) for text in texts] == pytest.approx(values, rel=0.05)
    assert all(len(text) <= 8 for text in texts)


def finished(turbo, one_frame=False):
    """What is drawn of a run, seen on its way in steps of some size."""
    config = GridWorldConfig(level="hard", slip=0.1)
    trainer = Trainer(config, QLearningConfig(num_episodes=200, initial_q=0.5), seed=4)
    shown = Shown(trainer.snapshot, *LAYERS)
    trainer.start()
    while trainer.status == "RUNNING":
        trainer.advance(100_000 if turbo else 97)
        if not turbo:
            trainer.analyse()
            shown.view.update(trainer.snapshot)
    trainer.analyse()
    if one_frame:
        shown = Shown(trainer.snapshot, *LAYERS)
    shown.grid.update(trainer.snapshot)
    shown.view.update(trainer.snapshot)
    return {
        renderer.data_source.name: {
            name: [np.asarray(value).tolist() for value in column]
            for name, column in renderer.data_source.data.items()
        }
        for renderer in shown.grid.plot.renderers
    } | {"legend": shown.view.legend.text}


def test_a_picture_depends_on_what_is_shown_and_not_on_what_was_shown_before():
    expected = finished(turbo=True, one_frame=True)
    assert finished(turbo=True) == expected
    assert finished(turbo=False) == expected


def test_cells_that_no_start_leads_to_have_no_part_in_the_picture():
    config = GridWorldConfig(level="random", n_rows=5, n_cols=5, map_seed=0)
    trainer = Trainer(config)
    trainer.train(show_progress=False)
    trainer.analyse()
    snapshot = trainer.snapshot
    apart = np.flatnonzero(
        ~snapshot.reachable & (snapshot.plan.values < 0)
    )  # walled in: it bumps for ever
    assert apart.size
    shown = Shown(snapshot, *LAYERS)
    frame = shown.view.frame_of(snapshot)
    assert frame.scales["State values"].low > -1
    assert not set(frame.cells.states) & set(apart)
    drawn = shown.image("Optimal values").ravel()
    assert (drawn[apart] == len(PALETTE)).all()


def test_pits_and_slips_decide_which_cells_can_be_come_to():
    one_way = Trainer(GridWorldConfig(layout="S.G\nX#.\n.#."))
    assert one_way.snapshot.reachable.reshape(3, 3).tolist() == [
        [True, True, True],
        [True, False, False],
        [False, False, False],
    ]


def test_one_background_is_seen_at_a_time_and_what_is_chosen_can_be_kept(snapshot):
    shown = Shown(snapshot)
    for background in BACKGROUNDS:
        shown.view.choose(background, ["Trail", "Optimal policy"])
        assert shown.view.chosen == (background, ("Optimal policy", "Trail"))
        visible = {
            r.data_source.name.split(" tri")[0] for r in shown.grid.plot.renderers if r.visible
        }
        assert visible & set(BACKGROUNDS) == {background}
        assert "Policy" not in visible
        assert BACKGROUNDS[background] in shown.view.describe(snapshot)
    with pytest.raises(ValueError, match="unknown layers: Ground"):
        shown.view.choose("Ground", ["Trail"])


def test_over_triangles_the_policy_outlines_the_best_ones(snapshot):
    shown = Shown(snapshot)
    shown.view.choose("Q-values", ["Policy"])
    values = values_at(snapshot)
    drawn = shown.source("Policy")
    for (row, col), q_values, xs, ys in zip(
        ACTED_IN, values, drawn["xs"], drawn["ys"], strict=True
    ):
        middle = np.mean(xs) - col, np.mean(ys) - row
        assert q_values[np.argmax(MOVES[:, ::-1] @ middle)] == q_values.max()
        assert max(abs(np.array(xs) - col)) < 0.5
        assert max(abs(np.array(ys) - row)) < 0.5


@pytest.mark.parametrize("palette", [PALETTE, VISITS_PALETTE])
def test_letters_can_be_read_on_every_colour(palette):
    assert min(contrast(colour, contrasting(colour)) for colour in palette) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_letters_can_be_read_on_cells_never_visited(theme):
    assert contrast(theme.ink, theme.free) >= 4.5
    assert contrast(theme.muted, theme.line) >= 4.5


def test_cards_are_sent_only_while_the_pointer_is_over_the_grid():
    trainer = train("S...\n...G", n_steps=60)
    shown = Shown(trainer.snapshot, *DEFAULT)
    assert shown.grid.plot.toolbar.tools == []
    shown.document.callbacks.trigger_event(MouseEnter(shown.grid.plot))
    snapshot = trainer.snapshot
    cards = shown.source("map")["card"]
    assert [card.partition("</b>")[0] for card in cards[:4]] == [f"<b>(0, {i})" for i in range(4)]
    assert cards[7].endswith("Goal: reaching it ends the episode.")
    assert set(cards[8:]) == {""}
    for state in range(7):
        assert f"{snapshot.visits[state].sum()} visit" in cards[state]
        assert exact(snapshot.plan.values[state], 3) in cards[state]
        for value in snapshot.q_values[state]:
            assert exact(value, 3) in cards[state]
    shown.document.callbacks.trigger_event(MouseLeave(shown.grid.plot))
    trainer.advance(50)
    shown.view.update(trainer.snapshot)
    assert shown.source("map")["card"] == cards


@settings(deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.integers(0, 3))
def test_a_card_says_which_action_is_greedy_and_why(q_values, n_visits):
    best = best_actions(np.array([q_values]))[0].tolist()
    words = why(actions.actions_of(Trainer().snapshot), q_values, best, n_visits)
    if not n_visits:
        assert words.startswith("Never acted here")
    elif sum(best) == 4:
        assert "all four tie" in words
    else:
        said = words.partition("since")[0].partition("tie")[0]
        assert [arrow in said for arrow in "↑→↓←"] == best
        assert ("tie" in words) == (sum(best) > 1)
