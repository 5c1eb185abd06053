"""n-step SARSA: between one step and the whole episode (Sutton & Barto 2018, section 7.2)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration, choose
from gridworld.learning.loop import Rates, compiled_loop, move
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update
from gridworld.parameters import Whole


class NStepSarsaConfig(LearningConfig):
    """n-step SARSA (Sutton & Barto 2018, section 7.2): on-policy control with n rewards ahead."""

    n = Whole(
        default=4,
        bounds=(1, 10_000),
        label="Steps n",
        doc="Rewards that a target has before it counts a value; 1 is SARSA, and as many as an "
        "episode has steps is Monte Carlo.",
    )


class NStepSarsaMemory(NamedTuple):
    """What n-step SARSA learns in.

    The latest steps, whose values wait for their update, lie in a ring of ``n`` places.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        ahead: State that the agent is in, column of the action that it has chosen there, and
            whether that explores; `NONE` for both where nothing is chosen. Shape ``(3,)``.
        waiting: Steps in the ring, and place of the oldest one. Shape ``(2,)``.
        states, actions, rewards: Those of the steps, shapes ``(n,)``.
    """

    q_values: NDArray[np.float64]
    ahead: NDArray[np.int64]
    waiting: NDArray[np.int64]
    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]


def fresh_memory(
    config: NStepSarsaConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> NStepSarsaMemory:
    """The memory at the start of a run."""
    n = int(config.n)
    return NStepSarsaMemory(
        np.full((n_states, n_actions), config.first_q),
        np.array([NONE, NONE, 0]),
        np.zeros(2, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n),
    )


class NStepSarsaAgent(TabularAgent):
    """Tabular n-step SARSA for any Gymnasium environment of discrete states and actions.

    On-policy TD control (Sutton & Barto 2018, section 7.2, page 147). Where an episode ends, the
    steps that still wait are updated, the oldest first; where it was cut off, their targets count
    the value that the action chosen next had then. For arguments, attributes and errors see
    `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """The action that the last update chose; where an episode begins, one is chosen now.

        Draws two uniforms where it chooses, none otherwise.
        """
        self.row("state", state)
        _, column, explores = self.memory.ahead.tolist()
        if column == NONE:
            return self.choose(state)
        self.explored = bool(explores)
        return int(column) + self.first_action

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update | None:
        """``Q(S, A) ← Q(S, A) + α [R₁ + γ R₂ + … + γⁿ Q(Sₙ, Aₙ) − Q(S, A)]``, for n steps ago.

        Chooses the next action by the values before the update: two uniforms. A terminal state is
        worth 0, and nothing is chosen there.

        Returns:
            The update; None in the first steps of an episode.
        """
        row, column, next_row = self.count(state, action, next_state)
        memory, n = self.memory, len(self.memory.states)
        memory.ahead[:] = NONE, NONE, 0
        if not terminated:
            next_column = self.column(self.choose(next_state))
            memory.ahead[:] = next_row, next_column, self.explored
        count, oldest = memory.waiting.tolist()
        latest = (oldest + count) % n
        memory.states[latest], memory.actions[latest] = row, column
        memory.rewards[latest] = reward
        memory.waiting[0] = count + 1
        return self._learn_waiting(1) if count + 1 == n else None

    def end_episode(self) -> Update | None:
        """Learns of the steps that still wait, the oldest first, and lets ε decay.

        Returns:
            The latest update, if there is one.
        """
        count = int(self.memory.waiting[0])
        learned = self._learn_waiting(count) if count else None
        self.memory.ahead[:] = NONE, NONE, 0
        self.memory.waiting[:] = 0
        super().end_episode()
        return learned

    def _learn_waiting(self, count: int) -> Update:
        """Updates the values of so many of the oldest steps."""
        memory, n = self.memory, len(self.memory.states)
        n_waiting, oldest = memory.waiting.tolist()
        places = (oldest + np.arange(n_waiting)) % n
        next_row, next_column, _ = memory.ahead.tolist()
        next_value = 0.0 if next_column == NONE else float(self.q_values[next_row, next_column])
        # From the end on each target is its reward and γ times the target after it.
        targets, target = [], None if next_column == NONE else next_value
        for reward in memory.rewards[places][::-1].tolist():
            target = reward if target is None else reward + self.discount_factor * target
            targets.append(target)
        next_action = None if next_column == NONE else next_column + self.first_action
        for place, target in zip(places[:count].tolist(), targets[::-1], strict=False):
            state = int(memory.states[place]) + self.first_state
            action = int(memory.actions[place]) + self.first_action
            learned = self.learn(state, action, target, next_value, next_action)
        memory.waiting[:] = n_waiting - count, (oldest + count) % n
        return learned


# The same for the compiled loop.


@inlined
def select_action(
    memory: NStepSarsaMemory, rates: Rates, exploration: Exploration, state: int, rng: Any
) -> tuple[int, bool]:
    """`NStepSarsaAgent.select_action`."""
    if memory.ahead[1] == NONE:
        return choose(memory.q_values, state, exploration, rng)
    return memory.ahead[1], memory.ahead[2] == 1


@inlined
def update(
    memory: NStepSarsaMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`NStepSarsaAgent.update`."""
    n = len(memory.states)
    next_action, next_value = NONE, 0.0
    memory.ahead[0] = NONE
    if not step.terminated:
        next_action, explores = choose(memory.q_values, step.next_state, exploration, rng)
        next_value = memory.q_values[step.next_state, next_action]
        memory.ahead[0] = step.next_state
        memory.ahead[2] = explores
    memory.ahead[1] = next_action
    count, oldest = memory.waiting[0], memory.waiting[1]
    place = oldest + count
    if place >= n:
        place -= n
    memory.states[place] = step.state
    memory.actions[place] = step.action
    memory.rewards[place] = step.reward
    count += 1
    if count == n:
        target = memory.rewards[place]
        if next_action != NONE:
            target += rates.discount_factor * next_value
        for _ in range(n - 1):
            place = n - 1 if place == 0 else place - 1
            target = memory.rewards[place] + rates.discount_factor * target
        state, action = memory.states[oldest], memory.actions[oldest]
        rate = rates.learning_rate
        learned = move(memory.q_values, rates, state, action, rate, target, next_value, next_action)
        count -= 1
        oldest = 0 if oldest == n - 1 else oldest + 1
    memory.waiting[0] = count
    memory.waiting[1] = oldest
    return learned


@inlined
def end_episode(memory: NStepSarsaMemory, rates: Rates, step: Step, learned: Update) -> Update:
    """`NStepSarsaAgent.end_episode`."""
    n, count, oldest = len(memory.states), memory.waiting[0], memory.waiting[1]
    next_action, next_value = memory.ahead[1], 0.0
    if next_action != NONE:
        next_value = memory.q_values[memory.ahead[0], next_action]
    # The rewards become the targets.
    for i in range(count - 1, -1, -1):
        place = (oldest + i) % n
        if i < count - 1:
            following = memory.rewards[(place + 1) % n]
            memory.rewards[place] += rates.discount_factor * following
        elif next_action != NONE:
            memory.rewards[place] += rates.discount_factor * next_value
    for i in range(count):
        place = (oldest + i) % n
        learned = move(
            memory.q_values,
            rates,
            memory.states[place],
            memory.actions[place],
            rates.learning_rate,
            memory.rewards[place],
            next_value,
            next_action,
        )
    memory.ahead[0] = memory.ahead[1] = NONE
    memory.waiting[0] = memory.waiting[1] = 0
    return learned


def check(memory: NStepSarsaMemory, step: int) -> None:
    """Refuses a memory that does not know what it does next, or what waits for an update."""
    n_states, n_actions = memory.q_values.shape
    state, action, explores = memory.ahead.tolist()
    is_none = state == action == NONE
    is_right = is_none if step == 0 else 0 <= state < n_states and 0 <= action < n_actions
    if not is_right or explores not in (0, 1):
        raise ValueError(
            "ahead must be a state, an action and 0 or 1 in mid-episode, and "
            f"{NONE}, {NONE} and 0 or 1 otherwise, got {memory.ahead.tolist()}"
        )
    n = len(memory.states)
    count, oldest = memory.waiting.tolist()
    if count != min(step, n - 1) or not 0 <= oldest < n:
        raise ValueError(
            f"waiting must be {min(step, n - 1)} steps from a place below {n}, got "
            f"{memory.waiting.tolist()}"
        )
    for name, values, end in (
        ("states", memory.states, n_states),
        ("actions", memory.actions, n_actions),
    ):
        if not ((values >= 0) & (values < end)).all():
            raise ValueError(f"{name} must be from 0 to {end - 1}, got {values.tolist()}")


N_STEP_SARSA = Algorithm(
    key="n_step_sarsa",
    title="n-step SARSA",
    config=NStepSarsaConfig,
    agent=NStepSarsaAgent,
    memory=fresh_memory,
    loop=compiled_loop("n_step_sarsa", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R_1 + … + γ^n Q(S_n, A_n) − Q(S, A)]",
        next_value="Q(S_n, A_n)",
        meaning="the value of what is done n steps later counts.",
        reference="Sutton & Barto 2018, equations 7.4 and 7.5, page 146",
    ),
    is_on_policy=True,
    check=check,
)
