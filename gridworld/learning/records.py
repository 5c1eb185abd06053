"""`Step` and `Update`: what happened last, and what was learned last; `Inside` a learner."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Step(NamedTuple):
    """One step of an agent in its world: what happened.

    Attributes:
        state: State *S* before the step.
        action: Action *A* taken.
        reward: Reward *R* received.
        next_state: State *S′* reached.
        terminated: Whether the step ended the episode, so that *S′* counts 0.
        explored: Whether the action was drawn from all actions, not from the best.
    """

    state: int
    action: int
    reward: float
    next_state: int
    terminated: bool
    explored: bool


class Update(NamedTuple):
    """One update of the Q-table: what was learned.

    ``td_error`` is exactly ``target - old_value``, and ``new_value`` exactly
    ``old_value + learning_rate * td_error``.

    Attributes:
        state: State *S* whose value was updated; not always that of the last step.
        action: Action *A* whose value was updated.
        next_value: What the state that the target looks ahead to counts in it; 0 if terminal.
        target: Value towards which the update moved *Q(S, A)*.
        old_value: *Q(S, A)* before the update.
        td_error: TD error δ.
        new_value: *Q(S, A)* after the update.
        learning_rate: Step size of this update: α; with traces, α times the trace of the pair.
        discount: Discount γ of this update.
        next_action: Action *A′* that the target counts; None if it counts none in particular.
    """

    state: int
    action: int
    next_value: float
    target: float
    old_value: float
    td_error: float
    new_value: float
    learning_rate: float
    discount: float
    next_action: int | None


class Planned(NamedTuple):
    """Updates by which a learner planned in the last step, in their order.

    Attributes:
        states, actions: Their *S* and *A*, shapes ``(N,)``.
        td_errors: Their TD errors, shape ``(N,)``.
    """

    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    td_errors: NDArray[np.float64]


class Outcomes(NamedTuple):
    """All outcomes that a learner has seen: its model of the world.

    Attributes:
        states, actions: Where each was seen, shapes ``(N,)``.
        next_states, rewards, terminated: What it was, shapes ``(N,)``.
        counts: How often it was seen, shape ``(N,)``.
    """

    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    next_states: NDArray[np.int64]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    counts: NDArray[np.int64]


class Sweep(NamedTuple):
    """How far planning by sweeps is.

    Attributes:
        improves: Whether the present sweep improves the policy; else it works values out.
        largest_change: Largest change of a value in the latest whole sweep that changes values;
            None before the first.
        n_improvements: Sweeps so far that improved the policy.
    """

    improves: bool
    largest_change: float | None
    n_improvements: int


class Inside(NamedTuple):
    """What an algorithm keeps beside the Q-table, as far as it is to be seen; arrays are copies.

    Attributes:
        traces: Eligibility traces, shape ``(S, A)``.
        tables: The two tables of double learning, shapes ``(S, A)``.
        last_table: Which of them was updated last, 0 or 1; None for none yet.
        planned: Updates by which it planned in the last step.
        outcomes: Its model.
        priorities: Priorities of the pairs that wait for an update, 0 for all others, ``(S, A)``.
        policy: The action that the policy which is evaluated takes in each state, shape ``(S,)``.
        sweep: How far planning by sweeps is.
    """

    traces: NDArray[np.float64] | None = None
    tables: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    last_table: int | None = None
    planned: Planned | None = None
    outcomes: Outcomes | None = None
    priorities: NDArray[np.float64] | None = None
    policy: NDArray[np.int64] | None = None
    sweep: Sweep | None = None
