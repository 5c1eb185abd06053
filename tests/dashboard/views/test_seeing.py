import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.views.layers.stack import DEFAULT, LAYERS
from gridworld import GridWorldConfig, QLearningConfig, Trainer


def train(n_steps=None, episodes=500, **world):
    trainer = Trainer(GridWorldConfig(**world), QLearningConfig(num_episodes=episodes), seed=0)
    trainer.start()
    trainer.advance(10**9 if n_steps is None else n_steps)
    trainer.analyse()
    return trainer


def is_visible(dashboard, name):
    """Whether what is drawn from a source is to be seen."""
    return dashboard.page.evaluate(_IS_VISIBLE, name)


_IS_VISIBLE = """(name) => [...Bokeh.documents[0]._all_models.values()].some(
  (model) => model.type === "GlyphRenderer" && model.data_source.name === name && model.visible
)"""


def test_each_layer_is_switched_on_and_off_in_mid_run(dashboard):
    dashboard.choose("Hard")
    dashboard.enter(Episodes=1_000_000)
    dashboard.press("Start")
    dashboard.wait_for_steps()
    for title in LAYERS:
        layer, name = dashboard.layer(title), title
        if title in ("Q-values", "Difference"):
            name = f"{title} triangles"
        expect(layer).to_be_checked(checked=title in DEFAULT)
        shows = not layer.is_checked()
        for state in (shows, not shows):
            layer.set_checked(state)
            if title == "Trail":  # the agent is drawn from the same source, and stays
                continue
            dashboard.wait_until(
                lambda state=state, name=name: is_visible(dashboard, name) == state, seconds=5
            )
    expect(dashboard.status).to_have_text("RUNNING")
    dashboard.wait_for_steps(more_than=dashboard.total_steps)


@pytest.mark.slow
def test_layers_of_a_large_map_are_pictures_that_follow_the_run(dashboard):
    dashboard.choose("Random")
    dashboard.enter(Rows=100, Columns=100, Episodes=1_000_000)
    titles = [title for title in LAYERS if title != "Trail"]
    for title in titles:
        dashboard.layer(title).check()
        dashboard.wait_until(lambda title=title: is_visible(dashboard, f"{title} tiles"))

    def drawn():
        return {title: dashboard.source(f"{title} tiles")["url"] for title in titles}

    # What planning says comes within seconds, and stays when a run starts.
    expect(dashboard.number("Gap to optimal")).not_to_have_text("–")
    dashboard.wait_until(lambda: all(len(url) == 1 for url in drawn().values()))
    before = drawn()
    dashboard.press("Start")
    dashboard.wait_until(
        lambda: (
            {title for title, url in drawn().items() if url != before[title]}
            == {"State values", "Q-values", "Policy", "Visits", "Difference"}
        )
    )


def test_policy_and_values_are_those_of_the_agent(dashboard):
    dashboard.choose("Hard")
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    snapshot = train(level="hard").snapshot
    cells = np.array(list(snapshot.layout.replace("\n", "")))
    acted_in = np.isin(cells, ["S", "."])
    q_values = snapshot.q_values[acted_in]
    best = q_values == q_values.max(axis=1, keepdims=True)

    def drawn():
        return (np.reshape(dashboard.source("Policy")["radius"], (-1, 4)) > 0).tolist()

    dashboard.wait_until(lambda: drawn() == best.tolist())
    # The scale, and with it the decimals, is that of the optimal values once they are known.
    expect(dashboard.number("Gap to optimal")).to_have_text("0")
    expected = [f"{round(value, 2) + 0.0:.2f}" for value in q_values.max(axis=1)]
    dashboard.wait_until(lambda: dashboard.source("State values numbers")["text"] == expected)


def test_a_step_is_a_worked_example(dashboard):
    dashboard.show("Inspector")
    expect(dashboard.page.get_by_text("Press Step")).to_be_visible()
    trainer = Trainer(GridWorldConfig(), QLearningConfig(), seed=0)
    for _ in range(3):
        step, update = trainer.step(), trainer.snapshot.last_update
        dashboard.press("Step")
        inspector = dashboard.page.get_by_text(f"number {trainer.total_steps} of this run")
        expect(inspector).to_be_visible()
        row, col = trainer.world.position(step.next_state)
        expect(dashboard.page.get_by_text(f"({row}, {col})").last).to_be_visible()
        said = "Explored" if step.explored else "Exploited"
        expect(dashboard.page.get_by_text(f"{said}:")).to_be_visible()
        expect(
            dashboard.page.get_by_text(f"{update.target:.4f}".replace("-", "−")).first
        ).to_be_visible()


def test_clicking_a_cell_shows_what_is_known_of_it(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    dashboard.show("Inspector")
    snapshot = train().snapshot
    for row, col in ((0, 0), (3, 4)):
        dashboard.click_cell(row, col)
        state = row * 5 + col
        expect(dashboard.page.get_by_text(f"Cell ({row}, {col})")).to_be_visible()
        for value in (*snapshot.q_values[state], *snapshot.plan.q_values[state]):
            shown = f"{value:.4f}".replace("-", "−")
            expect(dashboard.page.get_by_text(shown).first).to_be_visible()
    dashboard.click_cell(0, 2)
    expect(dashboard.page.get_by_text("Wall:")).to_be_visible()


def test_curves_show_the_optimum_and_the_greedy_policy(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    snapshot = train().snapshot
    dashboard.wait_until(lambda: dashboard.source("greedy")["x"])
    assert dashboard.source("optimum")["y"] == [snapshot.optimal_return] * 2
    greedy = dashboard.source("greedy")
    assert greedy["x"] == snapshot.evaluation_episodes.tolist()
    assert greedy["y"] == snapshot.evaluation_returns.tolist()
    dashboard.press("Length")
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_lengths.tolist()
    )
    assert dashboard.source("optimum")["y"] == [snapshot.optimal_length] * 2
    dashboard.press("Epsilon")
    dashboard.wait_until(
        lambda: dashboard.source("greedy")["y"] == snapshot.evaluation_epsilons.tolist()
    )
    dashboard.press("Return")
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_returns.tolist()
    )


def test_hovering_reads_a_curve_off(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    dashboard.wait_until(lambda: len(dashboard.source("means")["x"]) == 500)
    dashboard.page.wait_for_timeout(500)
    box = dashboard.page.locator(".bk-Canvas").nth(1).bounding_box()
    dashboard.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tooltip = dashboard.page.locator(".bk-Tooltip")
    expect(tooltip.filter(has_text="Mean of the last 100").first).to_be_visible()
    expect(tooltip.filter(has_text="Greedy policy").first).to_be_visible()


def test_the_q_table_follows_the_run_and_can_be_sorted(dashboard):
    dashboard.show("Q-table")
    expect(dashboard.page.get_by_role("columnheader", name="State")).to_be_visible()
    dashboard.press("Step")
    expect(dashboard.page.locator(".tabulator-row").first).to_be_visible()
    snapshot = train(1).snapshot
    state = snapshot.last_update.state
    visits = dashboard.page.locator(".tabulator-row").nth(state).locator(".tabulator-cell")
    expect(visits.nth(-2)).to_have_text("1")
    first = dashboard.page.locator(".tabulator-row").first.locator(".tabulator-cell")
    expect(first.nth(1)).to_have_text("(0, 0)")
    head = dashboard.page.get_by_role("columnheader", name="State")
    for order in ("ascending", "descending"):
        head.locator(".tabulator-col-sorter").click()
        expect(head).to_have_attribute("aria-sort", order)
        dashboard.page.wait_for_timeout(500)
    expect(first.nth(1)).to_have_text("(4, 4)")
    dashboard.field("Sort by").select_option("Visits, greatest first")
    expect(first.nth(-2)).to_have_text("1")


def test_history_shows_an_earlier_moment_and_leads_back_to_live(dashboard):
    expect(dashboard.history).to_be_disabled()
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    trainer = train()
    now = f"step {trainer.total_steps:,}, episode 500"
    expect(dashboard.page.get_by_text(f"Now: {now}")).to_be_visible()
    dashboard.history.focus()
    dashboard.page.keyboard.press("Home")
    expect(dashboard.page.get_by_text("Then: step 0, episode 0")).to_be_visible()
    dashboard.wait_until(lambda: set(dashboard.trail) == {(0, 0)})
    assert set(dashboard.source("Policy")["radius"]) == {0.15}  # all tied as yet
    dashboard.press("Back to live")
    expect(dashboard.page.get_by_text(f"Now: {now}")).to_be_visible()
    expect(dashboard.button("Back to live")).to_be_disabled()
    dashboard.wait_until(lambda: dashboard.trail[-1] == trainer.snapshot.position)


@pytest.mark.slow
def test_a_run_goes_on_while_an_earlier_moment_is_shown(dashboard):
    dashboard.enter(Episodes=1_000_000)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=300)
    dashboard.history.focus()
    dashboard.page.keyboard.press("Home")
    expect(dashboard.page.get_by_text("Then: step 0, episode 0")).to_be_visible()
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    assert set(dashboard.trail) == {(0, 0)}
    dashboard.press("Reset")
    dashboard.press("Start")
    expect(dashboard.page.get_by_text("Now: step")).to_be_visible()
