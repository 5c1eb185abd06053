"""`World`: a small Markov decision process as tables."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridworld.parameters import check_whole
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.maps import (
    Action,
    Cell,
    landing_states,
    parse_layout,
)


@dataclass(frozen=True, eq=False)
class World:
    """States, actions and outcomes of an MDP; arrays are read-only.

    From state ``s``, action ``a`` leads with ``probability[s, a, k]`` to
    ``next_state[s, a, k]`` with reward ``reward[s, a, k]``. Terminal states and walls lead to
    themselves with reward 0.

    Attributes:
        next_state: Shape ``(S, A, K)``, int64.
        probability: Shape ``(S, A, K)``; sums to 1 over ``K``.
        cumulative: Running sum of ``probability`` over ``K``; exactly 1 from the last possible
            outcome on.
        reward: Shape ``(S, A, K)``.
        terminal: Shape ``(S,)``, bool: reaching the state ends the episode.
        goal: Shape ``(S,)``, bool: terminal states that count as success.
        start_states: Shape ``(N,)``; an episode's start is drawn uniformly from them.
        shape: ``(n_rows, n_cols)`` of the map; ``(1, S)`` for a world without a map.
    """

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    reward: NDArray[np.float64]
    terminal: NDArray[np.bool_]
    goal: NDArray[np.bool_]
    start_states: NDArray[np.int64]
    shape: tuple[int, int]

    @property
    def n_states(self) -> int:
        """Number of states ``S``."""
        return self.next_state.shape[0]

    @property
    def n_actions(self) -> int:
        """Number of actions ``A``."""
        return self.next_state.shape[1]

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Whether an episode can reach a state, starts included, shape ``(S,)``."""
        reached = np.zeros(self.n_states, dtype=np.bool_)
        newly = np.unique(self.start_states)
        possible = self.probability > 0
        while newly.size:
            reached[newly] = True
            open_states = newly[~self.terminal[newly]]
            following = self.next_state[open_states][possible[open_states]]
            newly = np.unique(following[~reached[following]])
        reached.setflags(write=False)
        return reached

    def position(self, state: int) -> tuple[int, int]:
        """``(row, col)`` of a state.

        Raises:
            ValueError: If there is no such state.
        """
        return divmod(check_whole("state", state, 0, self.n_states - 1), self.shape[1])

    @classmethod
    def from_config(cls, config: GridWorldConfig) -> "World":
        """Compiles the map, slip, wind and rewards of a config.

        Outcomes are the intended move, then, under slip, those to its left and to its
        right. A fall off a cliff leads to each start with equal probability.
        """
        cells = parse_layout(config.layout)
        kind = cells.ravel()
        starts = np.flatnonzero(kind == Cell.START)
        landing, bump = landing_states(cells, config.wind)
        # From two whole rewards NumPy would make whole numbers, which cut fractions off.
        reward = np.where(bump, config.bump_reward, config.step_reward).astype(np.float64)
        for cell, value in (
            (Cell.GOAL, config.goal_reward),
            (Cell.PIT, config.pit_reward),
            (Cell.CLIFF, config.cliff_reward),
        ):
            reward[kind[landing] == cell] = value
        landing[kind == Cell.WALL] = np.flatnonzero(kind == Cell.WALL)[:, None]
        reward[kind == Cell.WALL] = 0.0

        slip = config.slip
        turns, chances = ([0, -1, 1], [1 - slip, slip / 2, slip / 2]) if slip else ([0], [1.0])
        moves = (np.arange(len(Action))[:, None] + turns) % len(Action)  # (A, K)
        landing, reward = landing[:, moves], reward[:, moves]
        probability = np.broadcast_to(chances, landing.shape)

        # A fall off a cliff leads back to the start: with several starts, one outcome for each.
        falls = (kind[landing] == Cell.CLIFF)[..., None]
        if falls.any():
            only_first = np.arange(starts.size) == 0
            probability = probability[..., None] * np.where(falls, 1 / starts.size, only_first)
            reward = np.broadcast_to(reward[..., None], probability.shape)
            landing = np.where(falls, starts, landing[..., None])
            landing, probability, reward = (
                table.reshape(*table.shape[:2], -1) for table in (landing, probability, reward)
            )
        return cls.from_tables(
            landing,
            probability,
            reward,
            (kind == Cell.GOAL) | (kind == Cell.PIT),
            goal=kind == Cell.GOAL,
            start_states=starts,
            shape=cells.shape,
        )

    @classmethod
    def from_tables(
        cls,
        next_state: ArrayLike,
        probability: ArrayLike,
        reward: ArrayLike,
        terminal: ArrayLike,
        *,
        goal: ArrayLike | None = None,
        start_states: ArrayLike | None = None,
        shape: tuple[int, int] | None = None,
    ) -> "World":
        """Makes a world of any small MDP.

        Args:
            next_state: States reached, shape ``(S, A, K)``.
            probability: Their probabilities, shape ``(S, A, K)``.
            reward: Their rewards, shape ``(S, A, K)``.
            terminal: Which states end an episode, shape ``(S,)``. Their rows of the tables
                are replaced: they lead to themselves with reward 0.
            goal: Which terminal states count as success, shape ``(S,)``; all by default.
            start_states: Where episodes start, shape ``(N,)``; by default every state
                that is not terminal.
            shape: ``(n_rows, n_cols)`` of the map that the states come from, if any.

        Raises:
            ValueError: If shapes do not agree, a state is out of range, the
                probabilities of an action do not sum to 1, or a reward is not finite.
        """
        next_state = np.array(next_state)
        if next_state.ndim != 3 or not next_state.size or next_state.dtype.kind not in "iu":
            raise ValueError(
                "next_state must be whole numbers of shape (S, A, K), got "
                f"{next_state.dtype} of shape {next_state.shape}"
            )
        next_state = next_state.astype(np.int64, order="C")
        n_states = next_state.shape[0]
        probability = _table("probability", probability, np.float64, next_state.shape)
        reward = _table("reward", reward, np.float64, next_state.shape)
        terminal = _table("terminal", terminal, np.bool_, (n_states,))
        goal = terminal if goal is None else _table("goal", goal, np.bool_, (n_states,))
        starts = np.flatnonzero(~terminal) if start_states is None else np.array(start_states)
        shape = shape or (1, n_states)
        _check_states(next_state, starts, terminal, goal, shape)
        _check_outcomes(probability, reward)

        next_state[terminal] = np.flatnonzero(terminal)[:, None, None]
        probability[terminal] = np.arange(next_state.shape[2]) == 0
        reward[terminal] = 0.0
        cumulative = probability.cumsum(axis=2)
        # Rounding may leave the sum below 1; then a draw could exceed it and find no outcome.
        remaining = probability[..., ::-1].cumsum(axis=2)[..., ::-1] - probability
        cumulative[remaining <= 0] = 1.0
        starts = starts.astype(np.int64)
        arrays = (next_state, probability, cumulative, reward, terminal, goal, starts)
        for array in arrays:
            array.setflags(write=False)
        return cls(*arrays, shape=shape)


def _table(name: str, values: ArrayLike, dtype: type, shape: tuple[int, ...]) -> NDArray:
    """A copy of ``values`` as an array of the given type and shape."""
    table: NDArray = np.array(values, dtype=dtype, order="C")
    if table.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {table.shape}")
    return table


def _check_states(
    next_state: NDArray,
    starts: NDArray,
    terminal: NDArray,
    goal: NDArray,
    shape: tuple[int, int],
) -> None:
    n_states = len(terminal)
    if not starts.size:
        raise ValueError("start_states must be states that are not terminal, at least one")
    if starts.ndim != 1 or starts.dtype.kind not in "iu":
        raise ValueError(
            "start_states must be whole numbers of shape (N,), got "
            f"{starts.dtype} of shape {starts.shape}"
        )
    for name, states in (("next_state", next_state), ("start_states", starts)):
        wrong = states[(states < 0) | (states >= n_states)]
        if wrong.size:
            raise ValueError(f"{name} must be from 0 to {n_states - 1}, got {wrong[0]}")
    if terminal[starts].any():
        raise ValueError("start_states must be states that are not terminal")
    if (goal & ~terminal).any():
        raise ValueError(f"goal must be terminal, state {(goal & ~terminal).argmax()} is not")
    if len(shape) != 2 or shape[0] * shape[1] != n_states:
        raise ValueError(f"shape must be (n_rows, n_cols) of {n_states} states, got {shape!r}")


def _check_outcomes(probability: NDArray, reward: NDArray) -> None:
    sums_to_1 = abs(probability.sum(axis=2) - 1) <= 1e-9
    for state, action in np.argwhere(~(sums_to_1 & (probability >= 0).all(axis=2))):
        raise ValueError(
            "probability must be from 0 to 1 and sum to 1, got "
            f"{probability[state, action].tolist()} for state {state}, action {action}"
        )
    if not np.isfinite(reward).all():
        raise ValueError("reward must be finite numbers")
