"""The Bellman equations of a world: sweeps, exact values, and the best actions.

Each value has a companion ``added``: the sum of the absolute values that were added up to make
it. Rounding errors of the value are in proportion to it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.planning.tolerance import is_rounding
from gridworld.planning.undiscounted import (
    can_reach,
    endless_states,
    leading_on,
    may_end,
    may_enter,
    resting_actions,
    transitions_of,
)
from gridworld.worlds.world import World


class Plan(NamedTuple):
    """Optimal values and an optimal policy.

    Attributes:
        values: ``v*``, shape ``(S,)``.
        q_values: ``q*``, shape ``(S, A)``.
        policy: The best action of each state, shape ``(S,)``. Of tied ones it is the first
            whose episode ends; at discount 1 it is one that leads towards the end.
        optimal: Whether an action is a best one, ties up to rounding included, shape ``(S, A)``.
    """

    values: NDArray[np.float64]
    q_values: NDArray[np.float64]
    policy: NDArray[np.int64]
    optimal: NDArray[np.bool_]


class Found(NamedTuple):
    """A policy with its exact values, and whether no action improves on them."""

    policy: NDArray[np.int64]
    values: NDArray[np.float64]
    added: NDArray[np.float64]
    q_values: NDArray[np.float64]
    q_added: NDArray[np.float64]
    is_optimal: bool


class Bellman:
    """The Bellman optimality equation of a world (Sutton & Barto 2018, equation 4.1, page 73).

    Args:
        world: The MDP.
        discount: γ.
    """

    def __init__(self, world: World, discount: float) -> None:
        self.world, self.discount = world, discount
        self._resting = resting_actions(world)
        self._endless = np.zeros(world.n_states, dtype=np.bool_)
        if discount == 1:
            self._endless = endless_states(world, self._resting)
        # An action that can lead to an endless state has no finite value either.
        self._barred = may_enter(world, self._endless)
        self._reward, self._paid = _expected_rewards(world)
        # The end of an episode is one more state, S, which is worth 0.
        self._reached = np.where(world.terminated, world.n_states, world.next_state)

    def sweep(self, values: NDArray, added: NDArray) -> tuple[NDArray, NDArray]:
        """One sweep of value iteration: better values and their ``added``, shape ``(S,)`` each.

        Below discount 1 ``added`` stays as it is, as only the resulting policy is used.
        """
        if self.discount < 1:
            return self._improve(values).max(axis=1), added
        q_values, q_added = self._backup(values, added)
        best = q_values.argmax(axis=1)[:, None]
        return tuple(  # type: ignore[return-value]
            np.where(self._endless, 0.0, np.take_along_axis(table, best, axis=1)[:, 0])
            for table in (q_values, q_added)
        )

    def look(self, values: NDArray, added: NDArray) -> Found:
        """Evaluates the greedy policy exactly, and checks whether any action improves on it."""
        if self.discount < 1:
            policy = self._improve(values).argmax(axis=1)
        else:
            policy = self._greedy(*self._backup(values, added))
        return self._evaluate(policy)

    def plan(self, found: Found) -> Plan:
        """The plan of an optimal policy."""
        policy = self._greedy(found.q_values, found.q_added)
        if not np.array_equal(policy, found.policy):
            found = self._evaluate(policy)
        none = self._barred | self._endless[:, None]
        optimal = _near_best(found.q_values, found.q_added) & ~none
        return Plan(found.values, np.where(none, np.nan, found.q_values), policy, optimal)

    def _evaluate(self, policy: NDArray[np.int64]) -> Found:
        values, added = evaluated(self.world, as_weights(self.world, policy), self.discount)
        finite = np.where(self._endless, 0.0, values)
        q_values, q_added = self._backup(finite, added)
        gain = np.where(self._endless[:, None], 0.0, q_values - finite[:, None])
        # NaN, which is no finite value, counts as not optimal.
        is_optimal = is_rounding(gain, q_added + added[:, None]).all()
        return Found(policy, values, added, q_values, q_added, bool(is_optimal))

    def _backup(self, values: NDArray, added: NDArray) -> tuple[NDArray, NDArray]:
        """``q``, -inf for actions without a finite value, and its ``added``, ``(S, A)`` each."""
        q_values = np.where(self._barred, -np.inf, self._improve(values))
        return q_values, self._paid + self.discount * self._expected(added + abs(values))

    def _improve(self, values: NDArray) -> NDArray[np.float64]:
        return self._reward + self.discount * self._expected(values)

    def _expected(self, values: NDArray) -> NDArray[np.float64]:
        """Expected value of what comes after an action, shape ``(S, A)``."""
        reached = np.append(values, 0.0)[self._reached]
        return np.einsum("sak,sak->sa", self.world.probability, reached)

    def _greedy(self, q_values: NDArray, q_added: NDArray) -> NDArray[np.int64]:
        """The first best action of each state; another one where it would never end."""
        near = _near_best(q_values, q_added)
        policy = near.argmax(axis=1)
        if self.discount < 1:
            # Far from the end all actions may have the same value, up to rounding.
            weights = as_weights(self.world, policy)
            ends = can_reach(may_end(self.world, weights), transitions_of(self.world, weights))
            return leading_on(self.world, policy, near, ends)
        # Resting is worth 0: it is a best action only where the best value is 0.
        at_best = abs(q_values.max(axis=1, keepdims=True))
        at_rest = near & self._resting & is_rounding(at_best, q_added)
        rests = at_rest.any(axis=1)
        policy = np.where(rests, at_rest.argmax(axis=1), policy)
        return leading_on(self.world, policy, near, rests)


def _near_best(q_values: NDArray, q_added: NDArray) -> NDArray[np.bool_]:
    """Actions that are as good as the best, up to rounding, shape ``(S, A)``."""
    best = q_values.argmax(axis=1)[:, None]
    highest, its_added = (np.take_along_axis(table, best, axis=1) for table in (q_values, q_added))
    with np.errstate(invalid="ignore"):  # where no action has a value
        return np.asarray(is_rounding(highest - q_values, its_added + q_added))


def _expected_rewards(world: World) -> tuple[NDArray, NDArray]:
    """Expected reward, and expected absolute reward, of each action, ``(S, A)`` each."""
    reward = (world.probability * world.reward).sum(axis=2)
    paid = (world.probability * abs(world.reward)).sum(axis=2)
    return np.where(is_rounding(abs(reward), paid), 0.0, reward), paid


def evaluated(world: World, weights: NDArray, discount: float) -> tuple[NDArray, NDArray]:
    """Values of a policy of probabilities ``(S, A)``, and their ``added``, ``(S,)`` each."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    transitions = transitions_of(world, weights)
    reward, paid = ((weights * table).sum(axis=1) for table in _expected_rewards(world))
    reward[is_rounding(abs(reward), paid)] = 0.0
    values, added = np.zeros((2, world.n_states))
    settled = ~can_reach(reward != 0, transitions)  # worth 0, as no reward ever follows
    if discount == 1:
        finite = settled | may_end(world, weights)
        infinite = can_reach(~can_reach(finite, transitions), transitions)
        values[infinite] = np.nan
        settled |= infinite
    open_states = np.flatnonzero(~settled)
    if open_states.size:
        among = transitions[open_states][:, open_states]
        equations = splu((eye_array(open_states.size, format="csc") - discount * among).tocsc())
        values[open_states] = equations.solve(reward[open_states])
        added[open_states] = equations.solve(paid[open_states] + abs(values[open_states]))
    return values, added


def as_weights(world: World, policy: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probabilities, shape ``(S, A)``, of a policy with one action for each state."""
    return np.eye(world.n_actions)[policy]
