"""Worlds at discount 1: states and actions from which an episode may never end."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridworld.worlds.world import World

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def steps_of(world: World, weights: NDArray) -> "csr_array":
    """Outcomes' probabilities from state to state, weighted by action, ``(S, A)``.

    An episode may pass through a state and may end in it: row and column ``2s`` stand for state
    ``s`` while the episode goes on, ``2s + 1`` for the end of the episode there. Shape
    ``(2S, 2S)``.
    """
    from scipy.sparse import csr_array

    chance = weights[..., None] * world.probability
    state, action, outcome = np.nonzero(chance)
    at = state, action, outcome
    # SciPy's graph routines took no wider indices before version 1.15.
    edges = tuple(
        index.astype(np.int32)
        for index in (2 * state, 2 * world.next_state[at] + world.terminated[at])
    )
    return csr_array((chance[at], edges), shape=(2 * world.n_states,) * 2)


def transitions_of(world: World, weights: NDArray) -> "csr_array":
    """The part of `steps_of` with which the episode goes on, shape ``(S, S)``."""
    return steps_of(world, weights)[::2, ::2]


def can_reach(targets: NDArray, transitions: "csr_array") -> NDArray[np.bool_]:
    """States from which one of the ``targets`` can be reached, targets included, ``(S,)``."""
    while True:
        grown = targets | (transitions @ targets.astype(np.float64) > 0)
        if (grown == targets).all():
            return grown
        targets = grown


def may_end(world: World, weights: NDArray) -> NDArray[np.bool_]:
    """States in which an action of some weight, ``(S, A)``, may end the episode, ``(S,)``."""
    chance = weights[..., None] * world.probability
    return np.asarray((chance * world.terminated).any(axis=(1, 2)))


def may_enter(world: World, states: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Actions after which an episode may go on in one of the ``states``, shape ``(S, A)``."""
    possible = (world.probability > 0) & ~world.terminated
    return np.asarray((states[world.next_state] & possible).any(axis=2))


def resting_actions(world: World) -> NDArray[np.bool_]:
    """Actions after which an episode can end, or go on for ever, without reward, ``(S, A)``.

    On a map, all actions of goals, pits and walls are among them.
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
    """States from which rewards go on for ever under any policy, shape ``(S,)``.

    No policy is certain to reach a state with a resting action, or the end, from there.
    """
    rests = np.any(resting, axis=1)
    endless = np.zeros(world.n_states, dtype=np.bool_)
    while True:
        allowed = ~may_enter(world, endless)
        finite = rests | may_end(world, allowed)
        grown = endless | ~can_reach(finite, transitions_of(world, allowed))
        if (grown == endless).all():
            return endless
        endless = grown


def leading_on(
    world: World, policy: NDArray[np.int64], allowed: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """A policy that leads towards an end wherever the allowed actions do.

    Among actions of equal value there may be some that put the end off for ever; this policy
    avoids them. Of several actions that lead on, it takes the one most likely to do so.

    Args:
        world: The MDP.
        policy: An action for each state, shape ``(S,)``; kept in the states of ``ends`` and in
            those from which no allowed action leads to one.
        allowed: Actions to choose from, shape ``(S, A)``.
        ends: States that count as an end, shape ``(S,)``; the end of the episode does anyway.
    """
    policy = policy.copy()
    while True:
        leads_on = ends[world.next_state] | world.terminated
        chance = (world.probability * leads_on).sum(axis=2) * allowed
        newly = (chance > 0).any(axis=1) & ~ends
        if not newly.any():
            return policy
        policy[newly] = chance[newly].argmax(axis=1)
        ends = ends | newly
