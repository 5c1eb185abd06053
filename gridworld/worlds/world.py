"""`World`: a small Markov decision process as tables."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridworld.parameters import check_whole
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.environments import tables_of
from gridworld.worlds.grids import Grid, tables_of_grid
from gridworld.worlds.levels import LEVELS


@dataclass(frozen=True, eq=False)
class World:
    """States, actions and outcomes of an MDP; arrays are read-only.

    From state ``s``, action ``a`` leads with ``probability[s, a, k]`` to
    ``next_state[s, a, k]`` with reward ``reward[s, a, k]``; ``terminated[s, a, k]`` tells whether
    the episode ends there or goes on. On a map, goals, pits and walls lead to themselves with
    reward 0.

    Attributes:
        next_state: Shape ``(S, A, K)``, int64.
        probability: Shape ``(S, A, K)``; sums to 1 over ``K``.
        cumulative: Running sum of ``probability`` over ``K``; exactly 1 from the last possible
            outcome on.
        reward: Shape ``(S, A, K)``.
        terminated: Shape ``(S, A, K)``, bool: the outcome ends the episode.
        goal: Shape ``(S,)``, bool: an episode that ends in the state is a success.
        start_states: Shape ``(N,)``; an episode's start is drawn from them. None of them has
            probability 0.
        start_probability: Shape ``(N,)``; sums to 1.
        start_cumulative: Running sum of ``start_probability``, shape ``(N,)``; exactly 1 from the
            last possible start on. Where all starts are equally probable it is empty, shape
            ``(0,)``.
        shape: ``(n_rows, n_cols)`` of the map; ``(1, S)`` for a world without a map.
        moves: ``(row, col)`` displacement over the map of each action, shape ``(A, 2)``; None
            where actions are no moves over a map.
    """

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    goal: NDArray[np.bool_]
    start_states: NDArray[np.int64]
    start_probability: NDArray[np.float64]
    start_cumulative: NDArray[np.float64]
    shape: tuple[int, int]
    moves: NDArray[np.int64] | None = None

    @property
    def n_states(self) -> int:
        """Number of states ``S``."""
        return self.next_state.shape[0]

    @property
    def n_actions(self) -> int:
        """Number of actions ``A``."""
        return self.next_state.shape[1]

    @cached_property
    def ongoing(self) -> NDArray[np.bool_]:
        """Whether an episode can go on from a state, starts included, shape ``(S,)``."""
        ongoing = np.zeros(self.n_states, dtype=np.bool_)
        newly = np.unique(self.start_states)
        goes_on = (self.probability > 0) & ~self.terminated
        while newly.size:
            ongoing[newly] = True
            following = self.next_state[newly][goes_on[newly]]
            newly = np.unique(following[~ongoing[following]])
        ongoing.setflags(write=False)
        return ongoing

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Whether an episode can reach a state, starts included, shape ``(S,)``."""
        possible = self.probability[self.ongoing] > 0
        reached = self.ongoing | _among(self.n_states, self.next_state[self.ongoing][possible])
        reached.setflags(write=False)
        return reached

    @cached_property
    def terminal(self) -> NDArray[np.bool_]:
        """Whether episodes end in a state and never go on from it, shape ``(S,)``.

        A state that one outcome enters as the episode ends, and another as it goes on, is not
        terminal, nor is a possible start.
        """
        ends = (self.probability > 0) & self.terminated
        terminal = _among(self.n_states, self.next_state[ends]) & ~self.ongoing
        terminal.setflags(write=False)
        return terminal

    @property
    def succeeds(self) -> NDArray[np.bool_]:
        """Whether an outcome ends the episode in a goal, shape ``(S, A, K)``."""
        return self.terminated & self.goal[self.next_state]

    def start_of(self, draw: float) -> int:
        """The start state that a number drawn uniformly from [0, 1) stands for."""
        if self.start_cumulative.size:
            start = int(np.searchsorted(self.start_cumulative, draw, side="right"))
        else:
            start = int(draw * len(self.start_states))
        return int(self.start_states[start])

    def mean_over_starts(self, values: NDArray[np.float64]) -> float:
        """Expected value of an episode's start; ``values`` has shape ``(S,)``."""
        if not self.start_cumulative.size:
            return float(values[self.start_states].mean())
        return float(self.start_probability @ values[self.start_states])

    def position(self, state: int) -> tuple[int, int]:
        """``(row, col)`` of a state.

        Raises:
            ValueError: If there is no such state.
        """
        return divmod(check_whole("state", state, 0, self.n_states - 1), self.shape[1])

    @classmethod
    def from_config(cls, config: GridWorldConfig, *, later: bool = False) -> "World":
        """Compiles the map, slip, wind and rewards of a config; or the environment of its level.

        Outcomes are the intended move, then, under slip, those to its left and to its right;
        each of them with the wind as it is, then, with gusts, one cell weaker and stronger. A
        fall off a cliff leads to each start with equal probability. The latest worlds are kept: a
        config of the same values gets them, too.

        Args:
            config: The config.
            later: Whether it is to be the world of the later map. Who stands where a wall has
                come can leave it.

        Raises:
            ValueError: If there is no later map, or the level's environment has no table.
        """
        env = LEVELS[config.level].env
        return _world_of(Grid.of(config, later)) if env is None else _world_of_env(env)

    @classmethod
    def from_env(
        cls, env: gymnasium.Env[Any, Any], start_probability: ArrayLike | None = None
    ) -> "World":
        """Makes a world of a Gymnasium environment that has a table ``P`` of its outcomes.

        States and actions are counted from 0, wherever the spaces begin; observations of several
        parts count in their order, the last part fastest. An episode that ends is a success if it
        does so with the greatest reward of all endings. Step limits and wrappers have no part in
        it; `gridworld.disagreement` finds out whether the table tells the truth.

        Args:
            env: The environment: discrete actions, and observations that are `Discrete`,
                `MultiDiscrete`, `MultiBinary` or a `Tuple` of these.
            start_probability: Probability of each state to be a start, shape ``(S,)``; by default
                the environment's ``initial_state_distrib``.

        Raises:
            ValueError: If a space is of another type, there is no table, or it is wrong; the
                message names state and action.
        """
        return cls.from_tables(**tables_of(env, start_probability))

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
        start_probability: ArrayLike | None = None,
        shape: tuple[int, int] | None = None,
        moves: ArrayLike | None = None,
    ) -> "World":
        """Makes a world of any small MDP.

        Args:
            next_state: States reached, shape ``(S, A, K)``; a state may come several times.
            probability: Their probabilities, shape ``(S, A, K)``.
            reward: Their rewards, shape ``(S, A, K)``.
            terminal: Which states end an episode, shape ``(S,)``. Their rows of the tables
                are replaced: they lead to themselves with reward 0. Or which outcomes end an
                episode, shape ``(S, A, K)``. Then no rows are replaced.
            goal: Which states are a success if an episode ends there, shape ``(S,)``; by
                default all in which one can end.
            start_states: Where episodes start, shape ``(N,)``; by default every state but
                those that are entered only as an episode ends.
            start_probability: How probable each start is, shape ``(N,)``; by default, all
                alike. A start with probability 0 never comes.
            shape: ``(n_rows, n_cols)`` of the map that the states come from, if any.
            moves: ``(row, col)`` displacement over that map of each action, shape ``(A, 2)``,
                each from −1 to 1 and none of them twice; by default they are no moves.

        Raises:
            ValueError: If shapes do not agree, a state is out of range, the
                probabilities of an action or of the starts do not sum to 1, a reward is not
                finite, an episode starts in a terminal state, or none can end in a goal.
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
        terminated = _table("terminal", terminal, np.bool_, (n_states,), next_state.shape)
        _check_states("next_state", next_state, n_states)
        _check_outcomes(probability, reward)

        closed = np.zeros(n_states, dtype=np.bool_)  # states where no episode may start
        if terminated.ndim == 1:
            closed = terminated
            next_state[closed] = np.flatnonzero(closed)[:, None, None]
            probability[closed] = np.arange(next_state.shape[2]) == 0
            reward[closed] = 0.0
            terminated = closed[next_state]
        possible = probability > 0
        ends = _among(n_states, next_state[possible & terminated])
        goes_on = _among(n_states, next_state[possible & ~terminated])

        goal = ends if goal is None else _table("goal", goal, np.bool_, (n_states,))
        starts = np.array(np.flatnonzero(goes_on | ~ends) if start_states is None else start_states)
        _check_starts(starts, n_states)
        starts = starts.astype(np.int64)
        starts, chances, start_cumulative = _possible_starts(starts, start_probability)
        shape = shape or (1, n_states)
        if closed[starts].any():
            raise ValueError("start_states must be states that are not terminal")
        if (goal & ~ends).any():
            wrong = (goal & ~ends).argmax()
            raise ValueError(f"goal must be states in which an episode can end, got state {wrong}")
        if len(shape) != 2 or shape[0] * shape[1] != n_states:
            raise ValueError(f"shape must be (n_rows, n_cols) of {n_states} states, got {shape!r}")

        arrays = (
            next_state,
            probability,
            _cumulative(probability),
            reward,
            terminated,
            goal,
            starts,
            chances,
            start_cumulative,
        )
        for array in arrays:
            array.setflags(write=False)
        return cls(*arrays, shape=shape, moves=_moves(moves, next_state.shape[1]))


@lru_cache(maxsize=4)
def _world_of_env(name: str) -> World:
    return World.from_env(gymnasium.make(name))


@lru_cache(maxsize=2)  # a world and its later one
def _world_of(grid: Grid) -> World:
    return World.from_tables(**tables_of_grid(grid))


def _table(name: str, values: ArrayLike, dtype: type, *shapes: tuple[int, ...]) -> NDArray:
    """A copy of ``values`` as an array of the given type and one of the shapes."""
    table: NDArray = np.array(values, dtype=dtype, order="C")
    if table.shape not in shapes:
        allowed = " or ".join(map(str, shapes))
        raise ValueError(f"{name} must have shape {allowed}, got {table.shape}")
    return table


def _moves(moves: ArrayLike | None, n_actions: int) -> NDArray[np.int64] | None:
    """Displacements of actions, read-only."""
    if moves is None:
        return None
    known = _table("moves", moves, np.int64, (n_actions, 2))
    if abs(known).max() > 1 or len(np.unique(known, axis=0)) < n_actions:
        raise ValueError(
            f"moves must be different pairs of numbers from -1 to 1, got {known.tolist()}"
        )
    known.setflags(write=False)
    return known


def _among(n_states: int, states: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a state is among the given ones, shape ``(S,)``."""
    among = np.zeros(n_states, dtype=np.bool_)
    among[states] = True
    return among


def _cumulative(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running sums over the last axis; exactly 1 from the last possible entry on."""
    cumulative = probability.cumsum(axis=-1)
    # Rounding may leave the sum below 1; then a draw could exceed it and find no entry.
    remaining = probability[..., ::-1].cumsum(axis=-1)[..., ::-1] - probability
    cumulative[remaining <= 0] = 1.0
    return cumulative


def _possible_starts(
    starts: NDArray[np.int64], probability: ArrayLike | None
) -> tuple[NDArray, NDArray, NDArray]:
    """`World.start_states`, `World.start_probability` and `World.start_cumulative`."""
    if probability is None:
        return starts, np.full(starts.size, 1 / starts.size), np.zeros(0)
    chances = _table("start_probability", probability, np.float64, starts.shape)
    wrong = chances[~(chances >= 0)]
    if wrong.size:
        raise ValueError(f"start_probability must be from 0 to 1, got {wrong[0]}")
    if not _sums_to_1(chances):
        raise ValueError(f"start_probability must sum to 1, got a sum of {chances.sum()}")
    starts, chances = starts[chances > 0], chances[chances > 0]
    if (chances == chances[0]).all():
        return _possible_starts(starts, None)
    return starts, chances, _cumulative(chances)


def _sums_to_1(probability: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(abs(probability.sum(axis=-1) - 1) <= 1e-9)


def _check_states(name: str, states: NDArray, n_states: int) -> None:
    wrong = states[(states < 0) | (states >= n_states)]
    if wrong.size:
        raise ValueError(f"{name} must be from 0 to {n_states - 1}, got {wrong[0]}")


def _check_starts(starts: NDArray, n_states: int) -> None:
    if not starts.size:
        raise ValueError("start_states must be states that are not terminal, at least one")
    if starts.ndim != 1 or starts.dtype.kind not in "iu":
        raise ValueError(
            "start_states must be whole numbers of shape (N,), got "
            f"{starts.dtype} of shape {starts.shape}"
        )
    _check_states("start_states", starts, n_states)


def _check_outcomes(probability: NDArray, reward: NDArray) -> None:
    for state, action in np.argwhere(~(_sums_to_1(probability) & (probability >= 0).all(axis=2))):
        raise ValueError(
            "probability must be from 0 to 1 and sum to 1, got "
            f"{probability[state, action].tolist()} for state {state}, action {action}"
        )
    if not np.isfinite(reward).all():
        raise ValueError("reward must be finite numbers")
