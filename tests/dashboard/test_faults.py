import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.dashboard import injected
from tests.dashboard.browsing import wait_until
from tests.serving import APP, free_port, serve_by

FAILED = "Training failed. What was learned so far is still shown."


@pytest.fixture(scope="module")
def faulty_server():
    port = free_port()
    command = ["panel", "serve", str(APP), "--port", str(port)]
    command += ["--unused-session-lifetime", "5000", "--check-unused-sessions", "500"]
    command += ["--plugins", "tests.dashboard.served"]
    environment = {"GRIDWORLD_KEEP_MINUTES": "0.02"}
    with serve_by(command, f"http://localhost:{port}/app", environment) as server:
        yield server


@pytest.fixture
def open_faulty(open_dashboard, faulty_server):
    return lambda: open_dashboard(faulty_server.url)


def tracebacks(server, fault):
    return server.log.read_text().count(f"ValueError: injected failure {fault}")


@pytest.mark.parametrize("fault", [injected.TRAINING_FAILS, injected.VIEW_FAILS])
def test_a_fault_ends_the_run_as_failed_is_told_once_and_logged(open_faulty, faulty_server, fault):
    other, dashboard = open_faulty(), open_faulty()
    other.press("Start")
    dashboard.enter(Episodes=fault, Steps_per_update=20)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FAILED")
    expect(dashboard.toasts(FAILED)).to_have_count(1)
    dashboard.page.wait_for_timeout(1000)
    expect(dashboard.toasts()).to_have_count(1)
    assert 1 <= tracebacks(faulty_server, fault) <= 2
    assert dashboard.total_steps >= 50
    expect(dashboard.page.get_by_text("Reset clears it")).to_be_visible()
    expect(dashboard.field("Learning rate")).to_be_enabled()

    other.wait_for_steps(more_than=other.total_steps + 50)
    expect(other.status).to_have_text("RUNNING")

    dashboard.press("Reset")
    expect(dashboard.status).to_have_text("IDLE")
    expect(dashboard.number("Total steps")).to_have_text("0")
    dashboard.enter(Episodes=2, Steps_per_update=1000)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("FINISHED")
    assert len(dashboard.source("episodes")["x"]) == 2


def test_a_fault_in_a_single_step_is_told_and_logged_too(open_faulty, faulty_server):
    dashboard = open_faulty()
    dashboard.enter(Episodes=injected.STEP_FAILS)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=50)
    dashboard.press("Pause", "Step")
    expect(dashboard.status).to_have_text("FAILED")
    expect(dashboard.toasts(FAILED)).to_have_count(1)
    assert tracebacks(faulty_server, injected.STEP_FAILS) == 1
    dashboard.press("Reset")
    expect(dashboard.status).to_have_text("IDLE")


def test_closed_pages_leave_nothing_behind(open_faulty, faulty_server):
    def count(*kinds):
        address = faulty_server.url.replace("/app", "/census")
        with urllib.request.urlopen(address, timeout=10) as answer:
            counts = json.load(answer)
        return [counts[kind] for kind in kinds]

    def close(*pages):
        for dashboard in pages:
            dashboard.page.close()
        # The server's loop may hold on to the one it last had to do with.
        wait_until(lambda: max(count("dashboards", "rooms", "trainers")) <= 1, seconds=40)

    close(open_faulty())
    before = count("threads"), faulty_server.process.num_threads()
    several = [open_faulty() for _ in range(4)]
    for dashboard in several[1:]:
        dashboard.press("Start")
    several[1].press("Pause")
    assert count("rooms")[0] >= 4
    close(*several)
    assert (count("threads"), faulty_server.process.num_threads()) == before
