"""What is done to the server: each of these opens sessions and tells figures."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.load.client import TIMEOUT, Session
from tests.load.figures import figures, rows
from tests.load.target import Target

#: Seconds that a load is let to settle before it is measured.
SETTLE = 3.0
#: Seconds in which a server drops what was left, if it is at rest.
_PATIENCE = 3.0
#: Seconds after which the server has dropped sessions that nobody came to use.
_UNUSED = 36.0
#: A run that outlasts any measurement, always exploring.
SETTINGS = {"Level": "Hard", "Epsilon decay": "1", "Episodes": "1000000"}
#: The same in turbo: on a large map an episode has thousands of steps, if none is cut off.
TURBO_SETTINGS = SETTINGS | {
    "Level": "Random",
    "Rows": "50",
    "Columns": "50",
    "Maximum steps": "10000000",
    "Episodes": "10000000",
    "Turbo": True,
}

#: Settings that are on a page once "Advanced" has been pressed.
_ADVANCED = {"Maximum steps", "Turbo"}

Open = Callable[[str, int], Awaitable[list[Session]]]
Row = dict[str, str]


async def open_bare(url: str, n_sessions: int) -> list[Session]:
    """Opens pages that patch a source, any source, by themselves."""
    sessions = [await Session.open(url) for _ in range(n_sessions)]
    for session in sessions:
        await session.settle(None)
    return sessions


async def open_trainings(
    url: str, n_sessions: int, settings: dict[str, Any] = SETTINGS
) -> list[Session]:
    """Opens dashboards, and starts a training in each."""
    sessions = [await _open_dashboard(url, settings) for _ in range(n_sessions)]
    for session in sessions:
        await _start(session)
    return sessions


async def open_viewers(url: str, n_sessions: int) -> list[Session]:
    """Opens one dashboard, starts a training there, and has all the others watch it."""
    first = await _open_dashboard(url)
    await first.press("Share")
    key = await first.read(r"Link to watch.*?room=([\w-]+)")
    viewers = [await Session.open(f"{url}?room={key}") for _ in range(n_sessions - 1)]
    for viewer in viewers:
        await viewer.settle("trail")
    await _start(first)
    return [first, *viewers]


async def load(target: Target, open_all: Open, n_sessions: int, seconds: float, wait: float) -> Row:
    """Figures of so many sessions open at once.

    Args:
        target: The server.
        open_all: How to open them.
        n_sessions: Sessions to open.
        seconds: Seconds to measure.
        wait: Seconds after all have left until memory is read again; 0 for not at all.
    """
    async with opened(target, open_all, 1):
        pass  # loads what all sessions share
    before = target.read().memory
    async with opened(target, open_all, n_sessions) as sessions:
        await asyncio.sleep(SETTLE)
        gc.freeze()  # or frames that came in time would wait for this client's own garbage
        begin = target.read()
        await asyncio.sleep(seconds)
        end = target.read()
        gc.unfreeze()
        shown = rows(figures(sessions, begin, end))
    shown["Memory a session"] = f"{(end.memory - before) / n_sessions / 1e6:.1f} MB"
    if wait:
        await asyncio.sleep(wait)
        left = (target.read().memory - before) / 1e6
        shown[f"Memory left of it {wait:.0f} s after all have gone"] = f"{left:.0f} MB"
    return shown


async def churn(target: Target, n_sessions: int) -> dict[str, Row]:
    """What is left of sessions that are opened and closed in a row.

    The server should drop sessions soon after they have been left.
    """
    await _open_and_leave(target.url, max(1, n_sessions // 20))
    before = await at_rest(target)
    await _open_and_leave(target.url, n_sessions)
    after = await at_rest(target)
    return {"before": before, f"after {n_sessions} sessions": after}


async def soak(
    target: Target, n_sessions: int, seconds: float, n_readings: int = 4
) -> dict[str, Row]:
    """What a long run in turbo does to the server, reading by reading."""
    found = {}
    async with opened(target, open_turbo, n_sessions) as sessions:
        await asyncio.sleep(SETTLE)
        started = begin = target.read()
        for _ in range(n_readings):
            await asyncio.sleep(seconds / n_readings)
            end = target.read()
            minutes = (end.at - started.at) / 60
            found[f"{minutes:.1f} min"] = rows(figures(sessions, begin, end)) | _state(target)
            for session in sessions:
                session.messages.clear()
            begin = target.read()
    return found


async def open_turbo(url: str, n_sessions: int) -> list[Session]:
    """Opens dashboards with trainings in turbo."""
    return await open_trainings(url, n_sessions, TURBO_SETTINGS)


@asynccontextmanager
async def opened(
    target: Target, open_all: Open, n_sessions: int
) -> AsyncIterator[Sequence[Session]]:
    """Sessions that have had a frame, until the block ends.

    Args:
        target: The server.
        open_all: How to open them.
        n_sessions: Sessions to open.
    """
    sessions = await open_all(target.url, n_sessions)
    for session in sessions:
        await session.first_frame()
    yield sessions
    for session in sessions:
        await session.close()


async def _open_dashboard(url: str, settings: dict[str, Any] = SETTINGS) -> Session:
    session = await Session.open(url)
    if _ADVANCED & settings.keys():
        await session.press("Advanced")
    for label, value in settings.items():
        await session.enter(label, value)
    return session


async def _start(session: Session) -> None:
    await session.settle("trail")
    await session.press("Start")


async def _open_and_leave(url: str, n_sessions: int) -> None:
    for _ in range(n_sessions):
        session = (await open_trainings(url, 1))[0]
        await session.first_frame()
        await session.close()


async def at_rest(target: Target) -> Row:
    """What is alive once the sessions that were left have been dropped."""
    census, end = target.census(), time.perf_counter() + 2 * TIMEOUT
    since = time.perf_counter()
    while since + _UNUSED > time.perf_counter() < end:
        await asyncio.sleep(_PATIENCE)
        before, census = census, target.census()
        if census != before:
            since = time.perf_counter()
    return _state(target)


def _state(target: Target) -> Row:
    counts = {name.capitalize(): f"{number}" for name, number in target.census().items()}
    memory = {"Memory": f"{target.read().memory / 1e6:.0f} MB"}
    return memory | {"Files and sockets": f"{target.n_handles}"} | counts
