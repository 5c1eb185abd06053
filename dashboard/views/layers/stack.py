"""The layers over the grid, the choice among them, and their legend."""

from collections.abc import Iterable
from html import escape

import numpy as np
import panel as pn
from bokeh.events import MouseEnter, MouseLeave
from numpy.typing import NDArray

from dashboard.session.view import OneMessage
from dashboard.views.cells import CALM, KINDS, Dynamics
from dashboard.views.grid import GridView
from dashboard.views.layers.base import CLEAR, Frame, Layer, OpenCells, Scale, values_of
from dashboard.views.layers.hover import CellCards
from dashboard.views.layers.palettes import PALETTES, ink_on, places_of
from dashboard.views.layers.planned import PlannedLayer
from dashboard.views.layers.policies import PolicyLayer
from dashboard.views.layers.switches import BackgroundChoice, OverlayChoice
from dashboard.views.layers.values import CellsLayer, TrianglesLayer, short
from dashboard.widgets.layout import describe_figure
from dashboard.widgets.markup import Markup
from gridworld import ALGORITHMS, Cell, Snapshot, read_cells

TRAIL = "Trail"
#: What each background shows, in words; one is seen at a time.
BACKGROUNDS = {
    "State values": "State values V(s) = max Q(s, a)",
    "Q-values": "Q-values Q(s, a), a triangle for each action",
    "Visits": "Visits: how often the agent acted in each cell",
    "Optimal values": "Optimal values v*(s), from planning",
    "Difference": "Difference |Q − q*| to the optimal values",
}
#: Backgrounds of what some algorithms keep beside the values, and the field of
#: `gridworld.Inside` that has it.
INSIDE = {
    "Traces": "Traces z(s, a): how much of what happens now is credited to each action",
    "Queue": "Priorities in the queue: sizes of TD errors that wait for an update",
}
_FIELDS = {"Traces": "traces", "Queue": "priorities", "Planned": "planned"}
#: What lies over it.
OVERLAYS = {
    "Policy": "Greedy policy π(s), all tied best actions, where the agent has acted",
    "Optimal policy": "Optimal policy π*(s), from planning",
    TRAIL: "The last cells the agent was in; a stroke across is a bump",
}
#: What lies over it with some algorithms.
OVERLAYS_INSIDE = {"Planned": "Values updated from the model in the last step"}
#: All that there are with each algorithm.
LAYERS = BACKGROUNDS | OVERLAYS
_MEANINGS = LAYERS | INSIDE | OVERLAYS_INSIDE
#: What is on at first.
DEFAULT = ("State values", "Policy", TRAIL)

#: Backgrounds coloured by the scale of values.
_VALUED = {"State values", "Q-values", "Optimal values"}
#: Layers that need a plan.
_PLANNED = {"Optimal values", "Optimal policy", "Difference"}
#: Backgrounds in which each action has a triangle.
_TRIANGLED = {"Q-values", "Difference", "Traces", "Queue"}

_STYLE = """
:host { color: var(--mui-palette-text-secondary); font-size: 12px; }
:host > div { width: 100%; }
.scale { display: flex; gap: 8px; align-items: center; font-variant-numeric: tabular-nums;
         min-height: 18px; }
.bar { flex: 1; height: 8px; border-radius: 4px; }
.scale b { min-width: 46px; font-weight: 600; }
"""


class LayeredView:
    """Draws the background and the overlays that are chosen.

    Args:
        grid: The grid that they lie on.
        snapshot: What to show first.
        one_message: Holds together the changes that a choice makes.

    Attributes:
        backgrounds: The choice of the background, to be placed above the grid.
        overlays: The choice of overlays, to be placed beside it.
        legend: Says what the colours mean.
        panel: The legend as it is placed on the page.
    """

    def __init__(
        self, grid: GridView, snapshot: Snapshot, one_message: OneMessage = pn.io.hold
    ) -> None:
        self._grid, self._one_message = grid, one_message
        # From the lowest to the uppermost.
        self._layers: dict[str, Layer] = {
            "State values": CellsLayer(grid, "State values"),
            "Optimal values": CellsLayer(grid, "Optimal values"),
            "Visits": CellsLayer(grid, "Visits"),
            "Q-values": TrianglesLayer(grid, "Q-values", numbers=True),
            "Difference": TrianglesLayer(grid, "Difference", numbers=False),
            "Traces": TrianglesLayer(grid, "Traces", numbers=True),
            "Queue": TrianglesLayer(grid, "Queue", numbers=True),
            "Optimal policy": PolicyLayer(grid, "Optimal policy"),
            "Policy": PolicyLayer(grid, "Policy"),
            "Planned": PlannedLayer(grid),
        }
        self._algorithm = ""
        self._cells = OpenCells(snapshot)
        self._on = set(DEFAULT)
        self._suspended = False
        self._snapshot = snapshot
        self._cards = CellCards(grid)
        self._cards.prepare(self._cells)
        self.backgrounds = BackgroundChoice(BACKGROUNDS)
        self.overlays = OverlayChoice(OVERLAYS, list(DEFAULT[1:]))
        for choice in (self.backgrounds, self.overlays):
            choice.param.watch(lambda _: self._on_choice(), "value")
        self.legend = Markup.wide("legend", _STYLE)
        self.panel = self.legend.pane()
        grid.watch_theme(lambda: self.update(self._snapshot))
        # The pointer tells by itself when it comes and goes; nothing is sent while it moves.
        grid.plot.on_event(MouseEnter, lambda _: self._want_cards(True))
        grid.plot.on_event(MouseLeave, lambda _: self._want_cards(False))
        self._switch()

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings; large maps take the browser longer to paint."""
        return max(0.25, 1e-4 * self._cells.states.size)

    @property
    def chosen(self) -> tuple[str, tuple[str, ...]]:
        """The background, and the overlays that are on, by their names."""
        on = tuple(title for title in _MEANINGS if title in self.overlays.value)
        return str(self.backgrounds.value), on

    def choose(self, background: str, overlays: Iterable[str]) -> None:
        """Shows a background and overlays, as `chosen` gives them.

        Raises:
            ValueError: If there are no such layers.
        """
        overlays = list(overlays)
        backgrounds, above = {*BACKGROUNDS, *INSIDE}, {*OVERLAYS, *OVERLAYS_INSIDE}
        unknown = set(overlays) - above | {background} - backgrounds
        if unknown:
            raise ValueError(f"unknown layers: {', '.join(sorted(unknown))}")
        with self._one_message():
            # What another algorithm had is not there to be shown.
            if background in self.backgrounds.options.values():
                self.backgrounds.value = background
            offered = list(self.overlays.options.values())
            self.overlays.value = [title for title in offered if title in overlays]

    def show(self, titles: Iterable[str]) -> None:
        """Shows just these layers, also several backgrounds at once, as a recorder needs them."""
        self._on = set(titles)
        self._switch()

    def update(self, snapshot: Snapshot) -> None:
        """Draws the layers that are switched on."""
        self._snapshot = snapshot  # first: another choice of layers draws it
        if snapshot.algorithm != self._algorithm:
            self._offer(snapshot.algorithm)
        if not self._cells.is_of(snapshot):
            self._cells = OpenCells(snapshot)
            self._cards.prepare(self._cells)
        frame = self.frame_of(snapshot)
        for layer in self._layers.values():
            if layer.shown:
                layer.draw(frame)
        if not self._suspended:
            self._cards.draw(frame)
        self._explain(frame)

    def _offer(self, algorithm: str) -> None:
        """Offers the layers that an algorithm has something for."""
        self._algorithm = algorithm
        fields = ALGORITHMS[algorithm].fields_inside
        for choice, always, some in (
            (self.backgrounds, BACKGROUNDS, INSIDE),
            (self.overlays, OVERLAYS, OVERLAYS_INSIDE),
        ):
            choice.offer(always | {k: v for k, v in some.items() if _FIELDS[k] in fields})

    def frame_of(self, snapshot: Snapshot) -> Frame:
        """The frame of a snapshot; it does not depend on earlier ones."""
        on, states, plan = self._on, self._cells.states, snapshot.plan
        known = np.empty(0) if plan is None else plan.values[states]
        shown = [values_of(kind, snapshot)[states].ravel() for kind in sorted(on & _VALUED)]
        scale = Scale.of(np.concatenate([known, *shown]), known)
        scales = dict.fromkeys(_VALUED, scale)
        for kind in on & {"Difference", *INSIDE}:
            values = values_of(kind, snapshot)[states].ravel()
            spanned = known if kind == "Difference" else np.array([0.0, 1.0])
            scales[kind] = Scale.of_differences(values, spanned)
        return Frame(
            snapshot,
            self._cells,
            scales,
            self._grid.theme,
            self._ink(snapshot, scale),
            self._is_triangled,
        )

    def describe(self, snapshot: Snapshot) -> str:
        """The picture in words, for those who do not see it."""
        draft = self._grid.draft
        cells = read_cells(draft or snapshot.layout)
        n_rows, n_cols = cells.shape
        goals = [f"({r}, {c})" for r, c in np.argwhere(cells == Cell.GOAL).tolist()]
        goal = f"Goal at {', '.join(goals)}." if 0 < len(goals) <= 4 else ""
        if draft is not None:
            return f"A map of {n_rows} rows and {n_cols} columns, not trained on yet. {goal}"
        row, col = snapshot.position
        kind = KINDS[Cell(str(cells[row, col]))].name
        frame, background = self.frame_of(snapshot), self._background
        words = [
            f"Grid of {n_rows} rows and {n_cols} columns.",
            f"The agent is in row {row}, column {col}{'' if kind == 'free' else f', a {kind}'}.",
        ]
        if goal:
            words.append(goal)
        words.append(f"Colours: {_MEANINGS[background]}{_range(background, frame)}.")
        over = [title.lower() for title in OVERLAYS | OVERLAYS_INSIDE if title in self._on]
        if over:
            words.append(f"Over them: {', '.join(over)}.")
        return " ".join(words)

    def tell(self, snapshot: Snapshot) -> None:
        """Renews what screen readers say of the grid; once a second is often enough."""
        describe_figure(self._grid.plot, self.describe(snapshot))

    def suspend(self, suspended: bool) -> None:
        """Hides all layers, or shows the ones that are on again."""
        if suspended != self._suspended:
            self._suspended = suspended
            self._switch()

    @property
    def _background(self) -> str:
        """The background that letters are to be read on: the uppermost."""
        on = [kind for kind in self._layers if kind in PALETTES and kind in self._on]
        return on[-1] if on else "State values"

    @property
    def _is_triangled(self) -> bool:
        """Whether each action has a part of its cell in all backgrounds that are on."""
        on = self._on & set(PALETTES)
        return bool(on) and on <= _TRIANGLED

    def _ink(self, snapshot: Snapshot, scale: Scale) -> NDArray:
        kind = self._background
        values = values_of(kind, snapshot)[self._cells.states]
        if kind not in self._on or kind in ("Difference", *INSIDE):
            return np.full(len(values), self._grid.theme.ink)
        places = places_of(kind, values, scale)
        if places.ndim == 2:  # that of the best action, which is emphasised
            best = np.where(places == CLEAR, -1, places).max(axis=1, initial=-1)
            places = np.where(best < 0, CLEAR, best)
        return ink_on(kind, places, self._grid.theme)

    def _on_choice(self) -> None:
        background, overlays = self.chosen
        self._on = {background, *overlays}
        self._switch()
        self.tell(self._snapshot)

    def _switch(self) -> None:
        with self._one_message():
            self._grid.show_trail(TRAIL in self._on)
            for title, layer in self._layers.items():
                layer.show(title in self._on and not self._suspended)
            self.update(self._snapshot)

    def _want_cards(self, wanted: bool) -> None:
        self._cards.wanted = wanted
        if wanted and not self._suspended:
            with self._one_message():
                self._cards.draw(self.frame_of(self._snapshot), at_once=True)

    def _explain(self, frame: Frame) -> None:
        # What is coloured by the same scale has one bar.
        bars = {
            "Values" if kind in _VALUED else kind: kind for kind in PALETTES if kind in self._on
        }
        lines = [_bar(kind, frame, title * (len(bars) > 1)) for title, kind in bars.items()]
        notes = _notes(self._grid.dynamics, bool(frame.snapshot.new_maps))
        if self._on & _PLANNED and self._snapshot.plan is None:
            notes.append("Planning has no answer: not yet, or none that is finite.")
        text = "".join(lines) or '<div class="scale"></div>'
        if notes:
            note = f"<span>{escape(' · '.join(notes))}</span></div>"
            text = text.removesuffix("</div>") + note
        self.legend.text = text


def _notes(dynamics: Dynamics, has_changed: bool) -> list[str]:
    """What cannot be seen of the world on its map."""
    if dynamics == CALM:
        return []
    notes = [f"slip {dynamics.slip:.4g}"] if dynamics.slip else []
    if any(dynamics.wind):
        notes.append("↑ wind" + (f", gusts {dynamics.gust:.3g}" if dynamics.gust else ""))
    if dynamics.changes_after is not None:
        changes = "changed" if has_changed else "changes"
        notes.append(f"map {changes} after {dynamics.changes_after:,} steps")
    return notes


def _bounds(kind: str, frame: Frame) -> tuple[str, str]:
    """The ends of a background's scale, as text."""
    if kind == "Visits":
        counts = frame.snapshot.visits.sum(axis=1)[frame.cells.states]
        return "1", short(int(counts.max(initial=1)))
    scale = frame.scales[kind]
    return scale.text(scale.low), scale.text(scale.high)


def _range(kind: str, frame: Frame) -> str:
    low, high = _bounds(kind, frame)
    return f", from {low} to {high}"


def _bar(kind: str, frame: Frame, title: str) -> str:
    """A background's scale of colours, with a title where there are several."""
    low, high = _bounds(kind, frame)
    colours = ", ".join(PALETTES[kind][i] for i in range(0, 256, 15))
    name = f"Colours: {_MEANINGS[kind]}, from {low} to {high}"
    before = f"<b>{title}</b>" if title else ""
    return (
        f'<div class="scale">{before}<span>{low}</span><span class="bar" role="img" '
        f'aria-label="{escape(name)}" '
        f'style="background: linear-gradient(to right, {colours})"></span>'
        f"<span>{high}</span></div>"
    )
