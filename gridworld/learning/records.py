"""`Transition`: the record of one update of the Q-table."""

from typing import NamedTuple


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
        target: Value towards which the update moves *Q(S, A)*.
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
