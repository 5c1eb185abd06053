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


@pytest.fixture
def expect_logged(faulty_server):
    """Takes what the server's log will have; it must have that, once or twice, and no more."""
    since, expected = faulty_server.log.stat().st_size, []
    yield lambda what, fault: expected.extend([what, f"ValueError: injected failure {fault}"])
    lines = faulty_server.complaints(since)
    told = [line for line in lines if not line.startswith((" ", "Traceback"))]
    assert told in (expected, expected * 2), lines


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        (injected.TRAINING_FAILS, "The training failed"),
        (injected.VIEW_FAILS, "A view failed: CurvesView"),
    ],
)
def test_a_fault_ends_the_run_as_failed_is_told_once_and_logged(
    open_faulty, expect_logged, fault, logged
):
    expect_logged(logged, fault)
    other, dashboard = open_faulty(), open_faulty()
    other.press("Start")
    dashboard.enter(Episodes=fault, Steps_per_update=20)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Failed")
    expect(dashboard.toasts(FAILED)).to_have_count(1)
    dashboard.page.wait_for_timeout(1000)
    expect(dashboard.toasts()).to_have_count(1)
    assert dashboard.total_steps >= 50
    expect(dashboard.page.get_by_text("Reset clears it")).to_be_visible()
    expect(dashboard.field("Learning rate")).to_be_enabled()

    other.wait_for_steps(more_than=other.total_steps + 50)
    expect(other.status).to_have_text("Learning")

    dashboard.press("Reset")
    expect(dashboard.status).to_have_text("Ready")
    expect(dashboard.number("Total steps")).to_have_text("0")
    dashboard.enter(Episodes=2, Steps_per_update=1000)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    assert len(dashboard.source("episodes")["x"]) == 2


@pytest.mark.slow
def test_a_fault_in_a_single_step_is_told_and_logged_too(open_faulty, expect_logged):
    expect_logged("The training failed", injected.STEP_FAILS)
    dashboard = open_faulty()
    dashboard.enter(Episodes=injected.STEP_FAILS)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=50)
    dashboard.press("Pause", "Step")
    expect(dashboard.status).to_have_text("Failed")
    expect(dashboard.toasts(FAILED)).to_have_count(1)
    dashboard.press("Reset")
    expect(dashboard.status).to_have_text("Ready")


@pytest.mark.slow
def test_closed_pages_leave_nothing_behind(open_faulty, faulty_server, expect_logged):
    def count(*kinds):
        address = faulty_server.url.replace("/app", "/census")
        with urllib.request.urlopen(address, timeout=10) as answer:
            counts = json.load(answer)
        return [counts[kind] for kind in kinds]

    def close(*pages):
        for dashboard in pages:
            dashboard.page.close()
        wait_until(lambda: max(count("dashboards", "rooms", "trainers")) == 0, seconds=40)

    close(open_faulty())
    before = count("threads", "native threads")
    several = [open_faulty() for _ in range(3)]
    for dashboard in several[1:]:
        dashboard.press("Start")
    several[1].press("Pause")
    assert count("rooms")[0] >= 3
    close(*several)
    assert count("threads", "native threads") == before
