"""SARSA: on-policy TD control (Sutton & Barto 2018, section 6.4, page 129)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration, choose
from gridworld.learning.loop import Rates, compiled_loop, learn
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update


class SarsaConfig(LearningConfig):
    """SARSA (Sutton & Barto 2018, section 6.4): on-policy TD control."""


class SarsaMemory(NamedTuple):
    """What SARSA learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        next_action: Column of the action that is chosen already, `NONE` for none; whether it
            explores. Shape ``(2,)``.
    """

    q_values: NDArray[np.float64]
    next_action: NDArray[np.int64]


def fresh_memory(
    config: LearningConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> SarsaMemory:
    """The memory at the start of a run."""
    return SarsaMemory(
        np.full((n_states, n_actions), config.first_q), np.array([NONE, 0], np.int64)
    )


class SarsaAgent(TabularAgent):
    """Tabular SARSA for any Gymnasium environment of discrete states and actions.

    On-policy TD control (Sutton & Barto 2018, section 6.4, page 129), with ties broken at
    random. For arguments, attributes and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """The action that the last update chose; where an episode begins, one is chosen now.

        Draws two uniforms where it chooses, none otherwise.
        """
        self.row("state", state)
        column, explored = self.memory.next_action.tolist()
        if column == NONE:
            return self.choose(state)
        self.explored = bool(explored)
        return int(column) + self.first_action

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ Q(S′, A′) − Q(S, A)]``.

        Chooses ``A′`` by the values before the update: two uniforms. A terminal
        ``S′`` is worth 0, and nothing is chosen there. A truncated step is not terminated: it
        bootstraps.
        """
        *_, next_row = self.count(state, action, next_state)
        reward = float(reward)
        if terminated:
            self.memory.next_action[0] = NONE
            return self.learn(state, action, target=reward)
        next_action = self.choose(next_state)
        column = self.column(next_action)
        self.memory.next_action[:] = column, self.explored
        next_value = self.q_values[next_row, column]
        target = reward + self.discount_factor * next_value
        return self.learn(state, action, target, next_value, next_action)

    def end_episode(self) -> None:
        """Forgets the action chosen for a step that is not taken, and lets ε decay."""
        self.memory.next_action[0] = NONE
        super().end_episode()


# The same for the compiled loop.


@inlined
def select_action(
    memory: Any, rates: Rates, exploration: Exploration, state: int, rng: Any
) -> tuple[int, bool]:
    """`SarsaAgent.select_action`."""
    if memory.next_action[0] == NONE:
        return choose(memory.q_values, state, exploration, rng)
    return memory.next_action[0], memory.next_action[1] == 1


@inlined
def update(
    memory: SarsaMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`SarsaAgent.update`."""
    target, next_value, next_action = step.reward, 0.0, NONE
    if not step.terminated:
        next_action, explores = choose(memory.q_values, step.next_state, exploration, rng)
        memory.next_action[1] = explores
        next_value = memory.q_values[step.next_state, next_action]
        target = step.reward + rates.discount_factor * next_value
    memory.next_action[0] = next_action
    return learn(memory.q_values, rates, step, target, next_value, next_action)


@inlined
def end_episode(memory: Any, rates: Rates, step: Step, learned: Update) -> Update:
    """`SarsaAgent.end_episode`."""
    memory.next_action[0] = NONE
    return learned


def check(memory: Any, step: int) -> None:
    """Refuses a memory that does not know what it does next, and when."""
    action, explores = memory.next_action.tolist()
    n_actions = memory.q_values.shape[1]
    first, last = (0, n_actions - 1) if step else (NONE, NONE)
    if not first <= action <= last or explores not in (0, 1):
        raise ValueError(
            f"next_action must be an action from {first} to {last}, and 0 or 1, got "
            f"{[action, explores]}"
        )


SARSA = Algorithm(
    key="sarsa",
    title="SARSA",
    config=SarsaConfig,
    agent=SarsaAgent,
    memory=fresh_memory,
    loop=compiled_loop("sarsa", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ Q(S′, A′) − Q(S, A)]",
        next_value="Q(S′, A′)",
        meaning="its value of A′, taken next, counts.",
        reference="Sutton & Barto 2018, equation 6.7, page 129",
    ),
    is_on_policy=True,
    check=check,
)
