"""The numbers that sum up a run."""

import math
from dataclasses import replace
from typing import Any

from gridworld.planning.evaluation import best_actions, expected_return
from gridworld.planning.solve import optimal_path
from gridworld.trainer import RECENT_EPISODES, Trainer


def summary(trainer: Trainer) -> dict[str, Any]:
    """Numbers of the training; None where one does not exist."""
    snapshot = trainer.snapshot
    recent_returns = snapshot.episode_returns[-RECENT_EPISODES:]
    return {
        "level": trainer.origin.world["level"],
        "algorithm": trainer.origin.algorithm,
        "seed": trainer.origin.seed,
        "status": str(snapshot.status),
        "episodes": snapshot.episode,
        "steps": snapshot.total_steps,
        "converged": snapshot.converged,
        "epsilon": snapshot.epsilon,
        "training_return": _mean(recent_returns),
        "training_success_rate": snapshot.success_rate,
    }


def evaluation(trainer: Trainer) -> dict[str, Any]:
    """Exact numbers of the greedy policy, by planning; None where there is no finite value."""
    trainer.analyse(seconds=1)  # enough for these numbers, which are worked out first
    snapshot, world = trainer.snapshot, trainer.world
    policy, max_steps = best_actions(snapshot.q_values), trainer.origin.world["max_steps"]
    succeeding = replace(world, reward=world.succeeds.astype(float))
    return {
        "gap": _finite(snapshot.gap),
        "greedy_return": _finite(expected_return(world, policy, max_steps)),
        "optimal_return": _finite(snapshot.optimal_return),
        "planned_return": _finite(snapshot.planned_return),
        "optimal_path_length": _path_length(trainer),
        "success_rate": _finite(expected_return(succeeding, policy, max_steps)),
        "greedy_ends": _finite(snapshot.greedy_ends),
    }


def _path_length(trainer: Trainer) -> int | None:
    try:
        return len(optimal_path(trainer.world, trainer.snapshot.discount_factor)) - 1
    except ValueError:  # no goal is reached, or rewards can be gathered without end
        return None


def _mean(values: Any) -> float | None:
    return float(values.mean()) if len(values) else None


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
