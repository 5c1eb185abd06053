import re

import pytest
from playwright.sync_api import expect

from gridworld import GridWorldConfig, QLearningConfig, Trainer

pytestmark = pytest.mark.shares_page


def trained(seed=0, learning=None, **world):
    trainer = Trainer(GridWorldConfig(**world), QLearningConfig(**learning or {}), seed=seed)
    trainer.train()
    return trainer.snapshot


def expect_numbers(dashboard, snapshot):
    expect(dashboard.number("Total steps")).to_have_text(f"{snapshot.total_steps:,}")
    last_return = f"{snapshot.episode_returns[-1]:.2f}".replace("-", "−")
    expect(dashboard.number("Last return")).to_have_text(last_return)
    expect(dashboard.number("Epsilon ε")).to_have_text(f"{snapshot.epsilon:.3f}")


def test_a_run_on_the_easy_level_goes_from_start_to_finish(dashboard):
    expected = trained()
    expect(dashboard.status).to_have_text("Ready")
    dashboard.enter(Steps_per_update=700)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    told = dashboard.toasts("Finished after").inner_text()
    assert re.fullmatch(
        r"Finished after 500 episodes( in \d+ seconds?)?: its greedy policy is optimal from the "
        r"start\.",
        told,
    )
    expect(dashboard.progress).to_have_attribute("value", "500")
    expect(dashboard.progress).to_have_attribute("max", "500")
    expect(dashboard.page.get_by_text("Episode 500 of 500")).to_be_visible()
    expect_numbers(dashboard, expected)
    curve = dashboard.source("episodes")
    assert curve["x"] == list(range(1, 501))
    assert curve["y"] == expected.episode_returns.tolist()
    assert len(dashboard.source("means")["x"]) == 500


@pytest.mark.slow
def test_the_same_settings_give_the_numbers_of_a_trainer_at_any_pace(dashboard):
    learning = {"learning_rate": 0.3, "epsilon_decay": 0.98, "num_episodes": 300}
    expected = trained(7, learning, level="hard", slip=0.1)
    dashboard.choose("Hard")
    dashboard.enter(Slip=0.1, Learning_rate=0.3, Epsilon_decay=0.98, Episodes=300, Seed=7)
    dashboard.enter(Steps_per_update=1999)
    for _ in range(2):
        dashboard.press("Start")
        expect(dashboard.status).to_have_text("Finished")
        expect_numbers(dashboard, expected)
        assert dashboard.source("episodes")["y"] == expected.episode_returns.tolist()
        dashboard.press("Reset")
        expect(dashboard.status).to_have_text("Ready")
        dashboard.toggle("Turbo")


@pytest.mark.slow
def test_start_after_the_end_begins_anew(dashboard):
    dashboard.enter(Episodes=2)
    dashboard.press("Episode", "Episode")
    expect(dashboard.status).to_have_text("Finished")
    dashboard.enter(Episodes=3, Frames_per_second=2, Steps_per_update=1)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Learning")
    expect(dashboard.progress).to_have_attribute("value", "0")
    assert dashboard.total_steps < 20
    assert dashboard.source("episodes")["x"] == []
    dashboard.toggle("Turbo")
    expect(dashboard.progress).to_have_attribute("value", "3")


def test_pause_holds_the_run_still_and_resume_goes_on(dashboard):
    dashboard.press("Start")
    dashboard.wait_for_steps()
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    held, trail = dashboard.total_steps, dashboard.trail
    dashboard.page.wait_for_timeout(1000)
    assert (dashboard.total_steps, dashboard.trail) == (held, trail)
    dashboard.press("Resume")
    expect(dashboard.status).to_have_text("Learning")
    dashboard.wait_for_steps(more_than=held)


def test_step_makes_one_update_and_episode_goes_to_the_end_of_one(dashboard):
    trainer = Trainer(GridWorldConfig(), QLearningConfig(), seed=0)
    for n_steps in (1, 2, 3):
        trainer.step()
        dashboard.press("Step")
        expect(dashboard.number("Total steps")).to_have_text(str(n_steps))
        expect(dashboard.status).to_have_text("Paused")
        assert dashboard.trail[-1] == trainer.snapshot.position
    for n_episodes in (1, 2):
        trainer.step_episode()
        dashboard.press("Episode")
        expect(dashboard.progress).to_have_attribute("value", str(n_episodes))
        expect_numbers(dashboard, trainer.snapshot)
        assert dashboard.source("episodes")["x"] == list(range(1, n_episodes + 1))


def test_stop_unlocks_the_settings_and_says_where_it_stopped(dashboard):
    dashboard.press("Start")
    expect(dashboard.field("Learning rate")).to_be_disabled()
    dashboard.wait_until(lambda: dashboard.progress.get_attribute("value") != "0")
    dashboard.press("Stop")
    expect(dashboard.status).to_have_text("Stopped")
    n_episodes = dashboard.progress.get_attribute("value")
    told = f"Stopped: {n_episodes} of 500 episodes {'is' if n_episodes == '1' else 'are'} done."
    expect(dashboard.toasts(told)).to_have_count(1)
    for label in ("Level", "Slip", "Learning rate", "Episodes", "Seed"):
        expect(dashboard.field(label)).to_be_enabled()


def test_reset_clears_the_numbers_the_curve_and_the_trail(dashboard):
    dashboard.press("Episode", "Step", "Step")
    expect(dashboard.status).to_have_text("Paused")
    dashboard.press("Reset")
    expect(dashboard.status).to_have_text("Ready")
    expect(dashboard.number("Total steps")).to_have_text("0")
    expect(dashboard.number("Last return")).to_have_text("–")
    expect(dashboard.number("Epsilon ε")).to_have_text("1.000")
    expect(dashboard.progress).to_have_attribute("value", "0")
    for line in ("episodes", "means"):
        assert not any(dashboard.source(line).values())
    assert set(dashboard.trail) == {(0, 0)}
