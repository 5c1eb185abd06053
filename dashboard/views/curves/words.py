"""The curve in words, for those who cannot see it."""

import numpy as np
from numpy.typing import NDArray

from dashboard.views.curves.quantities import QUANTITIES, greedy_of, optimum_of, record_of, written
from dashboard.views.smoothing import WINDOW
from dashboard.words.facts import plans, unit
from dashboard.words.numbers import counted, number
from gridworld import RECENT_EPISODES, Snapshot

#: Standard errors that two means must differ by to be called a trend.
_CLEARLY = 2


def describe(quantity: str, snapshot: Snapshot) -> str:
    """What a curve shows, in a few sentences.

    Args:
        quantity: One of `QUANTITIES`.
        snapshot: The run.
    """
    episodes = f"{snapshot.episode:,} of {snapshot.num_episodes:,} episodes"
    if plans(snapshot):
        episodes = counted(snapshot.episode, "sweep")
    if quantity == "Epsilon":
        return (
            f"Curve of the probability of exploring, ε, {episodes}. "
            f"It is {number(snapshot.epsilon, 3)} now."
        )
    if quantity == "Episodes":
        steps = int(snapshot.episode_lengths.sum())
        return f"Curve of completed episodes over steps: {episodes} in {steps:,} steps."
    name = QUANTITIES[quantity].title.lower()
    record = record_of(quantity, snapshot)
    what = f"the {name} of each {unit(snapshot)}"
    if plans(snapshot) and quantity == "Return":
        what = "what the start is worth after each sweep"
    said = [f"Curve of {what}, {episodes}."]
    if record.size:
        recent = record[-WINDOW:]
        trend = trend_of(record)
        said.append(
            f"Last {written(quantity, float(record[-1]))}; mean of the last {recent.size} "
            f"{written(quantity, float(recent.mean()))}{trend and f', {trend}'}."
        )
    greedy = greedy_of(quantity, snapshot)
    if greedy.size and np.isfinite(greedy[-1]):
        said.append(f"Greedy policy, exact: {written(quantity, float(greedy[-1]))}.")
    optimum, called = optimum_of(quantity, snapshot)
    if optimum is not None:
        said.append(f"{called.capitalize()}: {written(quantity, optimum)}.")
    return " ".join(said)


def trend_of(record: NDArray) -> str:
    """``"rising"``, ``"falling"`` or ``"steady"``; empty where that cannot be told.

    The latest episodes are compared with as many before them; what chance alone may explain
    is steady.

    Args:
        record: A number of each episode, shape ``(E,)``.
    """
    n = min(RECENT_EPISODES, record.size // 2)
    if n < 2:
        return ""
    new, old = record[-n:].astype(float), record[-2 * n : -n].astype(float)
    difference = new.mean() - old.mean()
    error = np.sqrt((new.var(ddof=1) + old.var(ddof=1)) / n)
    rounding = 1e-9 * max(np.abs(new).max(), np.abs(old).max())
    if abs(difference) <= max(_CLEARLY * error, rounding):
        return "steady"
    return "rising" if difference > 0 else "falling"
