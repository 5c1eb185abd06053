"""Dyna-Q+: Dyna-Q that tries again what it has not tried for long (Sutton & Barto 2018, 8.3)."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import q_learning
from gridworld.algorithms.q_learning import QLearningAgent, end_episode, learn_again, select_action
from gridworld.compiled import inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.draws import draw, natural
from gridworld.learning.exploration import Exploration
from gridworld.learning.loop import Rates, compiled_loop
from gridworld.learning.model import (
    Known,
    PlanningConfig,
    check_known,
    inside_known,
    note_planned,
    nothing_known,
    observe,
    outcome_of,
    state_to_plan,
    with_room,
)
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update
from gridworld.parameters import Real


class DynaQPlusConfig(PlanningConfig):
    """Dyna-Q+ (Sutton & Barto 2018, section 8.3): a bonus for what was not tried for long."""

    bonus = Real(
        default=0.001,
        bounds=(0, 1_000_000),
        doc="Weight κ of the bonus κ √τ that planning adds to the reward of an action which was "
        "last tried τ steps ago.",
    )


class DynaQPlusMemory(NamedTuple):
    """What Dyna-Q+ learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        known: The model.
        clock: Steps taken in the whole run, shape ``(1,)``.
        tried_at: What the clock showed when an action was last tried, 0 if never, ``(S, A)``.
        bonus: Weight κ of the bonus.
    """

    q_values: NDArray[np.float64]
    known: Known
    clock: NDArray[np.int64]
    tried_at: NDArray[np.int64]
    bonus: float


def fresh_memory(
    config: DynaQPlusConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> DynaQPlusMemory:
    """The memory at the start of a run."""
    return DynaQPlusMemory(
        np.full((n_states, n_actions), config.first_q),
        nothing_known(config, n_states, n_actions, n_outcomes),
        np.zeros(1, np.int64),
        np.zeros((n_states, n_actions), np.int64),
        float(config.bonus),
    )


class DynaQPlusAgent(QLearningAgent):
    """Tabular Dyna-Q+ for any Gymnasium environment of discrete states and actions.

    Sutton & Barto 2018, section 8.3, page 168: Dyna-Q, whose planning adds ``κ √τ`` to the reward
    of an action that was last tried τ steps ago, and also tries actions never taken in a state
    acted in before; these lead back to the state with reward 0. The steps are those of the whole
    run. For arguments, attributes and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        Then plans. Each planning step draws a uniform for a state acted in before, one for any of
        its actions, and one for its outcome if there were several.

        Returns:
            The update from the step itself, which has no bonus.
        """
        row, column, next_row = self.count(state, action, next_state)
        seen = row, column, next_row, float(reward), bool(terminated)
        learned = self.learn_from(*seen)
        self.share(with_room(self.memory), self.visits)
        memory, known, rng = self.memory, self.memory.known, self.np_random
        observe(known, *seen)
        memory.clock[0] += 1
        memory.tried_at[row, column] = memory.clock[0]
        known.n_planned[0] = 0
        for _ in range(known.planning_steps):
            row = int(state_to_plan(known, rng))
            column = int(rng.random() * self.q_values.shape[1])
            outcome = outcome_of(known, row, column, rng)
            following, reward, ends = row, 0.0, False
            if outcome != NONE:
                following, reward, ends = (
                    field[outcome].item() for field in (known.next_state, known.reward, known.ends)
                )
            age = int(memory.clock[0] - memory.tried_at[row, column])
            reward += memory.bonus * math.sqrt(age)
            planned = self.learn_from(row, column, following, reward, ends)
            note_planned(known, row, column, planned.td_error)
        return learned


# The same for the compiled loop.


@inlined
def update(
    memory: DynaQPlusMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`DynaQPlusAgent.update`."""
    known = memory.known
    learned = q_learning.update(memory, rates, exploration, step, learned, rng)
    observe(known, step.state, step.action, step.next_state, step.reward, step.terminated)
    memory.clock[0] += 1
    memory.tried_at[step.state, step.action] = memory.clock[0]
    known.n_planned[0] = 0
    for _ in range(known.planning_steps):
        state = state_to_plan(known, rng)
        action = natural(int(draw(rng) * len(exploration.actions)))
        outcome = outcome_of(known, state, action, rng)
        next_state, reward, ends = state, 0.0, False
        if outcome != NONE:
            next_state, ends = known.next_state[outcome], known.ends[outcome]
            reward = known.reward[outcome]
        age = float(memory.clock[0] - memory.tried_at[state, action])
        reward += memory.bonus * math.sqrt(age)
        planned = learn_again(
            memory.q_values, rates, exploration, state, action, next_state, reward, ends
        )
        note_planned(known, state, action, planned.td_error)
    return learned


def check(memory: DynaQPlusMemory, step: int) -> None:
    """Refuses a model that cannot be, and a clock that does not tell the steps taken."""
    check_known(memory.known)
    clock, tried_at, times = int(memory.clock[0]), memory.tried_at, memory.known.times
    if clock != times.sum():
        raise ValueError(f"clock must be {times.sum()}, got {clock}")
    if not ((tried_at >= 0) & (tried_at <= clock) & ((tried_at > 0) == (times > 0))).all():
        raise ValueError(f"tried_at must be from 1 to {clock}, and 0 for what was never tried")


DYNA_Q_PLUS = Algorithm(
    key="dyna_q_plus",
    title="Dyna-Q+",
    config=DynaQPlusConfig,
    agent=DynaQPlusAgent,
    memory=fresh_memory,
    loop=compiled_loop("dyna_q_plus", select_action, update, end_episode, observe),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]",
        next_value="max_a Q(S′, a)",
        meaning="its best value counts; then the same for steps that the model remembers, whose "
        "reward is R + κ √τ.",
        reference="Sutton & Barto 2018, section 8.3, page 168",
    ),
    is_on_policy=False,
    check=check,
    inside=inside_known,
)
