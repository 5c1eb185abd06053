"""`Runner`: what a session does at each tick."""

import heapq
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakMethod

import panel as pn

from dashboard.compat import messages
from dashboard.compat.sockets import Connection, connection_of
from dashboard.rooms.counters import counters
from dashboard.rooms.room import Room
from dashboard.session.subscriptions import Subscriptions
from dashboard.session.throttle import throttle
from dashboard.session.toasts import toast
from dashboard.session.view import OneMessage, View
from gridworld import Snapshot, Status, StatusError

_log = logging.getLogger(__name__)


class Runner:
    """Asks the room to go on, and has the views draw what is new.

    Whatever fails in a tick ends the run as ``FAILED`` and is logged; it never reaches the
    server's loop, and nothing learned is lost.

    Args:
        room: The training.
        on_status: Called with the snapshot after the status has changed.
        on_connection: Called with False when the page's connection is cut, with True when it
            is there again.

    Attributes:
        subscriptions: Watch the room on behalf of the page.
        each_tick: Called with the time at each tick, for what moves by itself on a page.
    """

    def __init__(
        self,
        room: Room,
        on_status: Callable[[Snapshot], None],
        on_connection: Callable[[bool], None] = lambda connected: None,
    ) -> None:
        self.room = room
        self.subscriptions = Subscriptions()
        self.views = ()
        self._on_status, self._on_connection = on_status, on_connection
        self._is_cut = False
        self._drawn = -1
        self._failing: set[View] = set()
        self.each_tick: list[Callable[[float], None]] = []
        self._later: list[Callable[[], None]] = []
        self._status, self._run_number = room.status, room.run_number
        self._period = room.pace.period
        self._document: Any = None
        self._callback: Any = None  # of Bokeh, once a page has loaded
        self._ticked_at = 0.0
        #: Within which a picture is drawn.
        self.one_message: OneMessage = messages.one_message
        self.subscriptions.watch(room.pace, ["frame_rate"], self._keep_period)

    @property
    def views(self) -> Sequence[View]:
        """What draws the training, in this order when all do."""
        return self._views

    @views.setter
    def views(self, views: Sequence[View]) -> None:
        self._views = views
        self._of_each_frame = [view for view in views if not view.min_interval]
        self._others = [view for view in views if view.min_interval]
        # When each of them is due, as a heap; the number settles ties.
        self._waiting = [(0.0, number, view) for number, view in enumerate(self._others)]
        self._rates = [1 / view.min_interval for view in self._others]  # drawings a second
        self._outdated = {*self._others}  # those that have not drawn the latest revision

    def start(self) -> None:
        """Begins to tick; to be called once the page has loaded, not before."""
        self._document = pn.state.curdoc
        self._tick_by_bokeh()
        self.draw()

    def close(self) -> None:
        """Lets go of a session that has ended."""
        self._document = self._callback = None  # the session's callbacks end with it
        self.subscriptions.close()

    def do_later(self, call: Callable[[], None]) -> None:
        """Calls a function at the next tick, which comes once the page has loaded."""
        self._later.append(call)

    def tick(self, late: float = 0.0) -> None:
        """One frame, if one is due.

        Args:
            late: Seconds by which the tick comes after its time.
        """
        connection = connection_of(self._document)
        is_cut = connection is Connection.CUT
        if is_cut != self._is_cut:
            self._is_cut = is_cut
            self._on_connection(not is_cut)
        if is_cut:
            return  # a training that nobody watches rests
        self.subscriptions.flush()
        if self._later:
            calls, self._later = self._later, []  # not as one message: toasts must go one by one
            for call in calls:
                call()
        now = time.monotonic()
        if self.room.status is Status.RUNNING:
            throttle.observe(now, late / self._period)
            counters.add_frame(late)
        self._keep_period()
        self._guard(lambda: self.room.advance_to(now))
        is_new = self.room.revision != self._drawn
        if (is_new or self._outdated) and connection is not Connection.SLOW:
            self.draw()
        for move in self.each_tick:
            try:
                move(now)
            except Exception:  # it must not keep the others, or the training, from going on
                _log.exception("What moves by itself failed")

    def act(self, call: Callable[[], None]) -> None:
        """Does what a button asks of the room, and shows at once what came of it."""
        try:
            self._guard(call)
        except StatusError as error:
            toast("warning", str(error))
        self.draw()

    def draw(self) -> None:
        """Shows the room as it is now, in one message."""
        if self.room.run_number != self._run_number:
            self._run_number = self.room.run_number
            if self.room.ready_made:
                self._status = self.room.status  # without a word on how it ended
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
        if self.room.revision != self._drawn:
            self._drawn, self._outdated = self.room.revision, {*self._others}
        # Whatever ends or interrupts a run is shown at once, by all.
        running = snapshot.status is self._status is Status.RUNNING
        failed = False
        due = self._views_due(time.monotonic()) if running else self._views
        self._outdated.difference_update(due)
        for view in due:
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

    def _views_due(self, now: float) -> list[View]:
        """Those of each frame, and as many of the others as keep their rates on the whole.

        Were all of them drawn whose time it is, some frames would take ten times as long as
        others, and make those of other pages late.
        """
        due = self._of_each_frame
        waiting = self._waiting
        if waiting and waiting[0][0] <= now:
            due = [*due]
            for _ in range(math.ceil(self._period * sum(self._rates))):
                since, number, view = waiting[0]
                if since > now:
                    break
                due.append(view)
                # At a steady beat, or pages that were late together would stay so.
                interval = view.min_interval
                self._rates[number] = 1 / interval
                following = since + interval * (1 + (now - since) // interval)
                heapq.heapreplace(waiting, (following, number, view))
        return due

    def _keep_period(self) -> None:
        """Ticks at the room's frame rate, or less often where there is no time for it."""
        wanted = self.room.pace.period * throttle.slowdown
        if wanted != self._period:
            self._period = wanted
            self._tick_by_bokeh()

    def _tick_by_bokeh(self) -> None:
        """Has Bokeh tick at the present period; in a notebook its row does."""
        document = self._document
        if document is None or document.session_context is None:
            return
        if self._callback is not None:
            document.remove_periodic_callback(self._callback)
        self._ticked_at = time.monotonic()
        milliseconds = max(1, round(1000 * self._period))
        # Panel refers to the first page's document for good, and so to its callbacks.
        tick_on_loop = WeakMethod(self._tick_on_loop)

        async def tick() -> None:  # Bokeh 3.10 would run it in a thread if it were not async
            if call := tick_on_loop():
                call()

        self._callback = document.add_periodic_callback(tick, milliseconds)

    def _tick_on_loop(self) -> None:
        now = time.monotonic()
        late, self._ticked_at = max(0.0, now - self._ticked_at - self._period), now
        try:
            self.tick(late)
        except Exception:  # it would stop Bokeh's callback, or leave the document in place
            _log.exception("A tick failed")
