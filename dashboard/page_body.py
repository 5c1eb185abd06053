"""`TrainingPanel`: all that shows a training, and how it is laid out."""

from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.events import DoubleTap, Tap

from dashboard.controls.files import FilesPanel
from dashboard.editor.editor import MapEditor
from dashboard.editor.mark import SettingsMark
from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.runner import Runner
from dashboard.session.view import View
from dashboard.views.curves import CurvesView
from dashboard.views.grid import GridView
from dashboard.views.history import HistoryView
from dashboard.views.inspector import InspectorView
from dashboard.views.layers.stack import LayeredView
from dashboard.views.progress import ProgressView
from dashboard.views.table import QTableView
from gridworld import Snapshot

_TABS = ("Curves", "Inspector", "Q-table", "Files")


class TrainingPanel:
    """The grid with its layers and its history, the numbers, the curves, the inspector.

    Args:
        room: The training.
        runner: What draws it.
        editor: Changes its map; None on a page that only watches.

    Attributes:
        grid: The grid, which knows the theme.
        mark: Says whether settings have changed, and chooses the map that is shown.
        views: What is to be updated.
        panel: All of it.
    """

    def __init__(self, room: Room, runner: Runner, editor: MapEditor | None) -> None:
        snapshot = room.snapshot
        self._room, self._runner, self._editor = room, runner, editor
        self.grid = GridView(snapshot)
        self._layers = LayeredView(self.grid, snapshot, self._one_message)
        self._history = HistoryView(room, self._one_message)
        self._progress = ProgressView(snapshot)
        self._curves = CurvesView(snapshot, self._one_message)
        self._inspector = InspectorView(snapshot)
        self._table = QTableView()
        self.mark = SettingsMark(room, editor, self._show_map, self._one_message)
        self._files = FilesPanel(room, runner, can_upload=editor is not None)
        for event in (Tap, DoubleTap):  # two quick clicks, on two cells even, are the latter
            self.grid.plot.on_event(event, self._select)
        if editor is not None:
            editor.attach(self.grid.plot)
        self._open_tab = _OpenTab(
            {
                "Curves": self._curves,
                "Inspector": self._history.follow(self._inspector),
                "Q-table": self._table,
                "Files": self._files,
            }
        )
        self.views: tuple[View, ...] = (
            self._history,  # first: it tells the others which moment to show
            self._history.follow(self.grid),
            self._history.follow(self._layers),
            self.mark,
            self._progress,
            self._open_tab,
        )
        self.panel = self._lay_out()

    def _lay_out(self) -> pn.Row:
        def pane(model: Any) -> pn.pane.Bokeh:
            return pn.pane.Bokeh(model, sizing_mode="stretch_width", margin=8)

        curves = pn.Column(
            self._curves.switch, pane(self._curves.figure), sizing_mode="stretch_width"
        )
        contents = (
            curves,
            pane(self._inspector.div),
            self._table.panel,
            self._files.panel,
        )
        # In a notebook Bokeh lays nothing out within Material tabs.
        kind = pn.Tabs if in_notebook() else pmui.Tabs
        tabs = kind(*zip(_TABS, contents, strict=True), sizing_mode="stretch_width")
        tabs.param.watch(self._on_tab, "active")
        beside = {"flex": "1 1 360px", "min-width": "0"}
        editor = self._editor
        above, below = ([editor.panel], [editor.note, editor.form]) if editor else ([], [])
        return pn.Row(
            pn.Column(
                self._layers.switches,
                *above,
                self.mark.panel,
                pane(self.grid.plot),
                *below,
                pane(self._layers.legend),
                self._history.panel,
                styles=beside,
            ),
            pn.Column(pane(self._progress.div), tabs, styles=beside),
            sizing_mode="stretch_width",
            styles={"flex-wrap": "wrap"},
        )

    def renew(self) -> None:
        """Sends a page that is back what may have come to it twice."""
        self._curves.renew()

    def _show_map(self, layout: str | None) -> None:
        """Shows a map without anything learned in place of the run's; None for that one."""
        self.grid.show_draft(layout)
        self._layers.suspend(layout is not None)

    def _on_tab(self, event: Any) -> None:
        with self._one_message():
            self._open_tab.open(_TABS[event.new], self._room.snapshot)

    def _select(self, event: Any) -> None:
        """Has the inspector show the cell that was clicked."""
        if self.mark.shows_map or (self._editor is not None and self._editor.editing):
            return
        cell = self.grid.cell_at(event.x, event.y)
        with self._one_message():
            self._inspector.select(cell)

    def _one_message(self) -> Any:
        return self._runner.one_message()


class _OpenTab:
    """The view in the tab that is open: those out of sight cost nothing."""

    def __init__(self, views: dict[str, View]) -> None:
        self._views = views
        self._view: View | None = next(iter(views.values()))

    @property
    def min_interval(self) -> float:
        return self._view.min_interval if self._view else 1.0

    def open(self, title: str, snapshot: Snapshot) -> None:
        self._view = self._views.get(title)
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        if self._view is not None:
            self._view.update(snapshot)
