"""What a static page tells in words and numbers: results, settings, changes, recipe."""

from typing import Any, NamedTuple

import numpy as np
import param

from dashboard.export.recipe import recipe_of, relevant_parameters
from dashboard.views.metrics import WINDOW, success_rate
from gridworld import LEVELS, GridWorldConfig, Snapshot, Trainer, __version__


class Setting(NamedTuple):
    """One parameter: its label, its value as text, what it means."""

    label: str
    value: str
    doc: str


class Facts(NamedTuple):
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
    def of(cls, trainer: Trainer, last: Snapshot) -> "Facts":
        """Collects them from a trainer and its last moment."""
        world, learning = trainer.world_config, trainer.learning_config
        title = LEVELS[world.level].title
        seed = Setting("Seed", str(trainer.seed), "Both generators of chance derive from it.")
        return cls(
            title=f"GridWorld run: {title}, seed {trainer.seed}",
            level=f"{title}, {world.n_rows} × {world.n_cols} cells, seed {trainer.seed}",
            status=str(last.status),
            results=_results(last),
            settings={
                "World": settings_of(world),
                "Learner: Q-learning": [*settings_of(learning), seed],
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
        f"Mean return, last {WINDOW}": f"{returns[-WINDOW:].mean():.3f}" if returns.size else "–",
        "Best return": f"{returns.max():.3f}" if returns.size else "–",
        "Optimal return": _number(last.optimal_return),
        "Optimal length": _number(last.optimal_length, " steps"),
        "Gap to optimal": "0" if last.gap is not None and last.gap < 1e-9 else _number(last.gap),
        "Epsilon ε at the end": f"{last.epsilon:.3f}",
    }


def _number(value: float | None, unit: str = "") -> str:
    """A number as text; a dash where it is not known."""
    if value is None or np.isnan(value):
        return "–"
    return "∞" if np.isinf(value) else f"{value:.4g}{unit}"


def settings_of(config: param.Parameterized) -> list[Setting]:
    """The parameters of a config that matter to its run."""
    return [
        Setting(config.param[name].label, _text(config, name), config.param[name].doc)
        for name in relevant_parameters(config)
    ]


def _text(config: param.Parameterized, name: str) -> str:
    value: Any = getattr(config, name)
    if isinstance(config, GridWorldConfig) and name == "level":
        return LEVELS[value].title
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, int) and name != "map_seed":
        return f"{value:,}"
    return str(value)
