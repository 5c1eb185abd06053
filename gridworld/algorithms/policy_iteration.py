"""Policy iteration, sweep by sweep (Sutton & Barto 2018, section 4.3, page 80)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.loop import Model, Rates
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
from gridworld.parameters import Whole


class PolicyIterationConfig(SweepingConfig):
    """Policy iteration (Sutton & Barto 2018, section 4.3): evaluate, improve, and so on."""

    evaluation_sweeps = Whole(
        default=2000,
        bounds=(1, 1_000_000),
        label="Sweeps of an evaluation",
        doc="Most sweeps by which a policy is evaluated before it is improved; a policy whose "
        "episodes never end may have no value to come to.",
    )


class PolicyIterationMemory(NamedTuple):
    """What policy iteration works out.

    Attributes:
        q_values: Values of the policy, shape ``(S, A)``.
        policy: The action that it takes in each state, shape ``(S,)``; the first one at first.
        changes: How much the values change.
        done: Whether the policy is stable, shape ``(1,)``.
        phase: Whether the present sweep improves the policy; whether it was found settled by the
            latest evaluation; sweeps of the present evaluation; changes of the policy in the
            present improvement; improvements so far. Shape ``(5,)``.
        evaluation_sweeps: Most sweeps of an evaluation.
    """

    q_values: NDArray[np.float64]
    policy: NDArray[np.int64]
    changes: Changes
    done: NDArray[np.int64]
    phase: NDArray[np.int64]
    evaluation_sweeps: int


#: Places in `PolicyIterationMemory.phase`.
_IMPROVES, _IS_SETTLED, _N_SWEEPS, _N_CHANGED, _N_IMPROVEMENTS = range(5)


def fresh_memory(
    config: PolicyIterationConfig,
    n_states: int,
    n_actions: int,
    max_steps: int = 0,
    n_outcomes: int = 0,
) -> PolicyIterationMemory:
    """The memory at the start of a run."""
    return PolicyIterationMemory(
        np.full((n_states, n_actions), config.first_q),
        np.zeros(n_states, np.int64),
        fresh_changes(config),
        np.zeros(1, np.int64),
        np.zeros(5, np.int64),
        int(config.evaluation_sweeps),
    )


@inlined
def length_of_sweep(model: Model, memory: PolicyIterationMemory) -> int:
    """Each action of each state from which an episode goes on; to improve, each such state."""
    n_states = len(model.ongoing)
    return n_states if memory.phase[_IMPROVES] == 1 else n_states * len(model.actions)


@inlined
def back_up_at(
    model: Model, memory: PolicyIterationMemory, rates: Rates, i: int, learned: Update
) -> tuple[int, int, Update]:
    """``Q(s, a) ← Σ p(s′, r | s, a) [r + γ Q(s′, π(s′))]``, or ``π(s) ← argmax_a Q(s, a)``."""
    values = memory.q_values
    if memory.phase[_IMPROVES] == 0:
        place = i // len(model.actions)
        state, action = model.ongoing[place], i - place * len(model.actions)
        learned = back_up(model, values, rates, state, action, memory.policy)
        note_change(memory.changes, i, learned)
        return state, action, learned
    state = model.ongoing[i]
    best = memory.policy[state]
    # Rounding alone makes no action better, or two that are as good would change for ever.
    least = memory.changes.numbers[1] * memory.changes.tolerance
    for action in range(len(model.actions)):
        if values[state, action] > values[state, best] + least:
            best, least = action, 0.0
    if best != memory.policy[state]:
        memory.policy[state] = best
        memory.phase[_N_CHANGED] += 1
    return state, best, learned


@inlined
def end_sweep(model: Model, memory: PolicyIterationMemory) -> bool:
    """Turns from evaluating to improving, and back; whether the policy is stable."""
    phase = memory.phase
    if phase[_IMPROVES] == 0:
        phase[_N_SWEEPS] += 1
        phase[_IS_SETTLED] = settled(memory.changes)
        if phase[_IS_SETTLED] == 1 or phase[_N_SWEEPS] >= memory.evaluation_sweeps:
            phase[_IMPROVES] = 1
            phase[_N_CHANGED] = 0
        return False
    phase[_IMPROVES] = phase[_N_SWEEPS] = 0
    phase[_N_IMPROVEMENTS] += 1
    return phase[_N_CHANGED] == 0 and phase[_IS_SETTLED] == 1


def check(memory: PolicyIterationMemory, step: int) -> None:
    """Refuses a policy that takes actions that there are not, and a phase that there is not."""
    check_changes(memory.changes, memory.done)
    n_actions, phase = memory.q_values.shape[1], memory.phase
    if not ((memory.policy >= 0) & (memory.policy < n_actions)).all():
        raise ValueError(f"policy must be from 0 to {n_actions - 1}, got {memory.policy.tolist()}")
    if not ((phase >= 0) & (phase[:2] <= 1).all() & (phase <= 2**53)).all():
        raise ValueError(f"phase must be two of 0 and 1, and counts, got {phase.tolist()}")


def inside(memory: PolicyIterationMemory) -> Inside:
    """The policy, and how far it is."""
    phase = memory.phase.tolist()
    sweep = Sweep(phase[_IMPROVES] == 1, largest_change(memory.changes), phase[_N_IMPROVEMENTS])
    return Inside(policy=memory.policy.copy(), sweep=sweep)


POLICY_ITERATION = Algorithm(
    key="policy_iteration",
    title="Policy iteration",
    config=PolicyIterationConfig,
    agent=None,
    memory=fresh_memory,
    loop=sweeping_loop("policy_iteration", length_of_sweep, back_up_at, end_sweep, back_up),
    equation=Equation(
        rule="Q(s, a) ← Σ p(s′, r | s, a) [r + γ Q(s′, π(s′))]",
        next_value="Q(s′, π(s′))",
        meaning="the values count of what the policy does next; when they are worked out, the "
        "policy takes their best actions.",
        reference="Sutton & Barto 2018, section 4.3, page 80",
    ),
    is_on_policy=True,
    check=check,
    inside=inside,
    is_done=is_done,
)
