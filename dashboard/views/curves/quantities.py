"""What a curve shows of a run: return, length, completed episodes, or ε."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.words.facts import plans, start_value
from dashboard.words.numbers import number
from gridworld import Snapshot

#: Fewest episodes from which it is judged whether the return tells anything.
_ENOUGH = 3


class Quantity(NamedTuple):
    """How a quantity is written and drawn.

    Attributes:
        title: On its button.
        across: What the axis across counts.
        empty: What is said while there is nothing to draw.
        has_episodes: Whether each episode is drawn beside the mean.
    """

    title: str
    across: str
    empty: str
    has_episodes: bool


QUANTITIES = {
    "Return": Quantity("Return", "Episode", "The return of each episode appears here", True),
    "Length": Quantity("Length", "Episode", "The length of each episode appears here", True),
    "Episodes": Quantity("Episodes", "Steps", "Completed episodes over steps appear here", False),
    "Epsilon": Quantity("ε", "Episode", "The probability of exploring appears here", False),
}


def record_of(quantity: str, snapshot: Snapshot) -> NDArray:
    """A number of each completed episode, shape ``(E,)``."""
    return snapshot.episode_returns if quantity == "Return" else snapshot.episode_lengths


def greedy_of(quantity: str, snapshot: Snapshot) -> NDArray:
    """Exact values of the greedy policy at the evaluated episodes, shape ``(N,)``; NaN for none."""
    if quantity == "Return" and not plans(snapshot):
        return snapshot.evaluation_returns
    return np.full(snapshot.evaluation_returns.shape, np.nan)


def optimum_of(quantity: str, snapshot: Snapshot) -> tuple[float | None, str]:
    """The exact answer that a curve is compared with, None if there is none; and its name."""
    match quantity:
        case "Return" if plans(snapshot):  # of sweeps these are the values of the start
            optimum, name = start_value(snapshot), "v*(start)"
        case "Length" if plans(snapshot):
            optimum, name = None, ""
        case "Return" if snapshot.optimal_return is None or np.isfinite(snapshot.optimal_return):
            optimum, name = snapshot.optimal_return, "optimum"
        case "Return":
            # Not computed: on a large map with a high step limit it would take too long.
            optimum, name = snapshot.planned_return, "planned"
        case "Length":
            optimum, name = snapshot.optimal_length, "optimal policy"
        case _:
            optimum, name = None, ""
    return (optimum, name) if optimum is not None and np.isfinite(optimum) else (None, "")


def written(quantity: str, value: float) -> str:
    """A value as a person reads it: whole lengths without decimals, others with few."""
    if quantity == "Length":
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return number(value, 2)


class Default:
    """The quantity that is shown where nobody has chosen one.

    It is the return; where all returns of a run are equal, as where only the goal pays, they tell
    nothing, and it is the length. For one map it changes from the one to the other only once.
    """

    def __init__(self) -> None:
        self._layout = ""
        self._is_length = False

    def of(self, snapshot: Snapshot) -> str:
        """The quantity for a run."""
        if snapshot.first_layout != self._layout:
            self._layout, self._is_length = snapshot.first_layout, False
        returns = snapshot.episode_returns[:_ENOUGH]
        if returns.size == _ENOUGH and np.ptp(returns) == 0 and not self._is_length:
            # So few decide it: later the whole record costs time, and a curve that changes
            # in the middle of a run is not understood.
            self._is_length = bool(np.ptp(snapshot.episode_returns) == 0)
        return "Length" if self._is_length else "Return"
