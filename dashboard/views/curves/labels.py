"""What is written in the figure: the curves' names, changes, and what an empty one will show."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.views.curves.changes import Mark
from dashboard.views.curves.last_run import Points
from dashboard.views.curves.names import Name, Placed, end_of, place
from dashboard.views.curves.quantities import QUANTITIES, greedy_of, optimum_of, written
from dashboard.views.curves.ranges import Range
from dashboard.views.smoothing import WINDOW
from gridworld import Snapshot

#: Names of the main curve where it is not a mean.
_MAIN_NAMES = {"Episodes": "completed", "Epsilon": "ε"}
#: Parts whose names are not bold.
_QUIET = ("changes", "empty")


class Frame(NamedTuple):
    """What is seen of the plane, and how large, in pixels."""

    x: Range
    y: Range
    width: float
    height: float

    def across(self, x: Any) -> Any:
        """Pixels from the left, of numbers or arrays."""
        return (x - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def upwards(self, y: Any) -> Any:
        """Pixels from the lower edge, of numbers or arrays."""
        return (y - self.y[0]) / (self.y[1] - self.y[0]) * self.height

    def name(self, text: str, part: str, points: Points) -> list[Name]:
        """The name of a curve at its last point that is seen; empty if none is."""
        x, y = points
        end = end_of(x, y, self.x, self.y) if x.size > 1 else None
        return [] if end is None else [Name(text, part, self.across(end[0]), self.upwards(end[1]))]


class Label(NamedTuple):
    """A text in the plane: where it begins, or its centre."""

    text: str
    part: str
    x: float
    y: float
    align: str


#: A row that is out of sight, and how many rows there are of either kind.
_NOTHING, _ROWS = Label("", "empty", -1e9, -1e9, "left"), 8


def labels_of(
    quantity: str,
    snapshot: Snapshot,
    frame: Frame,
    main: Points,
    last: Points,
    marks: Sequence[Mark],
) -> list[Label]:
    """All that is written in the figure.

    Args:
        quantity: One of `QUANTITIES`.
        snapshot: The run.
        frame: What is seen.
        main: The main curve.
        last: That of the last run.
        marks: Changes of parameters.
    """
    wanted: list[Name] = []
    optimum, called = optimum_of(quantity, snapshot)
    if optimum is not None:
        level: NDArray = np.array([optimum, optimum])
        text = f"{called} {written(quantity, optimum)}"
        wanted += frame.name(text, "optimum", (np.array(frame.x), level))
    mean = f"mean of {min(WINDOW, snapshot.episode)}"
    wanted += frame.name(_MAIN_NAMES.get(quantity, mean), "means", main)
    greedy = snapshot.evaluation_episodes, greedy_of(quantity, snapshot)
    wanted += frame.name("greedy policy", "greedy", greedy)
    wanted += frame.name("last run", "last", last)
    for mark in marks:
        x = mark.total_steps if quantity == "Episodes" else mark.episode
        if frame.x[0] <= x <= frame.x[1]:
            wanted.append(Name(mark.text, "changes", frame.across(x), None))
    curve = np.array([frame.across(main[0]), frame.upwards(main[1])])
    placed = place(wanted, frame.width, frame.height, curve)
    labels = [_in_the_plane(name, frame, "left") for name in placed]
    if not main[0].size and not last[0].size:
        middle = frame.width / 2, frame.height / 2
        empty = Placed(QUANTITIES[quantity].empty, "empty", *middle)
        labels.append(_in_the_plane(empty, frame, "center"))
    return labels


def as_columns(labels: Sequence[Label], colours: Mapping[str, str]) -> dict[str, list[Any]]:
    """The labels as columns of a Bokeh source.

    The columns are as long for any few labels, with rows that are not drawn: Bokeh 3.10 may paint
    while a column changes its length, and then fails for a row that has no style yet.

    Args:
        labels: What is written.
        colours: Of each part's name.
    """
    n_rows = _ROWS * max(1, math.ceil(len(labels) / _ROWS))
    labels = [*labels, *(n_rows - len(labels)) * [_NOTHING]]
    return {
        "x": [label.x for label in labels],
        "y": [label.y for label in labels],
        "text": [label.text for label in labels],
        "colour": [colours[label.part] for label in labels],
        "align": [label.align for label in labels],
        "style": ["normal" if label.part in _QUIET else "bold" for label in labels],
    }


def _in_the_plane(name: Placed, frame: Frame, align: str) -> Label:
    x = frame.x[0] + name.left / frame.width * (frame.x[1] - frame.x[0])
    y = frame.y[0] + name.middle / frame.height * (frame.y[1] - frame.y[0])
    return Label(name.text, name.part, x, y, align)
