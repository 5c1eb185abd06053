"""Exact answers about greedy policies, compiled: cheap enough to be used during a run.

A policy is a mask of actions, shape ``(S, A)``. Where it has several actions in a state, it
takes each with equal probability, as the agent does with tied best ones.
"""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import compiled
from gridworld.planning.resumable import OUTCOMES_PER_PIECE, Resumable
from gridworld.worlds.world import World

#: Outcomes after which an evaluation gives up and its result is NaN.
_MAX_OUTCOMES = 30_000_000
#: Rewards still to come do not matter below this share of the rewards paid, both without signs.
_NEGLIGIBLE_SHARE = 2.0**-60


class Followed(NamedTuple):
    """Expectations of an episode under a policy; NaN where they take too long to compute.

    Attributes:
        expected_return: Undiscounted return.
        ends: Probability that the episode ends within the step limit.
    """

    expected_return: float
    ends: float


def best_actions(q_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mask of the greedy actions, shape ``(S, A)``; of tied best ones all are greedy."""
    return np.asarray(q_values == q_values.max(axis=1, keepdims=True))


def expected_return(world: World, policy: NDArray[np.bool_], max_steps: int) -> float:
    """Expected undiscounted return of an episode, cut off after ``max_steps`` as in training.

    Policy evaluation over a finite horizon, forward from the start states.

    Args:
        world: The MDP.
        policy: Mask of its actions, shape ``(S, A)``, at least one in each state.
        max_steps: Steps after which an episode is cut off.

    Returns:
        The expected return; NaN where the policy wanders for too long to compute it.
    """
    return Resumable(lambda: following(world, policy, max_steps)).result().expected_return


def following(
    world: World, policy: NDArray[np.bool_], max_steps: int
) -> Generator[None, None, Followed]:
    """Works out in pieces `expected_return`, and the probability that an episode ends."""
    mass = np.zeros((2, world.n_states))  # probability of each state, for even and odd steps
    here = np.empty((2, world.n_states), dtype=np.int64)  # the first n_here are states with mass
    np.add.at(mass[0], world.start_states, world.start_probability)
    starts = np.flatnonzero(mass[0])
    here[0, : len(starts)] = starts
    at, sums, worked = (0, len(starts), 1.0), (0.0, 0.0), 0
    most = float(abs(world.reward).max())
    reward = world.reward.view()
    reward.setflags(write=False)  # like a world's own, so that there is one compiled signature
    while worked <= _MAX_OUTCOMES:
        at, sums, work = _follow(
            world.next_state,
            world.probability,
            reward,
            world.terminated,
            policy,
            mass,
            here,
            at,
            sums,
            most,
            max_steps,
            OUTCOMES_PER_PIECE,
        )
        if work < OUTCOMES_PER_PIECE:
            return Followed(sums[0], 1 - at[2])
        worked += work
        yield
    return Followed(np.nan, np.nan)


def stays_within(world: World, policy: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> bool:
    """Whether the policy takes only ``allowed`` actions, in every state that it can reach.

    Args:
        world: The MDP.
        policy: Mask of its actions, shape ``(S, A)``.
        allowed: Mask of the actions allowed, shape ``(S, A)``.
    """
    return bool(
        _stays_within(
            world.next_state,
            world.probability,
            world.terminated,
            policy,
            allowed,
            world.start_states,
        )
    )


@compiled()
def _follow(
    next_state: NDArray,
    probability: NDArray,
    reward: NDArray,
    terminated: NDArray,
    policy: NDArray,
    mass: NDArray,
    here: NDArray,
    at: tuple[int, int, float],
    sums: tuple[float, float],
    most: float,
    max_steps: int,
    max_work: int,
) -> tuple[tuple[int, int, float], tuple[float, float], int]:
    """Follows a policy for ``max_work`` outcomes, or until no reward is left that matters."""
    _, n_actions, n_outcomes = next_state.shape
    step, n_here, remaining = at
    total, paid = sums  # with and without signs
    work = 0
    while work < max_work and step < max_steps and remaining > 0.0:
        if 0.0 < remaining * most * (max_steps - step) <= _NEGLIGIBLE_SHARE * paid:
            break
        now, then = step % 2, (step + 1) % 2
        n_there, remaining = 0, 0.0
        for i in range(n_here):
            state = here[now, i]
            share = mass[now, state] / policy[state].sum()
            mass[now, state] = 0.0
            for action in range(n_actions):
                if not policy[state, action]:
                    continue
                for k in range(n_outcomes):
                    chance = share * probability[state, action, k]
                    if chance == 0.0:
                        continue
                    total += chance * reward[state, action, k]
                    paid += chance * abs(reward[state, action, k])
                    if terminated[state, action, k]:
                        continue
                    reached = next_state[state, action, k]
                    if mass[then, reached] == 0.0:
                        here[then, n_there] = reached
                        n_there += 1
                    mass[then, reached] += chance
                    remaining += chance
                    work += 1
        n_here = n_there
        step += 1
    return (step, n_here, remaining), (total, paid), work


@compiled()
def _stays_within(
    next_state: NDArray,
    probability: NDArray,
    terminated: NDArray,
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
        for action in range(n_actions):
            if not policy[state, action]:
                continue
            if not allowed[state, action]:
                return False
            for k in range(n_outcomes):
                if terminated[state, action, k] or probability[state, action, k] == 0.0:
                    continue
                reached = next_state[state, action, k]
                if not seen[reached]:
                    seen[reached] = True
                    waiting[n_waiting] = reached
                    n_waiting += 1
    return True
