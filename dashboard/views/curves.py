"""The learning curves: return, length and ε by episode, with the exact answers beside them."""

from math import ceil, floor, isfinite, log10, nan
from typing import Any, NamedTuple

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, Line, Range1d, VSpan
from bokeh.models.annotations import Legend, LegendItem
from bokeh.plotting import figure
from numpy.typing import NDArray

from dashboard.session.view import OneMessage
from dashboard.views.colours import GREEN, PURPLE, SKY_BLUE, VERMILION
from dashboard.views.smoothing import MAX_GROUPS, WINDOW, extremes_of_groups, means_of_groups
from dashboard.widgets.hinted import RadioButtonGroup
from dashboard.widgets.layout import bokeh_pane
from gridworld import Change, Snapshot, Status


class Quantity(NamedTuple):
    """One quantity of a run, with its exact values."""

    label: str
    record: NDArray  # of each completed episode, shape (E,); empty without a record
    evaluations: NDArray  # at the evaluated episodes, shape (N,); NaN for none
    optimum: float | None
    called: str = ""  # name of the optimum in the legend


def quantity_of(kind: str, snapshot: Snapshot) -> Quantity:
    """Takes a quantity from a snapshot."""
    nothing = np.full(snapshot.evaluation_returns.shape, np.nan)
    match kind:
        case "Return":
            return Quantity(
                kind,
                snapshot.episode_returns,
                snapshot.evaluation_returns,
                *_optimum(snapshot),
            )
        case "Length":
            return Quantity(
                "Length (steps)",
                snapshot.episode_lengths,
                nothing,
                snapshot.optimal_length,
                "Optimal policy",
            )
        case _:
            return Quantity("ε", np.empty(0), snapshot.evaluation_epsilons, None)


def _optimum(snapshot: Snapshot) -> tuple[float | None, str]:
    """The return of the best policy, or of the planned one if that is not known; and its name."""
    if snapshot.optimal_return is not None and np.isnan(snapshot.optimal_return):
        # Not computed: on a large map with a high step limit it would take too long.
        return snapshot.planned_return, "Policy of planning (optimum not worked out)"
    return snapshot.optimal_return, "Optimum within the step limit"


class CurvesView:
    """A Bokeh figure of one quantity at a time.

    Long runs are drawn in groups of 2, 4, 8 … episodes, with the lowest and the highest value
    of each in their order. So a million episodes cost no more than a thousand.

    Args:
        snapshot: What to show first.
        one_message: Holds together the changes that the switch makes.

    Attributes:
        figure: The Bokeh figure.
        switch: Chooses the quantity.
        panel: The switch above the figure.
    """

    min_interval = 0.2

    def __init__(self, snapshot: Snapshot, one_message: OneMessage = pn.io.hold) -> None:
        self._one_message = one_message
        self.switch = RadioButtonGroup(
            options=["Return", "Length", "Epsilon"],
            value="Return",
            hint="Return G: sum of an episode's rewards. Length: its steps. "
            "Epsilon ε: probability of exploring.",
            stylesheets=[_PRESSED],
            margin=(4, 8),
        )
        self.switch.param.watch(lambda _: self._redraw(), "value")
        self.figure = figure(
            x_range=Range1d(start=0, end=10),
            y_range=Range1d(start=-1, end=1),
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_width",
            height=330,
            # Space for every label: the browser would tell the server of each new width.
            min_border_left=72,
            min_border_right=24,
            x_axis_label="Episode",
            y_axis_label="Return",
        )
        self.panel = pn.Column(self.switch, bokeh_pane(self.figure), sizing_mode="stretch_width")
        self._episodes, self._means, self._greedy = (
            ColumnDataSource({"x": [], "y": []}, name=name)
            for name in ("episodes", "means", "greedy")
        )
        self._changes = ColumnDataSource({"x": [], "text": []}, name="changes")
        self._changed: tuple[Change, ...] = ()
        self._optimum = ColumnDataSource({"x": [], "y": []}, name="optimum")
        self._items = self._add_glyphs()
        self._kind = ""
        self._called: dict[str, str] = {}  # names in the legend
        self._extent = np.inf, -np.inf  # of the episodes drawn
        self._run: NDArray | None = None
        self._group = 1
        self._drawn = 0
        self._snapshot = snapshot
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Adds the episodes since the last update."""
        self._snapshot = snapshot
        quantity = quantity_of(self.switch.value, snapshot)
        if self._kind != self.switch.value:
            self._kind, self._run = self.switch.value, None
            self.figure.yaxis.axis_label = quantity.label
            for name, label in _LABELS[self._kind].items():
                self._call(name, label)
        self._call("optimum", quantity.called)
        self._add_episodes(quantity.record, snapshot)
        self._show_answers(quantity, snapshot)
        self._fit(quantity, snapshot)

    def renew(self) -> None:
        """Sends the whole curves once more.

        After a broken connection the server sends the whole page, and then perhaps the points
        again that were added last.
        """
        with self._one_message():
            for source in (self._episodes, self._means):
                source.data = {"x": [], "y": []}  # Bokeh does not send equal data again
            self._run = None
            self.update(self._snapshot)

    def _call(self, name: str, label: str) -> None:
        """Names a line in the legend; without a name it has no entry."""
        if self._called.get(name) != label:
            self._called[name] = label
            self._items[name].update(label={"value": label}, visible=bool(label))

    def _redraw(self) -> None:
        with self._one_message():
            self.update(self._snapshot)

    def _add_episodes(self, record: NDArray, snapshot: Snapshot) -> None:
        n_episodes = len(record)
        group = 1 << max(0, (n_episodes - 1) // MAX_GROUPS).bit_length()
        # During a run a group is drawn once it is complete.
        running = snapshot.status is Status.RUNNING
        end = n_episodes - n_episodes % group if running else n_episodes
        begin = self._drawn
        # Each run has arrays of its own. A group that a pause cut short is drawn again.
        if record.base is not self._run or group != self._group or begin % group or end < begin:
            begin = 0
        if begin == end == self._drawn and record.base is self._run:
            return
        for source, (x, y) in (
            (self._episodes, extremes_of_groups(record, begin, end, group)),
            (self._means, means_of_groups(record, begin, end, group)),
        ):
            points = {"x": x.tolist(), "y": y.tolist()}
            if begin:
                source.stream(points)
            else:
                source.data = points
        self._run, self._group, self._drawn = record.base, group, end
        low, high = self._extent if begin else (np.inf, -np.inf)
        added = record[begin:end].astype(float)
        self._extent = float(added.min(initial=low)), float(added.max(initial=high))

    def _show_answers(self, quantity: Quantity, snapshot: Snapshot) -> None:
        """Draws the exact values, evaluations and optimum, and marks changed parameters."""
        evaluations = {
            "x": snapshot.evaluation_episodes.tolist(),
            # NaN breaks the line. It is always the same object, so that equal lists are equal.
            "y": [value if isfinite(value) else nan for value in quantity.evaluations.tolist()],
        }
        if evaluations != self._greedy.data:
            self._greedy.data = evaluations
        optimum = quantity.optimum
        ends: dict[str, list[float]] = {"x": [], "y": []}
        if optimum is not None and np.isfinite(optimum):
            ends = {"x": [0, snapshot.num_episodes], "y": [optimum, optimum]}
        if ends != self._optimum.data:
            self._optimum.data = ends
        if snapshot.changes != self._changed:
            self._changed = snapshot.changes
            self._changes.data = {
                "x": [change.episode for change in snapshot.changes],
                "text": [
                    f"{change.name.replace('_', ' ')} {change.value:g}, step {change.total_steps:,}"
                    for change in snapshot.changes
                ],
            }

    def _fit(self, quantity: Quantity, snapshot: Snapshot) -> None:
        """Widens the axes by steps where the curves outgrow them, so that they seldom move."""
        x_range: Any = self.figure.x_range
        y_range: Any = self.figure.y_range
        n_episodes, num_episodes = snapshot.episode, snapshot.num_episodes
        end = min(10, num_episodes)
        if n_episodes > end:
            magnitude = 10 ** int(log10(n_episodes))
            end = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= n_episodes)
        if x_range.end != min(end, num_episodes):
            x_range.end = min(end, num_episodes)
        shown = np.array([*self._extent, *quantity.evaluations, quantity.optimum], dtype=float)
        shown = shown[np.isfinite(shown)]
        if not shown.size:
            return
        low, high = float(shown.min()), float(shown.max())
        span = high - low or abs(high) or 1.0
        step = 10 ** floor(log10(span)) / 2
        start, end = (
            floor((low - span / 100) / step) * step,
            ceil((high + span / 100) / step) * step,
        )
        if (start, end) != (y_range.start, y_range.end):
            y_range.update(start=start, end=end)

    def _add_glyphs(self) -> dict[str, LegendItem]:
        """Draws the lines; returns their entries in the legend by name."""
        add = self.figure.add_glyph
        lines = {
            "episodes": add(self._episodes, Line(line_color=SKY_BLUE, line_alpha=0.7)),
            "means": add(self._means, Line(line_color=VERMILION, line_width=2.5)),
            "greedy": add(
                self._greedy, Line(line_color=GREEN, line_width=2.5, line_dash="dotdash")
            ),
            "optimum": add(
                self._optimum, Line(line_color=PURPLE, line_width=2, line_dash="dashed")
            ),
        }
        marks = add(
            self._changes,
            VSpan(x="x", line_color="#808080", line_width=2, line_dash="dotted"),
        )
        for name, value, mode in (
            ("means", f"Mean of the last {WINDOW}", "vline"),
            ("greedy", "Greedy policy", "vline"),
            ("episodes", "This episode", "mouse"),
        ):
            tooltips = [("Episode", "@x{0,0}"), (value, "@y{%.4g}")]
            hover = HoverTool(
                renderers=[lines[name]], tooltips=tooltips, formatters={"@y": "printf"}, mode=mode
            )
            self.figure.add_tools(hover)
        self.figure.add_tools(HoverTool(renderers=[marks], tooltips=[("Changed", "@text")]))
        items = {
            name: LegendItem(label=name, renderers=[renderer]) for name, renderer in lines.items()
        }
        # One below the other: Bokeh 3.10 lets what is wider than the curves stand out of the page.
        legend = Legend(
            items=list(items.values()), location="top_left", margin=0, padding=4, spacing=0
        )
        self.figure.add_layout(legend, "above")
        return items


_PRESSED = """
.bk-btn.bk-active { color: var(--mui-palette-primary-contrastText, #fff) !important;
                    background: var(--mui-palette-primary-main, #0072b5) !important; }
"""
#: Entries of the legend for each quantity.
_LABELS = {
    "Return": {
        "episodes": "Each episode",
        "means": f"Mean of the last {WINDOW}",
        "greedy": "Greedy policy, exact",
    },
    "Length": {
        "episodes": "Each episode",
        "means": f"Mean of the last {WINDOW}",
        "greedy": "",
    },
    "Epsilon": {"episodes": "", "means": "", "greedy": "ε"},
}
