"""`Ticker`: calls a page's tick at a steady beat."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bokeh.io.doc import patch_curdoc

_log = logging.getLogger(__name__)


class Ticker:
    """Calls a tick at a steady beat, with the document's lock held.

    The period of Bokeh's own periodic callbacks begins anew with each call. So whatever
    makes one late makes all later ones as late, and those of many pages gather in crowds
    that wait for each other. Here a late tick leaves the beat as it is; beats that are
    missed are not made up for.

    Args:
        document: The page's document, of a server's session.
        tick: Called with the seconds by which it is late.
    """

    def __init__(self, document: Any, tick: Callable[[float], None]) -> None:
        self._document, self._tick = document, tick
        self._loop = asyncio.get_running_loop()
        self._period = self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, period: float) -> None:
        """Ticks every ``period`` seconds from now on, in place of the beat before."""
        self.stop()
        self._period, self._due = period, self._loop.time()
        self._await_beat(0.0)

    def stop(self) -> None:
        """Ticks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _await_beat(self, late: float) -> None:
        self._due += self._period * (1 + late // self._period)
        self._timer = self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        due = self._due
        self._await_beat(max(0.0, self._loop.time() - due))
        if self._task is None or self._task.done():  # else it waits for the lock
            self._task = self._loop.create_task(self._tick_locked(due))

    async def _tick_locked(self, due: float) -> None:
        context = self._document.session_context
        if context is None:
            self.stop()  # the session has ended
            return

        async def tick(document: Any) -> None:
            if self._timer is None:
                return  # it was stopped while this one waited for the lock
            # Bokeh 3.9 would leave the document in place for all pages if an exception passed.
            with patch_curdoc(document), _logged():
                self._tick(max(0.0, self._loop.time() - due))

        with _logged():
            await context.with_locked_document(tick)


@contextmanager
def _logged() -> Iterator[None]:
    """Logs what fails: the next beat may go well."""
    try:
        yield
    except Exception:
        _log.exception("A tick failed")
