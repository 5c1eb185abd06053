"""Exact answers by dynamic programming, for a world whose tables are known.

Where discount 1 gives a state no finite value, its value is NaN.
"""

from collections.abc import Generator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridworld.parameters import as_float
from gridworld.planning.bellman import Bellman, Plan, as_weights, evaluated
from gridworld.planning.resumable import Resumable
from gridworld.planning.tolerance import is_rounding
from gridworld.planning.undiscounted import steps_of
from gridworld.worlds.world import World

#: Sweeps after which value iteration gives up: rewards can be gathered without end.
_MAX_SWEEPS = 20_000
#: Sweeps between two exact evaluations of the greedy policy.
_SWEEPS_PER_CHECK = 100
#: Values are settled if a sweep changes each of them by at most this share of itself.
_SETTLED_SHARE = 2.0**-46


def value_iteration(world: World, discount: float) -> Plan:
    """Optimal values, by value iteration (Sutton & Barto 2018, section 4.4, page 82).

    Every hundred sweeps, and when the values settle, the greedy policy is evaluated exactly.
    If these values satisfy the Bellman optimality equation, no further sweep can change them.

    Args:
        world: The MDP.
        discount: γ, from 0 to 1.

    Raises:
        ValueError: If γ is out of range, or is 1 and rewards can be gathered for ever.
    """
    return Resumable(lambda: planning(world, discount)).result()


def planning(world: World, discount: float) -> Generator[None, None, Plan]:
    """Works out `value_iteration` in pieces of one sweep."""
    bellman = Bellman(world, _check_discount(discount))
    values = added = np.zeros(world.n_states)
    is_settled = False
    for sweep in range(1, _MAX_SWEEPS + 1):
        before = values
        values, added = bellman.sweep(values, added)
        was_settled, is_settled = is_settled, _is_settled(before, values)
        if is_settled > was_settled or sweep % _SWEEPS_PER_CHECK == 0:
            found = bellman.look(values, added)
            if found.is_optimal:
                yield
                return bellman.plan(found)
            if bellman.discount < 1:
                values, added = found.values, found.added
        yield
    raise ValueError(
        f"discount must be below 1 for this world, got {discount!r}: "
        "rewards can be gathered for ever"
    )


def _is_settled(before: NDArray, values: NDArray) -> bool:
    return bool((abs(values - before) <= _SETTLED_SHARE * abs(values)).all())


def policy_evaluation(world: World, policy: ArrayLike, discount: float) -> NDArray[np.float64]:
    """Values of a policy, shape ``(S,)``, from the Bellman equations solved as they stand.

    Exact up to rounding (Sutton & Barto 2018, equation 4.4, page 74).

    Args:
        world: The MDP.
        policy: An action for each state, shape ``(S,)``, or their probabilities, ``(S, A)``.
        discount: γ, from 0 to 1.

    Raises:
        ValueError: If the policy has another shape, names unknown actions or has
            probabilities that do not sum to 1, or if γ is out of range.
    """
    values, _ = evaluated(world, _action_probabilities(world, policy), _check_discount(discount))
    return values


def optimal_path(world: World, discount: float) -> NDArray[np.int64]:
    """States from a start to a goal under the optimal policy, both included, shape ``(T,)``.

    With its last step the episode ends in the goal. With random outcomes it is the likeliest such
    path; with several starts it begins at the first one whose probability is not 0.

    Raises:
        ValueError: If the optimal policy reaches no goal from there.
    """
    from scipy.sparse.csgraph import dijkstra

    steps = steps_of(world, as_weights(world, value_iteration(world, discount).policy))
    # Likeliest is shortest in -log p; the small surcharge keeps sure steps from being free.
    steps.data = 1e-9 - np.log(steps.data)
    start = int(world.start_states[0])
    distance, came_from = dijkstra(steps, indices=2 * start, return_predecessors=True)
    goals = 2 * np.flatnonzero(world.goal) + 1
    if np.isinf(distance[goals]).all():
        raise ValueError(
            f"the optimal policy at discount {discount!r} reaches no goal from state {start}"
        )
    nodes = [int(goals[distance[goals].argmin()])]
    while nodes[-1] != 2 * start:
        nodes.append(int(came_from[nodes[-1]]))
    return np.array(nodes[::-1]) // 2


def gap_to_optimal(
    world: World, q_values: ArrayLike, discount: float, plan: Plan | None = None
) -> float:
    """How much less than the optimum the greedy policy of ``q_values`` earns from the start.

    The policy chooses evenly among tied best actions, as the agent does. Where there are
    several starts, the mean over their probabilities.

    Args:
        world: The MDP.
        q_values: Shape ``(S, A)``.
        discount: γ, from 0 to 1.
        plan: Result of `value_iteration` at this discount, if it is at hand.

    Returns:
        ``v*(start) - v(start)``, 0 where it is not above rounding; infinite if the policy never
        ends and, at discount 1, has no finite value. The step limit does not count.
    """
    discount = _check_discount(discount)
    q_values = np.asarray(q_values, dtype=np.float64)
    if q_values.shape != (world.n_states, world.n_actions):
        raise ValueError(
            f"q_values must have shape {(world.n_states, world.n_actions)}, got {q_values.shape}"
        )
    best = q_values == q_values.max(axis=1, keepdims=True)
    policy = best / best.sum(axis=1, keepdims=True)
    values, added = evaluated(world, policy, discount)
    plan = plan or value_iteration(world, discount)
    gap = world.mean_over_starts(plan.values - values)
    if np.isnan(gap):
        return float("inf")
    return 0.0 if is_rounding(gap, world.mean_over_starts(abs(plan.values) + added)) else gap


def _check_discount(discount: float) -> float:
    try:
        number = as_float(discount)
    except (TypeError, OverflowError):
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"discount must be a number from 0 to 1, got {discount!r}")
    return number


def _action_probabilities(world: World, policy: ArrayLike) -> NDArray[np.float64]:
    """A policy of either form as probabilities, shape ``(S, A)``."""
    n_states, n_actions = world.n_states, world.n_actions
    given = np.asarray(policy)
    if given.shape == (n_states,) and given.dtype.kind in "iu":
        if ((given < 0) | (given >= n_actions)).any():
            raise ValueError(f"policy must have actions from 0 to {n_actions - 1}")
        return as_weights(world, given)
    if given.shape == (n_states, n_actions):
        weights = given.astype(np.float64)
        if (weights >= 0).all() and np.allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-9):
            return weights
        raise ValueError("policy must have probabilities from 0 that sum to 1 in each state")
    raise ValueError(
        f"policy must be whole numbers of shape {(n_states,)} or probabilities of shape "
        f"{(n_states, n_actions)}, got {given.dtype} of shape {given.shape}"
    )
