import json

import numpy as np
import pytest
from bokeh.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.cells import Dynamics
from dashboard.views.grid import GridView
from gridworld import LEVELS, GridWorldConfig, QLearningConfig, Trainer, random_layout


def trained(n_steps=200, **world):
    trainer = Trainer(GridWorldConfig(**world), QLearningConfig(), seed=0)
    trainer.start()
    trainer.advance(n_steps)
    return trainer


def source(grid, name):
    sources = {r.data_source.name: r.data_source.data for r in grid.plot.renderers}
    return sources.get(name)


def lines(grid):
    """The lines of the trail: from (row, col) to (row, col)."""
    trail = source(grid, "trail")
    columns = (trail[name] for name in ("y0", "x0", "y", "x"))
    return [((a, b), (c, d)) for a, b, c, d in zip(*columns, strict=True) if (a, b) != (c, d)]


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40))
def test_every_cell_is_found_where_it_is_drawn_and_numbers_beside_the_map_lead_to_the_nearest(
    n_rows, n_cols
):
    layout = random_layout(n_rows, n_cols, 0.0, seed=0)
    grid = GridView(Trainer(GridWorldConfig(layout=layout)).snapshot)
    plot = grid.plot
    assert plot.x_range.start < -0.5 < n_cols - 0.5 < plot.x_range.end
    assert plot.y_range.end < -0.5 < n_rows - 0.5 < plot.y_range.start
    width, height = plot.x_range.end - plot.x_range.start, plot.y_range.start - plot.y_range.end
    assert width / height == pytest.approx(grid.ratio)
    for row, col in ((0, 0), (n_rows - 1, n_cols - 1)):
        for dx, dy in ((0, 0), (0.4, -0.4)):
            assert grid.cell_at(col + dx, row + dy) == (row, col)
    assert grid.cell_at(plot.x_range.start, n_rows - 1) == (n_rows - 1, 0)
    assert grid.cell_at(n_cols - 1, plot.y_range.end) == (0, n_cols - 1)


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "custom"])
def test_a_trail_is_made_of_the_steps_that_there_were(level):
    config = GridWorldConfig(level=level)
    trainer = Trainer(config, QLearningConfig(), seed=2)
    dynamics = Dynamics(tuple(config.wind), config.slip, config.gust)
    grid = GridView(trainer.snapshot, lambda: dynamics)
    n_cols = config.n_cols
    for _ in range(150):
        step = trainer.step()
        grid.update(trainer.snapshot)
        if len(trainer.snapshot.trail) == 1:
            assert lines(grid) == []
            continue
        was, now = divmod(step.state, n_cols), divmod(step.next_state, n_cols)
        is_fall = trainer.snapshot.layout.split()[was[0]][was[1]] and step.reward <= -50
        if is_fall and was != now and np.abs(np.subtract(was, now)).sum() > 1:
            assert all(end != now for _, end in lines(grid)[-1:]) or lines(grid)[-1][0] != was
        elif was != now:
            assert lines(grid)[-1] == (was, now)
        else:  # a bump is a short stroke at the cell
            start, end = lines(grid)[-1]
            assert end == now
            assert 0 < max(abs(start[0] - end[0]), abs(start[1] - end[1])) < 0.5


def test_no_line_is_drawn_from_the_cliff_back_to_the_start():
    layout = "....\nSCCG"
    trainer = Trainer(GridWorldConfig(layout=layout), QLearningConfig(), seed=0)
    grid = GridView(trainer.snapshot)
    falls = 0
    for _ in range(300):
        step = trainer.step()
        grid.update(trainer.snapshot)
        for start, end in lines(grid):
            assert abs(start[0] - end[0]) + abs(start[1] - end[1]) <= 1
        falls += step.reward == -1
    assert falls


def test_a_frame_is_one_small_event():
    trainer = trained(level="hard")
    grid = GridView(trainer.snapshot)
    document = Document()
    document.add_root(grid.plot)
    sent = []
    document.on_change(sent.append)
    for _ in range(10):
        trainer.advance(7)
        sent.clear()
        grid.update(trainer.snapshot)
        assert len(sent) == 1
        assert len(json.dumps([list(map(str, sent[0].patches.items()))])) < 900
    sent.clear()
    grid.update(trainer.snapshot)
    assert sent == []


def test_a_ring_stays_about_the_chosen_cell_until_there_is_another_map():
    trainer = trained()
    grid = GridView(trainer.snapshot)
    assert source(grid, "marks") is None
    grid.select((1, 2))
    trainer.advance(5)
    grid.update(trainer.snapshot)
    grid.set_dark(True)
    marks = source(grid, "marks")
    assert (marks["y"], marks["x"]) == ([1], [2])
    grid.select(None)
    assert source(grid, "marks")["x"] == []
    grid.select((0, 0))
    grid.update(trained(level="hard").snapshot)
    assert source(grid, "marks")["x"] == []


def test_a_step_is_marked_with_its_states_and_its_action():
    trainer = Trainer(seed=0)
    grid = GridView(trainer.snapshot)
    for _ in range(30):
        step = trainer.step()
        grid.mark_step(step)
        marks = source(grid, "marks")
        cells = {
            name: row * 5 + col
            for name, row, col in zip(marks["text"], marks["y"], marks["x"], strict=True)
        }
        if step.state == step.next_state:
            assert cells == {"S = S′": step.state}
        else:
            assert cells == {"S": step.state, "S′": step.next_state}
        xs, ys = marks["xs"][-1], marks["ys"][-1]
        direction = (ys[1] - ys[0], xs[1] - xs[0])
        assert (
            np.sign(np.round(direction, 6)).tolist()
            == [[-1, 0], [0, 1], [1, 0], [0, -1]][step.action]
        )
    grid.mark_step(None)
    assert source(grid, "marks")["x"] == []


def test_wind_is_drawn_above_its_columns_as_strong_as_it_is():
    config = GridWorldConfig(level="windy_gridworld")
    snapshot = Trainer(config).snapshot
    calm, windy = GridView(snapshot), GridView(snapshot, lambda: Dynamics(tuple(config.wind)))
    above = [xs[0] for xs, ys in _signs(windy) if max(ys) < -0.5]
    assert not [ys for _, ys in _signs(calm) if max(ys) < -0.5]
    assert [sum(round(x) == col for x in above) for col in range(10)] == list(config.wind)
    assert windy.ratio < calm.ratio


def _signs(grid):
    signs = source(grid, "signs")
    return list(zip(signs["xs"], signs["ys"], strict=True))


def test_the_plot_and_its_box_follow_the_shape_of_the_map():
    grid = GridView(Trainer(GridWorldConfig(layout="S...\n...G")).snapshot)
    box, before = grid.boxed(), grid.ratio
    assert grid.boxed() is box
    grid.update(trained(level="hard").snapshot)
    assert grid.ratio < before
    assert box.styles["aspect-ratio"] == f"{grid.ratio:.4f}"
    assert grid.plot.styles["max-width"] == f"calc(100cqh * {grid.ratio:.4f})"


def test_only_large_maps_can_be_zoomed_and_only_while_they_are_not_edited():
    grid = GridView(trained().snapshot)
    assert grid.plot.toolbar.tools == []
    large = Trainer(GridWorldConfig(layout=random_layout(30, 60, 0.1, seed=1))).snapshot
    grid.update(large)
    assert len(grid.plot.toolbar.tools) == 3
    whole = grid.plot.x_range.start, grid.plot.x_range.end
    assert grid.plot.x_range.bounds == whole
    grid.plot.x_range.update(start=3, end=12)
    grid.set_dark(True)
    assert grid.plot.x_range.start == 3
    grid.reset_view()
    assert (grid.plot.x_range.start, grid.plot.x_range.end) == whole
    grid.allow_zoom(False)
    assert grid.plot.toolbar.tools == []
    grid.allow_zoom(True)
    grid.update(trained().snapshot)
    assert grid.plot.toolbar.tools == []
    assert grid.plot.x_range.bounds is None
