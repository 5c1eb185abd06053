"""`CellCards`: what is known of the cell under the pointer."""

import time
from html import escape
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, HoverTool, Rect

from dashboard.views.cells import KINDS, TERMINAL
from dashboard.views.colours import DARK, Theme
from dashboard.views.columns import update_columns
from dashboard.views.grid import GridView
from dashboard.views.layers.base import Frame, OpenCells
from dashboard.widgets.theme import FONTS
from dashboard.words.actions import Actions, actions_of
from dashboard.words.numbers import number
from gridworld import Cell, Snapshot, best_actions, parse_layout

#: Longest side of a map, in cells, up to which a card tells all; beyond it has one line.
_FULL_SIDE = 30
#: Least seconds between two versions of the cards; on a large map.
_INTERVAL, _LARGE_INTERVAL = 0.5, 2.0
_DECIMALS = 3
_WORDS: dict[str, str] = {
    Cell.WALL: "Wall: the agent is never here.",
    Cell.GOAL: "Goal: reaching it ends the episode.",
    Cell.PIT: "Pit: falling in ends the episode.",
    Cell.CLIFF: "Cliff: whoever steps here is put back to the start.",
}
_OUT_OF_REACH = "No way leads here from a start."


class CellCards:
    """Cards beside the pointer, made when it first comes over the grid.

    Nothing is sent of them while the pointer is elsewhere.

    Args:
        grid: The grid.

    Attributes:
        wanted: Whether the pointer is over the grid.
    """

    def __init__(self, grid: GridView) -> None:
        self._grid = grid
        self.wanted = False
        self._tool: HoverTool | None = None
        self._large: GlyphRenderer | None = None
        self._sent_at = 0.0
        self._theme: Theme | None = None

    def prepare(self, cells: OpenCells) -> None:
        """Takes another map, on which all is ready but the cards."""
        self._sent_at = 0.0
        if cells.geometry.is_small:
            return
        # Only now, and not with the tool: Bokeh 3.9 would make two views of what draws the
        # cells, and ask the one that is not drawn what is under the pointer.
        n_rows, n_cols = cells.shape
        if self._large is None:
            source = ColumnDataSource({"x": [], "y": [], "card": []}, name="cards")
            cell = Rect(width=1, height=1, fill_alpha=0, line_alpha=0)
            self._large = GlyphRenderer(data_source=source, glyph=cell, level="image")
            self._grid.add([self._large])
        self._large.data_source.data = {
            "x": np.tile(np.arange(n_cols), n_rows).tolist(),
            "y": np.repeat(np.arange(n_rows), n_cols).tolist(),
            "card": [""] * (n_rows * n_cols),
        }

    def draw(self, frame: Frame, at_once: bool = False) -> None:
        """Writes the cards, if it is time to.

        Args:
            frame: What is shown.
            at_once: Whether not to wait.
        """
        if not self.wanted:
            return
        snapshot, now = frame.snapshot, time.monotonic()
        geometry = frame.cells.geometry
        is_full = geometry.side <= _FULL_SIDE
        interval = _INTERVAL if is_full else _LARGE_INTERVAL
        if not at_once and now - self._sent_at < interval:
            return
        self._sent_at = now
        drawn = self._grid.map if geometry.is_small or self._large is None else self._large
        source: Any = drawn.data_source
        cards = cards_of(snapshot) if is_full else short_cards_of(snapshot)
        # Numbers beside the map, which have no cards, follow the cells.
        cards += [""] * (len(source.data["x"]) - len(cards))
        if "card" in source.data:
            update_columns(source, {"card": cards})
        else:
            source.data["card"] = cards
        if self._tool is None:
            self._tool = HoverTool(
                show_arrow=False, attachment="horizontal", visible=False, renderers=[drawn]
            )
            toolbar = self._grid.plot.toolbar
            toolbar.tools = [*toolbar.tools, self._tool]
        elif self._tool.renderers != [drawn]:
            self._tool.renderers = [drawn]
        self._colour(frame.theme)

    def _colour(self, theme: Theme) -> None:
        if theme is self._theme or self._tool is None:
            return
        self._theme = theme
        ground, line = ("#1b2026", "#2a3138") if theme is DARK else ("#ffffff", "#e1e6eb")
        look = (
            f"background: {ground}; color: {theme.ink}; border: 1px solid {line}; "
            f"border-radius: 8px; padding: 8px 10px; font: 12px/1.45 {FONTS}; "
            "min-width: 150px; max-width: 240px; "
            "font-variant-numeric: tabular-nums; box-shadow: 0 4px 14px #0003;"
        )
        self._tool.tooltips = (
            f'<div style="{look}">'
            f"<style>.muted {{ color: {theme.muted}; }} .q b {{ font-weight: 400; }} "
            ".q b.best { font-weight: 700; } "
            ".q { display: grid; grid-template-columns: 1fr 1fr; gap: 0 12px; margin: 2px 0; }"
            ":host { --tooltip-border: transparent; --tooltip-color: transparent; "
            "background: none !important; border: none !important; padding: 0; }"
            "</style>@card{safe}</div>"
        )


def cards_of(snapshot: Snapshot) -> list[str]:
    """A card for each cell, as HTML, in the order of the states."""
    cells = parse_layout(snapshot.layout)
    best = best_actions(snapshot.q_values).tolist()
    q_values, visits = snapshot.q_values.tolist(), snapshot.visits.sum(axis=1).tolist()
    plan, actions = snapshot.plan, actions_of(snapshot)
    optimal = np.full(snapshot.q_values.shape, np.nan).tolist()
    known_values = [float("nan")] * len(q_values)
    if plan is not None:
        optimal, known_values = plan.q_values.tolist(), plan.values.tolist()
    reachable, letters = snapshot.reachable.tolist(), cells.ravel().tolist()
    cards = []
    for state, letter in enumerate(letters):
        head = _head(state, letter, cells.shape[1])
        if letter in _WORDS or not reachable[state]:
            cards.append(f"{head}<br>{_WORDS.get(letter, _OUT_OF_REACH)}")
            continue
        rows = zip(actions.signs, q_values[state], optimal[state], best[state], strict=True)
        values = "".join(
            f'<b class="{"best" if is_best and visits[state] else ""}">{arrow}'
            f" {number(value, _DECIMALS)}</b><span>{number(known, _DECIMALS)}</span>"
            for arrow, value, known, is_best in rows
        )
        times = "1 visit" if visits[state] == 1 else f"{visits[state]:,} visits"
        cards.append(
            f'{head}<span class="muted"> · {times}</span><div class="q">'
            f'<span class="muted">Q(s, a)</span><span class="muted">q*(s, a)</span>{values}</div>'
            f"{why(actions, q_values[state], best[state], visits[state])}"
            f'<div class="muted">v*(s) = {number(known_values[state], _DECIMALS)}</div>'
        )
    return cards


def short_cards_of(snapshot: Snapshot) -> list[str]:
    """A line for each cell of a large map, in the order of the states."""
    cells = parse_layout(snapshot.layout)
    values, visits = snapshot.q_values.max(axis=1).tolist(), snapshot.visits.sum(axis=1).tolist()
    return [
        _head(state, letter, cells.shape[1])
        + (f" V {number(values[state], 2)}, visits {visits[state]:,}" if visits[state] else "")
        for state, letter in enumerate(cells.ravel().tolist())
    ]


def why(actions: Actions, q_values: list[float], best: list[bool], n_visits: int) -> str:
    """What the greedy policy does in a state, and why, in words."""
    if not n_visits:
        return f"Never acted here: {actions.all} are the initial Q."
    chosen = [sign for sign, is_best in zip(actions.signs, best, strict=True) if is_best]
    greatest = number(max(q_values), _DECIMALS)
    if len(chosen) == 1:
        return f"Greedy: {chosen[0]}, since Q(s, {chosen[0]}) = {greatest} is the greatest."
    if len(chosen) == len(best):
        return f"Greedy: any, since {actions.all} tie at {greatest}."
    named = " or ".join([", ".join(chosen[:-1]), chosen[-1]])
    return f"Greedy: {named}, which tie at {greatest}."


def _head(state: int, letter: str, n_cols: int) -> str:
    row, col = divmod(state, n_cols)
    is_named = letter in TERMINAL or letter == Cell.START
    name = f" {KINDS[Cell(letter)].name}" if is_named else ""
    return f"<b>({row}, {col})</b>{escape(name)}"
