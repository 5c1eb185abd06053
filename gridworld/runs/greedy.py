"""Episodes of the greedy policy, without learning."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.agent import generator_of
from gridworld.worlds.maps import Cell, parse_layout
from gridworld.worlds.world import World

#: Uniforms that are drawn at once.
_BLOCK = 256
#: Cumulative probability, next state, reward, and whether the episode ends.
_Outcome = tuple[float, int, float, bool]


class GreedyEpisode(NamedTuple):
    """One episode of a greedy policy, ``T`` steps long.

    Attributes:
        states: States visited, the start first, shape ``(T + 1,)``, int64.
        actions: Actions taken, shape ``(T,)``, int64.
        rewards: Rewards received, shape ``(T,)``, float64.
    """

    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]


def greedy_episode(
    world: World,
    q_values: NDArray[np.float64],
    max_steps: int,
    seed: int,
    start: int | None = None,
) -> GreedyEpisode:
    """One episode of the greedy policy of a Q-table.

    It is that of a loop written by hand over an environment and an ε-greedy agent of this seed
    with ε = 0 that does not learn: two uniforms of the agent's generator for each action, of
    which the second one settles a tie, and one of the environment's for each start or outcome
    that is by chance.

    Args:
        world: The world.
        q_values: The Q-table, shape ``(S, A)``.
        max_steps: Steps after which the episode is cut off.
        seed: Whole number from 0, from which both generators derive.
        start: The state to start from; None to draw it as the environment does.
    """
    learner, chance = generator_of(seed), _uniforms(np.random.default_rng(seed))
    ties = _ties(learner)
    if start is None:
        starts = world.start_states
        start = world.start_of(next(chance)) if len(starts) > 1 else int(starts[0])
    state = start
    states, actions, rewards = [state], list[int](), list[float]()
    candidates: dict[int, list[int]] = {}
    outcomes: dict[tuple[int, int], list[_Outcome]] = {}
    came_at: dict[int, int] = {}
    decided_at = -1  # latest step that a uniform decided, be it a tie or an outcome
    for step in range(max_steps):
        if came_at.get(state, -1) > decided_at:
            return _repeated(states, actions, rewards, came_at[state], max_steps)
        came_at[state] = step
        if state not in candidates:
            row = q_values[state]
            candidates[state] = np.flatnonzero(row == row.max()).tolist()
        best, tie = candidates[state], next(ties)
        action = best[int(tie * len(best))]
        if (state, action) not in outcomes:
            outcomes[state, action] = _outcomes(world, state, action)
        following = outcomes[state, action]
        outcome = following[0]
        if outcome[0] < 1.0:
            draw = next(chance)
            outcome = next(outcome for outcome in following if draw < outcome[0])
            decided_at = step
        elif len(best) > 1:
            decided_at = step
        _, state, reward, terminated = outcome
        states.append(state)
        actions.append(action)
        rewards.append(reward)
        if terminated:
            break
    return _episode(states, actions, rewards)


def start_of(world: World, layout: str, start: object) -> int:
    """The state of a start that a person chose, a cell ``(row, col)`` or a state.

    Raises:
        ValueError: If no step can begin there.
    """
    n_rows, n_cols = world.shape
    try:
        row, col = start if isinstance(start, tuple | list) else divmod(start, n_cols)  # type: ignore[operator]
        is_within = row == int(row) and col == int(col) and 0 <= row < n_rows and 0 <= col < n_cols
    except (TypeError, ValueError, OverflowError):
        is_within = False
    if not is_within:
        raise ValueError(
            f"start must be a cell (row, col) from (0, 0) to ({n_rows - 1}, {n_cols - 1}), or a "
            f"state from 0 to {world.n_states - 1}, got {start!r}"
        )
    state = int(row) * n_cols + int(col)
    if not layout:
        if not world.ongoing[state]:
            raise ValueError(f"start must be a state from which an episode goes on, got {start!r}")
        return state
    kind = Cell(parse_layout(layout).flat[state])
    if kind in (Cell.WALL, Cell.CLIFF, Cell.GOAL, Cell.PIT):
        raise ValueError(
            f"start must be a cell that is no wall, cliff, goal or pit, got {start!r}, "
            f"which is a {kind.name.lower()}"
        )
    return state


def _outcomes(world: World, state: int, action: int) -> list[_Outcome]:
    tables = (world.cumulative, world.next_state, world.reward, world.terminated)
    # Lists, as a step reads single entries, which is slow with arrays.
    return list(zip(*(table[state, action].tolist() for table in tables), strict=True))


def _uniforms(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.random(_BLOCK).tolist()


def _ties(rng: np.random.Generator) -> Iterator[float]:
    """The second one of each two uniforms: the first one tells whether to explore."""
    while True:
        yield from rng.random((_BLOCK, 2))[:, 1].tolist()


def _repeated(
    states: list[int], actions: list[int], rewards: list[float], since: int, max_steps: int
) -> GreedyEpisode:
    """The whole episode, which repeats what it has done since a step without any chance."""
    n_left = max_steps - len(actions)
    return GreedyEpisode(
        *(
            np.append(np.array(whole), np.resize(np.array(whole[first:]), n_left))
            for whole, first in ((states, since + 1), (actions, since), (rewards, since))
        )
    )


def _episode(states: list[int], actions: list[int], rewards: list[float]) -> GreedyEpisode:
    return GreedyEpisode(
        np.array(states, np.int64), np.array(actions, np.int64), np.array(rewards, np.float64)
    )
