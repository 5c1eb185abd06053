"""`Sheets`: parts of the page that lie over it while they are open, one at a time."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import panel as pn

from dashboard.controls.header import ToggleButton
from dashboard.session.view import View
from dashboard.widgets.hinted import Button
from dashboard.widgets.layout import SHEET
from gridworld import Snapshot


class Sheet(NamedTuple):
    """A part of the page that is opened by a button.

    Attributes:
        button: Opens and closes it.
        panel: The sheet.
        make: Makes what is on it; called when it is first opened.
        on_close: Called when it is closed.
    """

    button: ToggleButton
    panel: pn.Column
    make: Callable[[], tuple[View, Any]]
    on_close: Callable[[], None]


class Sheets:
    """The sheets of a page; what is on a closed one costs nothing.

    Args:
        snapshot: Returns the run, for a sheet that is opened.

    Attributes:
        min_interval: Seconds between two drawings of the open sheet.
    """

    min_interval = 1.0

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._sheets: dict[str, Sheet] = {}
        self._views: dict[str, View] = {}
        self._open = ""
        self._others: list[pn.Column] = []

    def add_other(self, button: Button, panel: pn.Column) -> None:
        """Takes note of what lies over the page too, and has a button of its own."""
        self._others.append(panel)
        button.on_click(lambda _: self._leave_only(panel))

    def open(self, label: str) -> None:
        """Opens a sheet if it is not open."""
        if label != self._open:
            self.toggle(label)

    def close(self) -> None:
        """Closes the sheet that is open, if there is one."""
        if self._open:
            self.toggle(self._open)

    def add(
        self,
        label: str,
        icon: str,
        hint: str,
        make: Callable[[], tuple[View, Any]],
        on_close: Callable[[], None] = lambda: None,
    ) -> Sheet:
        """Adds a sheet.

        Args:
            label: Name of its button, and its title.
            icon: Name of the button's icon.
            hint: What it is for, in plain words.
            make: Makes what is on it: a view, and its panel.
            on_close: Called when it is closed.
        """
        button = ToggleButton(icon, partial(self.toggle, label), label=label, hint=hint)
        panel = pn.Column(visible=False, stylesheets=[SHEET], margin=0, name=f"sheet {label}")
        self._sheets[label] = Sheet(button, panel, make, on_close)
        return self._sheets[label]

    def update(self, snapshot: Snapshot) -> None:
        """Draws what is on the open sheet."""
        if self._open:
            self._views[self._open].update(snapshot)

    def toggle(self, label: str) -> None:
        """Opens a sheet, or closes it if it is open."""
        is_opened = label != self._open
        if self._open:
            self._show(self._open, False)
            self._sheets[self._open].on_close()
        self._open = ""
        if is_opened:
            for panel in self._others:
                panel.visible = False
            if label not in self._views:
                self._fill(label)
            self._open = label
            self._views[label].update(self._snapshot())
            self._show(label, True)

    def _leave_only(self, panel: pn.Column) -> None:
        """Closes all that lies over the page but for that."""
        self.close()
        for other in self._others:
            if other is not panel:
                other.visible = False

    def _show(self, label: str, shown: bool) -> None:
        sheet = self._sheets[label]
        sheet.panel.visible = shown
        sheet.button.look_pressed(shown)

    def _fill(self, label: str) -> None:
        sheet = self._sheets[label]
        self._views[label], panel = sheet.make()
        close = Button(label=f"Close {label}", hint="Close.", margin=0, stylesheets=[_CLOSE])
        close.on_click(lambda _: self.toggle(label))
        title = pn.pane.HTML(f"<h2>{label}</h2>", stylesheets=[_TITLE], margin=0)
        sheet.panel[:] = [
            pn.Row(title, close, sizing_mode="stretch_width", margin=0, stylesheets=[_HEAD]),
            panel,
        ]


_TITLE = ":host { flex: 1; } h2 { margin: 0; font-size: 1rem; font-weight: 700; }"
_HEAD = ":host { align-items: center; flex: none; }"
_CLOSE = """
.bk-btn { width: 32px; height: 32px; padding: 0; border: none !important; border-radius: 8px;
          background: none !important; box-shadow: none !important; font-size: 0 !important;
          color: var(--mui-palette-text-secondary) !important; }
.bk-btn::after { content: "✕" / ""; font-size: 15px; }
"""
