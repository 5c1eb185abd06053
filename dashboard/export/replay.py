"""A run that is played again without a server: a player, and the views of each moment."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import GlyphRenderer, IndexFilter, Span
from bokeh.models.widgets import Div

from dashboard.export.keyframes import thinned
from dashboard.export.styles import COUNTERS_STYLE, PLAYER_STYLE, SWITCH_STYLE, TABS_STYLE
from dashboard.views.colours import AGENT
from dashboard.views.curves import CurvesView
from dashboard.views.curves.figure import EITHER
from dashboard.views.grid import GridView
from dashboard.views.layers.stack import DEFAULT, LAYERS, TRAIL, LayeredView
from dashboard.widgets.hinted import TELLS_CHOSEN, Hinted
from dashboard.widgets.layout import bokeh_pane, flexible_column, wrapping_row
from dashboard.widgets.theme import CARD, ON_PHONE
from dashboard.words.counters import as_terms, counters_of
from gridworld import Snapshot

#: Size of all recorded moments together; above it moments are left out.
MAX_BYTES = 16_000_000
#: Layers that need a plan.
_PLANNED = {"Optimal values", "Optimal policy"}
#: The layer whose colours need a legend of their own.
_LEFT_OUT = {"Difference"}
_QUANTITIES = ("Return", "Length", "Epsilon")
#: Time in which the player shows the whole run.
_RUN_MILLISECONDS = 20_000
#: Least and most time for a moment.
_MOMENT_MILLISECONDS = (80, 500)

Columns = dict[str, list[Any]]


class Toggle(Hinted, pn.widgets.Toggle):
    """A button that stays pressed, with a hint."""


class Replay:
    """The views of a run at each of its moments.

    Sources that change are recorded in full for each moment: the player may jump anywhere.

    Args:
        moments: The run; its last moment is shown first.

    Attributes:
        moments: The moments that are played; some are left out where all need too much space.
        player: Chooses one of them.
        panel: Player and views, laid out.
    """

    def __init__(self, moments: Sequence[Snapshot]) -> None:
        last = moments[-1]
        self._grid = GridView(last)
        self._layers = LayeredView(self._grid, last)
        without = _LEFT_OUT | (_PLANNED if last.plan is None else set())
        self._titles = [title for title in LAYERS if title not in without]
        self._layers.show(self._titles)
        self._curves = [_curve(kind, last) for kind in _QUANTITIES]
        self._here = [
            Span(dimension="height", line_color=AGENT, line_width=2, name="here")
            for _ in _QUANTITIES
        ]
        for view, span in zip(self._curves, self._here, strict=True):
            view.figure.add_layout(span)
            view.figure.update(sizing_mode="stretch_width", height=340)
        self._counters = Div(
            sizing_mode="stretch_width", stylesheets=[COUNTERS_STYLE], disable_math=True
        )
        sources = {r.data_source.id: r.data_source for r in self._grid.plot.renderers}
        self._sources = list(sources.values())
        self.moments = thinned(moments, max(2, MAX_BYTES // self._size_of(moments)))
        self._record()
        self._layers.show(DEFAULT)
        self.player = self._make_player()
        self._show(-1)
        self.panel = self._lay_out()

    def _draw(self, moment: Snapshot) -> list[Columns]:
        """The content of each source at a moment, as plain lists."""
        self._grid.update(moment)
        self._layers.update(moment)
        return [
            {column: _as_lists(values) for column, values in source.data.items()}
            for source in self._sources
        ]

    def _size_of(self, moments: Sequence[Snapshot]) -> int:
        """Bytes that a moment takes, about."""
        first, last = self._draw(moments[0]), self._draw(moments[-1])
        changed = [
            [now for column, now in columns.items() if now != before[column]]
            for before, columns in zip(first, last, strict=True)
        ]
        return len(json.dumps(changed))

    def _record(self) -> None:
        self._drawn: list[list[Columns]] = []
        self._texts: list[tuple[str, str]] = []
        for moment in self.moments:
            self._drawn.append(self._draw(moment))
            self._texts.append((as_terms(counters_of(moment)), self._layers.legend.text))
        for i, first in enumerate(self._drawn[0]):
            same = [c for c in first if all(drawn[i][c] == first[c] for drawn in self._drawn)]
            for drawn in self._drawn:
                for column in same:
                    del drawn[i][column]

    def _show(self, index: int) -> None:
        for source, columns in zip(self._sources, self._drawn[index], strict=True):
            if columns:
                whole = {c: [(slice(0, len(values)), values)] for c, values in columns.items()}
                source.patch(whole)
        self._counters.text, self._layers.legend.text = self._texts[index]
        for span in self._here:
            span.location = self.moments[index].episode

    def _make_player(self) -> pn.widgets.Player:
        # Indices run from −n to 0, because a new Player clips values to 100.
        n_moments = len(self.moments)
        player = pn.widgets.Player(
            start=1 - n_moments,
            end=0,
            value=0,
            interval=int(np.clip(_RUN_MILLISECONDS // n_moments, *_MOMENT_MILLISECONDS)),
            loop_policy="loop",  # Play does something at the end, too
            show_loop_controls=False,
            stylesheets=[PLAYER_STYLE],
            sizing_mode="stretch_width",
            margin=(4, 8),
        )
        player.param.watch(lambda event: self._show(event.new - 1), "value")
        return player

    def _make_switches(self) -> pn.Row:
        """Buttons that show and hide the layers in the browser alone."""
        row = wrapping_row(margin=(4, 4, 0, 4))
        for title in self._titles:
            switch = Toggle(
                label=title,
                hint=LAYERS[title],
                value=title in DEFAULT,
                margin=4,
                stylesheets=[SWITCH_STYLE, TELLS_CHOSEN],
            )
            for renderer in self._renderers_of(title):
                switch.jslink(renderer, value="visible")
            row.append(switch)
        return row

    def _renderers_of(self, title: str) -> list[GlyphRenderer]:
        name = "trail" if title == TRAIL else title
        return [
            renderer
            for renderer in self._grid.plot.renderers
            if f"{renderer.data_source.name} ".startswith(f"{name} ")
            # The agent is drawn from the trail's source too, and is never hidden.
            and not isinstance(renderer.view.filter, IndexFilter)
        ]

    def _lay_out(self) -> pn.Row:
        curves = zip(_QUANTITIES, self._curves, strict=True)
        picture = flexible_column(self._make_switches(), self._grid.panel, self._layers.panel)
        words = flexible_column(
            bokeh_pane(self._counters),
            self.player,
            pn.Tabs(
                *((kind, bokeh_pane(view.figure)) for kind, view in curves),
                stylesheets=[TABS_STYLE],
                sizing_mode="stretch_width",
            ),
        )
        for column in (picture, words):
            column.stylesheets = [CARD, _PADDED]
        return wrapping_row(picture, words)


_PADDED = f"""
:host {{ padding: 12px; margin: 6px !important; }}
{ON_PHONE} {{ :host {{ padding: 6px; }} }}
"""


def _curve(kind: str, snapshot: Snapshot) -> CurvesView:
    view = CurvesView(snapshot)
    view.choose(kind, "All")
    view.recolour(EITHER)
    return view


def _as_lists(values: Sequence[Any]) -> list[Any]:
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
