"""Q-learning: off-policy TD control (Sutton & Barto 2018, section 6.5, page 131)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration, choose
from gridworld.learning.loop import Rates, compiled_loop, highest, learn
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update


class QLearningConfig(LearningConfig):
    """Q-learning (Sutton & Barto 2018, section 6.5): off-policy TD control, ε-greedy."""


class QLearningMemory(NamedTuple):
    """What Q-learning learns in: the Q-table, shape ``(S, A)``."""

    q_values: NDArray[np.float64]


def fresh_memory(
    config: LearningConfig, n_states: int, n_actions: int, max_steps: int = 0
) -> QLearningMemory:
    """The memory at the start of a run."""
    return QLearningMemory(np.full((n_states, n_actions), float(config.initial_q)))


class QLearningAgent(TabularAgent):
    """Tabular Q-learning for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 6.5, page 131), ε-greedy with ties
    broken at random. For arguments, attributes and errors see `TabularAgent`.

    Example:
        >>> env = gymnasium.make("GridWorld-v0", level="hard")
        >>> agent = QLearningAgent.for_env(env, QLearningConfig(), seed=0)
        >>> state, _ = env.reset(seed=0)
        >>> action = agent.select_action(state)
        >>> next_state, reward, terminated, truncated, _ = env.step(action)
        >>> agent.update(state, action, reward, next_state, terminated)
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action, ε-greedily: two uniforms."""
        return self.epsilon_greedy(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        A terminal ``S′`` is worth 0. A truncated step is not terminated: it bootstraps.
        """
        next_row = self.check_step(state, action, next_state)
        reward = float(reward)
        if terminated:
            return self.learn(state, action, target=reward)
        next_value = self.q_values[next_row].max()
        return self.learn(state, action, reward + self.discount_factor * next_value, next_value)


# The same for the compiled loop.


@inlined
def select_action(
    memory: QLearningMemory, rates: Rates, exploration: Exploration, state: int, rng: Any
) -> tuple[int, bool]:
    """`QLearningAgent.select_action`."""
    return choose(memory.q_values, state, exploration, rng)


@inlined
def update(
    memory: QLearningMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`QLearningAgent.update`."""
    target, next_value = step.reward, 0.0
    if not step.terminated:
        next_value = highest(memory.q_values, step.next_state, exploration.actions)
        target = step.reward + rates.discount_factor * next_value
    return learn(memory.q_values, rates, step, target, next_value, NONE)


@inlined
def end_episode(memory: QLearningMemory, rates: Rates, step: Step, learned: Update) -> Update:
    """Nothing is left to be learned."""
    return learned


Q_LEARNING = Algorithm(
    key="q_learning",
    title="Q-learning",
    config=QLearningConfig,
    agent=QLearningAgent,
    memory=fresh_memory,
    loop=compiled_loop("q_learning", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]",
        next_value="max_a Q(S′, a)",
        meaning="its best value counts.",
        reference="Sutton & Barto 2018, equation 6.8, page 131",
    ),
)
