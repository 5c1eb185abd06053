"""What programs can ask a server that runs: ``/liveness`` and ``/metrics``."""

import json
import urllib.request
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from dashboard.rooms.counters import LATENESS_BOUNDS, Counters
from tests.dashboard.browsing import OpenedDashboard
from tests.serving import free_port, serve_by


@pytest.fixture(scope="module")
def server():
    port = free_port()
    command = ["gridworld", "serve", "--port", str(port), "--no-state"]
    with serve_by(command, f"http://localhost:{port}/app") as server:
        yield server
        assert server.complaints() == []


def ask(server, path):
    return urllib.request.urlopen(urljoin(server.url, path), timeout=60)


def metrics(server):
    """All values, by name and bound."""
    answer = ask(server, "metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.read().decode()))
    assert all(family.documentation for family in families)
    return {
        (sample.name.removeprefix("gridworld_"), sample.labels.get("le")): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_server_tells_that_it_lives_without_running_the_page(server):
    before = metrics(server)
    for path in ("liveness", "liveness?endpoint=/app"):
        assert json.load(ask(server, path)) == {"alive": True}
    after = metrics(server)
    assert after["rooms", None] == before["rooms", None]
    assert after["sessions", None] == before["sessions", None]


@pytest.mark.slow
def test_a_training_shows_in_the_metrics(context, server):
    before = metrics(server)
    dashboard = OpenedDashboard(context.new_page(), server.url)
    now = metrics(server)
    for name in ("sessions", "rooms"):
        assert now[name, None] == before[name, None] + 1
    assert now["trainers_running", None] == 0
    dashboard.enter(Episodes=100_000)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=200)
    now = metrics(server)
    assert now["trainers_running", None] == 1
    assert now["viewers", None] == 0
    dashboard.press("Pause")
    dashboard.wait_until(lambda: metrics(server)["trainers_running", None] == 0)
    n_steps = metrics(server)["steps_total", None]
    dashboard.press("Step")
    dashboard.wait_until(lambda: metrics(server)["steps_total", None] == n_steps + 1)
    dashboard.wait_until(lambda: dashboard.total_steps == n_steps + 1)
    now = metrics(server)
    assert now["frames_total", None] > 0
    assert now["frame_lateness_seconds_count", None] == now["frames_total", None]
    assert now["frame_lateness_seconds_bucket", "+Inf"] == now["frames_total", None]
    assert now["frame_lateness_seconds_sum", None] > 0
    assert now["process_resident_memory_bytes", None] > 1e7


@given(st.lists(st.floats(-1, 3)))
def test_frames_are_counted_by_how_late_they_were(lateness):
    counters = Counters()
    for seconds in lateness:
        counters.add_frame(seconds)
    assert counters.frames == len(lateness)
    assert counters.lateness == pytest.approx(sum(max(0, seconds) for seconds in lateness))
    for i, bound in enumerate(LATENESS_BOUNDS):
        assert sum(counters.n_by_lateness[: i + 1]) == sum(seconds <= bound for seconds in lateness)
