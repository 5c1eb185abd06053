from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect

from dashboard.rooms.room import Room
from tests.dashboard.browsing import SIZE, OpenedDashboard
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
    return browser_context_args | {"viewport": SIZE}


@pytest.fixture
def open_dashboard(context, server):
    """Opens pages; whatever is done on them, none may complain, nor the server."""
    opened, logged = [], server.log.stat().st_size

    def open_one(url=server.url):
        opened.append(OpenedDashboard(context.new_page(), url))
        opened[-1].status.wait_for()  # comes last
        return opened[-1]

    yield open_one
    assert [dashboard.troubles for dashboard in opened] == [[]] * len(opened)
    assert server.complaints(logged) == []


_HAS_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


@contextmanager
def kept_pages():
    """A list for the page that several tests use, if there is one; in the end it is closed."""
    pages = []
    yield pages
    for dashboard in pages:
        dashboard.page.context.close()


@contextmanager
def used_page(pages, make_context, url, request):
    """A page that has been used before, as if it had just been opened, for the test that asks."""
    if pages:
        dashboard = pages.pop()  # one that cannot be renewed is not used again
        dashboard.renew()
    else:
        dashboard = OpenedDashboard(make_context().new_page(), url)
        dashboard.wait_for_pictures()
    yield dashboard
    assert dashboard.troubles == []
    if request.node.stash.get(_HAS_FAILED, False) or dashboard.page.is_closed():
        dashboard.page.context.close()
    else:
        pages.append(dashboard)


@pytest.fixture(scope="session")
def make_context(browser, browser_context_args):
    """Makes contexts that outlast the test."""
    return lambda: browser.new_context(**browser_context_args)


@pytest.fixture(scope="session")
def shared_pages(browser):
    with kept_pages() as pages:
        yield pages


@pytest.fixture
def shared_dashboard(request, shared_pages, make_context, server):
    logged = server.log.stat().st_size
    with used_page(shared_pages, make_context, server.url, request) as dashboard:
        yield dashboard
        assert server.complaints(logged) == []


@pytest.fixture
def dashboard(request):
    """One page; freshly opened, but in modules whose tests share one."""
    if request.node.get_closest_marker("shares_page"):
        return request.getfixturevalue("shared_dashboard")
    return request.getfixturevalue("open_dashboard")()
