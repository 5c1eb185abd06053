"""What the compiled loop writes beside what is learned: progress, records, history.

The history is a bounded number of keyframes and of greedy policies, evenly spaced over a run of any
length: they are taken at 0, 1, 2 … steps and episodes. When there are too many, every other one
is dropped and the interval doubles, so that the count alone decides which are kept.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import called, inlined
from gridworld.learning.records import Step, Update

#: Cells of an episode that are remembered, the present one included.
TRAIL_LENGTH = 20
#: Stands for no state or no action.
NONE = -1

#: State of a run between two calls of the loop.
PROGRESS = np.dtype(
    [
        ("state", np.int64),
        ("step", np.int64),
        ("episode", np.int64),
        ("total_steps", np.int64),
        ("episode_return", np.float64),
        ("epsilon", np.float64),
        ("between_episodes", np.bool_),
    ]
)
#: One step, with the fields of `gridworld.Step`.
STEP = np.dtype(
    [
        ("state", np.int64),
        ("action", np.int64),
        ("reward", np.float64),
        ("next_state", np.int64),
        ("terminated", np.bool_),
        ("explored", np.bool_),
    ]
)
#: One update, with the fields of `gridworld.Update`; `NONE` where there is no action or state.
UPDATE = np.dtype(
    [
        ("state", np.int64),
        ("action", np.int64),
        ("next_value", np.float64),
        ("target", np.float64),
        ("old_value", np.float64),
        ("td_error", np.float64),
        ("new_value", np.float64),
        ("learning_rate", np.float64),
        ("discount", np.float64),
        ("next_action", np.int64),
    ]
)
#: How many records of a history there are, and the count between two of them.
THINNING = np.dtype([("count", np.int64), ("interval", np.int64)])


class Episodes(NamedTuple):
    """Return, length and success of each completed episode, shapes ``(num_episodes,)``."""

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    successes: NDArray[np.bool_]


class Keyframes(NamedTuple):
    """The run at evenly spaced numbers of steps; all arrays have ``C`` places, an even number.

    Attributes:
        thinning: Shape ``(1,)`` of `THINNING`.
        present_q_values, present_visits: Views of those of the run, shapes ``(S * A,)``.
        q_values, visits: Shapes ``(C, S * A)``.
        trails: Shape ``(C, TRAIL_LENGTH)``.
        progress, steps, updates: Shapes ``(C,)`` of `PROGRESS`, `STEP` and `UPDATE`.
    """

    thinning: NDArray
    present_q_values: NDArray[np.float64]
    present_visits: NDArray[np.int64]
    q_values: NDArray[np.float64]
    visits: NDArray[np.int64]
    trails: NDArray[np.int64]
    progress: NDArray
    steps: NDArray
    updates: NDArray


class Policies(NamedTuple):
    """Greedy policies after evenly spaced numbers of episodes; ``C`` places, an even number.

    Attributes:
        thinning: Shape ``(1,)`` of `THINNING`.
        best: Mask of the best actions, shape ``(C, S * A)``.
        epsilons: Probability of exploring at that time, shape ``(C,)``.
        returns: Expected return of each, shape ``(C,)``, for who works it out.
        known: Whether it is worked out, shape ``(C,)``.
    """

    thinning: NDArray
    best: NDArray[np.bool_]
    epsilons: NDArray[np.float64]
    returns: NDArray[np.float64]
    known: NDArray[np.bool_]


class Recording(NamedTuple):
    """All that the loop writes beside what is learned.

    Attributes:
        progress: State of the run, shape ``(1,)`` of `PROGRESS`.
        step, update: The last ones, shapes ``(1,)`` of `STEP` and `UPDATE`.
        visits: Times that each action was taken in each state, shape ``(S, A)``.
        trail: States last visited, a ring of shape ``(TRAIL_LENGTH,)``: the state after ``step``
            steps of an episode lies at ``step % TRAIL_LENGTH``.
        episodes: The completed episodes.
        keyframes, policies: The history.
    """

    progress: NDArray
    step: NDArray
    update: NDArray
    visits: NDArray[np.int64]
    trail: NDArray[np.int64]
    episodes: Episodes
    keyframes: Keyframes
    policies: Policies


@inlined
def read_step(record: NDArray) -> Step:
    """The step in an array of shape ``(1,)``."""
    return Step(
        record["state"][0],
        record["action"][0],
        record["reward"][0],
        record["next_state"][0],
        record["terminated"][0],
        record["explored"][0],
    )


@inlined
def write_step(record: NDArray, step: Step) -> None:
    """Writes a step to an array of shape ``(1,)``."""
    record["state"][0] = step.state
    record["action"][0] = step.action
    record["reward"][0] = step.reward
    record["next_state"][0] = step.next_state
    record["terminated"][0] = step.terminated
    record["explored"][0] = step.explored


@inlined
def read_update(record: NDArray) -> Update:
    """The update in an array of shape ``(1,)``."""
    return Update(
        record["state"][0],
        record["action"][0],
        record["next_value"][0],
        record["target"][0],
        record["old_value"][0],
        record["td_error"][0],
        record["new_value"][0],
        record["learning_rate"][0],
        record["discount"][0],
        record["next_action"][0],
    )


@inlined
def write_update(record: NDArray, update: Update) -> None:
    """Writes an update to an array of shape ``(1,)``."""
    record["state"][0] = update.state
    record["action"][0] = update.action
    record["next_value"][0] = update.next_value
    record["target"][0] = update.target
    record["old_value"][0] = update.old_value
    record["td_error"][0] = update.td_error
    record["new_value"][0] = update.new_value
    record["learning_rate"][0] = update.learning_rate
    record["discount"][0] = update.discount
    record["next_action"][0] = update.next_action


@inlined
def due(thinning: NDArray) -> int:
    """The count at which the next record is to be taken."""
    return thinning["count"][0] * thinning["interval"][0]  # type: ignore[no-any-return]


@called
def keep_keyframe(recording: Recording) -> None:
    """Adds a keyframe: the run as it is."""
    kept = recording.keyframes
    n_kept = kept.thinning["count"][0]
    if n_kept == len(kept.progress):
        n_kept //= 2
        for i in range(1, n_kept):
            copy(kept.q_values, i, kept.q_values[2 * i])
            copy(kept.visits, i, kept.visits[2 * i])
            copy(kept.trails, i, kept.trails[2 * i])
            kept.progress[i] = kept.progress[2 * i]
            kept.steps[i] = kept.steps[2 * i]
            kept.updates[i] = kept.updates[2 * i]
        kept.thinning["interval"][0] *= 2
    copy(kept.q_values, n_kept, kept.present_q_values)
    copy(kept.visits, n_kept, kept.present_visits)
    copy(kept.trails, n_kept, recording.trail)
    kept.progress[n_kept] = recording.progress[0]
    kept.steps[n_kept] = recording.step[0]
    kept.updates[n_kept] = recording.update[0]
    kept.thinning["count"][0] = n_kept + 1


@called
def keep_policy(q_values: NDArray, recording: Recording) -> None:
    """Adds the greedy policy as it is."""
    kept = recording.policies
    n_kept = kept.thinning["count"][0]
    n_states, n_actions = q_values.shape
    if n_kept == len(kept.epsilons):
        n_kept //= 2
        for i in range(1, n_kept):
            copy(kept.best, i, kept.best[2 * i])
            kept.epsilons[i] = kept.epsilons[2 * i]
            kept.returns[i] = kept.returns[2 * i]
            kept.known[i] = kept.known[2 * i]
        kept.thinning["interval"][0] *= 2
    for state in range(n_states):
        best = q_values[state, 0]
        for action in range(1, n_actions):
            best = max(best, q_values[state, action])
        for action in range(n_actions):
            kept.best[n_kept, state * n_actions + action] = q_values[state, action] == best
    kept.epsilons[n_kept] = recording.progress["epsilon"][0]
    kept.known[n_kept] = False
    kept.thinning["count"][0] = n_kept + 1


@inlined
def keep_due(q_values: NDArray, recording: Recording) -> None:
    """Adds the keyframe and the policy, if they are due."""
    progress, policies = recording.progress, recording.policies
    if progress["total_steps"][0] == due(recording.keyframes.thinning):
        keep_keyframe(recording)
    if progress["between_episodes"][0] and progress["episode"][0] == due(policies.thinning):
        keep_policy(q_values, recording)


@called
def copy(target: NDArray, i: int, row: NDArray) -> None:
    """Copies to the ``i``-th row of a table; an assignment of the whole would make an array."""
    for k in range(len(row)):
        target[i, k] = row[k]
