"""Exact answers by dynamic programming, for a world whose tables are known.

Where discount 1 gives a state no finite value, its value is NaN.
"""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridworld.pieces import Pieces
from gridworld.undiscounted import (
    can_reach,
    ending_policy,
    endless_states,
    may_enter,
    resting_actions,
    transitions_of,
)
from gridworld.world import World

#: Largest error of a value, as far as rounding allows.
TOLERANCE = 1e-10
_MAX_SWEEPS = 20_000
_SWEEPS_PER_CHECK = 100


class Plan(NamedTuple):
    """Optimal values and an optimal policy.

    Attributes:
        values: ``v*``, shape ``(S,)``.
        q_values: ``q*``, shape ``(S, A)``.
        policy: The best action of each state, shape ``(S,)``; of tied ones the first, and
            at discount 1 one that brings the end nearer.
    """

    values: NDArray[np.float64]
    q_values: NDArray[np.float64]
    policy: NDArray[np.int64]


def value_iteration(world: World, discount: float) -> Plan:
    """Optimal values, by value iteration (Sutton & Barto 2018, section 4.4, page 82).

    Every hundred sweeps the greedy policy is evaluated exactly: once its values satisfy
    the Bellman optimality equation, no further sweep can change them.

    Args:
        world: The MDP.
        discount: γ, from 0 to 1.

    Raises:
        ValueError: If γ is out of range, or is 1 and rewards can be gathered for ever.
    """
    return Pieces(lambda: planning(world, discount)).finish()


def planning(world: World, discount: float) -> Generator[None, None, Plan]:
    """Works out `value_iteration` in pieces, a sweep each."""
    _check_discount(discount)
    resting = resting_actions(world)
    endless = np.zeros(world.n_states, dtype=np.bool_)
    if discount == 1:
        endless = endless_states(world, resting)
    # An action that may end up among endless states has no finite value either.
    barred = may_enter(world, endless)
    expected_reward = (world.probability * world.reward).sum(axis=2)  # (S, A)

    def backup(values: NDArray) -> NDArray:
        q_values = (world.probability * values[world.next_state]).sum(axis=2)
        return np.where(barred, -np.inf, expected_reward + discount * q_values)

    def greedy(q_values: NDArray) -> NDArray:
        return np.where(endless, 0.0, q_values.max(axis=1))

    def is_optimal(values: NDArray, improved: NDArray) -> bool:
        rounding = 64 * np.finfo(np.float64).eps * abs(values).max()
        allowed = max(TOLERANCE * (1 - discount), rounding)
        return bool(abs(improved - values).max() <= allowed)

    values = np.zeros(world.n_states)
    for sweep in range(1, _MAX_SWEEPS + 1):
        q_values = backup(values)
        improved = greedy(q_values)
        if is_optimal(values, improved):
            break
        values = improved
        if sweep % _SWEEPS_PER_CHECK == 0:
            exact = policy_evaluation(world, q_values.argmax(axis=1), discount)
            exact = np.where(endless, 0.0, exact)
            q_values = backup(exact)
            if is_optimal(exact, greedy(q_values)):  # not if NaN: no finite value as yet
                break
        yield
    else:
        raise ValueError(
            f"discount must be below 1 for this world, got {discount!r}: "
            "rewards can be gathered for ever"
        )
    policy = q_values.argmax(axis=1)
    if discount == 1:
        policy = ending_policy(world, q_values, resting)
    values = policy_evaluation(world, policy, discount)
    q_values = backup(np.where(endless, 0.0, values))
    return Plan(values, np.where(barred | endless[:, None], np.nan, q_values), policy)


def policy_evaluation(world: World, policy: ArrayLike, discount: float) -> NDArray[np.float64]:
    """Values of a policy, shape ``(S,)``, from the Bellman equations solved as they stand.

    Exact to 1e-10 (Sutton & Barto 2018, equation 4.4, page 74).

    Args:
        world: The MDP.
        policy: An action for each state, shape ``(S,)``, or their probabilities, ``(S, A)``.
        discount: γ, from 0 to 1.

    Raises:
        ValueError: If the policy has another shape, names unknown actions or has
            probabilities that do not sum to 1, or if γ is out of range.
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    _check_discount(discount)
    weights = _action_probabilities(world, policy)
    transitions = transitions_of(world, weights)
    reward = (weights * (world.probability * world.reward).sum(axis=2)).sum(axis=1)
    values = np.zeros(world.n_states)
    settled = ~can_reach(reward != 0, transitions)  # worth 0, as nothing is ever paid
    if discount == 1:
        infinite = can_reach(~can_reach(settled, transitions), transitions)
        values[infinite] = np.nan
        settled |= infinite
    open_states = np.flatnonzero(~settled)
    if open_states.size:
        among = transitions[open_states][:, open_states]
        equations = eye_array(open_states.size, format="csc") - discount * among
        values[open_states] = spsolve(equations.tocsc(), reward[open_states])
    return values


def optimal_path(world: World, discount: float) -> NDArray[np.int64]:
    """States from a start to a goal under the optimal policy, both included, shape ``(T,)``.

    Where outcomes are by chance, the likeliest such path; out of several starts, the first.

    Raises:
        ValueError: If the optimal policy reaches no goal from there.
    """
    from scipy.sparse.csgraph import dijkstra

    transitions = transitions_of(
        world, _action_probabilities(world, value_iteration(world, discount).policy)
    )
    # Likeliest is shortest in -log p; the small surcharge keeps sure steps from being free.
    transitions.data = 1e-9 - np.log(transitions.data)
    start = int(world.start_states[0])
    distance, came_from = dijkstra(transitions, indices=start, return_predecessors=True)
    goals = np.flatnonzero(world.goal)
    goal = int(goals[distance[goals].argmin()]) if goals.size else start
    if not world.goal[goal] or np.isinf(distance[goal]):
        raise ValueError(
            f"the optimal policy at discount {discount!r} reaches no goal from state {start}"
        )
    path = [goal]
    while path[-1] != start:
        path.append(int(came_from[path[-1]]))
    return np.array(path[::-1])


def gap_to_optimal(
    world: World, q_values: ArrayLike, discount: float, plan: Plan | None = None
) -> float:
    """How much less than the optimum the greedy policy of ``q_values`` earns from the start.

    The policy chooses evenly among tied best actions, as the agent does. Where there are
    several starts, their mean.

    Args:
        world: The MDP.
        q_values: Shape ``(S, A)``.
        discount: γ, from 0 to 1.
        plan: Of `value_iteration` at this discount, if it is known already.

    Returns:
        ``v*(start) - v(start)``, not below 0; infinite if the policy never ends and, at
        discount 1, has no finite value.
    """
    q_values = np.asarray(q_values, dtype=np.float64)
    if q_values.shape != (world.n_states, world.n_actions):
        raise ValueError(
            f"q_values must have shape {(world.n_states, world.n_actions)}, got {q_values.shape}"
        )
    best = q_values == q_values.max(axis=1, keepdims=True)
    policy = best / best.sum(axis=1, keepdims=True)
    values = policy_evaluation(world, policy, discount)[world.start_states]
    plan = plan or value_iteration(world, discount)
    gap = plan.values[world.start_states] - values
    return float("inf") if np.isnan(gap).any() else max(0.0, float(gap.mean()))


def _check_discount(discount: float) -> None:
    if not np.isscalar(discount) or isinstance(discount, str) or not 0 <= discount <= 1:
        raise ValueError(f"discount must be a number from 0 to 1, got {discount!r}")


def _action_probabilities(world: World, policy: ArrayLike) -> NDArray[np.float64]:
    """A policy of either form as probabilities, shape ``(S, A)``."""
    n_states, n_actions = world.n_states, world.n_actions
    given = np.asarray(policy)
    if given.shape == (n_states,) and given.dtype.kind in "iu":
        if ((given < 0) | (given >= n_actions)).any():
            raise ValueError(f"policy must have actions from 0 to {n_actions - 1}")
        return np.eye(n_actions)[given]
    if given.shape == (n_states, n_actions):
        weights = given.astype(np.float64)
        if (weights >= 0).all() and np.allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-9):
            return weights
        raise ValueError("policy must have probabilities from 0 that sum to 1 in each state")
    raise ValueError(
        f"policy must be whole numbers of shape {(n_states,)} or probabilities of shape "
        f"{(n_states, n_actions)}, got {given.dtype} of shape {given.shape}"
    )
