"""Exact answers about greedy policies, compiled: cheap enough to ask for during a run.

A policy is the mask of its actions, shape ``(S, A)``: of several it takes each with equal
probability, as the agent does with tied best ones.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridworld.world import World

#: Outcomes after which an evaluation gives up: a tenth of a second or so.
_MAX_WORK = 30_000_000
#: Probability that an episode is still going on, below which it does not matter.
_NEGLIGIBLE = 1e-14


class Evaluation:
    """The greedy policy after some episodes; what it earns is worked out when asked for.

    Args:
        episode: Episodes completed.
        epsilon: Probability of exploring at that time.
        policy: Mask of the greedy actions, shape ``(S, A)``.
        n_optimal: Evaluations in a row up to this one that found the policy optimal, where
            that was looked for.

    Attributes:
        expected_return: Of an episode under the policy, as `expected_return` tells it;
            None as long as nobody asked.
    """

    def __init__(
        self, episode: int, epsilon: float, policy: NDArray[np.bool_], n_optimal: int = 0
    ) -> None:
        self.episode, self.epsilon = episode, epsilon
        self.policy, self.n_optimal = policy, n_optimal
        self.expected_return: float | None = None

    def evaluate(self, world: World, max_steps: int) -> None:
        """Works out the expected return, if that is still to be done."""
        if self.expected_return is None:
            self.expected_return = expected_return(world, self.policy, max_steps)


def best_actions(q_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The greedy policy, all tied best actions included, shape ``(S, A)``."""
    return np.asarray(q_values == q_values.max(axis=1, keepdims=True))


def expected_return(world: World, policy: NDArray[np.bool_], max_steps: int) -> float:
    """Expected undiscounted return of an episode, cut off after ``max_steps`` as in training.

    Policy evaluation over a finite horizon, forward from the start states.

    Args:
        world: The MDP.
        policy: Mask of its actions, shape ``(S, A)``, at least one in each state.
        max_steps: Steps after which an episode is cut off.

    Returns:
        The expected return; NaN where the policy wanders on for too long to tell.
    """
    return float(
        _expected_return(
            world.next_state,
            world.probability,
            world.reward,
            world.terminal,
            policy,
            world.start_states,
            max_steps,
        )
    )


def stays_within(world: World, policy: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> bool:
    """Whether the policy takes ``allowed`` actions only, in every state it can come to.

    Args:
        world: The MDP.
        policy: Mask of its actions, shape ``(S, A)``.
        allowed: Mask of the actions allowed, shape ``(S, A)``.
    """
    return bool(
        _stays_within(
            world.next_state,
            world.probability,
            world.terminal,
            policy,
            allowed,
            world.start_states,
        )
    )


@njit(cache=True)
def _expected_return(
    next_state: NDArray,
    probability: NDArray,
    reward: NDArray,
    terminal: NDArray,
    policy: NDArray,
    start_states: NDArray,
    max_steps: int,
) -> float:
    n_states, n_actions, n_outcomes = next_state.shape
    mass, coming = np.zeros(n_states), np.zeros(n_states)  # probability of being there
    here, there = np.empty(n_states, np.int64), np.empty(n_states, np.int64)
    n_here = 0
    for state in start_states:
        if not terminal[state]:
            if mass[state] == 0.0:
                here[n_here] = state
                n_here += 1
            mass[state] += 1 / len(start_states)
    total, work = 0.0, 0
    for _ in range(max_steps):
        n_there, remaining = 0, 0.0
        for i in range(n_here):
            state = here[i]
            share = mass[state] / policy[state].sum()
            mass[state] = 0.0
            for action in range(n_actions):
                if not policy[state, action]:
                    continue
                for k in range(n_outcomes):
                    chance = share * probability[state, action, k]
                    if chance == 0.0:
                        continue
                    total += chance * reward[state, action, k]
                    reached = next_state[state, action, k]
                    if terminal[reached]:
                        continue
                    if coming[reached] == 0.0:
                        there[n_there] = reached
                        n_there += 1
                    coming[reached] += chance
                    remaining += chance
                    work += 1
        here, there, n_here = there, here, n_there
        mass, coming = coming, mass
        if remaining < _NEGLIGIBLE:
            return total
        if work > _MAX_WORK:
            return np.nan
    return total


@njit(cache=True)
def _stays_within(
    next_state: NDArray,
    probability: NDArray,
    terminal: NDArray,
    policy: NDArray,
    allowed: NDArray,
    start_states: NDArray,
) -> bool:
    n_states, n_actions, n_outcomes = next_state.shape
    seen = np.zeros(n_states, np.bool_)
    waiting = np.empty(n_states, np.int64)
    n_waiting = 0
    for state in start_states:
        if not seen[state]:
            seen[state] = True
            waiting[n_waiting] = state
            n_waiting += 1
    while n_waiting:
        n_waiting -= 1
        state = waiting[n_waiting]
        if terminal[state]:
            continue
        for action in range(n_actions):
            if not policy[state, action]:
                continue
            if not allowed[state, action]:
                return False
            for k in range(n_outcomes):
                reached = next_state[state, action, k]
                if probability[state, action, k] > 0.0 and not seen[reached]:
                    seen[reached] = True
                    waiting[n_waiting] = reached
                    n_waiting += 1
    return True
