"""The highest return of any policy in an episode that is cut off after a number of steps."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import compiled
from gridworld.planning.resumable import OUTCOMES_PER_PIECE
from gridworld.worlds.world import World

#: Outcomes after which the work gives up and its result is NaN.
_MAX_OUTCOMES = 1_000_000_000


def optimising(world: World, max_steps: int) -> Generator[None, None, float]:
    """Works out in pieces the highest expected undiscounted return of an episode.

    Backward induction (Puterman 1994, section 4.5): the highest return of ``n`` steps follows
    from that of ``n - 1``, until one more step changes nothing. The best policy may choose
    other actions when few steps are left; no policy earns more.

    Args:
        world: The MDP.
        max_steps: Steps after which an episode is cut off.

    Returns:
        The mean over the starts; NaN where it would take too long to compute.
    """
    states = np.flatnonzero(world.ongoing)
    values = np.zeros((2, world.n_states))  # for even and odd numbers of steps
    work = states.size * world.n_actions * world.next_state.shape[2]
    at_once = max(1, OUTCOMES_PER_PIECE // max(1, work))
    n_steps = 0
    while n_steps < max_steps:
        if n_steps * work > _MAX_OUTCOMES:
            return np.nan
        end = min(max_steps, n_steps + at_once)
        tables = world.next_state, world.probability, world.reward, world.terminated
        n_steps, is_settled = _look_ahead(*tables, states, values, n_steps, end)
        if is_settled:
            break
        yield
    return world.mean_over_starts(values[n_steps % 2])


@compiled()
def _look_ahead(
    next_state: NDArray,
    probability: NDArray,
    reward: NDArray,
    terminated: NDArray,
    states: NDArray,
    values: NDArray,
    n_steps: int,
    end: int,
) -> tuple[int, bool]:
    """Continues from ``n_steps`` to ``end``, or until nothing changes any more."""
    _, n_actions, n_outcomes = next_state.shape
    is_settled = False
    while n_steps < end and not is_settled:
        before, after = values[n_steps % 2], values[(n_steps + 1) % 2]
        is_settled = True
        for state in states:
            best = -np.inf
            for action in range(n_actions):
                value = 0.0
                for k in range(n_outcomes):
                    chance = probability[state, action, k]
                    if chance == 0.0:
                        continue
                    value += chance * reward[state, action, k]
                    if not terminated[state, action, k]:
                        value += chance * before[next_state[state, action, k]]
                best = max(best, value)
            if best != before[state]:
                is_settled = False
            after[state] = best
        n_steps += 1
    return n_steps, is_settled
