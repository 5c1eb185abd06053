"""Double Q-learning: no maximisation bias (Sutton & Barto 2018, section 6.7, page 136)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import end_episode, select_action
from gridworld.compiled import called, inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.draws import draw
from gridworld.learning.exploration import Exploration
from gridworld.learning.loop import Rates, compiled_loop, learn
from gridworld.learning.recording import NONE
from gridworld.learning.records import Inside, Step, Update


class DoubleQLearningConfig(LearningConfig):
    """Double Q-learning (Sutton & Barto 2018, section 6.7): two tables that check each other."""


class DoubleQLearningMemory(NamedTuple):
    """What Double Q-learning learns in.

    Attributes:
        q_values: Mean of both tables, by which actions are chosen, shape ``(S, A)``.
        first, second: The two tables, shapes ``(S, A)``.
        last_table: Which one was updated last, 0 or 1; `NONE` for none yet. Shape ``(1,)``.
    """

    q_values: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    last_table: NDArray[np.int64]


def fresh_memory(
    config: LearningConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> DoubleQLearningMemory:
    """The memory at the start of a run."""
    mean, first, second = (np.full((n_states, n_actions), config.first_q) for _ in range(3))
    return DoubleQLearningMemory(mean, first, second, np.array([NONE]))


class DoubleQLearningAgent(TabularAgent):
    """Tabular Double Q-learning for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 6.7, page 136). Chance decides at each
    step which of two tables learns; it finds the best next action, and the other one its value.
    Actions are chosen by the mean of both. For arguments, attributes and errors see
    `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action by the mean of both tables: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """``Q₁(S, A) ← Q₁(S, A) + α [R + γ Q₂(S′, argmax_a Q₁(S′, a)) − Q₁(S, A)]``.

        Draws one uniform: below ½ the first table is *Q₁*, else the second one. Of several best
        next actions the first one counts. A terminal ``S′`` is worth 0; a truncated step is not
        terminated.
        """
        row, column, next_row = self.count(state, action, next_state)
        reward, memory = float(reward), self.memory
        tables = memory.first, memory.second
        memory.last_table[0] = which = int(self.np_random.random() >= 0.5)
        own, other = tables[which], tables[1 - which]
        if terminated:
            learned = self.learn(state, action, target=reward, values=own)
        else:
            best = int(own[next_row].argmax())
            next_value = other[next_row, best]
            target = reward + self.discount_factor * next_value
            next_action = best + self.first_action
            learned = self.learn(state, action, target, next_value, next_action, values=own)
        self.q_values[row, column] = (memory.first[row, column] + memory.second[row, column]) / 2
        return learned


# The same for the compiled loop.


@inlined
def update(
    memory: DoubleQLearningMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`DoubleQLearningAgent.update`."""
    if draw(rng) < 0.5:
        memory.last_table[0] = 0
        learned = learn_in(memory.first, memory.second, rates, exploration, step)
    else:
        memory.last_table[0] = 1
        learned = learn_in(memory.second, memory.first, rates, exploration, step)
    pair = step.state, step.action
    memory.q_values[pair] = (memory.first[pair] + memory.second[pair]) / 2
    return learned


@called
def learn_in(
    own: NDArray, other: NDArray, rates: Rates, exploration: Exploration, step: Step
) -> Update:
    """Updates one table, with the other one's value of its best next action."""
    target, next_value, next_action = step.reward, 0.0, NONE
    if not step.terminated:
        next_action = 0
        for action in range(1, len(exploration.actions)):
            if own[step.next_state, action] > own[step.next_state, next_action]:
                next_action = action
        next_value = other[step.next_state, next_action]
        target = step.reward + rates.discount_factor * next_value
    return learn(own, rates, step, target, next_value, next_action)


def check(memory: DoubleQLearningMemory, step: int) -> None:
    """Refuses tables whose mean is another one, and a table that there is not."""
    wrong = memory.q_values != (memory.first + memory.second) / 2
    if wrong.any():
        raise ValueError(
            f"first and second must have q_values as their mean, got {wrong.sum()} "
            "entries that differ"
        )
    if memory.last_table[0] not in (NONE, 0, 1):
        raise ValueError(f"last_table must be {NONE}, 0 or 1, got {memory.last_table[0]}")


def inside(memory: DoubleQLearningMemory) -> Inside:
    """The two tables, and which one was updated last."""
    last = int(memory.last_table[0])
    tables = memory.first.copy(), memory.second.copy()
    return Inside(tables=tables, last_table=None if last == NONE else last)


DOUBLE_Q_LEARNING = Algorithm(
    key="double_q_learning",
    title="Double Q-learning",
    config=DoubleQLearningConfig,
    agent=DoubleQLearningAgent,
    memory=fresh_memory,
    loop=compiled_loop("double_q_learning", select_action, update, end_episode),
    equation=Equation(
        rule="Q_1(S, A) ← Q_1(S, A) + α [R + γ Q_2(S′, argmax_a Q_1(S′, a)) − Q_1(S, A)]",
        next_value="Q_2(S′, argmax_a Q_1(S′, a))",
        meaning="the other table's value of the action counts that this one takes for the best; "
        "chance decides which of both tables learns.",
        reference="Sutton & Barto 2018, equation 6.10, page 136",
    ),
    is_on_policy=False,
    check=check,
    inside=inside,
)
