import asyncio
import logging
import time

import pytest
from bokeh.io import curdoc

from dashboard.session.ticker import Ticker

PERIOD = 0.02


class Context:
    """A session's, with a lock that others may hold."""

    def __init__(self):
        self.lock = asyncio.Lock()

    async def with_locked_document(self, function):
        async with self.lock:
            await function(DOCUMENT)


class Document:
    session_context = None


DOCUMENT = Document()


@pytest.fixture
def ticking():
    """Runs a ticker for a while; tells when it ticked, and how late."""

    def run(during, tick=lambda late: None, period=PERIOD):
        ticks = []

        def record(late):
            ticks.append((time.monotonic(), late))
            tick(late)

        async def main():
            DOCUMENT.session_context = Context()
            ticker = Ticker(DOCUMENT, record)
            ticker.start(period)
            await during(ticker)
            ticker.stop()
            n_ticks = len(ticks)
            await asyncio.sleep(3 * PERIOD)
            assert len(ticks) == n_ticks

        asyncio.run(main())
        return ticks

    yield run
    DOCUMENT.session_context = None


async def a_while(_ticker):
    await asyncio.sleep(20.5 * PERIOD)


def test_ticks_come_at_a_steady_beat_however_late_some_are(ticking):
    # Each third one holds the loop, so that all come late; the beat stays as it was.
    n_calls = 0

    def tick(_late):
        nonlocal n_calls
        n_calls += 1
        if n_calls % 3 == 0:
            time.sleep(1.5 * PERIOD)

    ticks = ticking(a_while, tick)
    begun = ticks[0][0] - ticks[0][1]
    for at, late in ticks:
        beats = (at - late - begun) / PERIOD
        assert beats == pytest.approx(round(beats), abs=0.05)
    assert max(late for _, late in ticks) > 0.4 * PERIOD


def test_beats_that_were_missed_are_not_made_up_for(ticking):
    stalled = False

    def tick(_late):
        nonlocal stalled
        if not stalled:
            stalled = True
            time.sleep(10.5 * PERIOD)

    ticks = ticking(a_while, tick)
    assert len(ticks) <= 12


def test_only_one_tick_waits_for_the_lock(ticking):
    async def hold_the_lock(_ticker):
        async with DOCUMENT.session_context.lock:
            await asyncio.sleep(10.5 * PERIOD)
        await asyncio.sleep(0)

    ticks = ticking(hold_the_lock)
    assert len(ticks) <= 1
    assert all(late > 5 * PERIOD for _, late in ticks)


def test_a_new_beat_takes_the_place_of_the_one_before(ticking):
    async def change(ticker):
        await asyncio.sleep(3.5 * PERIOD)
        ticker.start(5 * PERIOD)
        await asyncio.sleep(10.5 * PERIOD)

    assert 1 <= len(ticking(change)) <= 5  # and not 13


def test_a_tick_that_fails_is_logged_and_the_next_one_comes(ticking, caplog):
    def tick(_late):
        raise ValueError("cannot tick")

    with caplog.at_level(logging.ERROR):
        ticks = ticking(a_while, tick)
    assert len(ticks) == len(caplog.records) >= 2
    assert {record.exc_info[0] for record in caplog.records} == {ValueError}
    assert curdoc() is not DOCUMENT


def test_it_ends_with_the_session(ticking):
    async def leave(_ticker):
        await asyncio.sleep(2.5 * PERIOD)
        DOCUMENT.session_context = None
        await asyncio.sleep(5 * PERIOD)

    assert len(ticking(leave)) <= 2


def test_the_document_is_the_present_one(ticking):
    seen = []
    ticking(a_while, lambda late: seen.append(curdoc()))
    assert set(seen) == {DOCUMENT}


def test_a_tick_that_waits_for_the_lock_is_not_made_once_it_is_stopped(ticking):
    async def stop_while_locked(ticker):
        async with DOCUMENT.session_context.lock:
            await asyncio.sleep(1.5 * PERIOD)
            ticker.stop()

    assert ticking(stop_while_locked) == []
