"""`TrainingPanel`: all that shows a training, and how it is laid out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui
from bokeh.events import DoubleTap, Tap

from dashboard.controls.files import FilesPanel
from dashboard.editor.editor import MapEditor
from dashboard.editor.mark import SettingsMark
from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.runner import Runner
from dashboard.session.view import OneMessage, PlacedView, View
from dashboard.views.curves import CurvesView
from dashboard.views.grid import GridView
from dashboard.views.history import HistoryView
from dashboard.views.inspector import InspectorView
from dashboard.views.layers.stack import LayeredView
from dashboard.views.progress import ProgressView
from dashboard.views.table import QTableView
from dashboard.widgets.layout import flexible_column, wrapping_row
from gridworld import Snapshot


class TrainingPanel:
    """The grid with its layers and its history, the numbers, and the tabs.

    Args:
        room: The training.
        runner: Has the views draw.
        editor: Changes the map; None on a page that only watches.

    Attributes:
        grid: The grid, which knows the theme.
        mark: Says whether settings have changed, and chooses the map that is shown.
        views: The views to be updated.
        panel: All of them, laid out.
    """

    def __init__(self, room: Room, runner: Runner, editor: MapEditor | None) -> None:
        snapshot = room.snapshot
        self._runner, self._editor = runner, editor
        self.grid = GridView(snapshot)
        self._layers = LayeredView(self.grid, snapshot, self._one_message)
        self._history = HistoryView(room, self._one_message)
        self._progress = ProgressView(snapshot, lambda: room.preparing)
        self._curves = CurvesView(snapshot, self._one_message)
        self._inspector = InspectorView(snapshot)
        self.mark = SettingsMark(room, editor, self._show_map, self._one_message)
        for event in (Tap, DoubleTap):  # two quick clicks on different cells are a DoubleTap, too
            self.grid.plot.on_event(event, self._select)
        if editor is not None:
            editor.attach(self.grid.plot)
        self._tabs = Tabs(
            [
                Tab("Curves", self._curves),
                Tab("Inspector", self._history.follow(self._inspector)),
                Tab("Q-table", QTableView()),
                Tab("Files", FilesPanel(room, runner, can_upload=editor is not None)),
            ],
            room,
            self._one_message,
        )
        self.views: tuple[View, ...] = (
            self._history,  # first: it tells the others which moment to show
            self._history.follow(self.grid),
            self._history.follow(self._layers),
            self.mark,
            self._progress,
            self._tabs,
        )
        self.panel = self._lay_out()

    def _lay_out(self) -> pn.Row:
        editor = self._editor
        above, below = ([editor.panel], [editor.note, editor.form]) if editor else ([], [])
        return wrapping_row(
            flexible_column(
                self._layers.switches,
                *above,
                self.mark.panel,
                self.grid.panel,
                *below,
                self._layers.panel,
                self._history.panel,
            ),
            flexible_column(self._progress.panel, self._tabs.panel),
        )

    def renew(self) -> None:
        """Sends the curves again to a page that is back and may have got points twice."""
        self._curves.renew()

    def _show_map(self, layout: str | None) -> None:
        """Shows a map without values in place of the run's; None for the run's map."""
        self.grid.show_draft(layout)
        self._layers.suspend(layout is not None)

    def _select(self, event: Any) -> None:
        """Has the inspector show the cell that was clicked."""
        if self.mark.shows_map or (self._editor is not None and self._editor.editing):
            return
        cell = self.grid.cell_at(event.x, event.y)
        with self._one_message():
            self._inspector.select(cell)

    def _one_message(self) -> Any:
        return self._runner.one_message()


class Tab(NamedTuple):
    """A view in a tab.

    Attributes:
        title: Title of the tab.
        view: The view in it.
    """

    title: str
    view: PlacedView


class Tabs:
    """Views of which one is seen at a time; the others cost nothing.

    Args:
        tabs: The tabs, the one that is open first at the beginning.
        room: The training.
        one_message: Holds together the changes that a newly opened tab makes.

    Attributes:
        panel: The tabs.
    """

    def __init__(self, tabs: Sequence[Tab], room: Room, one_message: OneMessage) -> None:
        self._views = [tab.view for tab in tabs]
        self._room, self._one_message = room, one_message
        self._open = self._views[0]
        # In a notebook Bokeh lays nothing out within Material tabs.
        kind = pn.Tabs if in_notebook() else pmui.Tabs
        contents = ((title, view.panel) for title, view in tabs)
        self.panel = kind(*contents, sizing_mode="stretch_width")
        self.panel.param.watch(self._on_active, "active")

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings of the view in the open tab."""
        return self._open.min_interval

    def update(self, snapshot: Snapshot) -> None:
        """Has the view in the open tab draw."""
        self._open.update(snapshot)

    def _on_active(self, event: Any) -> None:
        self._open = self._views[event.new]
        with self._one_message():
            self.update(self._room.snapshot)
