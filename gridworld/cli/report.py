"""The numbers that sum up a run, and how they are printed."""

import math
import shutil
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gridworld.algorithms import ALGORITHMS
from gridworld.planning.evaluation import best_actions, expected_return
from gridworld.planning.solve import optimal_path
from gridworld.trainer import RECENT_EPISODES, Trainer

_LABELS = {
    "level": "Level",
    "algorithm": "Algorithm",
    "seed": "Seed",
    "status": "Status",
    "episodes": "Episodes",
    "steps": "Steps",
    "converged": "Ended as optimal",
    "learning_rate": "Learning rate",
    "discount_factor": "Discount factor",
    "epsilon": "Epsilon",
    "training_return": "Mean return, {recent}",
    "training_success_rate": "Success rate, {recent}",
    "gap": "Gap to optimal, discounted, without the limit",
    "optimal": "Greedy policy optimal from the start",
    "greedy_return": "Expected return, greedy policy",
    "optimal_return": "Highest return within the step limit",
    "planned_return": "Expected return, policy of planning",
    "optimal_path_length": "Optimal path, steps",
    "success_rate": "Success rate, greedy policy",
    "greedy_ends": "Ends within the step limit, greedy policy",
    "out": "Saved to",
}
#: What exact planning tells.
_OF_PLANNING = (
    "gap",
    "optimal",
    "greedy_return",
    "optimal_return",
    "planned_return",
    "optimal_path_length",
    "success_rate",
    "greedy_ends",
)
#: Columns of a text that goes to no terminal.
_WIDTH = 100


def summary(trainer: Trainer) -> dict[str, Any]:
    """Numbers of the training; None where one does not exist."""
    snapshot = trainer.snapshot
    recent_returns = snapshot.episode_returns[-RECENT_EPISODES:]
    return {
        "level": trainer.origin.level,
        "algorithm": trainer.origin.algorithm,
        "seed": trainer.origin.seed,
        "status": str(snapshot.status),
        "episodes": snapshot.episode,
        "steps": snapshot.total_steps,
        "converged": snapshot.converged,
        "learning_rate": snapshot.learning_rate,
        "discount_factor": snapshot.discount_factor,
        "epsilon": snapshot.epsilon,
        "training_return": _mean(recent_returns),
        "training_success_rate": snapshot.success_rate,
    }


def evaluation(trainer: Trainer) -> dict[str, Any]:
    """Exact numbers of the greedy policy, by planning; None where there is no finite value."""
    trainer.analyse(seconds=1)  # enough for these numbers, which are worked out first
    snapshot, world = trainer.snapshot, trainer.world
    if world is None:
        return dict.fromkeys(_OF_PLANNING)
    policy, max_steps = best_actions(snapshot.q_values), trainer.origin.world["max_steps"]
    succeeding = replace(world, reward=world.succeeds.astype(float))
    return {
        "gap": _finite(snapshot.gap),
        "optimal": None if snapshot.gap is None else snapshot.gap == 0,
        "greedy_return": _finite(expected_return(world, policy, max_steps)),
        "optimal_return": _finite(snapshot.optimal_return),
        "planned_return": _finite(snapshot.planned_return),
        "optimal_path_length": _path_length(trainer),
        "success_rate": _finite(expected_return(succeeding, policy, max_steps)),
        "greedy_ends": _finite(snapshot.greedy_ends),
    }


def _path_length(trainer: Trainer) -> int | None:
    assert trainer.world is not None
    try:
        return len(optimal_path(trainer.world, trainer.snapshot.discount_factor)) - 1
    except ValueError:  # no goal is reached, or rewards can be gathered without end
        return None


def _mean(values: Any) -> float | None:
    return float(values.mean()) if len(values) else None


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def lines(numbers: dict[str, Any]) -> list[str]:
    """The numbers for a person to read, a line each; the file is left out where there is none."""
    n_recent = min(RECENT_EPISODES, numbers["episodes"])
    recent = "the latest episode" if n_recent == 1 else f"the latest {n_recent} episodes"
    shown = {name: value for name, value in numbers.items() if (name, value) != ("out", None)}
    if numbers["gap"] is None and numbers["optimal"] is False:
        shown["gap"] = "infinite: it need not end"
    return in_columns(
        (_LABELS[name].format(recent=recent), _text(name, value)) for name, value in shown.items()
    )


def in_columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of two columns; a text that is too long for the terminal goes on below itself."""
    rows = list(rows)
    left = max(len(name) for name, _ in rows) + 2
    width = shutil.get_terminal_size((_WIDTH, 24)).columns - left
    return [
        f"{name:{left}}{line}"
        for label, text in rows
        for name, line in zip(
            [label, *[""] * len(text)], textwrap.wrap(text, max(width, 20)), strict=False
        )
    ]


def _text(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "algorithm":
        return ALGORITHMS[value].title
    if isinstance(value, str) or name == "seed":
        return str(value)
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
    return number.replace("-", "\N{MINUS SIGN}") if float(value) else "0"
