"""`Runner`: what a session does at each tick."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import panel as pn

from dashboard import sending
from dashboard.connection import Connection, state_of
from dashboard.gauges import gauges
from dashboard.governor import governor
from dashboard.notify import toast
from dashboard.room import Room
from dashboard.ticker import Ticker
from dashboard.watching import Watching
from gridworld import Snapshot, Status, StatusError

_log = logging.getLogger(__name__)
sending.install()

#: Makes one message of all changes within.
OneMessage = Callable[[], AbstractContextManager[Any]]


class View(Protocol):
    """Something that draws snapshots."""

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings during a run; 0 draws every frame."""

    def update(self, snapshot: Snapshot) -> None:
        """Shows the snapshot."""


class Runner:
    """Asks the room to go on, and has the views draw what is new.

    Whatever fails in a tick ends the run as ``FAILED`` and is logged; it never reaches the
    server's loop, and nothing learned is lost.

    Args:
        room: The training.
        on_status: Called with the snapshot after the status has changed.

    Attributes:
        views: What draws it, in this order.
        watching: Watches the room on behalf of the page.
    """

    def __init__(self, room: Room, on_status: Callable[[Snapshot], None]) -> None:
        self.room = room
        self.watching = Watching()
        self.views: Sequence[View] = ()
        self._on_status = on_status
        self._drawn = -1
        self._drawn_at: dict[View, float] = {}
        self._failing: set[View] = set()
        self._status = room.status
        self._period = room.pace.period
        self._document: Any = None
        self._ticker: Ticker | None = None
        #: Within which a picture is drawn.
        self.one_message: OneMessage = pn.io.hold
        self.watching.watch(room.pace, ["frame_rate"], self._keep_period)

    def start(self) -> None:
        """Begins to tick; to be called once the page has loaded, not before."""
        self._document = pn.state.curdoc
        if self._document is not None and self._document.session_context is not None:
            self._ticker = Ticker(self._document, self.tick)
            self._ticker.start(self._period)
        # In a notebook its row has it tick.
        self.draw()

    def close(self) -> None:
        """Lets go of a session that has ended."""
        if self._ticker is not None:
            self._ticker.stop()
        self._document = self._ticker = None
        self.watching.close()

    def tick(self, late: float = 0.0) -> None:
        """One frame, if one is due.

        Args:
            late: Seconds by which the tick comes after its time.
        """
        connection = state_of(self._document)
        if connection is Connection.CUT:
            return  # a training that nobody watches rests
        self.watching.deliver()
        now = time.monotonic()
        if self.room.status is Status.RUNNING:
            governor.observe(now, late / self._period)
            gauges.add_frame(late)
        self._keep_period()
        self._guard(lambda: self.room.advance_to(now))
        if self.room.revision != self._drawn and connection is not Connection.BEHIND:
            self.draw()

    def act(self, call: Callable[[], None]) -> None:
        """Does what a button asks of the room, and shows at once what came of it."""
        try:
            self._guard(call)
        except StatusError as error:
            toast("warning", str(error))
        self.draw()

    def adopt(self) -> None:
        """Shows another run in place of the one before, without a word on how it ended."""
        self._status = self.room.status
        self.draw()

    def draw(self) -> None:
        """Shows the room as it is now, in one message."""
        with self.one_message():
            failed = self._update_views(self.room.snapshot)
            if failed and self.room.locked:
                self.room.fail()
                self._update_views(self.room.snapshot)
            if self.room.status != self._status:
                self._status = self.room.status
                self._on_status(self.room.snapshot)

    def _guard(self, call: Callable[[], None]) -> None:
        """Lets whatever goes wrong in the training end the run, and nothing else."""
        try:
            call()
        except StatusError:
            raise
        except Exception:
            _log.exception("The training failed")
            self.room.fail()

    def _update_views(self, snapshot: Snapshot) -> bool:
        """Has those views draw whose time it is; tells whether one of them failed."""
        self._drawn = self.room.revision
        now = time.monotonic()
        failed = False
        # Whatever ends or interrupts a run is shown at once, by all.
        running = snapshot.status is self._status is Status.RUNNING
        for view in self.views:
            if running and now - self._drawn_at.get(view, 0.0) < view.min_interval:
                continue
            self._drawn_at[view] = now
            try:
                view.update(snapshot)
            except Exception:
                if view not in self._failing:  # else it would be told at every frame
                    _log.exception("A view failed: %s", type(view).__name__)
                self._failing.add(view)
                failed = True
            else:
                self._failing.discard(view)
        return failed

    def _keep_period(self) -> None:
        """Ticks at the room's frame rate, or less often where there is no time for it."""
        wanted = self.room.pace.period * governor.stretch
        if wanted != self._period:
            self._period = wanted
            if self._ticker is not None:
                self._ticker.start(wanted)
