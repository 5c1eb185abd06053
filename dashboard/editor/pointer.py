"""`PointerStrokes`: clicks and drags over the grid, as cells."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from bokeh.events import DoubleTap, MouseMove, Pan, PanEnd, PanStart, Press, PressUp, Tap
from bokeh.models import Plot

from dashboard.editor.draft import MAX_SIZE

#: A place ``(row, col)`` on the grid, which may lie beside the map.
Place = tuple[int, int]


class StrokeTarget(Protocol):
    """Something to paint on; it may ignore strokes."""

    def begin_stroke(self) -> None:
        """Begins a stroke: the pointer was pressed."""

    def paint(self, cells: Iterable[Place]) -> None:
        """Goes on with it: the pointer came over these cells."""

    def end_stroke(self) -> None:
        """Ends it: the pointer was released."""


class PointerStrokes:
    """Turns pointer events of a plot into strokes on a target, while they are wanted.

    Cell ``(row, col)`` is centred at ``x=col, y=row``. While no strokes are wanted, the browser
    sends no events for them, and a finger scrolls the page. Other event handlers of the plot
    must be registered before this object is made.

    Args:
        plot: The plot.
        target: Gets the strokes.
    """

    def __init__(self, plot: Plot, target: StrokeTarget) -> None:
        self._plot: Any = plot
        self._target = target
        self._last: Place | None = None
        of_others = set(plot.subscribed_events)
        # Bokeh sends DoubleTap for two quick clicks.
        for kind in (Tap, DoubleTap):
            plot.on_event(kind, self._on_tap)
        # Bokeh sends Press, and no Pan, if the pointer rests for a moment before it moves.
        for kind, handler in (
            (PanStart, self._on_start),
            (Pan, self._on_move),
            (PanEnd, self._on_end),
            (Press, self._on_press),
            (PressUp, self._on_release),
            (MouseMove, self._on_move),
        ):
            plot.on_event(kind, handler)
        self._events = set(plot.subscribed_events) - of_others
        self.listen(False)

    def listen(self, wanted: bool) -> None:
        """Makes the browser send the events, or stop sending them."""
        others = set(self._plot.subscribed_events) - self._events
        wished = self._events - {MouseMove.event_name} if wanted else set()
        self._plot.subscribed_events = others | wished
        # With "pinch-zoom" one finger draws and two zoom the page. A style that is removed stays
        # in the browser, so it is set to its default instead.
        touch = "pinch-zoom" if wanted else "auto"
        self._plot.styles = {**self._plot.styles, "touch-action": touch}

    def _on_press(self, event: Any) -> None:
        self._on_start(event)
        self._plot.subscribed_events = {*self._plot.subscribed_events, MouseMove.event_name}

    def _on_release(self, event: Any) -> None:
        self._plot.subscribed_events = set(self._plot.subscribed_events) - {MouseMove.event_name}
        self._on_end(event)

    def _on_tap(self, event: Any) -> None:
        self._on_start(event)
        self._on_end(event)

    def _on_start(self, event: Any) -> None:
        self._last = None
        self._target.begin_stroke()
        self._on_move(event)

    def _on_move(self, event: Any) -> None:
        cell = _cell_of(event)
        if cell is not None:
            # The pointer may skip cells between two events.
            self._target.paint(line(self._last or cell, cell))
            self._last = cell

    def _on_end(self, event: Any) -> None:
        self._on_move(event)
        self._target.end_stroke()


def line(start: Place, end: Place) -> Iterator[Place]:
    """Cells of a straight way from one cell to another, both included."""
    n_steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for i in range(n_steps + 1):
        row, col = (round(a + (b - a) * i / n_steps) for a, b in zip(start, end, strict=True))
        yield row, col


def _cell_of(event: Any) -> Place | None:
    """Cell under an event's point, None without a point; at most one cell beside any map."""
    if event.x is None or event.y is None or not math.isfinite(event.x + event.y):
        return None
    row, col = (min(max(round(at), -1), MAX_SIZE) for at in (event.y, event.x))
    return row, col
