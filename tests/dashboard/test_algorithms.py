"""Another algorithm on the page: chosen, trained, explained, linked, and taken away."""

import inspect
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard import GridWorldDashboard
from dashboard.export import export_html
from gridworld import ALGORITHMS, GridWorldConfig, SarsaConfig, Trainer, learner_of
from tests.dashboard.browsing import OpenedDashboard
from tests.dashboard.test_training import expect_numbers
from tests.serving import APP, free_port, serve_by


def test_another_algorithm_is_chosen_trained_explained_and_linked(dashboard):
    learner = learner_of("cliff_walking", "sarsa")
    learner.param.update(learning_rate=0.4, num_episodes=40)
    expected = Trainer(GridWorldConfig(level="cliff_walking"), learner, seed=4)
    expected.train(show_progress=False)
    dashboard.enter(Learning_rate=0.4)
    dashboard.choose("Cliff walking")
    dashboard.field("Algorithm").select_option("SARSA")
    # What was set before goes along.
    expect(dashboard.field("Learning rate")).to_have_value("0.4")
    expect(dashboard.field("Epsilon")).to_have_value("0.1")  # as in the book
    dashboard.enter(Episodes=40, Seed=4)
    dashboard.show("This step")
    expect(dashboard.page.get_by_text("its value of A′, taken next, counts")).to_be_visible()
    dashboard.press("Start")
    expect(dashboard.field("Algorithm")).to_be_disabled()
    dashboard.toggle("Turbo")
    expect(dashboard.status).to_have_text("Finished")
    expect_numbers(dashboard, expected.snapshot)
    returns = expected.snapshot.episode_returns.tolist()
    dashboard.wait_until(lambda: dashboard.source("episodes")["y"] == returns)
    dashboard.wait_until(lambda: "algorithm=sarsa" in dashboard.page.url)
    dashboard.page.reload()
    dashboard.wait_for_page()
    expect(dashboard.field("Algorithm")).to_have_value("SARSA")
    expect_numbers(dashboard, expected.snapshot)


@pytest.mark.slow
def test_a_link_chooses_the_algorithm(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?algorithm=sarsa&epsilon=0.3")
    expect(dashboard.field("Algorithm")).to_have_value("SARSA")
    expect(dashboard.field("Epsilon")).to_have_value("0.3")
    dashboard.press("Step")
    dashboard.show("This step")
    expect(dashboard.page.get_by_text("update 1", exact=True)).to_be_visible()


@pytest.mark.parametrize("algorithm", ["sarsa", pytest.param("q_learning", marks=pytest.mark.slow)])
def test_a_static_page_names_the_algorithm_and_gives_its_recipe(algorithm, tmp_path):
    trainer = Trainer(learning_config=ALGORITHMS[algorithm].config(num_episodes=5))
    trainer.train(show_progress=False)
    export_html(trainer, tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text()
    assert f"Learner: {ALGORITHMS[algorithm].title}" in page
    assert ALGORITHMS[algorithm].config.__name__ in page


def test_the_component_follows_a_trainer_of_any_algorithm():
    trainer = Trainer(learning_config=SarsaConfig(epsilon=0.2))
    dashboard = GridWorldDashboard(trainer)
    assert dashboard.room.learner.algorithm == "sarsa"
    assert dashboard.room.learning_config is trainer.learning_config
    dashboard.room.close()


@pytest.mark.slow
def test_a_page_waits_for_no_compilation_and_says_what_is_prepared(page, tmp_path):
    port = free_port()
    command = ["panel", "serve", str(APP), "--port", str(port)]
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    with serve_by(command, f"http://localhost:{port}/app", environment) as server:
        dashboard = OpenedDashboard(page, server.url)
        expect(dashboard.status).to_have_text("Ready")
        expect(page.get_by_text("Q-learning is being prepared")).to_be_visible()
        expect(dashboard.button("Step")).to_be_disabled()
        dashboard.field("Algorithm").select_option("SARSA")
        expect(page.get_by_text("SARSA is being prepared")).to_be_visible(timeout=3000)
        started = time.monotonic()
        dashboard.press("Start")
        expect(dashboard.status).to_have_text("Learning", timeout=3000)
        preparing = page.get_by_text("SARSA is being prepared, which takes some seconds")
        expect(preparing.filter(has_text="the training begins then")).to_be_visible(timeout=3000)
        waited = time.monotonic() - started
        dashboard.wait_for_steps(seconds=120)
        expect(preparing).to_have_count(0)
        dashboard.press("Pause")
        expect(dashboard.button("Step")).to_be_enabled()
        assert waited < 3
        assert server.complaints() == []


@pytest.mark.slow
def test_gridworld_serve_prepares_everything_before_it_listens(tmp_path):
    port = free_port()
    command = ["gridworld", "serve", "--port", str(port), "--no-state"]
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    with serve_by(command, f"http://localhost:{port}/app", environment) as server:
        kept = sorted(path.name for path in tmp_path.rglob("*.nbc"))
        for key in ALGORITHMS:
            of_loop = Path(inspect.getsourcefile(ALGORITHMS[key].loop.py_func)).stem
            assert [name for name in kept if name.startswith(f"{of_loop}.run_{key}")]
        assert urllib.request.urlopen(server.url, timeout=60).status == 200
        log = server.log.read_text()
        for algorithm in ALGORITHMS.values():
            assert f"Preparing {algorithm.title} …" in log
    assert sorted(path.name for path in tmp_path.rglob("*.nbc")) == kept
