"""Q-learning: off-policy TD control (Sutton & Barto 2018, section 6.5, page 131)."""

from typing import Any

from numpy.typing import NDArray

from gridworld.compiled import called, inlined
from gridworld.learning.agent import TabularAgent, values_alone
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration, choose
from gridworld.learning.loop import Rates, compiled_loop, highest, move
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update


class QLearningConfig(LearningConfig):
    """Q-learning (Sutton & Barto 2018, section 6.5): off-policy TD control."""


class QLearningAgent(TabularAgent):
    """Tabular Q-learning for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 6.5, page 131), with ties broken at
    random. For arguments, attributes and errors see `TabularAgent`.

    Example:
        >>> env = gymnasium.make("GridWorld-v0", level="hard")
        >>> agent = QLearningAgent.for_env(env, QLearningConfig(), seed=0)
        >>> state, _ = env.reset(seed=0)
        >>> action = agent.select_action(state)
        >>> next_state, reward, terminated, truncated, _ = env.step(action)
        >>> agent.update(state, action, reward, next_state, terminated)
    """

    def select_action(self, state: int) -> int:
        """Chooses an action: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        A terminal ``S′`` is worth 0. A truncated step is not terminated: it bootstraps.
        """
        return self.learn_from(*self.count(state, action, next_state), float(reward), terminated)

    def learn_from(
        self, row: int, column: int, next_row: int, reward: float, terminated: bool
    ) -> Update:
        """`update` by rows and columns, of a step that need not have been taken now."""
        state, action = row + self.first_state, column + self.first_action
        if terminated:
            return self.learn(state, action, target=reward)
        next_value = self.q_values[next_row].max()
        return self.learn(state, action, reward + self.discount_factor * next_value, next_value)


# The same for the compiled loop.


@inlined
def select_action(
    memory: Any, rates: Rates, exploration: Exploration, state: int, rng: Any
) -> tuple[int, bool]:
    """`QLearningAgent.select_action`."""
    return choose(memory.q_values, state, exploration, rng)


@inlined
def update(
    memory: Any,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`QLearningAgent.update`."""
    return learn_from(
        memory.q_values,
        rates,
        exploration,
        step.state,
        step.action,
        step.next_state,
        step.reward,
        step.terminated,
    )


@inlined
def learn_from(
    values: NDArray,
    rates: Rates,
    exploration: Exploration,
    state: int,
    action: int,
    next_state: int,
    reward: float,
    terminated: bool,
) -> Update:
    """`QLearningAgent.learn_from`."""
    target, next_value = reward, 0.0
    if not terminated:
        next_value = highest(values, next_state, exploration.actions)
        target = reward + rates.discount_factor * next_value
    return move(values, rates, state, action, rates.learning_rate, target, next_value, NONE)


@called
def learn_again(
    values: NDArray,
    rates: Rates,
    exploration: Exploration,
    state: int,
    action: int,
    next_state: int,
    reward: float,
    terminated: bool,
) -> Update:
    """`learn_from` once more in an update; inlined twice, Numba warns of its own variables."""
    return learn_from(values, rates, exploration, state, action, next_state, reward, terminated)


@inlined
def end_episode(memory: Any, rates: Rates, step: Step, learned: Update) -> Update:
    """Nothing is left to be learned."""
    return learned


Q_LEARNING = Algorithm(
    key="q_learning",
    title="Q-learning",
    config=QLearningConfig,
    agent=QLearningAgent,
    memory=values_alone,
    loop=compiled_loop("q_learning", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]",
        next_value="max_a Q(S′, a)",
        meaning="its best value counts.",
        reference="Sutton & Barto 2018, equation 6.8, page 131",
    ),
    is_on_policy=False,
)
