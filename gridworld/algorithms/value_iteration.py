"""Value iteration, sweep by sweep (Sutton & Barto 2018, section 4.4, page 83)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.loop import Model, Rates
from gridworld.learning.recording import NONE
from gridworld.learning.records import Inside, Sweep, Update
from gridworld.learning.sweeps import (
    Changes,
    SweepingConfig,
    back_up,
    check_changes,
    fresh_changes,
    is_done,
    largest_change,
    note_change,
    settled,
    sweeping_loop,
)


class ValueIterationConfig(SweepingConfig):
    """Value iteration (Sutton & Barto 2018, section 4.4): planning with the world's own tables."""


class ValueIterationMemory(NamedTuple):
    """What value iteration works out.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        policy: `NONE` for each state: the best action counts, shape ``(S,)``.
        changes: How much the values change.
        done: Whether they change no more, shape ``(1,)``.
    """

    q_values: NDArray[np.float64]
    policy: NDArray[np.int64]
    changes: Changes
    done: NDArray[np.int64]


def fresh_memory(
    config: SweepingConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> ValueIterationMemory:
    """The memory at the start of a run."""
    return ValueIterationMemory(
        np.full((n_states, n_actions), config.first_q),
        np.full(n_states, NONE),
        fresh_changes(config),
        np.zeros(1, np.int64),
    )


@inlined
def length_of_sweep(model: Model, memory: ValueIterationMemory) -> int:
    """Each action of each state from which an episode can go on."""
    return len(model.ongoing) * len(model.actions)


@inlined
def back_up_at(
    model: Model, memory: ValueIterationMemory, rates: Rates, i: int, learned: Update
) -> tuple[int, int, Update]:
    """``Q(s, a) ← Σ p(s′, r | s, a) [r + γ max_a′ Q(s′, a′)]`` for the ``i``-th of them."""
    place = i // len(model.actions)
    state, action = model.ongoing[place], i - place * len(model.actions)
    learned = back_up(model, memory.q_values, rates, state, action, memory.policy)
    note_change(memory.changes, i, learned)
    return state, action, learned


@inlined
def end_sweep(model: Model, memory: ValueIterationMemory) -> bool:
    """Whether the values change no more."""
    return settled(memory.changes)


def check(memory: ValueIterationMemory, step: int) -> None:
    """Refuses what value iteration does not keep."""
    check_changes(memory.changes, memory.done)
    if (memory.policy != NONE).any():
        raise ValueError(f"policy must be {NONE}, got {memory.policy.tolist()}")


def inside(memory: ValueIterationMemory) -> Inside:
    """The largest change of the latest sweep."""
    return Inside(sweep=Sweep(False, largest_change(memory.changes), 0))


VALUE_ITERATION = Algorithm(
    key="value_iteration",
    title="Value iteration",
    config=ValueIterationConfig,
    agent=None,
    memory=fresh_memory,
    loop=sweeping_loop("value_iteration", length_of_sweep, back_up_at, end_sweep, back_up),
    equation=Equation(
        rule="Q(s, a) ← Σ p(s′, r | s, a) [r + γ max_a Q(s′, a)]",
        next_value="max_a Q(s′, a)",
        meaning="the best values of all states count that may come next.",
        reference="Sutton & Barto 2018, section 4.4, page 83",
    ),
    is_on_policy=False,
    check=check,
    inside=inside,
    is_done=is_done,
)
