"""SARSA(λ): SARSA with eligibility traces (Sutton & Barto 2018, section 12.7)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import sarsa
from gridworld.algorithms.sarsa import select_action
from gridworld.compiled import inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.exploration import Exploration, choose
from gridworld.learning.loop import Rates, compiled_loop
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update
from gridworld.learning.traces import (
    TraceAgent,
    Traces,
    TracesConfig,
    check_traces,
    credit,
    forget_episode,
    fresh_traces,
    inside_traces,
)


class SarsaLambdaConfig(TracesConfig):
    """SARSA(λ) (Sutton & Barto 2018, section 12.7): on-policy TD control with traces."""


class SarsaLambdaMemory(NamedTuple):
    """What SARSA(λ) learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        next_action: Column of the action that is chosen already, `NONE` for none; whether it
            explores. Shape ``(2,)``.
        credit: The traces.
    """

    q_values: NDArray[np.float64]
    next_action: NDArray[np.int64]
    credit: Traces


def fresh_memory(
    config: TracesConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> SarsaLambdaMemory:
    """The memory at the start of a run."""
    return SarsaLambdaMemory(
        np.full((n_states, n_actions), config.first_q),
        np.array([NONE, 0], np.int64),
        fresh_traces(config, n_states, n_actions),
    )


class SarsaLambdaAgent(TraceAgent):
    """Tabular SARSA(λ) for any Gymnasium environment of discrete states and actions.

    On-policy TD control (Sutton & Barto 2018, section 12.7, page 303): the TD error of a step
    moves all values of the episode, each by as much as is left of its trace. For arguments,
    attributes and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    select_action = sarsa.SarsaAgent.select_action

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """``Q ← Q + α δ Z`` for all values, with ``δ = R + γ Q(S′, A′) − Q(S, A)``.

        Chooses ``A′`` by the values before the update: two uniforms. A terminal ``S′`` is worth 0,
        and nothing is chosen there. A truncated step is not terminated: it bootstraps.
        """
        *_, next_row = self.count(state, action, next_state)
        self.forget_episode()
        reward, memory = float(reward), self.memory
        if terminated:
            memory.next_action[0] = NONE
            return self.credit(state, action, reward, 0.0, None)
        next_action = self.choose(next_state)
        column = self.column(next_action)
        memory.next_action[:] = column, self.explored
        next_value = self.q_values[next_row, column]
        target = reward + self.discount_factor * next_value
        return self.credit(state, action, target, next_value, next_action)

    def end_episode(self) -> None:
        """Forgets the action chosen for a step that is not taken, and lets ε decay."""
        self.memory.next_action[0] = NONE
        super().end_episode()


# The same for the compiled loop.


@inlined
def update(
    memory: SarsaLambdaMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`SarsaLambdaAgent.update`."""
    forget_episode(memory.credit)
    target, next_value, next_action = step.reward, 0.0, NONE
    if not step.terminated:
        next_action, explores = choose(memory.q_values, step.next_state, exploration, rng)
        memory.next_action[1] = explores
        next_value = memory.q_values[step.next_state, next_action]
        target = step.reward + rates.discount_factor * next_value
    memory.next_action[0] = next_action
    return credit(memory, rates, step, target, next_value, next_action)


@inlined
def end_episode(memory: SarsaLambdaMemory, rates: Rates, step: Step, learned: Update) -> Update:
    """`SarsaLambdaAgent.end_episode`."""
    memory.credit.is_over[0] = 1
    return sarsa.end_episode(memory, rates, step, learned)


def check(memory: SarsaLambdaMemory, step: int) -> None:
    """Refuses a memory that does not know what it does next, or whose traces cannot be."""
    sarsa.check(memory, step)
    check_traces(memory, step)


SARSA_LAMBDA = Algorithm(
    key="sarsa_lambda",
    title="SARSA(λ)",
    config=SarsaLambdaConfig,
    agent=SarsaLambdaAgent,
    memory=fresh_memory,
    loop=compiled_loop("sarsa_lambda", select_action, update, end_episode, credit),
    equation=Equation(
        rule="Q(s, a) ← Q(s, a) + α z(s, a) [R + γ Q(S′, A′) − Q(S, A)]",
        next_value="Q(S′, A′)",
        meaning="its value of A′, taken next, counts; so it does for all that have a trace z.",
        reference="Sutton & Barto 2018, section 12.7, page 303",
    ),
    is_on_policy=True,
    check=check,
    inside=inside_traces,
)
