"""Watkins's Q(λ): Q-learning with eligibility traces (Sutton & Barto 2018, section 12.10)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import select_action
from gridworld.compiled import called, inlined
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.exploration import Exploration
from gridworld.learning.loop import Rates, compiled_loop, highest
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update
from gridworld.learning.traces import (
    TraceAgent,
    Traces,
    TracesConfig,
    check_traces,
    credit,
    forget,
    forget_episode,
    fresh_traces,
    inside_traces,
)


class WatkinsQLambdaConfig(TracesConfig):
    """Watkins's Q(λ) (Sutton & Barto 2018, section 12.10): off-policy, traces up to exploring."""


class WatkinsQLambdaMemory(NamedTuple):
    """What Watkins's Q(λ) learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        credit: The traces.
    """

    q_values: NDArray[np.float64]
    credit: Traces


def fresh_memory(
    config: TracesConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> WatkinsQLambdaMemory:
    """The memory at the start of a run."""
    values = np.full((n_states, n_actions), config.first_q)
    return WatkinsQLambdaMemory(values, fresh_traces(config, n_states, n_actions))


class WatkinsQLambdaAgent(TraceAgent):
    """Tabular Watkins's Q(λ) for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 12.10, page 312): what happens is credited
    to earlier actions only as long as all since then were greedy. For arguments, attributes and
    errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """``Q ← Q + α δ Z`` for all values, with ``δ = R + γ max_a Q(S′, a) − Q(S, A)``.

        The action that was taken decides whether earlier traces are cut: if its value was not the
        greatest, however it was chosen. A terminal ``S′`` is worth 0. A truncated step is not
        terminated: it bootstraps.
        """
        row, column, next_row = self.count(state, action, next_state)
        self.forget_episode()
        if self.q_values[row, column] != self.q_values[row].max():
            self.forget()
        reward = float(reward)
        if terminated:
            return self.credit(state, action, reward, 0.0, None)
        next_value = self.q_values[next_row].max()
        target = reward + self.discount_factor * next_value
        return self.credit(state, action, target, next_value, None)


# The same for the compiled loop.


@inlined
def update(
    memory: WatkinsQLambdaMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`WatkinsQLambdaAgent.update`."""
    forget_episode(memory.credit)
    if not is_greedy(memory.q_values, step.state, step.action):
        forget(memory.credit)
    target, next_value = step.reward, 0.0
    if not step.terminated:
        next_value = highest(memory.q_values, step.next_state, exploration.actions)
        target = step.reward + rates.discount_factor * next_value
    return credit(memory, rates, step, target, next_value, NONE)


@called
def is_greedy(values: NDArray, state: int, action: int) -> bool:
    """Whether no action has a greater value."""
    n_better = 0
    for other in range(values.shape[1]):
        n_better += values[state, other] > values[state, action]
    return n_better == 0


@inlined
def end_episode(memory: WatkinsQLambdaMemory, rates: Rates, step: Step, learned: Update) -> Update:
    """`TraceAgent.end_episode`."""
    memory.credit.is_over[0] = 1
    return learned


WATKINS_Q_LAMBDA = Algorithm(
    key="watkins_q_lambda",
    title="Watkins's Q(λ)",
    config=WatkinsQLambdaConfig,
    agent=WatkinsQLambdaAgent,
    memory=fresh_memory,
    loop=compiled_loop("watkins_q_lambda", select_action, update, end_episode, credit),
    equation=Equation(
        rule="Q(s, a) ← Q(s, a) + α z(s, a) [R + γ max_a Q(S′, a) − Q(S, A)]",
        next_value="max_a Q(S′, a)",
        meaning="its best value counts; so it does for all that have a trace z, which exploring "
        "cuts.",
        reference="Sutton & Barto 2018, section 12.10, page 312",
    ),
    is_on_policy=False,
    check=check_traces,
    inside=inside_traces,
)
