"""The words and numbers of a static page: results, settings, changes, recipe."""

from typing import NamedTuple

import numpy as np

from dashboard.views.settings import Setting, settings_of
from dashboard.words.counters import SUCCESS_RATE, counters_of
from dashboard.words.facts import plans
from dashboard.words.numbers import known_number, number
from dashboard.words.sentence import WORDS
from gridworld import ALGORITHMS, LEVELS, RECENT_EPISODES, Snapshot, Trainer, __version__


class RunReport(NamedTuple):
    """Words and numbers about one run.

    Attributes:
        title: Title of the page.
        level: The level's title, the map's size, the seed.
        status: Status of the run.
        results: Names and values.
        settings: Names of the groups and their settings.
        changes: Step, episode, parameter and value of each change in mid-run.
        recipe: Python lines that make the run again.
        version: Version of this software.
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
            status=WORDS[last.status],
            results=_results(last),
            settings={
                "World": settings_of(world),
                f"Learner: {ALGORITHMS[origin.algorithm].title}": [
                    *settings_of(learning),
                    Setting("Seed", str(seed), "Both generators of chance derive from it."),
                ],
            },
            changes=[
                (f"{c.total_steps:,}", f"{c.episode:,}", c.name.replace("_", " "), f"{c.value:g}")
                for c in last.changes
            ],
            recipe=origin.to_python(trainer.total_steps, trainer.changes),
            version=__version__,
        )


#: Counters that are told of a run, as far as it has them, and of its end.
_COUNTED = ("Episodes completed", "Sweeps", "Total steps", "Start value", SUCCESS_RATE)
_AT_THE_END = ("Epsilon ε", "Softmax τ", "UCB c", "Change")


def _results(last: Snapshot) -> dict[str, str]:
    counters = counters_of(last)
    return {
        **{name: counters[name] for name in _COUNTED if name in counters},
        **_returns(last),
        "Optimal return within the step limit": _optimum(last),
        "Length of an episode, optimal policy": _steps(last.optimal_length),
        "Gap to optimal, discounted, without the limit": known_number(last.gap, 4),
        "Episodes of the greedy policy that end within the limit": known_number(
            last.greedy_ends, 3
        ),
        **{f"{name} at the end": counters[name] for name in _AT_THE_END if name in counters},
    }


def _returns(last: Snapshot) -> dict[str, str]:
    """What episodes earned; nothing where there is none."""
    if plans(last):
        return {}
    returns, mean, best = last.episode_returns, "–", "–"
    if returns.size:
        mean = number(returns[-RECENT_EPISODES:].mean(), 3)
        best = number(returns.max(), 3)
    return {f"Mean return, last {RECENT_EPISODES}": mean, "Best return": best}


def _steps(length: float | None) -> str:
    """The length of an episode as text."""
    text = known_number(length, 4)
    return text if text in ("–", "∞") else f"{text} steps"


def _optimum(last: Snapshot) -> str:
    """The return of the best policy, or of the planned one if that is not known."""
    if last.optimal_return is None or not np.isnan(last.optimal_return):
        return known_number(last.optimal_return, 4)
    planned = known_number(last.planned_return, 4)
    return f"not worked out, the map is too large; {planned} by planning"
