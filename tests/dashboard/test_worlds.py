"""On the page: moves, wind, maps that change, other makers' environments, an own agent."""

import sys

import gymnasium
import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard import elements
from dashboard.rooms.environments import offer_environments
from dashboard.rooms.room import Room
from dashboard.session.url import UrlSync
from dashboard.views.board.shapes import arrows, outlines, part
from dashboard.views.cell import CellView
from dashboard.views.cells import Dynamics, moves_of
from dashboard.views.curves.quantities import optimum_of
from dashboard.views.grid import GridView
from dashboard.views.layers.stack import LayeredView
from dashboard.views.layers.tiles import parts_of_tile, pointer_tiles
from dashboard.views.picture import PictureView
from dashboard.views.step import StepView
from dashboard.views.table import make_rows
from dashboard.words.actions import actions_of
from dashboard.words.asking import answers
from dashboard.words.facts import Context
from dashboard.words.sentence import sentence_of
from gridworld import (
    LEVELS,
    MOVE_SETS,
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    parse_layout,
    random_layout,
)
from tests.dashboard.browsing import OpenedDashboard
from tests.serving import ROOT, serve

KING = tuple((int(col), int(row)) for row, col in MOVE_SETS["king_or_stay"])
FOUR = KING[:4]


def trained(level, n_steps=3000, **world):
    config = GridWorldConfig(level=level, **world)
    trainer = Trainer(config, QLearningConfig(num_episodes=1000, epsilon=0.3, min_epsilon=0.3))
    trainer.advance(n_steps)
    trainer.pause()
    trainer.analyse()
    return trainer


@pytest.mark.parametrize("moves", [FOUR, KING[:8], KING])
def test_the_parts_of_a_cell_fill_it_and_lie_where_the_actions_lead(moves):
    def area(corners):
        xs, ys = zip(*corners, strict=True)
        return abs(np.dot(xs, np.roll(ys, 1)) - np.dot(ys, np.roll(xs, 1))) / 2

    parts = [part(move, moves, 0.5) for move in moves]
    moving = [corners for move, corners in zip(moves, parts, strict=True) if any(move)]
    assert sum(map(area, moving)) == pytest.approx(1)
    for move, corners in zip(moves, parts, strict=True):
        middle = np.mean(corners, axis=0)
        if any(move):
            towards = [np.dot(middle, other) / np.hypot(*other) for other in moves if any(other)]
            chosen = np.dot(middle, move) / np.hypot(*move)
            assert chosen == max(towards)
        else:
            assert np.allclose(middle, 0)
        line = outlines([move], moves, 0.5)
        assert line[0] == line[-1] == (0.0, 0.0)
        assert np.abs(line).max() < 0.5


@pytest.mark.parametrize("moves", [FOUR, tuple(reversed(FOUR)), KING])
def test_on_a_large_map_pixels_belong_to_the_action_that_leads_there(moves):
    for n in (7, 21):
        of = parts_of_tile(n, moves)
        for action, (dx, dy) in enumerate(moves):
            at = n // 2 + (n // 2 - 1) * np.array([dy, dx])
            assert of[tuple(at)] == action
        tiles = pointer_tiles(n, 1, True, moves)
        assert len(tiles) == 2 ** len(moves)
        assert not tiles[0].any()
        for action, (dx, dy) in enumerate(moves):
            at = tuple(n // 2 + (n // 2 - 1) * np.array([dy, dx]))
            assert tiles[1 << action][at]
            if any((dx, dy)):
                assert not tiles[1 << action][tuple(n - 1 - np.array(at))]


def test_arrows_point_where_the_actions_lead():
    for move in KING[:8]:
        (x0, y0), (x1, y1), *_ = arrows([move])
        assert np.allclose(np.sign([x1 - x0, y1 - y0]), move)
        assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(0.44)


@pytest.mark.parametrize("level", ["kings_moves", "FrozenLake-v1", "CliffWalkingSlippery-v1"])
@pytest.mark.parametrize("moves", ["four", "king_or_stay"])
def test_every_layer_draws_any_moves(level, moves):
    world = {} if LEVELS[level].env else {"moves": moves}
    snapshot = trained(level, **world).snapshot
    grid = GridView(snapshot)
    view = LayeredView(grid, snapshot)
    for background in ("Q-values", "Difference", "Visits"):
        view.choose(background, ("Policy", "Optimal policy", "Trail"))
    names = actions_of(snapshot)
    assert len(set(names.signs)) == len(set(names.names)) == snapshot.q_values.shape[1]
    assert len(moves_of(snapshot)) == snapshot.q_values.shape[1]


def test_a_large_map_with_kings_moves_is_drawn_as_a_picture():
    layout = random_layout(25, 25, 0.2, 1)
    trainer = Trainer(GridWorldConfig(layout=layout, moves="king_or_stay"), QLearningConfig())
    trainer.advance(20_000)
    view = LayeredView(GridView(trainer.snapshot), trainer.snapshot)
    view.choose("Q-values", ("Policy", "Trail"))
    view.update(trainer.snapshot)
    assert view.legend.text


@pytest.mark.parametrize("level", [name for name in LEVELS if name != "custom"])
def test_every_question_has_an_answer_in_every_level(level):
    trainer = trained(level, 2000)
    said = answers(trainer.snapshot, Context(world=trainer.world))
    assert all(answer.sentences for answer in said)


def test_the_map_on_the_grid_is_that_of_the_moment():
    trainer = trained("blocking_maze", 2000)
    grid = GridView(trainer.moment_at(500), lambda: Dynamics(changes_after=1000))
    first = dict(grid.map.data_source.data)
    grid.update(trainer.snapshot)
    assert grid.map.data_source.data["letter"] != first["letter"]
    grid.update(trainer.moment_at(999))
    assert grid.map.data_source.data["letter"] == first["letter"]


def test_an_environment_without_a_map_is_told_by_its_states():
    offer_environments()
    trainer = Trainer(GridWorldConfig(level="Taxi-v4"), QLearningConfig(num_episodes=3000))
    trainer.train(show_progress=False)
    trainer.analyse()
    snapshot, context = trainer.snapshot, Context(world=trainer.world, cell=(0, 214))
    said = [" ".join(answer.sentences) for answer in answers(snapshot, context)]
    assert not [text for text in said if "(0, " in text]
    assert any("state 214" in text for text in said)
    steps = StepView(snapshot)
    assert "state " in steps.div.text
    cell = CellView(snapshot)
    cell.update(snapshot)
    cell.select((0, 214))
    assert (cell.title, cell.row.visible, cell.column.label) == ("State 214", False, "State")
    assert cell.body.text.count("action 5") >= 1
    rows = make_rows(snapshot)
    assert len(rows) == trainer.world.reachable.sum()
    assert list(rows.columns[1:7]) == list("012345")
    with pytest.raises(ValueError, match=r"^source must be of a world with a map"):
        elements.values(trainer)


def test_of_an_environment_that_is_stepped_no_optimum_is_claimed():
    offer_environments()
    trainer = Trainer(GridWorldConfig(level="Blackjack-v1"), QLearningConfig(num_episodes=200))
    trainer.train(show_progress=False)
    trainer.analyse()
    snapshot, context = trainer.snapshot, Context()
    assert "it has no table of its outcomes" in sentence_of(snapshot, context).text
    assert optimum_of("Return", snapshot) == (None, "")
    assert all(answer.sentences for answer in answers(snapshot, context))


def test_the_picture_is_drawn_at_most_twice_a_second_and_says_what_it_cannot_show():
    offer_environments()
    trainer = Trainer(GridWorldConfig(level="Taxi-v4"), QLearningConfig())
    trainer.advance(10)
    view = PictureView(trainer.render, lambda: True)
    view.update(trainer.snapshot)
    assert view.min_interval >= 0.5
    first = view._markup.text
    assert "data:image/png;base64," in first
    before = trainer.snapshot.position
    while trainer.snapshot.position == before:
        trainer.advance(1)
    view.update(trainer.snapshot)
    assert view._markup.text != first

    def without_pygame(state):
        raise ImportError("no pygame")

    view = PictureView(without_pygame, lambda: True)
    view.update(trainer.snapshot)
    assert "pip install" in view._markup.text
    cards = Trainer(GridWorldConfig(level="Blackjack-v1"), QLearningConfig())
    cards.advance(3)
    view = PictureView(cards.render, lambda: False)
    view.update(cards.snapshot)
    assert "There is a picture of the present alone." in view._markup.text


@pytest.mark.parametrize("name", ["os:Taxi-v4", "this:Zen-v0", "CartPole-v1", "Pendulum-v1", "%00"])
def test_a_link_can_have_no_environment_but_those_of_the_server(name, monkeypatch):
    offer_environments()
    room, made = Room(), []
    monkeypatch.setattr(gymnasium, "make", lambda *given, **_: made.append(given))
    complaints = UrlSync(room).apply(f"?level={name}")
    assert len(complaints) == 1
    assert complaints[0].startswith("Address: Level must be one of")
    assert room.world_config.level == "easy"
    assert not made
    assert "this" not in sys.modules
    room.close()


def test_those_who_serve_can_offer_others(monkeypatch, caplog):
    monkeypatch.setenv("GRIDWORLD_ENVS", "FrozenLake8x8-v1, Nowhere-v0, CartPole-v1")
    offer_environments.__wrapped__()
    assert "environment 'Nowhere-v0' cannot be had" in caplog.text
    assert "environment 'CartPole-v1' cannot be had" in caplog.text
    assert {"Taxi-v4", "Blackjack-v1", "FrozenLake8x8-v1"} <= set(LEVELS)
    assert not {"Nowhere-v0", "CartPole-v1"} & set(LEVELS)


@pytest.mark.shares_page
def test_a_taxi_is_watched_in_its_own_picture(dashboard):
    page = dashboard.page
    dashboard.choose("Taxi-v4")
    picture = page.get_by_role("img", name="The agent is in state")
    expect(picture).to_be_visible()
    dashboard.press("Step")
    expect(page.get_by_text("it chose action")).to_be_visible()
    dashboard.show("Cell")
    field = page.get_by_role("spinbutton", name="State").or_(page.get_by_label("State", exact=True))
    field.first.fill("214")
    field.first.press("Enter")
    expect(page.get_by_role("heading", name="State 214")).to_be_visible()
    dashboard.press("Stop", "Watch greedy")
    expect(page.get_by_text("Greedy from state")).to_be_visible()
    dashboard.press("Stop watching")
    dashboard.choose("Easy")
    dashboard.press("Start")
    dashboard.wait_until(lambda: len(dashboard.walls) == 3)
    expect(picture).to_be_hidden()
    dashboard.press("Stop")


@pytest.mark.shares_page
def test_a_game_of_cards_is_stepped_and_can_be_paused(dashboard):
    dashboard.choose("Blackjack-v1")
    dashboard.press("Start")
    dashboard.wait_for_steps()
    dashboard.press("Pause")
    expect(dashboard.page.get_by_role("img", name="The agent is in state")).to_be_visible()
    expect(dashboard.page.get_by_text("Planning cannot judge its greedy policy")).to_be_visible()
    dashboard.press("Finish")
    dashboard.wait_until(lambda: "Finished" in dashboard.status.inner_text())


@pytest.mark.shares_page
def test_a_maze_changes_before_ones_eyes(dashboard):
    dashboard.choose("Blocking maze")
    config = GridWorldConfig(level="blocking_maze")
    walls = [
        {tuple(place) for place in np.argwhere(parse_layout(text) == "#").tolist()}
        for text in (config.layout, config.later_layout)
    ]
    dashboard.wait_until(lambda: dashboard.walls == walls[0])
    dashboard.press("Finish")
    dashboard.wait_until(lambda: dashboard.walls == walls[1])
    expect(dashboard.page.get_by_text("map changed after 1,000 steps")).to_be_visible()
    dashboard.wait_until(lambda: "Finished" in dashboard.status.inner_text())


@pytest.mark.shares_page
def test_frozen_lake_is_learned_with_its_own_actions(dashboard):
    dashboard.choose("FrozenLake-v1")
    dashboard.press("Step")
    words = dashboard.page.get_by_text("In (0, 0) it")
    expect(words).to_be_visible()
    dashboard.show("Cell")
    dashboard.click_cell(0, 0)
    rows = dashboard.page.locator("tbody th")
    expect(rows).to_have_text(["← left", "↓ down", "→ right", "↑ up"])
    dashboard.press("Stop")


@pytest.mark.slow
def test_an_own_agent_is_watched_on_the_page(context):
    with serve(ROOT / "tests" / "dashboard" / "apps" / "own_agent.py") as server:
        opened = OpenedDashboard(context.new_page(), server.url)
        expect(opened.field("Algorithm")).to_have_value("Mean")
        opened.press("Step")
        expect(opened.page.get_by_text("An agent of one's own").first).to_be_attached()
        opened.press("Finish")
        opened.wait_until(lambda: "Finished" in opened.status.inner_text())
        expect(opened.page.get_by_text("200 of 200 episodes").first).to_be_visible()
        assert not opened.troubles
        assert server.complaints() == []
