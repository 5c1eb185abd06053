"""Browsers that take no more of what they are sent."""

import json
import socket
import urllib.request
from contextlib import closing

import pytest

from dashboard.compat.sockets import Connection, connection_of
from tests.dashboard.browsing import wait_until
from tests.dashboard.controls.test_sharing import link
from tests.dashboard.forging import Forger
from tests.serving import APP, serve


@pytest.fixture(scope="module")
def server():
    with serve(APP, "--plugins", "tests.dashboard.served") as server:
        yield server
        assert server.complaints() == []


@pytest.fixture
def count_waiting(server):
    """Tells how many bytes the server holds back for the slowest page."""

    def count():
        with urllib.request.urlopen(server.url.replace("/app", "/waiting")) as answer:
            return json.load(answer)["bytes"]

    return count


def test_a_page_in_a_notebook_is_always_connected():
    assert connection_of(None) is Connection.GOOD


@pytest.mark.alone
@pytest.mark.parametrize(
    ("n_answers", "least"),
    [
        (0, 256_000),  # the system's own buffers are full of pictures, and then ours
        (30, 50_000),  # the server is in the middle of a long answer; pictures would wait behind it
    ],
    ids=["pictures", "answers"],
)
def test_a_browser_that_takes_no_more_gets_no_more_and_the_others_all(
    open_dashboard, server, count_waiting, n_answers, least
):
    dashboard = open_dashboard(
        f"{server.url}?level=random&rows=80&columns=80&episodes=10000000&turbo=true"
    )
    no_room = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with closing(Forger(link(dashboard, "watch"), no_room)) as slow:
        for _ in range(n_answers):
            slow.ask("PULL-DOC-REQ")  # none of these is read
        dashboard.enter(Frames_per_second=60)
        dashboard.press("Start")
        dashboard.watch_frames()

        def frames(n):
            """Waits until there have been so many more."""
            so_far = len(dashboard.frames)
            dashboard.wait_until(lambda: len(dashboard.frames) > so_far + n, seconds=120)

        wait_until(lambda: count_waiting() > least, seconds=180)
        frames(20)
        waiting = count_waiting()
        frames(100)
        assert count_waiting() - waiting < 10_000

        n_read = 0
        while "ColumnsPatched" not in json.dumps(slow.read()[1]) or count_waiting():
            n_read += 1
        assert n_read > 0
