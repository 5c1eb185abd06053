"""`Tabs`: views of which one is seen at a time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui

from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.view import OneMessage, PlacedView
from dashboard.widgets.theme import RAISED, TRACK
from gridworld import Snapshot


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
        self._titles = [tab.title for tab in tabs]
        self._views = [tab.view for tab in tabs]
        self._room, self._one_message = room, one_message
        self._open = self._views[0]
        # In a notebook Bokeh lays nothing out within Material tabs.
        kind = pn.Tabs if in_notebook() else pmui.Tabs
        contents = ((title, view.panel) for title, view in tabs)
        look = {} if in_notebook() else {"sx": _LOOK}
        self.panel = kind(*contents, sizing_mode="stretch_width", margin=0, **look)
        self.panel.param.watch(self._on_active, "active")

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings of the view in the open tab."""
        return self._open.min_interval

    def update(self, snapshot: Snapshot) -> None:
        """Has the view in the open tab draw."""
        self._open.update(snapshot)

    def open(self, title: str) -> None:
        """Opens a tab; the open one is drawn anew."""
        place = self._titles.index(title)
        if self.panel.active == place:
            self.update(self._room.snapshot)
        self.panel.active = place

    def _on_active(self, event: Any) -> None:
        self._open = self._views[event.new]
        with self._one_message():
            self.update(self._room.snapshot)


_LOOK = {
    "& .MuiTabs-root": {
        "minHeight": 30,
        "width": "max-content",
        "margin": "4px 0 6px",
        "padding": "3px",
        "borderRadius": "8px",
        "background": TRACK,
    },
    "& .MuiTabs-indicator": {"display": "none"},
    "& .MuiTab-root": {
        "textTransform": "none",
        "fontSize": "13px",
        "lineHeight": "24px",
        "minHeight": 24,
        "minWidth": 0,
        "padding": "0 10px",
        "borderRadius": "6px",
        "color": "var(--mui-palette-text-secondary)",
    },
    "& .MuiTab-root.Mui-selected": {
        "background": RAISED,
        "fontWeight": 700,
        "color": "var(--mui-palette-text-primary)",
        "boxShadow": "0 1px 2px #0003",
    },
}
