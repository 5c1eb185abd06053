"""Dyna-Q: learning, and planning with a learned model (Sutton & Barto 2018, section 8.2)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import q_learning
from gridworld.algorithms.q_learning import QLearningAgent, end_episode, learn_again, select_action
from gridworld.compiled import inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.exploration import Exploration
from gridworld.learning.loop import Rates, compiled_loop
from gridworld.learning.model import (
    Known,
    PlanningConfig,
    action_to_plan,
    check_known,
    inside_known,
    note_planned,
    nothing_known,
    observe,
    outcome_of,
    state_to_plan,
    with_room,
)
from gridworld.learning.records import Step, Update


class DynaQConfig(PlanningConfig):
    """Dyna-Q (Sutton & Barto 2018, section 8.2): Q-learning, from the world and from a model."""


class DynaQMemory(NamedTuple):
    """What Dyna-Q learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        known: The model.
    """

    q_values: NDArray[np.float64]
    known: Known


def fresh_memory(
    config: PlanningConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> DynaQMemory:
    """The memory at the start of a run."""
    return DynaQMemory(
        np.full((n_states, n_actions), config.first_q),
        nothing_known(config, n_states, n_actions, n_outcomes),
    )


class DynaQAgent(QLearningAgent):
    """Tabular Dyna-Q for any Gymnasium environment of discrete states and actions.

    Sutton & Barto 2018, section 8.2, page 164: Q-learning's update after each step in the world,
    and then as many from the model as there are planning steps. The model has every outcome seen;
    where an action had several, each is as probable as it was frequent. For arguments, attributes
    and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        Then plans. Each planning step draws a uniform for a state acted in before, one for an
        action taken there, and one for its outcome if there were several. What was cut off is in
        the model as what it is: not terminal.

        Returns:
            The update from the step itself.
        """
        seen = *self.count(state, action, next_state), float(reward), bool(terminated)
        learned = self.learn_from(*seen)
        self.share(with_room(self.memory), self.visits)
        known, rng = self.memory.known, self.np_random
        observe(known, *seen)
        known.n_planned[0] = 0
        for _ in range(known.planning_steps):
            row = int(state_to_plan(known, rng))
            column = action_to_plan(known, row, rng)
            outcome = outcome_of(known, row, column, rng)
            following, reward, ends = (
                field[outcome].item() for field in (known.next_state, known.reward, known.ends)
            )
            planned = self.learn_from(row, column, following, reward, ends)
            note_planned(known, row, column, planned.td_error)
        return learned


# The same for the compiled loop.


@inlined
def update(
    memory: DynaQMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`DynaQAgent.update`."""
    known = memory.known
    learned = q_learning.update(memory, rates, exploration, step, learned, rng)
    observe(known, step.state, step.action, step.next_state, step.reward, step.terminated)
    known.n_planned[0] = 0
    for _ in range(known.planning_steps):
        state = state_to_plan(known, rng)
        action = action_to_plan(known, state, rng)
        outcome = outcome_of(known, state, action, rng)
        planned = learn_again(
            memory.q_values,
            rates,
            exploration,
            state,
            action,
            known.next_state[outcome],
            known.reward[outcome],
            known.ends[outcome],
        )
        note_planned(known, state, action, planned.td_error)
    return learned


def check(memory: Any, step: int) -> None:
    """Refuses a model that cannot be."""
    check_known(memory.known)


DYNA_Q = Algorithm(
    key="dyna_q",
    title="Dyna-Q",
    config=DynaQConfig,
    agent=DynaQAgent,
    memory=fresh_memory,
    loop=compiled_loop("dyna_q", select_action, update, end_episode, observe),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]",
        next_value="max_a Q(S′, a)",
        meaning="its best value counts; then the same for steps that the model remembers.",
        reference="Sutton & Barto 2018, section 8.2, page 164",
    ),
    is_on_policy=False,
    check=check,
    inside=inside_known,
)
