"""The way back to earlier moments of a run, and to the present one."""

from dataclasses import replace

import panel as pn
import panel_material_ui as pmui
from bokeh.models.widgets import Div

from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.view import OneMessage, PlacedView
from dashboard.widgets.hinted import Button, Hinted
from dashboard.widgets.layout import wrapping_row
from gridworld import Snapshot, Status

_NOTE = """
:host { font-variant-numeric: tabular-nums; color: var(--mui-palette-text-secondary); }
"""

#: The slider is extended once the run has grown by this factor: that costs as much as a frame.
_GROWTH = 1.1


class IntSlider(Hinted, pmui.IntSlider):
    """A slider with a hint; Panel's own has no name that can be read out."""


class NotebookSlider(Hinted, pn.widgets.IntSlider):
    """A slider with a hint for a notebook."""


class HistoryView:
    """Has some views show an earlier moment of a run, while the run goes on.

    Args:
        room: The training.
        one_message: Holds together the changes that the slider makes.

    Attributes:
        moment: The earlier moment that is shown; None for the present.
        panel: A slider over the run, what it shows, and the way back to live.
    """

    min_interval = 1.0

    def __init__(self, room: Room, one_message: OneMessage = pn.io.hold) -> None:
        self._room, self._one_message = room, one_message
        self.moment: Snapshot | None = None
        self._following: list[_Following] = []
        self._moving = False
        look = {"sx": {"& .MuiFormLabel-root.Mui-disabled": {"color": "text.secondary"}}}
        kind, look = (NotebookSlider, {}) if in_notebook() else (IntSlider, look)
        self._slider = kind(
            label="History",
            hint="Go back to an earlier step of this run; the far right is the present.",
            start=0,
            end=1,
            value=1,
            disabled=True,
            show_value=False,
            margin=(4, 20, 0, 20),
            sizing_mode="stretch_width",
            **look,
        )
        self._live = Button(
            label="Back to live",
            hint="Show the run as it is now.",
            disabled=True,
            margin=4,
        )
        # Bokeh's own: Panel's pane works out its whole style at each change.
        self._note = Div(stylesheets=[_NOTE], margin=(12, 8), min_width=200)
        self._slider.param.watch(lambda event: self._on_slider(event.new), "value")
        self._live.on_click(lambda _: self._show(None))
        self.panel = pn.Column(
            self._slider,
            wrapping_row(self._live, pn.pane.Bokeh(self._note), sizing_mode=None),
            sizing_mode="stretch_width",
        )
        self._run_number, self._snapshot = room.run_number, room.snapshot
        self.update(room.snapshot)

    def follow(self, view: PlacedView) -> PlacedView:
        """Wraps a view, so that it shows the chosen moment."""
        self._following.append(_Following(self, view))
        return self._following[-1]

    def update(self, snapshot: Snapshot) -> None:
        """Lets the slider reach the present."""
        is_less = snapshot.total_steps < self._snapshot.total_steps  # reset from elsewhere
        if is_less or not snapshot.total_steps or self._room.run_number != self._run_number:
            self.moment, self._run_number = None, self._room.run_number  # another run
        self._snapshot = snapshot
        self._move_slider()
        self._say()

    def _on_slider(self, step: int) -> None:
        if self._moving:
            return
        self._show(self._room.keyframe_at(step) if step < self._slider.end else None)

    def _show(self, moment: Snapshot | None) -> None:
        self.moment = moment
        with self._one_message():
            for view in self._following:
                view.update(self._room.snapshot)
            if moment is None:
                self._move_slider()
            self._say()

    def _move_slider(self) -> None:
        end = max(1, self._snapshot.total_steps)
        running = self._snapshot.status is Status.RUNNING
        if running and self._slider.end <= end < _GROWTH * self._slider.end and self.moment is None:
            return
        self._moving = True
        try:
            live = {"value": end} if self.moment is None else {}
            self._slider.param.update(end=end, disabled=not self._snapshot.total_steps, **live)
        finally:
            self._moving = False

    def _say(self) -> None:
        self._live.disabled = self.moment is None
        shown = self.moment or self._snapshot
        when = "Now" if self.moment is None else "Then"
        self._note.text = f"{when}: step {shown.total_steps:,}, episode {shown.episode:,}"


class _Following:
    """A view that draws an earlier moment once, and the present at each update."""

    def __init__(self, history: HistoryView, view: PlacedView) -> None:
        self._history, self._view = history, view
        self.panel = view.panel
        self._drawn: Snapshot | None = None

    @property
    def min_interval(self) -> float:
        return self._view.min_interval

    def update(self, snapshot: Snapshot) -> None:
        moment = self._history.moment
        if moment is None:
            self._view.update(snapshot)
        elif moment is not self._drawn:
            # Keyframes have no plan of their own; the present plan holds for the whole map.
            self._view.update(replace(moment, plan=moment.plan or snapshot.plan))
        self._drawn = moment
