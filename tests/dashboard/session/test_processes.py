"""A server of several processes, each with trainings of its own."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.dashboard.browsing import OpenedDashboard
from tests.dashboard.session.test_url import room_of
from tests.serving import APP, serve


@pytest.fixture(scope="module")
def server():
    """A server whose processes have both been asked for the page.

    One that has not does not have the files of Panel's extensions yet, which the first page
    may ask it for.
    """
    with serve(APP, "--num-procs", "2") as server:
        assert n_warnings(server) == 0
        for _ in range(40):
            urllib.request.urlopen(server.url).close()
            if n_warnings(server) == 2:
                break
        yield server


def n_warnings(server):
    """Lines of the log that say what is wrong and where the right way is."""
    return len(re.findall(r"several processes.*README\.md", server.log.read_text()))


def note(dashboard, words):
    return dashboard.page.get_by_role("status").filter(has_text=words)


@pytest.mark.slow
def test_the_page_and_the_log_say_that_there_are_several_and_a_reload_finds_the_training(
    page, server
):
    dashboard = OpenedDashboard(page, server.url)
    expect(note(dashboard, "a training lives in one of them")).to_be_visible()
    dashboard.wait_until(lambda: page.url.endswith("#training"))
    dashboard.enter(Seed=7)
    dashboard.press("Step")
    dashboard.wait_until(lambda: "seed=7" in page.url)
    room, address = room_of(dashboard), page.url

    # The page was here before its training's key was, and cannot be led on by a redirect.
    for _ in range(3):
        page.go_back()
        page.wait_for_timeout(500)  # in which an address would change that is not at rest
        dashboard.wait_until(lambda: page.url.endswith("#training"))
        assert room_of(dashboard) == room
        expect(dashboard.number("Total steps")).to_have_text("1")
    assert page.url == address

    steps, elsewhere = dashboard.number("Total steps"), note(dashboard, "may be in another one")
    seen = set()
    for _ in range(40):
        page.reload()
        dashboard.wait_for_pictures()
        expect(note(dashboard, "lives in").or_(elsewhere)).to_be_visible()
        seen.add(steps.inner_text())
        expect(elsewhere).to_have_count(1 if steps.inner_text() == "0" else 0)
        expect(dashboard.toasts()).to_have_count(0)
        assert page.url == address
        if seen == {"0", "1"} and elsewhere.count():
            break
    assert seen == {"0", "1"}
    expect(elsewhere).to_be_visible()
    dashboard.press("Step")  # from now on the address leads to this one
    expect(elsewhere).to_have_count(0)
    dashboard.wait_until(lambda: page.url.endswith("#training"))
    assert room_of(dashboard) != room
    assert dashboard.troubles == []
    assert n_warnings(server) == 2  # each process says it once
