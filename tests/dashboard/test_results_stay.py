"""A finished run stays on the page whatever is edited, and Undo brings back a discarded one."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.editor.mark import CHANGED, SHOW_MAP
from dashboard.rooms.discarded import UNDO_OFFER
from gridworld import LEVELS, GridWorldConfig, QLearningConfig, Trainer
from tests.dashboard.controls.test_files import download, upload
from tests.dashboard.controls.test_sharing import OpenedWatch, link
from tests.dashboard.editor.test_editing import EASY, click, painted
from tests.dashboard.views.test_map import expect_map
from tests.dashboard.views.test_seeing import is_visible
from tests.gridworld.runs.test_run import all_of

UNDO = "Undo: earlier run"
EPISODES = 40


def train(seed=0, **world):
    trainer = Trainer(GridWorldConfig(**world), QLearningConfig(num_episodes=EPISODES), seed)
    trainer.train(show_progress=False)
    trainer.analyse()
    return trainer


def mark(dashboard):
    return dashboard.page.get_by_role("status").filter(has_text=CHANGED)


def expect_run(dashboard, trainer, status="FINISHED"):
    """The page shows all of this run: numbers, curve, map, values and Q-table."""
    snapshot = trainer.snapshot
    expect(dashboard.status).to_have_text(status)
    expect(dashboard.number("Total steps")).to_have_text(f"{snapshot.total_steps:,}")
    expect(dashboard.progress).to_have_attribute("value", str(snapshot.episode))
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_returns.tolist()
    )
    expect_map(dashboard, snapshot.layout)
    dashboard.wait_until(lambda: dashboard.trail[-1] == snapshot.position)
    cells = snapshot.layout.replace("\n", "")
    values = snapshot.q_values.max(axis=1)
    shown = [
        f"{values[i]:.2f}".replace("-0.00", "0.00") for i, at in enumerate(cells) if at in "S."
    ]
    # The source keeps spare rows without text.
    dashboard.wait_until(
        lambda: [*filter(None, dashboard.source("State values numbers")["text"])] == shown
    )
    assert is_visible(dashboard, "State values")


@pytest.fixture
def finished(dashboard):
    """A page with a finished run."""
    finish(dashboard)
    return dashboard


def finish(dashboard):
    dashboard.enter(Episodes=EPISODES, Steps_per_update=1000)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")


def test_a_finished_run_stays_when_settings_change_and_the_page_says_so(finished):
    run = train()
    expect_run(finished, run)
    expect(mark(finished)).to_have_count(0)
    finished.enter(Slip=0.2)
    expect(mark(finished)).to_be_visible()
    finished.enter(Slip=0)
    expect(mark(finished)).to_have_count(0)
    finished.enter(Learning_rate=0.3)
    expect(mark(finished)).to_be_visible()
    finished.enter(Learning_rate=0.1)
    expect(mark(finished)).to_have_count(0)
    finished.choose("Hard")
    expect(mark(finished)).to_be_visible()
    expect_run(finished, run)
    finished.show("Q-table")
    first = finished.page.locator(".tabulator-row").first.locator(".tabulator-cell")
    expect(first.nth(-2)).to_have_text(f"{run.snapshot.visits[0].sum()}")
    finished.show("Curves")
    finished.history.focus()
    finished.page.keyboard.press("Home")
    expect(finished.page.get_by_text("Then: step 0, episode 0")).to_be_visible()
    finished.press("Back to live")
    expect_run(finished, run)
    finished.press("Share")
    to_settings = finished.page.get_by_role("link", name="Link to these settings")
    expect(to_settings).to_have_attribute("href", re.compile("level=hard"))
    finished.press("Share")

    finished.press("Start")
    expect_run(finished, train(level="hard"))
    expect(mark(finished)).to_have_count(0)
    expect(finished.toasts(f"A new run has begun. {UNDO_OFFER}")).to_have_count(1)
    finished.press(UNDO)
    expect_run(finished, run)
    expect(mark(finished)).to_be_visible()  # Hard had been chosen by then
    expect(finished.field("Level")).to_have_value("Hard")
    finished.press(UNDO)
    expect_run(finished, train(level="hard"))


@pytest.mark.slow
def test_the_map_of_the_next_run_can_be_looked_at_and_the_runs_again(finished):
    run = train()
    finished.choose("Hard")
    switch = finished.layer(SHOW_MAP)
    expect(switch).not_to_be_checked()
    switch.check()
    expect_map(finished, LEVELS["hard"].layout)
    assert not is_visible(finished, "State values")
    finished.choose("Medium")
    expect_map(finished, LEVELS["medium"].layout)
    switch.uncheck()
    expect_run(finished, run)
    switch.check()
    expect_map(finished, LEVELS["medium"].layout)
    finished.choose("Easy")
    expect(switch).not_to_be_visible()
    expect_run(finished, run)
    finished.choose("Medium")
    expect(switch).not_to_be_checked()
    switch.check()
    finished.press("Start")
    expect_run(finished, train(level="medium"))
    expect(switch).not_to_be_visible()


@pytest.mark.slow
def test_walls_drawn_over_a_finished_run_leave_it_and_nothing_moves_under_the_pointer(finished):
    run = train()
    finished.toggle("Edit map")
    finished.button("Clear").wait_for()
    expect(finished.page.get_by_text("What was learned stays until Start")).to_be_visible()
    finished.page.wait_for_timeout(500)
    plot = finished.page.locator(".bk-events").first
    plot.scroll_into_view_if_needed()
    place = plot.bounding_box()
    click(finished, (1, 0))
    expect_map(finished, painted("#", (1, 0)))
    expect(mark(finished)).to_be_visible()
    assert plot.bounding_box() == place
    expect(finished.status).to_have_text("FINISHED")
    expect(finished.number("Total steps")).to_have_text(f"{run.total_steps:,}")
    expect(finished.layer(SHOW_MAP)).not_to_be_visible()
    finished.toggle("Edit map")
    expect_run(finished, run)
    expect(finished.layer(SHOW_MAP)).to_be_visible()
    finished.toggle("Edit map")
    expect_map(finished, painted("#", (1, 0)))
    finished.press("Undo")  # the wall
    expect(mark(finished)).to_have_count(0)
    expect_run(finished, run)
    click(finished, (1, 0))
    finished.press("Start")
    expect_run(finished, train(layout=painted("#", (1, 0), layout=EASY)))


def test_reset_offers_undo_and_a_run_that_was_going_comes_back_paused(dashboard):
    expect(dashboard.button(UNDO)).to_be_disabled()
    dashboard.enter(Episodes=100_000)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=100)
    dashboard.press("Reset")
    expect(dashboard.number("Total steps")).to_have_text("0")
    expect(dashboard.toasts(f"Cleared. {UNDO_OFFER}")).to_have_count(1)
    dashboard.enter(Seed=5)
    dashboard.press(UNDO)
    expect(dashboard.status).to_have_text("PAUSED")
    steps = dashboard.total_steps
    assert steps > 100
    expect(dashboard.field("Seed")).to_have_value("0")
    expect(dashboard.field("Seed")).to_be_disabled()
    expect(dashboard.button(UNDO)).to_be_disabled()
    dashboard.press("Resume")
    dashboard.wait_for_steps(more_than=steps)
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("PAUSED")
    expected = Trainer(GridWorldConfig(), QLearningConfig(num_episodes=100_000))
    expected.advance(dashboard.total_steps)
    assert dashboard.trail[-1] == expected.snapshot.position


def test_an_upload_can_be_undone(finished, tmp_path):
    run, other = train(), train(seed=4, level="medium", slip=0.1)
    other.save(tmp_path / "run.npz")
    upload(finished, tmp_path / "run.npz")
    loaded = f"Run loaded, at episode {EPISODES}. {UNDO_OFFER}"
    expect(finished.toasts(loaded)).to_have_count(1)
    finished.show("Curves")
    expect_run(finished, other)
    expect(finished.field("Seed")).to_have_value("4")
    n_complete = finished.toasts("Training complete").count()
    finished.press(UNDO)
    expect_run(finished, run)
    for label, value in {"Seed": "0", "Slip": "0", "Level": "Easy"}.items():
        expect(finished.field(label)).to_have_value(value)
    assert finished.toasts("Training complete").count() <= n_complete


def test_a_download_is_of_the_run_not_of_the_settings_changed_since(finished, tmp_path):
    finished.choose("Hard")
    finished.enter(Learning_rate=0.7, Seed=3)
    finished.show("Files")
    run = Trainer.load(download(finished, "run", tmp_path))
    assert all_of(run) == all_of(train())
    assert (run.world_config.level, run.learning_config.learning_rate, run.seed) == ("easy", 0.1, 0)


@pytest.mark.slow
def test_all_pages_of_a_training_say_so_and_those_in_control_can_undo(open_dashboard, finished):
    finished.press("Share")
    control, watch = link(finished, "control"), link(finished, "watch")
    other = open_dashboard(control)
    student = OpenedWatch(finished.page.context.new_page(), watch)
    student.progress.wait_for()
    run = train()
    for dashboard in (other, student):
        expect_run(dashboard, run)
    finished.choose("Medium")
    for dashboard in (other, student):
        expect(mark(dashboard)).to_be_visible()
        expect_run(dashboard, run)
    expect(student.page.get_by_text("These are the next run's")).to_be_visible()
    expect(student.setting("Level")).to_have_text("Medium")
    student.layer(SHOW_MAP).check()
    expect_map(student, LEVELS["medium"].layout)
    expect_map(other, run.snapshot.layout)
    student.layer(SHOW_MAP).uncheck()

    finished.press("Reset")
    expect(other.button(UNDO)).to_be_enabled()
    expect(student.number("Total steps")).to_have_text("0")
    expect(mark(student)).to_have_count(0)
    expect(student.page.get_by_text("These are the next run's")).to_have_count(0)
    other.press(UNDO)
    for dashboard in (finished, student):
        expect_run(dashboard, run)
        expect(mark(dashboard)).to_be_visible()
        expect(dashboard.toasts("Training complete")).to_have_count(0)
    expect(finished.button(UNDO)).to_be_disabled()
    expect(student.button(UNDO)).to_have_count(0)
    assert student.troubles == []
