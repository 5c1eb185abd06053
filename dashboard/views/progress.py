"""The numbers of the run."""

import time
from collections import deque
from collections.abc import Callable, Mapping

from bokeh.models.widgets import Div

from dashboard.views.mathml import known_number, number
from dashboard.widgets.layout import bokeh_pane
from gridworld import RECENT_EPISODES, Snapshot, Status

#: Name of the counter of it.
SUCCESS_RATE = f"Success rate, last {RECENT_EPISODES}"
#: Counters among the numbers of the page.
_SHOWN = ("Total steps", "Epsilon ε", "Last return", SUCCESS_RATE)
#: Probability of ending an episode below which the page says so.
_SELDOM_SHARE = 0.5

_STYLE = """
:host { color: var(--mui-palette-text-primary); font-size: 0.95rem; }
:host > div { box-sizing: border-box; width: 100%; padding: 8px; }
progress { width: 100%; height: 10px; margin: 4px 0;
           accent-color: var(--mui-palette-primary-main); }
.hint { min-height: 1.4em; color: var(--mui-palette-text-secondary); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr));
     gap: 8px 12px; margin: 8px 0 0; align-items: end; }
dt { color: var(--mui-palette-text-secondary); font-size: 0.8rem; }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.gap { margin: 8px 0 0; min-height: 2.8em; color: var(--mui-palette-text-secondary);
       font-size: 0.8rem; line-height: 1.4; }
"""

_HINTS = {
    Status.IDLE: "Press Start to train, or Step to make one update at a time.",
    Status.RUNNING: "Training.",
    Status.PAUSED: "Paused. Resume goes on, Step makes one update.",
    Status.STOPPED: "Stopped. Start begins a new run.",
    Status.FINISHED: "Finished. Start begins a new run.",
    Status.FAILED: "Failed. What was learned so far is shown; Reset clears it.",
}


def counters_of(snapshot: Snapshot) -> dict[str, str]:
    """What is counted in a run: names and values, from which pages choose."""
    returns, rate = snapshot.episode_returns, snapshot.success_rate
    row, col = snapshot.position
    return {
        "Episodes completed": f"{snapshot.episode:,} of {snapshot.num_episodes:,}",
        "Total steps": f"{snapshot.total_steps:,}",
        "Step of the episode": f"{snapshot.step:,}",
        "Agent at (row, column)": f"({row}, {col})",
        "Epsilon ε": f"{snapshot.epsilon:.3f}",
        "Last return": number(returns[-1], 2) if returns.size else "–",
        SUCCESS_RATE: "–" if rate is None else f"{rate:.0%}",
    }


def as_terms(entries: Mapping[str, str]) -> str:
    """Names and values as a list of terms in HTML."""
    terms = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in entries.items()
    )
    return f"<dl>{terms}</dl>"


def _explain_gap(snapshot: Snapshot) -> str:
    """Explains what the gap compares, and what it does not tell; empty without a gap."""
    if snapshot.gap is None:
        return ""
    what = (
        f"Gap to optimal: what the greedy policy earns less from the start than the optimal one, "
        f"discounted by γ = {snapshot.discount_factor:g} and without the step limit."
    )
    if snapshot.greedy_ends is None or not snapshot.greedy_ends < _SELDOM_SHARE:
        return what
    return (
        f"{what} <b>Within its {snapshot.max_steps:,} steps, an episode of the greedy policy ends "
        f"with a probability of {snapshot.greedy_ends:.2g} only.</b>"
    )


class ProgressView:
    """Progress, counters, ε, return and success rate as text.

    Args:
        snapshot: The run.
        preparing: Returns the title of the algorithm that is being prepared, None for none.

    Attributes:
        div: The Bokeh model.
        panel: The model as it is placed on the page.
    """

    min_interval = 0.2

    def __init__(
        self, snapshot: Snapshot, preparing: Callable[[], str | None] = lambda: None
    ) -> None:
        self._preparing = preparing
        self.div = Div(sizing_mode="stretch_width", stylesheets=[_STYLE], name="metrics")
        self.panel = bokeh_pane(self.div)
        self._readings: deque[tuple[float, int]] = deque(maxlen=6)
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the numbers."""
        counters = counters_of(snapshot)
        under_way = snapshot.status in (Status.RUNNING, Status.PAUSED)
        current = min(snapshot.episode + under_way, snapshot.num_episodes)
        rows = {
            "Step": counters["Step of the episode"],
            **{name: counters[name] for name in _SHOWN},
            "Gap to optimal": known_number(snapshot.gap, 3),
            "Steps a second": self._speed(snapshot),
        }
        self.div.text = (
            f'<div class="hint">{self._hint(snapshot)}</div>'
            f"<div>Episode {current:,} of {snapshot.num_episodes:,}</div>"
            f'<progress aria-label="Episodes completed" value="{snapshot.episode}" '
            f'max="{snapshot.num_episodes}"></progress>{as_terms(rows)}'
            f'<p class="gap">{_explain_gap(snapshot)}</p>'
        )

    def _hint(self, snapshot: Snapshot) -> str:
        title = self._preparing()
        if title is None:
            return _HINTS[snapshot.status]
        then = "the training begins then" if snapshot.status is Status.RUNNING else "this once"
        return f"Preparing {title} takes some seconds, {then}."

    def _speed(self, snapshot: Snapshot) -> str:
        """Steps a second over the last readings."""
        if snapshot.status is not Status.RUNNING:
            self._readings.clear()
            return "–"
        self._readings.append((time.monotonic(), snapshot.total_steps))
        (since, before), (now, after) = self._readings[0], self._readings[-1]
        return f"{(after - before) / (now - since):,.0f}" if now > since else "–"
