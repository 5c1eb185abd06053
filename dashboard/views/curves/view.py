"""`CurvesView`: the learning curve, with the exact answers and the last run beside it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, Tap
from numpy.typing import NDArray

from dashboard.session.view import OneMessage
from dashboard.views.curves import ranges
from dashboard.views.curves.changes import Marks
from dashboard.views.curves.choice import Choice, Preference
from dashboard.views.curves.figure import DARK, LIGHT, CurvesFigure, Palette
from dashboard.views.curves.labels import Frame, as_columns, labels_of
from dashboard.views.curves.last_run import LastRun, whole
from dashboard.views.curves.lines import Lines
from dashboard.views.curves.quantities import (
    QUANTITIES,
    greedy_of,
    optimum_of,
    record_of,
    written,
)
from dashboard.views.curves.switches import RANGES, Switches
from dashboard.views.curves.words import describe
from dashboard.views.curves.zoom import Zoom
from dashboard.views.smoothing import WINDOW
from dashboard.widgets.layout import describe_figure
from dashboard.words.facts import plans
from gridworld import Snapshot, Status


class CurvesView:
    """A Bokeh figure of one quantity at a time.

    Args:
        snapshot: What to show first.
        one_message: Holds together the changes that a switch makes.
        later: Calls a function that answers the browser, not at once but at the next tick: Panel
            1.10 hands out what a browser has told under a lock, for which a message would wait.

    Attributes:
        figure: The Bokeh figure; it fills the box that it is put in.
        switches: The row of both switches.
        panel: The switches above the figure; its height is that of its box.
    """

    min_interval = 0.25

    def __init__(
        self,
        snapshot: Snapshot,
        one_message: OneMessage = pn.io.hold,
        later: Callable[[Callable[[], None]], None] = lambda call: call(),
    ) -> None:
        self._one_message = one_message
        self._snapshot = snapshot
        self._lines, self._marks, self._last = Lines(), Marks(), LastRun()
        self._drawing = CurvesFigure(self._lines)
        self.figure = self._drawing.figure
        self._switches = Switches()
        self.switches = self._switches.panel
        self.panel = pn.Column(
            self.switches,
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_both", min_height=160, margin=0),
            sizing_mode="stretch_both",
            styles={"position": "relative"},
        )
        self._zoom = Zoom(self.figure, lambda: later(self._on_zoom))
        self._choice = Choice()
        self._is_setting = False
        self._drawn = ""  # the quantity in the figure
        self._run: NDArray | None = None
        self._content: tuple[Any, ...] = ()
        self._on_choice: list[Callable[[], None]] = []
        self._on_episode: list[Callable[[int], None]] = []
        self._switches.quantity.param.watch(self._on_quantity, "value")
        self._switches.range.param.watch(self._on_range, "value")
        for event in (Tap, DoubleTap):  # two quick clicks on different points are a DoubleTap, too
            self.figure.on_event(event, self._on_tap)
        self._drawing.on_size(lambda: later(self._redraw))
        self.update(snapshot)

    @property
    def quantity(self) -> str:
        """The quantity that is shown."""
        return str(self._switches.quantity.value)

    @property
    def chosen(self) -> tuple[str | None, str]:
        """What the person has chosen, for `choose`: the quantity, None for none, and the range."""
        return self._choice.chosen, str(self._switches.range.value)

    def choose(self, quantity: str | None, shown: str = RANGES[0]) -> None:
        """Chooses as the person does.

        Args:
            quantity: ``"Return"``, ``"Length"``, ``"Episodes"`` or ``"Epsilon"``; None for the
                quantity that tells most.
            shown: The range: ``"Robust"`` or ``"All"``.

        Raises:
            ValueError: If there is no such quantity or range.
        """
        if shown not in RANGES:
            raise ValueError(f"range must be one of {', '.join(RANGES)}, got {shown!r}")
        self._choice.choose(quantity)
        self._set(self._switches.range, shown)
        self._redraw(anew=True)

    def prefer(self, quantity: str | None, lowest: float | None = None, *, level: str = "") -> None:
        """Sets what a level shows; a person's choice wins until another level does.

        Args:
            quantity: As for `choose`.
            lowest: Lowest return that is shown in the robust range; None for no bound.
            level: The level.

        Raises:
            ValueError: If there is no such quantity.
        """
        if self._choice.prefer(Preference(level, quantity, lowest)):
            self._redraw(anew=True)

    def on_choice(self, callback: Callable[[], None]) -> None:
        """Calls back after the person has used a switch."""
        self._on_choice.append(callback)

    def on_episode(self, callback: Callable[[int], None]) -> None:
        """Calls back with an episode, counted from 1, that was clicked on the curve."""
        self._on_episode.append(callback)

    def update(self, snapshot: Snapshot) -> None:
        """Adds the episodes since the last update; most frames end none."""
        content = _content_of(snapshot)
        if content != self._content or whole(snapshot) is not self._run:
            self._draw(snapshot)
            self._content = content
        self._snapshot = snapshot

    def _draw(self, snapshot: Snapshot) -> None:
        run = whole(snapshot)
        if self._run is not None and run is not self._run:
            self._last.keep(self._snapshot)
            self._marks.forget()
            self._zoom.forget()
        self._run = run
        quantity = self._choice.of(snapshot)
        self._set(self._switches.quantity, quantity)
        if quantity != self._drawn:
            self._drawn = quantity
            self._zoom.forget()
        self._lines.draw(quantity, snapshot)
        self._show_answers(quantity, snapshot)
        self._fit(quantity, snapshot)
        self._show_names(quantity, snapshot)

    def renew(self) -> None:
        """Sends the whole curves once more.

        After a broken connection the server sends the whole page, and then perhaps the points
        again that were added last.
        """
        with self._one_message():
            self._lines.renew()
            self._draw(self._snapshot)

    def set_dark(self, dark: bool) -> None:
        """Recolours the figure for the page's theme."""
        self.recolour(DARK if dark else LIGHT)

    def recolour(self, palette: Palette) -> None:
        """Recolours the figure."""
        with self._one_message():
            self._drawing.recolour(palette)
            self._draw(self._snapshot)

    def tell(self, snapshot: Snapshot) -> None:
        """Renews what screen readers say of the curve; once a second is often enough."""
        describe_figure(self.figure, describe(self.quantity, snapshot))

    def _show_answers(self, quantity: str, snapshot: Snapshot) -> None:
        """Draws the exact answers and the last run, and marks changed parameters."""
        greedy = greedy_of(quantity, snapshot)
        is_known = np.isfinite(greedy)
        self._drawing.show(
            "greedy",
            {
                "x": snapshot.evaluation_episodes[is_known].tolist(),
                "y": greedy[is_known].tolist(),
            },
        )
        optimum, called = optimum_of(quantity, snapshot)
        ends = [] if optimum is None else [0, max(1, snapshot.num_episodes)]
        self._drawing.show("optimum", {"x": ends, "y": [optimum] * len(ends)})
        x, y = self._last.of(quantity, snapshot)
        self._drawing.show("last", {"x": x.tolist(), "y": y.tolist()})
        marks = self._marks.of(snapshot)
        at = [mark.total_steps if quantity == "Episodes" else mark.episode for mark in marks]
        self._drawing.show("changes", {"x": at, "text": [mark.text for mark in marks]})
        read_off = [*_READ_OFF[quantity]]
        if is_known.any():
            read_off.append(("Greedy policy, exact", "@greedy"))
        if optimum is not None:
            read_off.append((called.capitalize(), written(quantity, optimum)))
        across = QUANTITIES[quantity].across
        if plans(snapshot):
            across = across.replace("Episode", "Sweep")
            read_off = [(_OF_SWEEPS.get(name, name), shown) for name, shown in read_off]
        self._drawing.label(across, read_off)

    def _fit(self, quantity: str, snapshot: Snapshot) -> None:
        """Widens the axes by steps where the curves outgrow them, so that they seldom move."""
        steps = int(self._lines.x[-1]) if quantity == "Episodes" and self._lines.x.size else 0
        across = (
            ranges.end_of_axis(steps)
            if quantity == "Episodes"
            else ranges.end_of_axis(snapshot.episode, snapshot.num_episodes)
        )
        y_range = self._wanted(quantity, snapshot)
        self._zoom.fit((0, across), y_range)

    def _wanted(self, quantity: str, snapshot: Snapshot) -> ranges.Range:
        """The range of the axis upwards."""
        lines = self._lines
        if quantity == "Epsilon":
            return 0.0, 1.05
        if quantity == "Episodes":
            return 0, ranges.end_of_axis(snapshot.episode)
        optimum, _ = optimum_of(quantity, snapshot)
        last = self._last.of(quantity, snapshot)[1]
        ends = [optimum, *last[-1:].tolist()]
        lowest = None
        if not lines.x.size:
            wanted = ranges.around([0.0, *ends])
        elif self._switches.range.value == "All":
            evaluations = greedy_of(quantity, snapshot).tolist()
            wanted = ranges.around([lines.lowest, lines.highest, *ends, *evaluations])
        else:
            lowest = self._choice.preference.lowest if quantity == "Return" else None
            record = record_of(quantity, snapshot)
            is_length = quantity == "Length"
            best = lines.lowest if is_length else lines.highest
            most = ranges.most_of(record, lines.y, best, upside_down=is_length)
            if lowest is not None:
                ends.append(lines.lowest)  # what is below is cut off all the same
            wanted = ranges.around([*most, *ends])
        start, end = ranges.stepped(wanted or (-1.0, 1.0), self._zoom.fitted_y, lowest)
        return (max(start, 0.0) if quantity == "Length" else start), end

    def _show_names(self, quantity: str, snapshot: Snapshot) -> None:
        """Names the curves at their ends, and says where they will be while there are none."""
        lines, last = self._lines, self._last.of(quantity, snapshot)
        frame = Frame(*self._zoom.shown, *self._drawing.size)
        labels = labels_of(
            quantity, snapshot, frame, (lines.x, lines.y), last, self._marks.of(snapshot)
        )
        self._drawing.show("names", as_columns(labels, self._drawing.palette.names))

    def _redraw(self, *, anew: bool = False) -> None:
        with self._one_message():
            if anew:
                self._zoom.forget()
            self._draw(self._snapshot)
            self.tell(self._snapshot)

    def _set(self, switch: Any, value: str) -> None:
        self._is_setting = True
        switch.value = value
        self._is_setting = False

    def _on_quantity(self, event: Any) -> None:
        if not self._is_setting:
            self._choice.choose(event.new)
            self._redraw()
            self._tell_choice()

    def _on_range(self, _: Any) -> None:
        if not self._is_setting:
            self._redraw(anew=True)
            self._tell_choice()

    def _tell_choice(self) -> None:
        for callback in self._on_choice:
            callback()

    def _on_zoom(self) -> None:
        """Shows the button that ends the zoom, and names what is in the frame now."""
        with self._one_message():
            if self._zoom.is_zoomed and self._zoom.button not in self.panel.objects:
                self.panel.append(self._zoom.button)
            self._show_names(self.quantity, self._snapshot)

    def _on_tap(self, event: Any) -> None:
        snapshot = self._snapshot
        (x0, x1), (y0, y1) = self._zoom.shown
        if not snapshot.episode or not (x0 <= event.x <= x1 and y0 <= event.y <= y1):
            return
        if self.quantity == "Episodes":
            steps = np.cumsum(snapshot.episode_lengths)
            episode = int(np.searchsorted(steps, event.x)) + 1
        else:
            episode = round(event.x)
        if episode <= snapshot.episode:
            for callback in self._on_episode:
                callback(max(1, episode))


def _content_of(snapshot: Snapshot) -> tuple[Any, ...]:
    """What the curves show of a run: equal for two snapshots that look alike."""
    return (
        snapshot.layout,
        snapshot.status is Status.RUNNING,
        snapshot.episode,
        snapshot.num_episodes,
        snapshot.evaluation_returns.tobytes(),  # NaN is unequal to itself
        snapshot.optimal_return,
        snapshot.planned_return,
        snapshot.optimal_length,
        snapshot.changes,
        snapshot.new_maps,
    )


#: The same names where no agent learns.
_OF_SWEEPS = {
    "Episode": "Sweep",
    "Return": "Start value",
    "Episodes completed": "Sweeps completed",
}
#: What is read off under the mouse; the optimum is added where there is one.
_READ_OFF = {
    "Return": [
        ("Episode", "@x{0,0}"),
        ("Return", "@value"),
        (f"Mean of the last {WINDOW}", "@mean"),
    ],
    "Length": [
        ("Episode", "@x{0,0}"),
        ("Steps", "@value"),
        (f"Mean of the last {WINDOW}", "@mean"),
    ],
    "Episodes": [("Steps", "@x{0,0}"), ("Episodes completed", "@y{0,0}")],
    "Epsilon": [("Episode", "@x{0,0}"), ("ε", "@value")],
}
