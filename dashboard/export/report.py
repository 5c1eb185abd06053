"""What a static page tells in words and numbers: results, settings, changes, recipe."""

from typing import NamedTuple

import numpy as np

from dashboard.export.recipe import recipe_of
from dashboard.views.mathml import number
from dashboard.views.progress import WINDOW, success_rate
from dashboard.views.settings import Setting, settings_of
from gridworld import LEVELS, Snapshot, Trainer, __version__


class RunReport(NamedTuple):
    """Of one run.

    Attributes:
        title: Title of the page.
        level: The level's title, the map's size, the seed.
        status: Status of the run.
        results: Names and values.
        settings: Names of the groups and their settings.
        changes: Step, episode, parameter and value of each change in mid-run.
        recipe: Python lines that make the run again.
        version: Of this software.
    """

    title: str
    level: str
    status: str
    results: dict[str, str]
    settings: dict[str, list[Setting]]
    changes: list[tuple[str, str, str, str]]
    recipe: str
    version: str

    @classmethod
    def of(cls, trainer: Trainer, last: Snapshot) -> "RunReport":
        """Collects them from a trainer and its last moment."""
        origin = trainer.origin
        world, learning, seed = origin.world_config, origin.learning_config, origin.seed
        title = LEVELS[world.level].title
        return cls(
            title=f"GridWorld run: {title}, seed {seed}",
            level=f"{title}, {world.n_rows} × {world.n_cols} cells, seed {seed}",
            status=str(last.status),
            results=_results(last),
            settings={
                "World": settings_of(world),
                "Learner: Q-learning": [
                    *settings_of(learning),
                    Setting("Seed", str(seed), "Both generators of chance derive from it."),
                ],
            },
            changes=[
                (f"{c.total_steps:,}", f"{c.episode:,}", c.name.replace("_", " "), f"{c.value:g}")
                for c in last.changes
            ],
            recipe=recipe_of(trainer),
            version=__version__,
        )


def _results(last: Snapshot) -> dict[str, str]:
    returns, rate = last.episode_returns, success_rate(last)
    return {
        "Episodes completed": f"{last.episode:,} of {last.num_episodes:,}",
        "Total steps": f"{last.total_steps:,}",
        f"Success rate, last {WINDOW}": "–" if rate is None else f"{rate:.0%}",
        f"Mean return, last {WINDOW}": number(returns[-WINDOW:].mean(), 3) if returns.size else "–",
        "Best return": number(returns.max(), 3) if returns.size else "–",
        "Optimal return within the step limit": _optimum(last),
        "Length of an episode, optimal policy": _number(last.optimal_length, " steps"),
        "Gap to optimal, discounted, without the limit": _number(last.gap),
        "Episodes of the greedy policy that end within the limit": _share(last.greedy_ends),
        "Epsilon ε at the end": f"{last.epsilon:.3f}",
    }


def _number(value: float | None, unit: str = "") -> str:
    """A number as text; a dash where it is not known."""
    if value is None or np.isnan(value):
        return "–"
    return "∞" if np.isinf(value) else f"{value:.4g}{unit}"


def _optimum(last: Snapshot) -> str:
    """The most that can be earned, or what is known in its place."""
    if last.optimal_return is None or not np.isnan(last.optimal_return):
        return _number(last.optimal_return)
    return f"not worked out, the map is too large; {_number(last.planned_return)} by planning"


def _share(value: float | None) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.3g}"
