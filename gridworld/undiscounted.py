"""What discount 1 asks of a world first: where a run may go on for ever, and at what pay."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridworld.world import World

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def transitions_of(world: World, weights: NDArray) -> "csr_array":
    """State to state, shape ``(S, S)``: outcomes' probabilities weighted by action, ``(S, A)``."""
    from scipy.sparse import csr_array

    chance = weights[..., None] * world.probability
    state, action, outcome = np.nonzero(chance)
    edges = (state, world.next_state[state, action, outcome])
    return csr_array((chance[state, action, outcome], edges), shape=(world.n_states,) * 2)


def can_reach(targets: NDArray, transitions: "csr_array") -> NDArray[np.bool_]:
    """States from which some of the ``targets`` can be reached, these included, ``(S,)``."""
    while True:
        grown = targets | (transitions @ targets.astype(np.float64) > 0)
        if (grown == targets).all():
            return grown
        targets = grown


def may_enter(world: World, states: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Actions with some chance to lead into one of the ``states``, shape ``(S, A)``."""
    return np.asarray((states[world.next_state] & (world.probability > 0)).any(axis=2))


def resting_actions(world: World) -> NDArray[np.bool_]:
    """Actions that can be chosen for ever without any pay, shape ``(S, A)``.

    Those of terminal states and walls among them.
    """
    unpaid = ((world.reward == 0) | (world.probability == 0)).all(axis=2)
    restless = np.zeros(world.n_states, dtype=np.bool_)
    while True:
        resting = unpaid & ~may_enter(world, restless)
        grown = ~resting.any(axis=1)
        if (grown == restless).all():
            return resting
        restless = grown


def endless_states(world: World, resting: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """States that some pay follows for ever under any policy, shape ``(S,)``.

    No policy reaches a state of rest from there with certainty.
    """
    rests = np.any(resting, axis=1)
    endless = np.zeros(world.n_states, dtype=np.bool_)
    while True:
        possible = transitions_of(world, ~may_enter(world, endless))
        grown = endless | ~can_reach(rests, possible)
        if (grown == endless).all():
            return endless
        endless = grown


def ending_policy(world: World, q_values: NDArray, resting: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A greedy policy that comes to rest: putting that off may look as good as doing it.

    Args:
        world: The MDP.
        q_values: Optimal, -inf for actions that are out of the question, shape ``(S, A)``.
        resting: Of `resting_actions`.

    Returns:
        An action for each state, shape ``(S,)``.
    """
    values = q_values.max(axis=1, keepdims=True)
    greedy = np.isclose(q_values, values)
    # To rest is worth 0, which is the best only where nothing better can be had.
    at_rest = greedy & resting & np.isclose(values, 0)
    ends = at_rest.any(axis=1)
    policy = np.where(ends, at_rest.argmax(axis=1), greedy.argmax(axis=1))
    while True:
        nearer = greedy & may_enter(world, ends)
        newly = nearer.any(axis=1) & ~ends
        if not newly.any():
            return policy
        policy[newly] = nearer[newly].argmax(axis=1)
        ends = ends | newly
