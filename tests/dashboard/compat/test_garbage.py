import asyncio

import pytest

from dashboard.compat import garbage
from dashboard.compat.garbage import IdleCollector
from tests import loops


class Server:
    """Trainings that are under way or not, and how often garbage was collected."""

    def __init__(self):
        self.is_busy, self.n_collected = False, 0
        self.collector = IdleCollector(lambda: self.is_busy, self._collect)

    def _collect(self):
        self.n_collected += 1

    def close_pages(self, n_pages):
        for _ in range(n_pages):
            self.collector()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(garbage, "_PAUSE_SECONDS", 0.01)
    return Server()


def run(scenario):
    loops.run(scenario())


def test_what_a_page_leaves_is_collected_at_once_if_nobody_is_held_up(server):
    server.close_pages(1)
    assert server.n_collected == 1


def test_it_waits_while_trainings_are_under_way(server):
    async def scenario():
        server.is_busy = True
        server.close_pages(3)
        await asyncio.sleep(0.05)
        assert server.n_collected == 0
        server.is_busy = False
        await asyncio.sleep(0.05)
        assert server.n_collected == 1

    run(scenario)


def test_many_pages_do_not_wait(server):
    async def scenario():
        server.is_busy = True
        server.close_pages(garbage._MOST_ASKED)
        await asyncio.sleep(0.05)
        assert server.n_collected == 1
        server.close_pages(1)
        await asyncio.sleep(0.05)
        assert server.n_collected == 1

    run(scenario)


def test_one_page_waits_for_so_long_only(server, monkeypatch):
    monkeypatch.setattr(garbage, "_PATIENCE_SECONDS", 0.03)

    async def scenario():
        server.is_busy = True
        server.close_pages(1)
        await asyncio.sleep(0.1)
        assert server.n_collected == 1

    run(scenario)
