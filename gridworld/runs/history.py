"""The arrays that the loop writes: made for a new run, and read back."""

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.recording import (
    NONE,
    PROGRESS,
    STEP,
    THINNING,
    TRAIL_LENGTH,
    UPDATE,
    Episodes,
    Keyframes,
    Policies,
    Recording,
)
from gridworld.learning.records import Step, Update
from gridworld.runs.arrays import lazy_zeros

#: Most keyframes that a run keeps; on large maps fewer, see `_MAX_BYTES`.
MAX_KEYFRAMES = 200
#: Most evaluations that a run keeps; on large maps fewer, see `_MAX_BYTES`.
MAX_EVALUATIONS = 200
#: Most bytes of all keyframes, and of all evaluations.
_MAX_BYTES = 32_000_000


def fresh_recording(q_values: NDArray[np.float64], num_episodes: int) -> Recording:
    """All that the loop writes beside the Q-table, before the first step."""
    visits = np.zeros(q_values.shape, np.int64)
    recording = Recording(
        progress=np.zeros(1, PROGRESS),
        step=np.zeros(1, STEP),
        update=np.zeros(1, UPDATE),
        visits=visits,
        trail=np.zeros(TRAIL_LENGTH, np.int64),
        episodes=Episodes(
            lazy_zeros(num_episodes, np.float64),
            lazy_zeros(num_episodes, np.int64),
            lazy_zeros(num_episodes, np.bool_),
        ),
        keyframes=_fresh_keyframes(q_values, visits),
        policies=_fresh_policies(q_values.size),
    )
    recording.update["state"] = NONE
    return recording


def _fresh_keyframes(q_values: NDArray[np.float64], visits: NDArray[np.int64]) -> Keyframes:
    """Room for keyframes of a run with this Q-table and these visits, none of them taken."""
    capacity = _even(min(MAX_KEYFRAMES, _MAX_BYTES // (q_values.nbytes + visits.nbytes)))
    return Keyframes(
        thinning=np.array([(0, 1)], THINNING),
        present_q_values=q_values.reshape(-1),
        present_visits=visits.reshape(-1),
        q_values=np.empty((capacity, q_values.size)),
        visits=np.empty((capacity, visits.size), np.int64),
        trails=np.empty((capacity, TRAIL_LENGTH), np.int64),
        progress=np.empty(capacity, PROGRESS),
        steps=np.empty(capacity, STEP),
        updates=np.empty(capacity, UPDATE),
    )


def _fresh_policies(size: int) -> Policies:
    """Room for greedy policies of so many pairs of state and action, none of them taken."""
    capacity = _even(min(MAX_EVALUATIONS, _MAX_BYTES // size))
    return Policies(
        thinning=np.array([(0, 1)], THINNING),
        best=np.empty((capacity, size), np.bool_),
        epsilons=np.empty(capacity),
        returns=np.empty(capacity),
        known=np.empty(capacity, np.bool_),
    )


def _even(capacity: int) -> int:
    return max(2, capacity - capacity % 2)


def fits(capacity: int, count: int, interval: int) -> bool:
    """Whether so many records can have been kept at that interval, starting from 1."""
    doubled = interval >= 1 and interval & (interval - 1) == 0
    least = 1 if interval == 1 else capacity // 2 + 1
    return doubled and least <= count <= capacity


def trail_of(ring: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """States last visited after so many steps of an episode, oldest first, shape ``(T,)``."""
    return ring[places_of_trail(step)]


def places_of_trail(step: int) -> NDArray[np.int64]:
    """Where in the ring these states lie, shape ``(T,)``."""
    return np.arange(max(0, step + 1 - TRAIL_LENGTH), step + 1) % TRAIL_LENGTH


def step_of(record: np.void) -> Step:
    """The step in a record."""
    return Step(*record.item())


def update_of(record: np.void) -> Update | None:
    """The update in a record, None if it holds none."""
    update = Update(*record.item())
    if update.state == NONE:
        return None
    return update._replace(next_action=None) if update.next_action == NONE else update
