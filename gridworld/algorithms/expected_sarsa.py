"""Expected SARSA: SARSA without the chance in A′ (Sutton & Barto 2018, section 6.6, page 133)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import end_episode, select_action
from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration, expected
from gridworld.learning.loop import Rates, compiled_loop, learn
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update


class ExpectedSarsaConfig(LearningConfig):
    """Expected SARSA (Sutton & Barto 2018, section 6.6): on-policy TD control."""


class ExpectedSarsaMemory(NamedTuple):
    """What Expected SARSA learns in: the Q-table, shape ``(S, A)``."""

    q_values: NDArray[np.float64]


def fresh_memory(
    config: LearningConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> ExpectedSarsaMemory:
    """The memory at the start of a run."""
    return ExpectedSarsaMemory(np.full((n_states, n_actions), config.first_q))


class ExpectedSarsaAgent(TabularAgent):
    """Tabular Expected SARSA for any Gymnasium environment of discrete states and actions.

    On-policy TD control (Sutton & Barto 2018, section 6.6, page 133): the target has the mean of
    ``Q(S′, a)`` over the policy that is followed, in place of one drawn ``Q(S′, A′)``. For
    arguments, attributes and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ Σ_a π(a|S′) Q(S′, a) − Q(S, A)]``.

        A terminal ``S′`` is worth 0. A truncated step is not terminated: it bootstraps.
        """
        *_, next_row = self.count(state, action, next_state)
        reward = float(reward)
        if terminated:
            return self.learn(state, action, target=reward)
        next_value = 0.0
        for share, value in zip(self.policy(next_state), self.q_values[next_row], strict=True):
            next_value += share * value  # in the order of the actions, for the last bit
        return self.learn(state, action, reward + self.discount_factor * next_value, next_value)


# The same for the compiled loop.


@inlined
def update(
    memory: ExpectedSarsaMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`ExpectedSarsaAgent.update`."""
    target, next_value = step.reward, 0.0
    if not step.terminated:
        next_value = expected(memory.q_values, step.next_state, exploration)
        target = step.reward + rates.discount_factor * next_value
    return learn(memory.q_values, rates, step, target, next_value, NONE)


EXPECTED_SARSA = Algorithm(
    key="expected_sarsa",
    title="Expected SARSA",
    config=ExpectedSarsaConfig,
    agent=ExpectedSarsaAgent,
    memory=fresh_memory,
    loop=compiled_loop("expected_sarsa", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ Σ_a π(a|S′) Q(S′, a) − Q(S, A)]",
        next_value="Σ_a π(a|S′) Q(S′, a)",
        meaning="the mean of its values counts, each as often as its action is chosen.",
        reference="Sutton & Barto 2018, equation 6.9, page 133",
    ),
    is_on_policy=True,
)
