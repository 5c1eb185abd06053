"""`Step` and `Update`: what happened last, and what was learned last."""

from typing import NamedTuple


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
        learning_rate: Step size α of this update.
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
