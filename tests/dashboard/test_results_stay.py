"""A finished run stays on the page whatever is edited, and Undo brings back a discarded one."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.editor.mark import SHOW_MAP
from dashboard.rooms.discarded import UNDO_OFFER
from gridworld import LEVELS, GridWorldConfig, QLearningConfig, Trainer
from tests.dashboard.controls.test_files import download
from tests.dashboard.controls.test_sharing import OpenedWatch, link
from tests.dashboard.editor.test_editing import EASY, click, painted
from tests.dashboard.views.test_map import expect_map
from tests.dashboard.views.test_seeing import is_visible
from tests.gridworld.runs.test_run import all_of

UNDO = "Undo"
EPISODES = 40


def train(seed=0, **world):
    trainer = Trainer(GridWorldConfig(**world), QLearningConfig(num_episodes=EPISODES), seed)
    trainer.train(show_progress=False)
    trainer.analyse()
    return trainer


def mark(dashboard):
    """The words that settings have changed since the run that is shown."""
    return dashboard.page.locator("p", has_text="Settings have changed")


def expect_run(dashboard, trainer, status="Finished"):
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
    values, been = snapshot.q_values.max(axis=1), snapshot.visits.any(axis=1)
    learned = [values[i] for i, at in enumerate(cells) if at in "S." and been[i]]
    dashboard.wait_until(lambda: shown_values(dashboard) == pytest.approx(learned, abs=0.0051))
    assert is_visible(dashboard, "State values")


def shown_values(dashboard):
    """The values that stand on the map; spare rows and cells not entered have none."""
    texts = dashboard.source("State values numbers")["text"]
    return [float(text.replace("−", "-")) for text in texts if text]


@pytest.fixture
def finished(dashboard):
    """A page with a finished run."""
    finish(dashboard)
    return dashboard


def finish(dashboard):
    dashboard.enter(Episodes=EPISODES, Steps_per_update=1000)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")


@pytest.mark.shares_page
def test_a_finished_run_stays_when_settings_change_and_the_page_says_so(finished):
    run = train()
    expect_run(finished, run)
    expect(mark(finished)).to_have_count(0)
    news = finished.page.get_by_role("status", name="News")
    expect(news).to_be_empty()
    finished.enter(Slip=0.2)
    expect(mark(finished)).to_be_visible()
    expect(news).to_have_text("Settings have changed; Start begins a new run with them.")
    finished.enter(Slip=0)
    expect(mark(finished)).to_have_count(0)
    expect(news).to_be_empty()
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
    finished.history.focus()
    finished.page.keyboard.press("Home")
    expect(finished.page.get_by_text("Before the first step")).to_be_visible()
    finished.press("Back to live")
    expect_run(finished, run)
    finished.press("Share")
    to_settings = finished.page.get_by_role("link", name="Link to these settings")
    expect(to_settings).to_have_attribute("href", re.compile("level=hard"))
    finished.press("Close Share")

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


@pytest.mark.shares_page
@pytest.mark.slow
def test_the_map_of_the_next_run_can_be_looked_at_and_the_runs_again(finished):
    run = train()
    finished.choose("Hard")
    switch = finished.page.get_by_role("checkbox", name=SHOW_MAP, exact=True)
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


@pytest.mark.shares_page
@pytest.mark.slow
def test_walls_drawn_over_a_finished_run_leave_it_and_nothing_moves_under_the_pointer(finished):
    run = train()
    finished.press("Edit map")
    finished.button("Clear").wait_for()
    finished.page.wait_for_timeout(500)
    plot = finished.page.locator(".bk-events").first
    plot.scroll_into_view_if_needed()
    place = plot.bounding_box()
    click(finished, (1, 0))
    expect_map(finished, painted("#", (1, 0)))
    expect(mark(finished)).to_be_visible()
    assert plot.bounding_box() == place
    expect(finished.status).to_have_text("Finished")
    expect(finished.number("Total steps")).to_have_text(f"{run.total_steps:,}")
    expect(finished.page.get_by_role("checkbox", name=SHOW_MAP, exact=True)).not_to_be_visible()
    finished.press("Edit map")
    expect_run(finished, run)
    expect(finished.page.get_by_role("checkbox", name=SHOW_MAP, exact=True)).to_be_visible()
    finished.press("Edit map")
    expect_map(finished, painted("#", (1, 0)))
    finished.press("Undo")  # the wall
    expect(mark(finished)).to_have_count(0)
    expect_run(finished, run)
    click(finished, (1, 0))
    finished.press("Start")
    expect_run(finished, train(layout=painted("#", (1, 0), layout=EASY)))


@pytest.mark.slow
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
    expect(dashboard.status).to_have_text("Paused")
    steps = dashboard.total_steps
    assert steps > 100
    expect(dashboard.field("Seed")).to_have_value("0")
    expect(dashboard.field("Seed")).to_be_disabled()
    expect(dashboard.button(UNDO)).to_be_disabled()
    dashboard.press("Resume")
    dashboard.wait_for_steps(more_than=steps)
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    expected = Trainer(GridWorldConfig(), QLearningConfig(num_episodes=100_000))
    expected.advance(dashboard.total_steps)
    assert dashboard.trail[-1] == expected.snapshot.position


@pytest.mark.slow
def test_an_upload_can_be_undone(finished, tmp_path):
    run, other = train(), train(seed=4, level="medium", slip=0.1)
    other.save(tmp_path / "run.npz")
    finished.open("Save")
    finished.field("Upload run").set_input_files(tmp_path / "run.npz")
    loaded = f"Run loaded, at episode {EPISODES}. {UNDO_OFFER}"
    expect(finished.toasts(loaded)).to_have_count(1)
    expect_run(finished, other)
    expect(finished.field("Seed")).to_have_value("4")
    n_complete = finished.toasts("Finished after").count()
    finished.press(UNDO)
    expect_run(finished, run)
    for label, value in {"Seed": "0", "Slip": "0", "Level": "Easy"}.items():
        expect(finished.field(label)).to_have_value(value)
    assert finished.toasts("Finished after").count() <= n_complete


@pytest.mark.shares_page
@pytest.mark.slow
def test_a_download_is_of_the_run_not_of_the_settings_changed_since(finished, tmp_path):
    finished.choose("Hard")
    finished.enter(Learning_rate=0.7, Seed=3)
    finished.open("Save")
    run = Trainer.load(download(finished, "run", tmp_path))
    assert all_of(run) == all_of(train())
    assert (run.world_config.level, run.learning_config.learning_rate, run.seed) == ("easy", 0.1, 0)


@pytest.mark.slow
def test_all_pages_of_a_training_say_so_and_those_in_control_can_undo(open_dashboard, finished):
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
    switch = student.page.get_by_role("checkbox", name=SHOW_MAP, exact=True)
    switch.check()
    expect_map(student, LEVELS["medium"].layout)
    expect_map(other, run.snapshot.layout)
    switch.uncheck()

    finished.press("Reset")
    expect(other.button(UNDO)).to_be_enabled()
    expect(student.number("Total steps")).to_have_text("0")
    expect(mark(student)).to_have_count(0)
    expect(student.page.get_by_text("These are the next run's")).to_have_count(0)
    other.press(UNDO)
    for dashboard in (finished, student):
        expect_run(dashboard, run)
        expect(mark(dashboard)).to_be_visible()
        expect(dashboard.toasts("Finished after")).to_have_count(0)
    expect(finished.button(UNDO)).to_be_disabled()
    for name in ("More", UNDO):
        expect(student.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    assert student.troubles == []
