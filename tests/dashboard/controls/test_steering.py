import pytest
from playwright.sync_api import expect

from gridworld import GridWorldConfig, QLearningConfig, Trainer

pytestmark = pytest.mark.shares_page


@pytest.mark.slow
def test_run_to_pauses_after_so_many_episodes(dashboard):
    dashboard.enter(Run_to_episode=12, Steps_per_update=100)
    dashboard.press("Run to")
    expect(dashboard.status).to_have_text("Paused")
    expect(dashboard.progress).to_have_attribute("value", "12")
    dashboard.press("Run to")
    expect(dashboard.toasts("Run to episode must be above 12")).to_have_count(1)
    dashboard.enter(Run_to_episode=20)
    dashboard.press("Run to")
    expect(dashboard.progress).to_have_attribute("value", "20")


@pytest.mark.slow
def test_a_run_can_be_asked_to_finish_in_some_seconds(dashboard):
    dashboard.choose("Hard")
    dashboard.enter(**{"Finish in (s)": 4, "Episodes": 3000})
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    told = dashboard.toasts("Finished after 3,000 episodes").inner_text()
    seconds = float(told.split(" seconds")[0].split()[-1])
    assert 2 <= seconds <= 8


@pytest.mark.slow
def test_parameters_can_be_tuned_in_mid_run_and_the_run_made_again(dashboard):
    expect(dashboard.field("Learning rate now")).to_have_count(0)
    dashboard.toggle("Tune while training")
    expect(dashboard.field("Learning rate now")).to_have_count(0)  # there is no run yet
    for _ in range(4):
        dashboard.press("Episode")
    # What holds now is shown, and what was shown at first can be entered again.
    expect(dashboard.field("Epsilon now")).to_have_value("0.98015")
    dashboard.enter(Epsilon_now=1)
    expect(dashboard.number("Epsilon ε")).to_have_text("1.000")
    dashboard.enter(Learning_rate_now=0.5, Epsilon_now=0.25)
    expect(dashboard.number("Epsilon ε")).to_have_text("0.250")
    expect(dashboard.field("Learning rate")).to_have_count(0)  # they take its place
    dashboard.enter(Discount_factor_now=2)
    expect(dashboard.toasts("Discount factor now must be a number from 0 to 1")).to_have_count(1)
    dashboard.press("Episode", "Episode")
    dashboard.wait_until(lambda: dashboard.source("changes")["x"] == [4, 4])
    marks = dashboard.source("changes")
    assert [text.partition(",")[0] for text in marks["text"]] == [
        "ε → 0.25",
        "α 0.1 → 0.5",
    ]

    trainer = Trainer(GridWorldConfig(), QLearningConfig(), seed=0)
    for _ in range(4):
        trainer.step_episode()
    trainer.tune(epsilon=1)
    trainer.tune(learning_rate=0.5, epsilon=0.25)
    trainer.step_episode()
    trainer.step_episode()
    returns = trainer.snapshot.episode_returns.tolist()
    dashboard.wait_until(lambda: dashboard.source("episodes")["y"] == returns)
    dashboard.press("Stop")
    expect(dashboard.field("Learning rate now")).to_have_count(0)
    expect(dashboard.field("Learning rate")).to_be_enabled()
    expect(dashboard.field("Learning rate")).to_have_value("0.1")


@pytest.mark.slow
def test_a_run_stops_once_its_policy_has_stayed_optimal(dashboard):
    dashboard.enter(Stop_when_optimal_for=5, Episodes=5000, Steps_per_update=400)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    expect(dashboard.toasts("is optimal from the start")).to_have_count(1)
    expect(dashboard.number("Gap to optimal")).to_have_text("0")
    trainer = Trainer(
        GridWorldConfig(), QLearningConfig(num_episodes=5000, optimal_evaluations=5), seed=0
    )
    trainer.train()
    n_episodes = trainer.snapshot.episode
    assert n_episodes < 5000
    expect(dashboard.progress).to_have_attribute("value", str(n_episodes))


BUTTONS = (
    "Step",
    "Episode",
    "Finish",
    "Run to",
    "Stop",
    "Reset",
    "Undo",
)
FIELDS = (
    "Level",
    "Slip",
    "Maximum steps",
    "Learning rate",
    "Discount factor",
    "Epsilon",
    "Epsilon decay",
    "Minimum epsilon",
    "Initial Q",
    "Episodes",
    "Stop when optimal for",
    "Seed",
    "Steps per update",
    "Frames per second",
    "Finish in (s)",
    "Run to episode",
)


def test_every_control_says_what_it_does(dashboard):
    for control in (
        *map(dashboard.button, ("Start", *BUTTONS, "Play history", "More", "Advanced")),
        *map(dashboard.field, FIELDS),
        dashboard.page.get_by_role("switch", name="Turbo"),
        dashboard.page.get_by_role("switch", name="Tune while training"),
        dashboard.history,
        dashboard.layer("Policy"),
    ):
        assert len(control.evaluate(_HINT)) > 10


#: The browser's tooltip of an element: its own title or that of what it lies in.
_HINT = """(element) => {
  for (let at = element; at; at = at.parentNode ?? at.host)
    if (at.title) return at.title
  return ""
}"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "enabled"),
    [
        ("Ready", {"Start", "Step", "Episode", "Finish", "Run to"}),
        ("Learning", {"Pause", "Finish", "Stop", "Reset", "Run to"}),
        ("Paused", {"Resume", "Step", "Episode", "Finish", "Stop", "Reset", "Run to"}),
        ("Stopped", {"Start", "Reset", "Run to"}),
    ],
)
def test_a_button_is_enabled_where_it_makes_sense_and_works_from_the_keyboard(
    open_dashboard, status, enabled
):
    dashboard = open_dashboard()
    for name in {"Ready": (), "Learning": ("Start",), "Paused": ("Start", "Pause")}.get(
        status, ("Start", "More", "Stop")
    ):
        button = dashboard.page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()
        button.focus()
        dashboard.page.keyboard.press("Enter")
    expect(dashboard.status).to_have_text(status)
    (main,) = enabled & {"Start", "Pause", "Resume"}
    expect(dashboard.main_button).to_have_count(1)
    expect(dashboard.main_button).to_have_accessible_name(main)
    for name in (main, *BUTTONS):
        expect(dashboard.button(name)).to_be_enabled(enabled=name in enabled)
