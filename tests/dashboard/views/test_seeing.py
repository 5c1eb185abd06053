import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.views.layers.stack import BACKGROUNDS, DEFAULT, LAYERS
from gridworld import MOVES, GridWorldConfig, QLearningConfig, Trainer

pytestmark = pytest.mark.shares_page

#: What is written on the buttons of layers with longer names.
CAPTIONS = {
    "State values": "Values",
    "Q-values": "Q",
    "Optimal values": "v*",
    "Difference": "|Q − q*|",
    "Optimal policy": "Optimal",
}


def actions_of(xs, ys):
    """The actions whose arrows a line is made of: each begins with its tail and its tip."""
    n_points = 7 if len(xs) % 7 == 0 else 6
    steps = [(ys[i + 1] - ys[i], xs[i + 1] - xs[i]) for i in range(0, len(xs), n_points)]
    return [int(np.argmax(MOVES @ np.array(step))) for step in steps]


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


@pytest.mark.slow
def test_each_layer_is_switched_on_and_off_in_mid_run(open_dashboard):
    dashboard = open_dashboard()
    dashboard.choose("Hard")
    dashboard.enter(Episodes=1_000_000)
    dashboard.press("Start")
    dashboard.wait_for_steps()
    for title in LAYERS:
        name = f"{title} triangles" if title in ("Q-values", "Difference") else title
        dashboard.layer(CAPTIONS.get(title, title)).click()
        if title == "Trail":  # the agent is drawn from the same source, and stays
            continue
        # A background is shown; an overlay is hidden if it was shown before.
        state = title in BACKGROUNDS or title not in DEFAULT
        dashboard.wait_until(
            lambda state=state, name=name: is_visible(dashboard, name) == state, seconds=5
        )
        if title in BACKGROUNDS:
            others = [other for other in ("State values", "Visits") if other != title]
            assert not any(is_visible(dashboard, other) for other in others)
    expect(dashboard.status).to_have_text("Learning")
    dashboard.wait_for_steps(more_than=dashboard.total_steps)


@pytest.mark.slow
def test_layers_of_a_large_map_are_pictures_that_follow_the_run(dashboard):
    dashboard.choose("Random")
    dashboard.enter(Rows=100, Columns=100, Episodes=1_000_000)
    titles = ["State values", "Policy", "Optimal policy"]
    dashboard.layer("Optimal").click()
    for title in titles:
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
            == {"State values", "Policy"}
        )
    )


def test_policy_and_values_are_those_of_the_agent(dashboard):
    dashboard.choose("Hard")
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    snapshot = train(level="hard").snapshot
    cells = np.array(list(snapshot.layout.replace("\n", "")))
    acted_in = np.isin(cells, ["S", "."])
    q_values = snapshot.q_values[acted_in]
    best = q_values == q_values.max(axis=1, keepdims=True)

    def drawn():
        lines = dashboard.source("Policy")
        return [actions_of(*line) for line in zip(lines["xs"], lines["ys"], strict=True)]

    visited = snapshot.visits[acted_in].any(axis=1)
    expected_actions = [
        np.flatnonzero(row).tolist() if seen else []
        for row, seen in zip(best, visited, strict=True)
    ]
    dashboard.wait_until(lambda: drawn() == expected_actions)
    # The scale, and with it the decimals, is that of the optimal values once they are known.
    expect(dashboard.number("Gap to optimal")).to_have_text("0")
    expected = [f"{round(value, 2) + 0.0:.2f}".replace("-", "−") for value in q_values.max(axis=1)]

    def written():  # a larger map has left rows without a text
        texts = dashboard.source("State values numbers")["text"]
        return texts[: len(expected)] if not any(texts[len(expected) :]) else None

    dashboard.wait_until(lambda: written() == expected)


def test_a_step_is_a_worked_example(dashboard):
    dashboard.show("This step")
    expect(dashboard.page.get_by_text("Press Step to make")).to_be_visible()
    trainer = Trainer(GridWorldConfig(), QLearningConfig(), seed=0)
    for _ in range(3):
        step, update = trainer.step(), trainer.snapshot.last_update
        dashboard.press("Step")
        count = dashboard.page.get_by_text(f"update {trainer.total_steps}", exact=True)
        expect(count).to_be_visible()
        row, col = trainer.world.position(step.next_state)
        expect(dashboard.page.get_by_text(f"({row}, {col})").last).to_be_visible()
        said = "exploring" if step.explored else "greedy"
        expect(dashboard.page.get_by_text(f"({said})")).to_be_visible()
        expect(
            dashboard.page.get_by_text(f"{update.target:.4f}".replace("-", "−")).first
        ).to_be_visible()


def test_clicking_a_cell_shows_what_is_known_of_it(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    dashboard.show("Cell")
    snapshot = train().snapshot
    for row, col in ((0, 0), (3, 4)):
        dashboard.click_cell(row, col)
        state = row * 5 + col
        expect(dashboard.page.get_by_role("heading", name=f"Cell ({row}, {col})")).to_be_visible()
        for value in (*snapshot.q_values[state], *snapshot.plan.q_values[state]):
            shown = f"{value:.4f}".replace("-", "−")
            expect(dashboard.page.get_by_text(shown).first).to_be_visible()
    dashboard.click_cell(0, 2)
    expect(dashboard.page.get_by_text("stops in front of a wall")).to_be_visible()


def test_the_fields_choose_a_cell_by_keyboard(dashboard):
    dashboard.show("Cell")
    dashboard.enter(Row=3, Column=4)
    heading = dashboard.page.get_by_role("heading", name="Cell (3, 4)")
    expect(heading).to_be_visible()
    dashboard.field("Row").press("ArrowUp")
    expect(dashboard.page.get_by_role("heading", name="Cell (4, 4) goal")).to_be_visible()


def test_curves_show_the_optimum_and_the_greedy_policy(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    snapshot = train().snapshot
    dashboard.wait_until(lambda: dashboard.source("greedy")["x"])
    assert dashboard.source("optimum")["y"] == [snapshot.optimal_return] * 2
    greedy = dashboard.source("greedy")
    known = np.isfinite(snapshot.evaluation_returns)
    assert greedy["x"] == snapshot.evaluation_episodes[known].tolist()
    assert greedy["y"] == snapshot.evaluation_returns[known].tolist()
    dashboard.press("Length")
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_lengths.tolist()
    )
    assert dashboard.source("optimum")["y"] == [snapshot.optimal_length] * 2
    dashboard.press("ε")
    dashboard.wait_until(
        lambda: dashboard.source("means")["y"] == snapshot.evaluation_epsilons.tolist()
    )
    dashboard.press("Episodes")
    dashboard.wait_until(
        lambda: dashboard.source("means")["x"][1:] == snapshot.episode_lengths.cumsum().tolist()
    )
    dashboard.press("Return")
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_returns.tolist()
    )


@pytest.mark.slow
def test_hovering_reads_a_curve_off(dashboard):
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    dashboard.wait_until(lambda: len(dashboard.source("means")["x"]) == 500)
    dashboard.page.wait_for_timeout(500)
    box = dashboard.page.locator(".bk-Canvas").nth(1).bounding_box()
    dashboard.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tooltip = dashboard.page.locator(".bk-Tooltip")
    expect(tooltip.filter(has_text="Mean of the last 20").first).to_be_visible()
    expect(tooltip.filter(has_text="Greedy policy").first).to_be_visible()


def test_the_q_table_follows_the_run_and_can_be_sorted(dashboard):
    dashboard.show("Q-table")
    expect(dashboard.page.get_by_role("columnheader", name="Visits")).to_be_visible()
    dashboard.press("Step")
    expect(dashboard.page.locator(".tabulator-row").first).to_be_visible()
    snapshot = train(1).snapshot
    state = snapshot.last_update.state
    rows = dashboard.page.locator(".tabulator-row")
    visits = '.tabulator-cell[tabulator-field="Visits"]'
    expect(rows.nth(state).locator(visits)).to_have_text("1")
    first = rows.first.locator('.tabulator-cell[tabulator-field="Cell"]')
    expect(first).to_have_text("(0, 0)")
    head = dashboard.page.get_by_role("columnheader", name="Cell")
    for order in ("ascending", "descending"):
        head.locator(".tabulator-col-sorter").click()
        expect(head).to_have_attribute("aria-sort", order)
        dashboard.page.wait_for_timeout(500)
    expect(first).to_have_text("(4, 4)")
    dashboard.field("Sort by").select_option("Visits, greatest first")
    expect(rows.first.locator(visits)).to_have_text("1")


def test_history_shows_an_earlier_moment_and_leads_back_to_live(dashboard):
    expect(dashboard.history).to_be_disabled()
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    trainer = train()
    expect(dashboard.page.get_by_text("● Live · episode 500")).to_be_visible()
    dashboard.history.focus()
    dashboard.page.keyboard.press("Home")
    expect(dashboard.page.get_by_text("Before the first step")).to_be_visible()
    dashboard.wait_until(lambda: set(dashboard.trail) == {(0, 0)})
    assert set(map(len, dashboard.source("Policy")["xs"])) == {0}  # never acted as yet
    dashboard.press("Back to live")
    expect(dashboard.page.get_by_text("● Live · episode 500")).to_be_visible()
    expect(dashboard.button("Back to live")).to_be_hidden()
    dashboard.wait_until(lambda: dashboard.trail[-1] == trainer.snapshot.position)


@pytest.mark.slow
def test_a_run_goes_on_while_an_earlier_moment_is_shown(dashboard):
    dashboard.enter(Episodes=1_000_000)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=300)
    dashboard.history.focus()
    dashboard.page.keyboard.press("Home")
    expect(dashboard.page.get_by_text("Before the first step")).to_be_visible()
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    assert set(dashboard.trail) == {(0, 0)}
    dashboard.press("Reset")
    dashboard.press("Start")
    expect(dashboard.page.get_by_text("● Live")).to_be_visible()
