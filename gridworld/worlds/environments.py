"""Worlds of other environments: tables from Gymnasium's ``P``, and whether they tell the truth."""

from collections import Counter
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridworld.spaces import Spaces

#: By how much the probabilities of an action may miss 1.
_ROUNDING = 1e-9
#: Probability with which a table that is right is taken for a wrong one.
_FALSE_ALARM = 1e-9
#: Times that each outcome of an action is to be expected for its frequencies to be compared.
_ENOUGH = 10


class Tables(Protocol):
    """The tables of a `World`, as far as they are compared."""

    @property
    def next_state(self) -> NDArray[np.int64]:
        """Shape ``(S, A, K)``."""

    @property
    def probability(self) -> NDArray[np.float64]:
        """Shape ``(S, A, K)``."""

    @property
    def reward(self) -> NDArray[np.float64]:
        """Shape ``(S, A, K)``."""

    @property
    def terminated(self) -> NDArray[np.bool_]:
        """Shape ``(S, A, K)``."""

    @property
    def start_states(self) -> NDArray[np.int64]:
        """Shape ``(N,)``."""


def has_table(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether an environment has a table ``P`` of the outcomes of its actions."""
    return isinstance(getattr(env.unwrapped, "P", None), dict)


def tables_of(
    env: gymnasium.Env[Any, Any], start_probability: ArrayLike | None = None
) -> dict[str, Any]:
    """The arguments of `World.from_tables` for an environment with a table.

    ``P[state][action]`` is a list of ``(probability, next_state, reward, terminated)``, all counted
    from 0. Outcomes that are equal are added up.

    Args:
        env: The environment, with wrappers or without; they do not change its table.
        start_probability: Probability of each state to be a start, shape ``(S,)``; by default the
            environment's ``initial_state_distrib``.

    Raises:
        ValueError: If a space is of another type, there is no table, or it is none of these spaces.
    """
    known = Spaces.of(env)
    n_states, n_actions = known.states.n, known.n_actions
    if not has_table(env):
        raise ValueError(f"P must be a table of the outcomes, {name_of(env)} has none")
    table = env.unwrapped.P  # type: ignore[attr-defined]
    rows = [
        [_outcomes(table, state, action, n_states) for action in range(n_actions)]
        for state in range(n_states)
    ]
    n_outcomes = max(len(outcomes) for row in rows for outcomes in row)
    shape = (n_states, n_actions, n_outcomes)
    # Outcomes that fill up lead nowhere: back to the state, with probability 0.
    next_state = np.broadcast_to(np.arange(n_states)[:, None, None], shape).copy()
    probability, reward = np.zeros(shape), np.zeros(shape)
    terminated = np.zeros(shape, np.bool_)
    for state, row in enumerate(rows):
        for action, outcomes in enumerate(row):
            for k, ((following, earned, ends), chance) in enumerate(outcomes.items()):
                place = state, action, k
                next_state[place], probability[place] = following, chance
                reward[place], terminated[place] = earned, ends
    starts = _start_probability(env, start_probability, n_states)
    shape_of_map = _shape(env, n_states)
    return {
        "next_state": next_state,
        "probability": probability,
        "reward": reward,
        "terminal": terminated,
        "goal": _goal(next_state, probability, reward, terminated),
        "start_states": np.flatnonzero(starts),
        "start_probability": starts[starts > 0],
        "shape": shape_of_map,
        "moves": _moves(next_state, probability, shape_of_map),
    }


def _outcomes(
    table: dict[int, Any], state: int, action: int, n_states: int
) -> dict[tuple[int, float, bool], float]:
    """The probability of each different outcome of an action."""
    where = f"P[{state}][{action}]"
    try:
        listed = [tuple(outcome) for outcome in table[state][action]]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"{where} must be a list of outcomes, it is missing or none") from None
    added: dict[tuple[int, float, bool], float] = {}
    for outcome in listed:
        try:
            chance, following, earned, ends = outcome
            chance, following, earned = float(chance), int(following), float(earned)
        except (TypeError, ValueError):
            raise ValueError(
                f"{where} must have (probability, next_state, reward, terminated), got {outcome!r}"
            ) from None
        if not 0 <= following < n_states:
            raise ValueError(f"{where} must lead to 0 to {n_states - 1}, got {following}")
        if not (0 <= chance <= 1 + _ROUNDING and np.isfinite(earned)):
            raise ValueError(
                f"{where} must have a probability from 0 to 1 and a finite reward, got {outcome!r}"
            )
        if chance > 0:
            key = following, earned + 0.0, bool(ends)
            added[key] = added.get(key, 0.0) + chance
    total = sum(added.values())
    if abs(total - 1) > _ROUNDING:
        raise ValueError(f"{where} must have probabilities that sum to 1, got a sum of {total}")
    return {key: chance / total for key, chance in added.items()}


def _start_probability(
    env: gymnasium.Env[Any, Any], given: ArrayLike | None, n_states: int
) -> NDArray[np.float64]:
    chances = getattr(env.unwrapped, "initial_state_distrib", None) if given is None else given
    if chances is None:
        raise ValueError(
            f"start_probability must be given, {name_of(env)} has no initial_state_distrib"
        )
    starts = np.asarray(chances, np.float64)
    if starts.shape != (n_states,) or not (starts >= 0).all():
        raise ValueError(
            f"start_probability must be {n_states} probabilities, got shape {starts.shape}"
        )
    if abs(starts.sum() - 1) > _ROUNDING:
        raise ValueError(f"start_probability must sum to 1, got a sum of {starts.sum()}")
    return starts / starts.sum()


def _goal(
    next_state: NDArray[np.int64],
    probability: NDArray[np.float64],
    reward: NDArray[np.float64],
    terminated: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """States in which an episode that ends is a success: by the greatest reward of all endings.

    Endings out of a state in which episodes end do not count: a table has such rows to fill it.
    """
    goal = np.zeros(len(next_state), np.bool_)
    ends = terminated & (probability > 0)
    stays = next_state == np.arange(len(next_state))[:, None, None]
    ends = ends & ~stays if (ends & ~stays).any() else ends
    if ends.any():
        goal[next_state[ends & (reward == reward[ends].max())]] = True
    return goal


def _shape(env: gymnasium.Env[Any, Any], n_states: int) -> tuple[int, int]:
    """``(n_rows, n_cols)`` of the map whose cells are the states; ``(1, S)`` without a map."""
    inner = env.unwrapped
    of_map = getattr(getattr(inner, "desc", None), "shape", None)
    for found in (getattr(inner, "shape", None), of_map):
        if isinstance(found, tuple) and len(found) == 2 and found[0] * found[1] == n_states:
            return int(found[0]), int(found[1])
    return 1, n_states


def _moves(
    next_state: NDArray[np.int64], probability: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.int64] | None:
    """Where each action leads over the map by and large, shape ``(A, 2)``.

    None if there is no map, or if two actions lead the same way.
    """
    if min(shape) == 1:
        return None
    here = np.arange(len(next_state))[:, None, None]
    across = np.stack(np.divmod(next_state, shape[1])) - np.stack(np.divmod(here, shape[1]))
    is_near = abs(across).max(axis=0) <= 1  # others were put somewhere
    mean = (across * np.where(is_near, probability, 0.0)).sum(axis=(1, 3)).T
    length = np.maximum(abs(mean).max(axis=1, keepdims=True), np.finfo(float).tiny)
    moves = np.rint(mean / length).astype(np.int64)
    return moves if len(np.unique(moves, axis=0)) == len(moves) else None


def name_of(env: gymnasium.Env[Any, Any]) -> str:
    """An environment's name in Gymnasium's registry, or that of its class."""
    return env.spec.id if env.spec is not None else type(env.unwrapped).__name__


#: An outcome: the next state, the reward, and whether the episode ends.
_Outcome = tuple[int, float, bool]


def disagreement(
    env: gymnasium.Env[Any, Any], tables: Tables, n_steps: int = 3000, seed: int = 0
) -> str | None:
    """How an environment differs from its table, in one sentence; None if nothing shows.

    Steps are taken by chance. It differs if a start or an outcome comes that the table does not
    have, or if they come too often or too seldom: a right table is taken for a wrong one once in a
    thousand million times.

    Args:
        env: The environment; it is reset and stepped.
        tables: Its world, such as `World.from_env` makes.
        n_steps: Steps to take.
        seed: Seed of the environment and of the actions.
    """
    known, rng = Spaces.of(env), np.random.default_rng(seed)
    seen: dict[tuple[int, int], Counter[_Outcome]] = {}
    starts = set(tables.start_states.tolist())
    over, state = True, 0
    for step in range(n_steps):
        if over:
            observation, _ = env.reset(seed=None if step else seed)
            state = known.states.number_of(observation)
            if state not in starts:
                return f"An episode began in state {state}, where its table has no start."
        action = int(rng.integers(known.n_actions))
        observation, reward, terminated, truncated, _ = env.step(action + known.first_action)
        outcome = known.states.number_of(observation), float(reward), bool(terminated)
        if outcome not in _of_table(tables, state, action):
            end = " and ended the episode" if terminated else ""
            return (
                f"In state {state} action {action} led to state {outcome[0]} with reward "
                f"{outcome[1]:g}{end}, which its table does not have."
            )
        seen.setdefault((state, action), Counter())[outcome] += 1
        state, over = outcome[0], bool(terminated or truncated)
    return _improbable(tables, seen)


def _of_table(tables: Tables, state: int, action: int) -> dict[_Outcome, float]:
    """The probability of each outcome of an action."""
    found: dict[_Outcome, float] = {}
    for k in np.flatnonzero(tables.probability[state, action] > 0).tolist():
        place = state, action, k
        outcome = (
            int(tables.next_state[place]),
            float(tables.reward[place]),
            bool(tables.terminated[place]),
        )
        found[outcome] = found.get(outcome, 0.0) + float(tables.probability[place])
    return found


def _improbable(tables: Tables, seen: dict[tuple[int, int], Counter[_Outcome]]) -> str | None:
    """Whether frequencies are too improbable, by Pearson's χ² over all actions taken often."""
    from scipy.special import chdtrc  # late, as it takes time and sets warnings

    total, freedom = 0.0, 0
    for (state, action), counts in seen.items():
        expected = {
            outcome: chance * counts.total()
            for outcome, chance in _of_table(tables, state, action).items()
        }
        if len(expected) > 1 and min(expected.values()) >= _ENOUGH:
            total += sum((counts[each] - count) ** 2 / count for each, count in expected.items())
            freedom += len(expected) - 1
    if freedom and chdtrc(freedom, total) < _FALSE_ALARM:
        return "Outcomes come more often, or more seldom, than its table says."
    return None
