"""Records of one instant: `Snapshot` of a run, `Transition` of one update."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Status(StrEnum):
    """Where a run stands: ``IDLE → RUNNING ⇄ PAUSED → STOPPED | FINISHED``, or ``FAILED``."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class Transition(NamedTuple):
    """One update of the Q-table, with its numbers.

    Attributes:
        state: State *S* before the step.
        action: Action *A* taken.
        reward: Reward *R* received.
        next_state: State *S′* reached.
        terminated: Whether *S′* is terminal, so that its value counts as 0.
        explored: Whether the action was drawn from all actions, not from the best.
        old_value: *Q(S, A)* before the update.
        target: What the update moves it towards.
        td_error: ``target - old_value``.
        new_value: *Q(S, A)* after the update.
    """

    state: int
    action: int
    reward: float
    next_state: int
    terminated: bool
    explored: bool
    old_value: float
    target: float
    td_error: float
    new_value: float


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one instant; arrays are read-only.

    Attributes:
        status: Status of the run.
        layout: Text of the run's map.
        episode: Episodes completed.
        num_episodes: Episodes of the whole run.
        step: Steps taken in the current episode, or in the one that has just ended.
        total_steps: Steps taken in the whole run.
        position: ``(row, col)`` of the agent.
        trail: Cells of this episode the agent was last in, oldest first and the present
            one last, shape ``(T, 2)``, ``T <= 20``.
        epsilon: Present probability of exploring.
        q_values: Shape ``(S, A)``.
        visits: Updates of each state and action, shape ``(S, A)``.
        last_update: The latest update, None before the first.
        episode_returns: Undiscounted return of each completed episode, shape ``(E,)``.
        episode_lengths: Steps of each completed episode, shape ``(E,)``.
        episode_successes: Whether each completed episode reached a goal, shape ``(E,)``.
    """

    status: Status
    layout: str
    episode: int
    num_episodes: int
    step: int
    total_steps: int
    position: tuple[int, int]
    trail: NDArray[np.int64]
    epsilon: float
    q_values: NDArray[np.float64]
    visits: NDArray[np.int64]
    last_update: Transition | None
    episode_returns: NDArray[np.float64]
    episode_lengths: NDArray[np.int64]
    episode_successes: NDArray[np.bool_]
