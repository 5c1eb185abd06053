"""`Snapshot`: a run at one instant; `snapshot_of` a trainer or another object that has one."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.records import Inside, Step, Update
from gridworld.planning.bellman import Plan
from gridworld.runs.status import Status

#: Latest episodes over which the success rate and the mean return of a training are taken.
RECENT_EPISODES = 100


class Change(NamedTuple):
    """A change of a parameter during a run, from the next update on.

    Attributes:
        total_steps: Steps taken in the whole run before the change.
        episode: Episodes completed before it.
        name: One of `gridworld.TUNABLE`.
        value: The new value.
    """

    total_steps: int
    episode: int
    name: str
    value: float


class NewMap(NamedTuple):
    """A change of the map during a run, from the next step on.

    Attributes:
        total_steps: Steps taken in the whole run before the change.
        episode: Episodes completed before it.
        before: Text of the map before the change.
    """

    total_steps: int
    episode: int
    before: str


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one instant; arrays are read-only.

    Attributes:
        status: Status of the run.
        algorithm: Key of the algorithm in `gridworld.ALGORITHMS`.
        layout: Text of the map, as it is at this instant; empty for a world without one.
        moves: ``(row, col)`` displacement of each action over the map, shape ``(A, 2)``; None
            where actions are no moves.
        new_maps: The changes of the map so far, in their order.
        max_steps: Steps after which an episode is cut off.
        episode: Episodes completed.
        num_episodes: Episodes of the whole run.
        step: Steps taken in the current episode, or in the one that has just ended.
        total_steps: Steps taken in the whole run.
        position: ``(row, col)`` of the agent; without a map 0 and its state.
        trail: Cells of this episode the agent was last in, oldest first and the present
            one last, shape ``(T, 2)``, ``T <= 20``.
        exploration: Key of the way to explore in `gridworld.EXPLORATIONS`.
        epsilon: Present probability of exploring; 0 if it is explored otherwise.
        temperature: Present temperature τ of softmax.
        confidence: Present degree c of exploration by UCB.
        learning_rate: Present step size α.
        discount_factor: Present discount γ.
        q_values: Shape ``(S, A)``.
        reachable: Whether an episode can come to a state, shape ``(S,)``.
        ongoing: Whether an episode can go on from a state, shape ``(S,)``.
        start_probability: How probable each start is, shape ``(S,)``; zeros if it is not known.
        unplannable: Why planning has no answers, in a sentence; None if it can have some.
        visits: Times that each action was taken in each state, shape ``(S, A)``.
        last_step: The latest step, None before the first.
        last_update: The latest update of the Q-table, None before the first.
        inside: What the algorithm keeps beside the Q-table; None at a keyframe of one that
            keeps something.
        episode_returns: Undiscounted return of each completed episode, shape ``(E,)``.
        episode_lengths: Steps of each completed episode, shape ``(E,)``.
        episode_successes: Whether each completed episode reached a goal, shape ``(E,)``.
        evaluation_episodes: Episodes after which the greedy policy was evaluated, evenly
            spaced, shape ``(N,)``.
        evaluation_epsilons: Probability of exploring at that time, shape ``(N,)``.
        evaluation_returns: Exact expected return of an episode under that policy; NaN where
            it wanders for too long to compute it, shape ``(N,)``.
        changes: Changes of parameters during the run, in their order.
        converged: Whether the run ended because its greedy policy stayed optimal, or because
            planning had nothing left to improve.
        plan: Optimal policy and values at the present discount; None before they are worked
            out, and where rewards can be gathered without end.
        optimal_return: Highest expected undiscounted return that any policy has in an episode
            within the step limit; NaN where it takes too long to compute; or None.
        planned_return: Expected return of an episode under the plan's policy, which is optimal
            for the discounted return without the limit; or None.
        optimal_length: Expected length of an episode under the plan's policy, or None.
        gap: How much less than the optimum the greedy policy earns from the start, in
            discounted return and without the step limit; 0 where it is not above rounding.
            It belongs to the time when it was last worked out; None before.
        greedy_ends: Probability that an episode under the same greedy policy ends within the
            step limit; NaN where it takes too long to compute; or None.
    """

    status: Status
    algorithm: str
    layout: str
    moves: NDArray[np.int64] | None
    new_maps: tuple[NewMap, ...]
    max_steps: int
    episode: int
    num_episodes: int
    step: int
    total_steps: int
    position: tuple[int, int]
    trail: NDArray[np.int64]
    exploration: str
    epsilon: float
    temperature: float
    confidence: float
    learning_rate: float
    discount_factor: float
    q_values: NDArray[np.float64]
    reachable: NDArray[np.bool_]
    ongoing: NDArray[np.bool_]
    start_probability: NDArray[np.float64]
    unplannable: str | None
    visits: NDArray[np.int64]
    last_step: Step | None
    last_update: Update | None
    inside: Inside | None
    episode_returns: NDArray[np.float64]
    episode_lengths: NDArray[np.int64]
    episode_successes: NDArray[np.bool_]
    evaluation_episodes: NDArray[np.int64]
    evaluation_epsilons: NDArray[np.float64]
    evaluation_returns: NDArray[np.float64]
    changes: tuple[Change, ...]
    converged: bool
    plan: Plan | None
    optimal_return: float | None
    planned_return: float | None
    optimal_length: float | None
    gap: float | None
    greedy_ends: float | None

    @property
    def first_layout(self) -> str:
        """Text of the map at the start of the run."""
        return self.new_maps[0].before if self.new_maps else self.layout

    @property
    def success_rate(self) -> float | None:
        """Share of the latest `RECENT_EPISODES` that reached a goal; None before the first."""
        recent = self.episode_successes[-RECENT_EPISODES:]
        return float(recent.mean()) if recent.size else None


class HasSnapshot(Protocol):
    """An object with a snapshot, such as a `gridworld.Trainer`."""

    @property
    def snapshot(self) -> Snapshot:
        """The run at this instant."""


def snapshot_of(run: HasSnapshot | Snapshot) -> Snapshot:
    """The run's snapshot, or the snapshot itself.

    Args:
        run: A trainer or any other object with a snapshot, or a snapshot.

    Raises:
        TypeError: If it is neither.
    """
    snapshot = run if isinstance(run, Snapshot) else getattr(run, "snapshot", None)
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"source must be a Trainer or a Snapshot, got {type(run).__name__}")
    return snapshot
