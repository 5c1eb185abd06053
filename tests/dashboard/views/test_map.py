import numpy as np
import pytest
from playwright.sync_api import expect

from gridworld import LEVELS, GridWorldConfig, QLearningConfig, Trainer, parse_layout

pytestmark = pytest.mark.shares_page

#: Map text, what is said beside the map.
REFUSED = [
    ("S.G\n..", "Map row 1 has 2 cells, expected 3"),
    ("S.G\n.Z.", "Map row 1, column 1 is 'Z', allowed are S G . # X C"),
    ("S#G\n.#.", "Map has no way to a goal from the start at row 0, column 0"),
    ("...\n..G", "Map has no start, it must have at least one 'S'"),
    ("", "Map must have 2 to 100 rows, got 0"),
]


def drawn(layout):
    """Walls and marks that a map should show."""
    cells = parse_layout(layout)
    walls = {tuple(place) for place in np.argwhere(cells == "#").tolist()}
    marks = {tuple(place): str(cells[tuple(place)]) for place in np.argwhere(cells != "#").tolist()}
    return walls, {place: mark for place, mark in marks.items() if mark != "."}


def expect_map(dashboard, layout):
    dashboard.wait_until(lambda: (dashboard.walls, dashboard.marks) == drawn(layout))


def test_every_level_can_be_chosen_and_shows_its_own_map(dashboard):
    drawing = {"Rows", "Columns", "Wall density", "Map seed"}
    for name, level in reversed(LEVELS.items()):
        dashboard.choose(level.title)
        expect(dashboard.page.get_by_text(level.description)).to_be_visible()
        for label in drawing:
            expect(dashboard.field(label)).to_be_visible(visible=name == "random")
        if level.layout:
            expect_map(dashboard, level.layout)


def test_a_random_map_follows_its_size_density_and_seed(dashboard):
    dashboard.choose("Random")
    dashboard.enter(Rows=4, Columns=9, Wall_density=0.5, Map_seed=3)
    config = GridWorldConfig(level="random", n_rows=4, n_cols=9, wall_density=0.5, map_seed=3)
    expect_map(dashboard, config.layout)


def test_a_map_of_ones_own_is_drawn_and_trained_on(dashboard):
    layout = "S.X\n#..\nC.G\n..."
    dashboard.press("Edit map")
    dashboard.enter_map(layout)
    expect_map(dashboard, layout)
    expect(dashboard.field("Level")).to_have_value("Custom")
    trainer = Trainer(GridWorldConfig(layout=layout), QLearningConfig(), seed=0)
    trainer.step_episode()
    dashboard.press("Episode")
    expect(dashboard.number("Total steps")).to_have_text(str(trainer.snapshot.total_steps))


def test_a_map_that_grows_is_whole_in_view(dashboard):
    dashboard.choose("Random")
    for label, size in (("Rows", 24), ("Columns", 26), ("Rows", 30), ("Columns", 6), ("Rows", 5)):
        dashboard.enter(**{label: size})
        axis = ("Rows", "Columns").index(label)
        most = size + 4  # with the numbers beside the map
        dashboard.wait_until(
            lambda at=axis, low=size, high=most: low <= dashboard.cells_in_view[at] < high
        )


@pytest.mark.slow
def test_a_map_that_cannot_be_played_is_said_beside_it_and_the_last_good_one_is_kept(dashboard):
    easy = LEVELS["easy"].layout
    dashboard.press("Edit map")
    for layout, problem in REFUSED:
        dashboard.enter_map(layout)
        expect(dashboard.page.get_by_role("alert").filter(has_text=problem).last).to_be_visible()
        expect(dashboard.button("Start")).to_be_disabled()
        dashboard.press_past("Start")
        expect(dashboard.status).to_have_text("Ready")
        expect(dashboard.field("Level")).to_have_value("Easy")
        dashboard.press("Undo")
        expect(dashboard.button("Start")).to_be_enabled()
        expect(dashboard.field("Map text")).to_have_value(easy)
        expect_map(dashboard, easy)


def test_the_trail_holds_the_last_twenty_cells_in_the_order_they_were_visited(dashboard):
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(), seed=0)
    dashboard.choose("Hard")
    dashboard.enter(Steps_per_update=7)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=50)
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    trainer.advance(dashboard.total_steps)
    assert len(trainer.snapshot.trail) == 20
    assert dashboard.trail == [tuple(cell) for cell in trainer.snapshot.trail.tolist()]


@pytest.mark.slow
def test_at_every_frame_the_trail_is_a_way_that_leads_to_the_agent(dashboard):
    walls, _ = drawn(LEVELS["hard"].layout)
    dashboard.choose("Hard")
    dashboard.enter(Steps_per_update=7)
    dashboard.watch_frames()
    dashboard.press("Start")
    dashboard.wait_until(lambda: len(dashboard.frames) >= 40)
    for trail in dashboard.frames:
        assert len(trail) <= 20
        assert walls.isdisjoint(trail)
        steps = np.abs(np.diff(trail, axis=0)).sum(axis=1)
        assert steps.max() <= 1
