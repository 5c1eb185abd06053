"""The numbers of one moment of a run, as HTML."""

from dashboard.views.mathml import number
from dashboard.views.progress import WINDOW, success_rate
from gridworld import Snapshot


def counters_of(moment: Snapshot) -> str:
    """Episode, steps, place and rates at a moment, as a list of terms."""
    returns, rate = moment.episode_returns, success_rate(moment)
    row, col = moment.position
    numbers = {
        "Episodes completed": f"{moment.episode:,} of {moment.num_episodes:,}",
        "Total steps": f"{moment.total_steps:,}",
        "Step of the episode": f"{moment.step:,}",
        "Agent at (row, column)": f"({row}, {col})",
        "Epsilon ε": f"{moment.epsilon:.3f}",
        "Last return": number(returns[-1], 2) if returns.size else "–",
        f"Success rate, last {WINDOW}": "–" if rate is None else f"{rate:.0%}",
    }
    entries = "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in numbers.items())
    return f"<dl>{entries}</dl>"
