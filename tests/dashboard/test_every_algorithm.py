"""Every algorithm on the page: its own fields, layers, buttons and words."""

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.views.grid import GridView
from dashboard.views.layers.base import values_of
from dashboard.views.layers.stack import LAYERS, LayeredView
from dashboard.words.asking import answers
from dashboard.words.counters import details_of, first_of
from dashboard.words.hints import HINTS
from dashboard.words.sentence import sentence_of
from gridworld import (
    ALGORITHMS,
    EXPLORATIONS,
    GridWorldConfig,
    PolicyIterationConfig,
    QLearningConfig,
    SarsaLambdaConfig,
    Status,
    Trainer,
    learner_of,
)


def trained(algorithm, n_steps=400, **parameters):
    config = ALGORITHMS[algorithm].config(**parameters)
    trainer = Trainer(GridWorldConfig(level="easy", slip=0.1), config)
    trainer.advance(n_steps)
    trainer.pause()
    return trainer


def offered(view):
    return {*view.backgrounds.options.values(), *view.overlays.options.values()} - set(LAYERS)


@pytest.mark.parametrize(
    ("algorithm", "layers"),
    [
        ("q_learning", set()),
        ("double_q_learning", set()),
        ("sarsa_lambda", {"Traces"}),
        ("watkins_q_lambda", {"Traces"}),
        ("dyna_q", {"Planned"}),
        ("dyna_q_plus", {"Planned"}),
        ("prioritized_sweeping", {"Planned", "Queue"}),
        ("value_iteration", set()),
    ],
)
def test_what_an_algorithm_keeps_can_be_seen_on_the_grid(algorithm, layers):
    snapshot = trained(algorithm).snapshot
    view = LayeredView(GridView(snapshot), snapshot)
    assert offered(view) == layers
    for layer in layers & {"Traces", "Queue"}:
        view.choose(layer, ("Planned",))
        assert view.chosen[0] == layer
        kept = snapshot.inside.traces if layer == "Traces" else snapshot.inside.priorities
        shown = values_of(layer, snapshot)
        assert np.array_equal(~np.isnan(shown), kept > 0)
        assert layer.lower().rstrip("s") in view.describe(snapshot).lower()
    # Another algorithm has other layers; what it has not is not shown any more.
    view.update(trained("sarsa").snapshot)
    assert offered(view) == set()
    assert view.chosen[0] in LAYERS


def test_planned_updates_are_marked_at_their_actions():
    snapshot = trained("dyna_q", planning_steps=8).snapshot
    grid = GridView(snapshot)
    view = LayeredView(grid, snapshot)
    view.choose("State values", ["Planned"])
    (source,) = {r.data_source for r in grid.plot.renderers if r.data_source.name == "planned"}
    planned = snapshot.inside.planned
    pairs = {(int(s), int(a)) for s, a in zip(planned.states, planned.actions, strict=True)}
    offsets = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    expected = {
        (round(s % 5 + 0.36 * offsets[a][0], 6), round(s // 5 + 0.36 * offsets[a][1], 6))
        for s, a in pairs
    }
    found = zip(source.data["x"], source.data["y"], strict=True)
    assert {(round(x, 6), round(y, 6)) for x, y in found} == expected


@pytest.mark.parametrize("n_steps", [1, 137, 400])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_words_and_numbers_are_there_for_every_algorithm(algorithm, n_steps):
    trainer = trained(algorithm, n_steps)
    for analysed in (False, True):
        if analysed:
            trainer.analyse()
        snapshot = trainer.snapshot
        assert sentence_of(snapshot).text.startswith("Paused. ")
        for answer in answers(snapshot):
            assert all(answer.sentences)
            assert not [each for each in answer.sentences if "nan" in each or "None" in each]
        names = [*first_of(snapshot), *details_of(snapshot, None)]
        assert set(names) <= set(HINTS)
        assert len(first_of(snapshot)) == 4
        if ALGORITHMS[algorithm].plans:
            said = sentence_of(snapshot).html
            assert "episode" not in said
            assert "sweep" in said.lower()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("softmax", "explores by softmax at temperature 0.02"),
        ("ucb", "explores by upper bounds, c = 0.2"),
        ("optimistic", "is always greedy, and tries all because its values began too high"),
        ("epsilon_linear", "explores"),
    ],
)
def test_the_sentence_tells_how_it_explores(way, said):
    snapshot = trained("q_learning", exploration=way).snapshot
    assert said in sentence_of(snapshot).html


def test_it_is_told_what_comes_of_learning_on_policy():
    question = "Is it broken, or is it on-policy?"
    told = {}
    for algorithm in ("sarsa", "q_learning", "value_iteration"):
        learner = learner_of("cliff_walking", algorithm)
        trainer = Trainer(GridWorldConfig(level="cliff_walking"), learner)
        trainer.advance(20_000)
        trainer.analyse()
        (answer,) = (each for each in answers(trainer.snapshot) if each.question == question)
        told[algorithm] = " ".join(answer.sentences)
    assert "SARSA is on-policy" in told["sarsa"]
    assert "may be just that: the best policy for one that explores" in told["sarsa"]
    assert "Q-learning is off-policy" in told["q_learning"]
    assert "No agent acts or explores here" in told["value_iteration"]


def test_policy_iteration_goes_phase_by_phase():
    trainer = Trainer(GridWorldConfig(level="easy"), PolicyIterationConfig(discount_factor=0.9))
    phases = []
    while trainer.status is not Status.FINISHED:
        trainer.step_phase()
        phases.append(trainer.snapshot.inside.sweep.improves)
    assert phases[:4] == [True, False, True, False]
    trainer.analyse()
    assert trainer.snapshot.gap == 0
    by_episode = Trainer(learning_config=QLearningConfig())
    by_episode.step_phase()
    assert (by_episode.snapshot.episode, by_episode.status) == (1, Status.PAUSED)


def test_an_algorithm_and_a_way_to_explore_are_chosen_trained_and_linked(dashboard):
    field, page = dashboard.field, dashboard.page
    field("Algorithm").select_option("SARSA(λ)")
    expect(field("Trace decay")).to_have_value("0.9")
    expect(field("Temperature")).to_have_count(0)
    field("Exploration").select_option("Softmax")
    expect(field("Temperature")).to_have_value("0.02")
    expect(field("Epsilon")).to_be_hidden()
    dashboard.enter(Trace_decay=0.5, Temperature=0.1, Episodes=30)
    learner = SarsaLambdaConfig(
        trace_decay=0.5, temperature=0.1, num_episodes=30, exploration="softmax"
    )
    expected = Trainer(GridWorldConfig(), learner)
    dashboard.press("Step")
    page.get_by_role("button", name="Traces", exact=True).click()
    dashboard.press("Finish")
    expect(dashboard.status).to_have_text("Finished")
    expected.train(show_progress=False)
    returns = expected.snapshot.episode_returns.tolist()
    dashboard.wait_until(lambda: dashboard.source("episodes")["y"] == returns)
    dashboard.wait_until(lambda: "algorithm=sarsa_lambda" in page.url)
    for part in ("exploration=softmax", "temperature=0.1", "trace_decay=0.5"):
        assert part in page.url


def test_planning_is_stepped_sweep_by_sweep_and_phase_by_phase(dashboard):
    page = dashboard.page
    dashboard.field("Algorithm").select_option("Policy iteration")
    expect(dashboard.field("Learning rate")).to_be_hidden()
    expect(dashboard.field("Exploration")).to_be_hidden()
    expect(dashboard.button("Episode")).to_have_count(0)
    expected = Trainer(GridWorldConfig(), PolicyIterationConfig())
    for name in ("Sweep", "Evaluate", "Improve"):
        dashboard.press(name)
        (expected.step_episode if name == "Sweep" else expected.step_phase)()
        sweeps = f"Sweep {expected.snapshot.episode:,}"
        expect(page.get_by_text(sweeps, exact=True).first).to_be_visible()
    expect(dashboard.button("Evaluate")).to_be_enabled()
    dashboard.press("Finish")
    expect(dashboard.status).to_have_text("Finished")
    expect(page.get_by_text("Nothing is left to improve after")).to_be_visible()
    dashboard.press("Start")
    dashboard.press("Finish")
    dashboard.field("Algorithm").select_option("Q-learning")
    expect(dashboard.button("Episode")).to_be_visible()
    expect(dashboard.button("Evaluate")).to_have_count(0)


def test_the_model_and_the_queue_of_a_cell_can_be_read(dashboard):
    dashboard.choose("Dyna maze")
    expect(dashboard.field("Algorithm")).to_have_value("Dyna-Q")
    expect(dashboard.field("Planning steps")).to_have_value("5")
    dashboard.field("Algorithm").select_option("Prioritized sweeping")
    dashboard.press("Episode")
    dashboard.show("Cell")
    dashboard.page.get_by_label("Row", exact=True).fill("1")
    dashboard.page.get_by_label("Row", exact=True).press("Enter")
    dashboard.page.get_by_label("Column", exact=True).fill("8")
    dashboard.page.get_by_label("Column", exact=True).press("Enter")
    model = dashboard.page.get_by_role("table").filter(has_text="Model: comes to")
    expect(model).to_contain_text("(0, 8) end, 1, 1 ×")
    expect(model).to_contain_text("Priority")


@pytest.mark.parametrize("way", EXPLORATIONS)
def test_each_way_to_explore_is_taken_from_a_link(way):
    from dashboard.rooms.room import Room
    from dashboard.session.url import UrlSync

    room = Room()
    assert UrlSync(room).apply(f"?exploration={way}") == []
    assert room.learning_config.exploration == way
    room.close()
