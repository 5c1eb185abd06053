"""The layers over the grid, their switches and their legend."""

from html import escape
from typing import Any

import numpy as np
import panel as pn
from bokeh.models.widgets import Div

from dashboard.session.view import OneMessage
from dashboard.views.grid import GridView
from dashboard.views.layers.actions import PolicyLayer, VisitsLayer
from dashboard.views.layers.base import Frame, Layer, OpenCells, Scale, values_of
from dashboard.views.layers.values import DIFFERENCE_PALETTE, PALETTE, CellsLayer, TrianglesLayer
from dashboard.widgets.hinted import CheckBoxGroup
from dashboard.widgets.layout import bokeh_pane, wrapping_row
from gridworld import Snapshot

TRAIL = "Trail"
#: Layers that are on at first.
DEFAULT = ("State values", "Policy", TRAIL)
#: What each layer shows, in words.
LAYERS = {
    "State values": "State values V(s) = max Q(s, a)",
    "Q-values": "Q-values Q(s, a), a triangle for each action",
    "Policy": "Greedy policy π(s), all tied best actions",
    "Visits": "Visits: how often the agent acted in each cell",
    TRAIL: "The last cells the agent was in",
    "Optimal values": "Optimal values v*(s), from planning",
    "Optimal policy": "Optimal policy π*(s), from planning",
    "Difference": "Difference |Q − q*| to the optimal values",
}

_STYLE = """
:host { color: var(--mui-palette-text-primary); font-size: 0.85rem; }
:host > div { width: 100%; }
.scale { display: grid; grid-template-columns: auto 1fr auto; gap: 8px; align-items: center;
         font-variant-numeric: tabular-nums; margin: 2px 0; }
.bar { height: 10px; border: 1px solid var(--mui-palette-divider); }
.note { color: var(--mui-palette-text-secondary); min-height: 1.3em; }
"""


class LayeredView:
    """Draws the layers that are switched on.

    Args:
        grid: The grid that they lie on.
        snapshot: What to show first.
        one_message: Holds together the changes that the switches make.

    Attributes:
        switches: A row of check boxes, one for each layer.
        legend: Says what the colours mean: a Bokeh model.
        panel: The legend as it is placed on the page.
    """

    def __init__(
        self, grid: GridView, snapshot: Snapshot, one_message: OneMessage = pn.io.hold
    ) -> None:
        self._grid, self._one_message = grid, one_message
        self._layers: dict[str, Layer] = {
            "State values": CellsLayer("State values", PALETTE, number_at=0),
            "Optimal values": CellsLayer("Optimal values", PALETTE, number_at=0.25),
            "Q-values": TrianglesLayer("Q-values", PALETTE, numbers=True),
            "Difference": TrianglesLayer("Difference", DIFFERENCE_PALETTE, numbers=False),
            "Visits": VisitsLayer(),
            "Optimal policy": PolicyLayer("Optimal policy"),
            "Policy": PolicyLayer("Policy"),
        }
        self._cells = OpenCells(snapshot)
        self._suspended = False
        self._snapshot = snapshot
        self._switches = {
            title: CheckBoxGroup(
                options=[title],
                value=[title] if title in DEFAULT else [],
                hint=hint,
                margin=(2, 8),
            )
            for title, hint in LAYERS.items()
        }
        for switch in self._switches.values():
            switch.param.watch(lambda _: self._switch(), "value")
        self.switches = wrapping_row(*self._switches.values())
        self.legend = Div(sizing_mode="stretch_width", stylesheets=[_STYLE], name="legend")
        self.panel = bokeh_pane(self.legend)
        self._switch()

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings; large maps take the browser longer to paint."""
        return max(0.25, 1e-4 * self._cells.states.size)

    def update(self, snapshot: Snapshot) -> None:
        """Draws the layers that are switched on."""
        if not self._cells.is_of(snapshot):
            self._cells = OpenCells(snapshot)
            self._show_layers()
        self._snapshot = snapshot
        frame = self.frame_of(snapshot)
        for layer in self._layers.values():
            if layer.shown:
                layer.draw(frame)
        self._explain(frame)

    def frame_of(self, snapshot: Snapshot) -> Frame:
        """The frame of a snapshot; it does not depend on earlier ones."""
        on, states, plan = self._on, self._cells.states, snapshot.plan
        known = np.empty(0) if plan is None else plan.values[states]
        shown = [values_of(kind, snapshot)[states].ravel() for kind in sorted(on & _VALUED)]
        different = [values_of(kind, snapshot)[states].ravel() for kind in on & {"Difference"}]
        return Frame(
            snapshot,
            self._cells,
            Scale.of(np.concatenate([known, *shown]), known),
            Scale.of_differences(np.concatenate([np.empty(0), *different]), known),
        )

    @property
    def _on(self) -> set[str]:
        return {title for title, switch in self._switches.items() if switch.value}

    def suspend(self, suspended: bool) -> None:
        """Hides all layers, or shows the ones that are on again."""
        if suspended != self._suspended:
            self._suspended = suspended
            self._switch()

    def _switch(self) -> None:
        with self._one_message():
            self._grid.show_trail(TRAIL in self._on)
            self._show_layers()
            self.update(self._snapshot)

    def _show_layers(self) -> None:
        on = self._on
        for title, layer in self._layers.items():
            covered = title == "State values" and "Q-values" in on
            layer.show(self._grid.plot, title in on and not self._suspended, covered)

    def _explain(self, frame: Frame) -> None:
        on, scale, difference = self._on, frame.scale, frame.difference_scale
        lines = []
        if on & _VALUED:
            lines.append(_bar("value", PALETTE, scale.text(scale.low), scale.text(scale.high)))
        if "Difference" in on:
            low, high = (difference.text(value) for value in difference)
            lines.append(_bar("|Q − q*|", DIFFERENCE_PALETTE, low, high))
        notes = []
        if on & _PLANNED and self._snapshot.plan is None:
            notes.append("Planning has no finite answer for this map and discount.")
        lines.append(f'<div class="note">{escape(" ".join(notes))}</div>')
        text = "".join(lines)
        if text != self.legend.text:
            self.legend.text = text


#: Layers coloured by the scale of values.
_VALUED = {"State values", "Q-values", "Optimal values"}
#: Layers that need a plan.
_PLANNED = {"Optimal values", "Optimal policy", "Difference"}


def _bar(what: str, palette: Any, low: str, high: str) -> str:
    colours = ", ".join(palette[i] for i in range(0, 256, 15))
    return (
        f'<div class="scale" role="img" aria-label="Colours of {escape(what)}, '
        f'from {low} to {high}"><span>{low}</span>'
        f'<span class="bar" style="background: linear-gradient(to right, {colours})"></span>'
        f"<span>{high}</span></div>"
    )
