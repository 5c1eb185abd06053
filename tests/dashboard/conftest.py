from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from dashboard.rooms.room import Room
from tests.dashboard.browsing import OpenedDashboard
from tests.serving import serve

expect.set_options(timeout=20_000)


class Clock:
    """A clock that stands still unless it is moved; in place of `time`, too."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def monotonic(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_room():
    """Makes rooms as `Room` does, and closes them in the end."""
    with ExitStack() as stack:

        def make(*args, **params):
            room = Room(*args, **params)
            stack.callback(room.close)
            return room

        yield make


@pytest.fixture
def room(make_room):
    return make_room()


@pytest.fixture(scope="session")
def server():
    """The dashboard, served the way its users serve it."""
    with serve() as server:
        yield server
        assert server.complaints() == []


@pytest.fixture(scope="session")
def base_url():
    """In place of pytest-playwright's own, which pytest 9.2 warns of."""
    return None


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def open_dashboard(context, server):
    """Opens pages; whatever is done on them, none may complain, nor the server."""
    opened, logged = [], server.log.stat().st_size

    def open_one(url=server.url):
        opened.append(OpenedDashboard(context.new_page(), url))
        opened[-1].progress.wait_for()
        return opened[-1]

    yield open_one
    assert [dashboard.troubles for dashboard in opened] == [[]] * len(opened)
    assert server.complaints(logged) == []


@pytest.fixture
def dashboard(open_dashboard):
    """One page, freshly opened."""
    return open_dashboard()
