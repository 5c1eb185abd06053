"""A connection that breaks, and what becomes of the page: Chromium behind a line that is cut."""

import re
import urllib.request
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from gridworld import GridWorldConfig, QLearningConfig, Trainer
from tests.dashboard.browsing import OpenedDashboard, wait_until
from tests.proxy import line_to
from tests.serving import ROOT, free_port, serve_by

pytestmark = pytest.mark.alone

LOST, BACK = "Server connection lost", "Connection with server was re-established"
GONE = "The training that was here is gone; this is a new one."
#: What the browser says on its console of a connection that cannot be made.
_EXPECTED = re.compile("WebSocket connection to .* failed|Could not open websocket")


class Place:
    """A server that can be stopped and started again, and a line to it that can be cut.

    Attributes:
        line: The line.
        url: The page's address, by the line.
    """

    def __init__(self, stack, folder):
        self._stack, self._folder = stack, folder
        self._port = free_port()
        self.line = stack.enter_context(line_to(self._port))
        self.url = f"http://localhost:{self.line.port}/app"
        self._logs = []

    def start(self, lifetime=60_000):
        """Starts the server, which keeps sessions for so many milliseconds."""
        options = {
            "--port": self._port,
            "--session-ids": "signed",
            "--session-token-expiration": 86400,
            "--unused-session-lifetime": lifetime,
            "--check-unused-sessions": 200,
            "--allow-websocket-origin": f"localhost:{self.line.port}",
            "--plugins": "dashboard.server.plugin",
        }
        words = [str(word) for option in options.items() for word in option]
        self._serving = serve_by(
            ["panel", "serve", str(ROOT / "dashboard" / "app.py"), *words],
            f"http://localhost:{self._port}/app",
            {"BOKEH_SECRET_KEY": 40 * "x", "GRIDWORLD_STATE": str(self._folder)},
        )
        self._server = self._serving.__enter__()
        self._stack.push(self._serving)

    def stop(self):
        """Stops the server in an orderly way."""
        assert self._server.complaints() == []
        self._serving.__exit__(None, None, None)

    def count(self, name):
        """One of the server's metrics."""
        with urllib.request.urlopen(f"http://localhost:{self._port}/metrics") as answer:
            return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)[1])


@pytest.fixture
def place(tmp_path):
    with ExitStack() as stack:
        yield Place(stack, tmp_path / "state")


@pytest.fixture
def open_at(new_context):
    opened = []

    def open_one(url):
        opened.append(OpenedDashboard(new_context().new_page(), url))
        opened[-1].progress.wait_for()
        return opened[-1]

    yield open_one
    troubles = [trouble for dashboard in opened for trouble in dashboard.troubles]
    assert [trouble for trouble in troubles if not _EXPECTED.search(trouble)] == []


def start_run(dashboard):
    dashboard.enter(Seed=5, Learning_rate=0.3, Episodes=100_000)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=200)
    dashboard.wait_until(lambda: "room=" in dashboard.page.url)


def expect_the_curve_of_a_trainer(dashboard):
    """Every episode is on the curve, and none twice."""
    learning = QLearningConfig(learning_rate=0.3, num_episodes=100_000)
    trainer = Trainer(GridWorldConfig(), learning, seed=5)
    trainer.start()
    trainer.advance(dashboard.total_steps)
    expected = trainer.snapshot
    curve = dashboard.source("episodes")
    assert curve["x"] == list(range(1, expected.episode + 1))
    assert curve["y"] == expected.episode_returns.tolist()
    assert dashboard.trail[-len(expected.trail) :] == [tuple(cell) for cell in expected.trail]


def short_cut(place):
    assert place.count("gridworld_sessions") >= 1


def cut_past_the_session(place):
    wait_until(lambda: place.count("gridworld_sessions") == 0, seconds=20)


def restart(place):
    place.stop()
    place.start()


@pytest.mark.parametrize(
    ("lifetime", "meanwhile"),
    [(60_000, short_cut), (300, cut_past_the_session), (60_000, restart)],
)
def test_a_page_comes_back_by_itself_and_is_as_before(place, open_at, lifetime, meanwhile):
    place.start(lifetime)
    dashboard = open_at(place.url)
    start_run(dashboard)
    address = dashboard.page.url
    held = dashboard.total_steps
    place.line.cut()
    expect(dashboard.toasts(LOST)).to_have_count(1)
    meanwhile(place)
    place.line.mend()
    expect(dashboard.toasts(BACK)).to_have_count(1, timeout=40_000)
    expect(dashboard.toasts(LOST)).to_have_count(0)

    dashboard.wait_for_steps(more_than=held + 100)
    expect(dashboard.status).to_have_text("Learning")
    expect(dashboard.progress).to_have_count(1)
    assert dashboard.page.url == address
    for label, value in {"Seed": "5", "Learning rate": "0.3", "Episodes": "100000"}.items():
        expect(dashboard.field(label)).to_have_value(value)
        expect(dashboard.field(label)).to_be_disabled()
    expect(dashboard.button("Pause")).to_be_enabled()

    frames, steps = place.count("gridworld_frames_total"), place.count("gridworld_steps_total")
    dashboard.watch_frames()
    dashboard.wait_until(lambda: len(dashboard.frames) > 40)
    frames = place.count("gridworld_frames_total") - frames
    # Of two callbacks one would find that there is nothing to do, and train nothing.
    assert place.count("gridworld_steps_total") - steps == pytest.approx(10 * frames, rel=0.2)

    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    expect_the_curve_of_a_trainer(dashboard)
    other = open_at(address)
    expect(other.number("Total steps")).to_have_text(f"{dashboard.total_steps:,}")
    expect(other.status).to_have_text("Paused")
    dashboard.press("Resume")
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 100)
    expect(dashboard.toasts()).to_have_count(0)
    expect(dashboard.field("Frames per second")).to_be_enabled()
    dashboard.enter(Steps_per_update=3)
    expect(other.field("Steps per update")).to_have_value("3")
