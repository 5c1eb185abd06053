"""What a snapshot says of a run, worked out for those who put it in words."""

from dataclasses import replace
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.words.numbers import cell
from gridworld import (
    ALGORITHMS,
    RECENT_EPISODES,
    Cell,
    Snapshot,
    Status,
    World,
    best_actions,
    gap_to_optimal,
    parse_layout,
)

#: Probability of ending an episode below which the greedy policy counts as not getting there.
SELDOM = 0.5
#: Rounding alone may leave so much of the probability 1 that an episode goes on.
_NEVER = 1e-9


class Context(NamedTuple):
    """What the words need to know beside a snapshot.

    Attributes:
        problem: Why the map that is drawn cannot be played, in words; None if it can.
        settings_changed: Whether Start would now make another run than the one that is shown.
        preparing: Title of the algorithm that is being prepared; None for none.
        until: Completed episodes at which the run pauses; None if it does not.
        world: The run's world; None where there is none to ask.
        initial_q: Value of every entry of the Q-table at the start of the run.
        cell: ``(row, col)`` of the cell that is selected, None for none.
    """

    problem: str | None = None
    settings_changed: bool = False
    preparing: str | None = None
    until: int | None = None
    world: World | None = None
    initial_q: float = 0.0
    cell: tuple[int, int] | None = None


class Verdict(Enum):
    """What planning says of the greedy policy."""

    #: Not worked out yet.
    UNKNOWN = auto()
    #: Nothing has been learned that it could be judged by.
    NOTHING_LEARNED = auto()
    #: There is no optimal policy: rewards can be gathered without end.
    WITHOUT_OPTIMUM = auto()
    #: It earns as much from the start as the optimal policy, up to rounding.
    OPTIMAL = auto()
    #: As before, while its episodes seldom end: far off, all ways are worth the same.
    OPTIMAL_SELDOM_ENDING = auto()
    #: It earns less, and its episodes end.
    SHORT = auto()
    #: It earns less, and its episodes seldom end, or there are some that never do.
    SELDOM_ENDING = auto()
    #: It earns less, and no episode ends within the step limit.
    ENDLESS = auto()


def verdict_of(snapshot: Snapshot) -> Verdict:
    """What planning says of the greedy policy from the start, when it was last asked."""
    if snapshot.gap is None:
        is_known = snapshot.plan is None and snapshot.optimal_return is not None
        return Verdict.WITHOUT_OPTIMUM if is_known else Verdict.UNKNOWN
    ends = snapshot.greedy_ends
    is_seldom = ends is not None and ends < SELDOM  # NaN is not seldom
    if snapshot.gap == 0:
        return Verdict.OPTIMAL_SELDOM_ENDING if is_seldom else Verdict.OPTIMAL
    if snapshot.total_steps == 0:
        return Verdict.NOTHING_LEARNED
    if ends is not None and ends < _NEVER:
        return Verdict.ENDLESS
    return Verdict.SELDOM_ENDING if is_seldom or np.isinf(snapshot.gap) else Verdict.SHORT


def judged_now(snapshot: Snapshot, world: World | None) -> Snapshot:
    """The snapshot with the gap of its own greedy policy, and not of one a moment before.

    Where there is no world or no plan, the snapshot as it is. Takes a few milliseconds.
    """
    if world is None or snapshot.plan is None:
        return snapshot
    gap = gap_to_optimal(world, snapshot.q_values, snapshot.discount_factor, snapshot.plan)
    return snapshot if gap == snapshot.gap else replace(snapshot, gap=gap, greedy_ends=None)


def n_recent(snapshot: Snapshot) -> int:
    """Completed episodes over which means are taken: the last 100, or all if there are fewer."""
    return min(RECENT_EPISODES, snapshot.episode)


def recent_mean(snapshot: Snapshot) -> float | None:
    """Mean return of the latest `n_recent` episodes; None before the first."""
    recent = snapshot.episode_returns[-RECENT_EPISODES:]
    return float(recent.mean()) if recent.size else None


def greedy_return(snapshot: Snapshot) -> float | None:
    """Exact expected return of the greedy policy when it was last evaluated.

    None where it was not evaluated yet or takes too long to compute.
    """
    returns = snapshot.evaluation_returns
    return float(returns[-1]) if returns.size and not np.isnan(returns[-1]) else None


def optimum(snapshot: Snapshot) -> float | None:
    """Highest expected return within the step limit; None where it is not known."""
    value = snapshot.optimal_return
    return None if value is None or np.isnan(value) else value


def exploring_cost(snapshot: Snapshot) -> float | None:
    """What the greedy policy earns more than the latest `n_recent` episodes did.

    Both in undiscounted return. Negative where the episodes earned more; None where one of both
    is not known.
    """
    greedy, mean = greedy_return(snapshot), recent_mean(snapshot)
    if greedy is None or mean is None or plans(snapshot):
        return None
    return greedy - mean


def is_between_episodes(snapshot: Snapshot) -> bool:
    """Whether an episode has just ended, and the next one has not begun."""
    last = snapshot.last_step
    if last is None or not snapshot.episode:
        return False
    if plans(snapshot):
        return bool(snapshot.episode_lengths.sum() == snapshot.total_steps)
    return last.terminated or snapshot.step >= snapshot.max_steps


def episode_shown(snapshot: Snapshot) -> int:
    """The episode that the agent is in, from 1 on; the one that has just ended until the next.

    0 before the first.
    """
    if snapshot.total_steps == 0:
        return int(snapshot.status in (Status.RUNNING, Status.PAUSED))
    return snapshot.episode + (not is_between_episodes(snapshot))


def is_on_policy(snapshot: Snapshot) -> bool:
    """Whether the algorithm learns the values of what it does, exploring included."""
    return ALGORITHMS[snapshot.algorithm].is_on_policy


def plans(snapshot: Snapshot) -> bool:
    """Whether no agent learns: values are worked out by sweeps over all states."""
    return ALGORITHMS[snapshot.algorithm].plans


def has_phases(algorithm: str) -> bool:
    """Whether an algorithm evaluates a policy and improves it in turns."""
    return "policy" in ALGORITHMS[algorithm].fields_inside


def explores(snapshot: Snapshot) -> bool:
    """Whether it takes other actions than the best ones now and then, as it is now."""
    if plans(snapshot):
        return False
    match snapshot.exploration:
        case "softmax" | "ucb":
            return True
        case _:
            return snapshot.epsilon > 0


def unit(snapshot: Snapshot) -> str:
    """What the run is made of: "episode", or "sweep" where no agent learns."""
    return "sweep" if plans(snapshot) else "episode"


def has_map(snapshot: Snapshot) -> bool:
    """Whether the states are the cells of a map."""
    return bool(snapshot.layout)


def cells_of(snapshot: Snapshot) -> NDArray:
    """Letters of the map, shape ``(n_rows, n_cols)``; see `gridworld.Cell`.

    Without a map all states are free cells of one row.
    """
    return _cells_of(snapshot.layout, len(snapshot.q_values))


def place(snapshot: Snapshot, state: int) -> tuple[int, int]:
    """``(row, col)`` of a state."""
    return divmod(int(state), _n_cols(snapshot))


def where(snapshot: Snapshot, state: int) -> str:
    """What a state is called: ``(3, 2)``, or ``state 7`` without a map."""
    return cell(*place(snapshot, state)) if has_map(snapshot) else f"state {int(state):,}"


def mark_of_start(snapshot: Snapshot) -> tuple[Any, ...]:
    """What to mark on the page for the start."""
    starts_there_are = starts(snapshot)
    return ("cell", starts_there_are[0]) if starts_there_are else ("curve",)


def state_of(snapshot: Snapshot, at: tuple[int, int]) -> int:
    """The state of a cell ``(row, col)``."""
    return at[0] * _n_cols(snapshot) + at[1]


def starts(snapshot: Snapshot) -> list[tuple[int, int]]:
    """``(row, col)`` of each start that is known."""
    return [place(snapshot, state) for state in np.flatnonzero(snapshot.start_probability).tolist()]


def acting(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Whether the agent can be in a state and act there, shape ``(S,)``."""
    return snapshot.ongoing


def start_value(snapshot: Snapshot) -> float | None:
    """Optimal discounted value of the start, the mean over several; None without a plan."""
    if snapshot.plan is None:
        return None
    known = snapshot.start_probability > 0
    value = float(snapshot.start_probability[known] @ snapshot.plan.values[known])
    return None if np.isnan(value) else value


@lru_cache(maxsize=4)  # a large map takes milliseconds to read
def _cells_of(layout: str, n_states: int) -> NDArray:
    cells = parse_layout(layout) if layout else np.full((1, n_states), Cell.FREE)
    cells.setflags(write=False)
    return cells


def _n_cols(snapshot: Snapshot) -> int:
    if not snapshot.layout:
        return len(snapshot.q_values)
    return snapshot.layout.index("\n") if "\n" in snapshot.layout else len(snapshot.layout)


class Path(NamedTuple):
    """The way of the greedy policy from the start, where nothing in it is left to chance.

    Attributes:
        states: States passed through, the start first and the last state of the episode last.
        ends: Whether it comes to an end; if not, it goes round in circles for ever.
        succeeds: Whether that end is a goal.
    """

    states: list[int]
    ends: bool
    succeeds: bool

    @property
    def n_steps(self) -> int:
        """Steps of the way."""
        return len(self.states) - 1


def greedy_path(snapshot: Snapshot, world: World | None) -> Path | None:
    """Follows the greedy policy from the start.

    None where chance has a part in it (slip, several starts, tied best actions), or where there
    is no world to follow it in.
    """
    shape = snapshot.q_values.shape
    if world is None or len(world.start_states) > 1 or world.reward.shape[:2] != shape:
        return None
    best = best_actions(snapshot.q_values)
    every, action = np.arange(world.n_states), best.argmax(axis=1)
    possible = world.probability[every, action] > 0
    is_sure = ((best.sum(axis=1) == 1) & (possible.sum(axis=1) == 1)).tolist()
    outcome = possible.argmax(axis=1)
    reached = world.next_state[every, action, outcome].tolist()
    ends = world.terminated[every, action, outcome].tolist()
    state = int(world.start_states[0])
    states, seen = [state], {state}
    while is_sure[state]:
        ended, state = ends[state], reached[state]
        states.append(state)
        if ended:
            return Path(states, True, bool(world.goal[state]))
        if state in seen:
            return Path(states, False, False)
        seen.add(state)
    return None
