"""Monte Carlo control: learning from whole episodes (Sutton & Barto 2018, section 5.4)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import select_action
from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent, doubled
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import Exploration
from gridworld.learning.loop import Rates, compiled_loop, move
from gridworld.learning.recording import NONE
from gridworld.learning.records import Step, Update
from gridworld.parameters import Choice

#: Steps of an episode that there is room for at first, where no limit is known.
_ROOM = 1000


class MonteCarloConfig(LearningConfig):
    """Monte Carlo control (Sutton & Barto 2018, section 5.4): on-policy, from whole episodes."""

    visit = Choice(
        default="first",
        objects={"First visit": "first", "Every visit": "every"},
        label="Returns of",
        doc="Whether the return counts after the first time only that an action was taken in a "
        "state in an episode, or after each time.",
    )
    averaging = Choice(
        default="mean",
        objects={"Mean of returns": "mean", "Constant α": "constant"},
        label="Step size",
        doc="Whether a value is the mean of its returns so far, or moves towards each return by "
        "the step size α.",
    )

    def _unused(self) -> set[str]:
        return super()._unused() | ({"learning_rate"} if self.averaging == "mean" else set())


class MonteCarloMemory(NamedTuple):
    """What Monte Carlo control learns in.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        n_returns: Returns that each value is made of, shape ``(S, A)``.
        length: Steps of the present episode so far, shape ``(1,)``.
        states, actions, rewards: Those of the steps, shapes ``(max_steps,)``.
        seen: Used while an episode is learned of, False otherwise, shape ``(S, A)``.
        first_only: Whether only first visits count.
        means: Whether values are means of returns.
    """

    q_values: NDArray[np.float64]
    n_returns: NDArray[np.int64]
    length: NDArray[np.int64]
    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]
    seen: NDArray[np.bool_]
    first_only: bool
    means: bool


def fresh_memory(
    config: MonteCarloConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> MonteCarloMemory:
    """The memory at the start of a run."""
    shape, room = (n_states, n_actions), max_steps or _ROOM
    return MonteCarloMemory(
        np.full(shape, config.first_q),
        np.zeros(shape, np.int64),
        np.zeros(1, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room),
        np.zeros(shape, np.bool_),
        config.visit == "first",
        config.averaging == "mean",
    )


class MonteCarloAgent(TabularAgent):
    """Tabular Monte Carlo control for any Gymnasium environment of discrete states and actions.

    On-policy (Sutton & Barto 2018, section 5.4, page 101): nothing is learned before the end of
    an episode; then each value moves towards the return that followed, the earliest first. An
    episode that was cut off counts for what it earned until then. For arguments, attributes and
    errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> None:
        """Remembers the step."""
        row, column, _ = self.count(state, action, next_state)
        memory, t = self.memory, int(self.memory.length[0])
        if t == len(memory.states):
            self.share(doubled(memory, ("states", "actions", "rewards")), self.visits)
            memory = self.memory
        memory.states[t], memory.actions[t], memory.rewards[t] = row, column, reward
        memory.length[0] = t + 1

    def end_episode(self) -> Update | None:
        """``Q(S, A) ← Q(S, A) + α [G − Q(S, A)]`` for each step, and lets ε decay.

        ``G = R + γ G′`` is the return from the step on, and α is ``1 / n`` for the *n*-th return of
        an action, or constant.

        Returns:
            The latest update.
        """
        memory, length = self.memory, int(self.memory.length[0])
        returns, following = [], 0.0
        for t, reward in reversed(list(enumerate(memory.rewards[:length].tolist()))):
            is_last = t == length - 1
            own = reward if is_last else reward + self.discount_factor * following
            returns.append((own, following))
            following = own
        learned, seen = None, set()
        steps = zip(memory.states[:length].tolist(), memory.actions[:length].tolist(), strict=True)
        for pair, (own, following) in zip(steps, reversed(returns), strict=True):
            if memory.first_only and pair in seen:
                continue
            seen.add(pair)
            memory.n_returns[pair] += 1
            step_size = 1 / memory.n_returns[pair] if memory.means else None
            row, column = pair
            state, action = row + self.first_state, column + self.first_action
            learned = self.learn(state, action, own, following, step_size=step_size)
        memory.length[0] = 0
        super().end_episode()
        return learned


# The same for the compiled loop.


@inlined
def update(
    memory: MonteCarloMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`MonteCarloAgent.update`."""
    t = memory.length[0]
    memory.states[t] = step.state
    memory.actions[t] = step.action
    memory.rewards[t] = step.reward
    memory.length[0] = t + 1
    return learned


@inlined
def end_episode(memory: MonteCarloMemory, rates: Rates, step: Step, learned: Update) -> Update:
    """`MonteCarloAgent.end_episode`."""
    length = memory.length[0]
    # The rewards become the returns.
    for t in range(length - 2, -1, -1):
        memory.rewards[t] += rates.discount_factor * memory.rewards[t + 1]
    for t in range(length):
        state, action = memory.states[t], memory.actions[t]
        if memory.first_only and memory.seen[state, action]:
            continue
        memory.seen[state, action] = True
        memory.n_returns[state, action] += 1
        rate = rates.learning_rate
        if memory.means:
            rate = 1.0 / memory.n_returns[state, action]
        following = memory.rewards[t + 1] if t + 1 < length else 0.0
        learned = move(
            memory.q_values, rates, state, action, rate, memory.rewards[t], following, NONE
        )
    for t in range(length):
        memory.seen[memory.states[t], memory.actions[t]] = False
    memory.length[0] = 0
    return learned


def check(memory: MonteCarloMemory, step: int) -> None:
    """Refuses an episode that is not the one under way."""
    n_states, n_actions = memory.q_values.shape
    if memory.length[0] != step:
        raise ValueError(f"length must be {step}, got {memory.length[0]}")
    for name, values, end in (
        ("states", memory.states[:step], n_states),
        ("actions", memory.actions[:step], n_actions),
    ):
        if not ((values >= 0) & (values < end)).all():
            raise ValueError(f"{name} must be from 0 to {end - 1}, got {values.tolist()}")
    if memory.seen.any():
        raise ValueError(f"seen must be False, got {memory.seen.sum()} times True")
    if not ((memory.n_returns >= 0) & (memory.n_returns <= 2**53)).all():
        raise ValueError(f"n_returns must be from 0 to 2**53, got {memory.n_returns.tolist()}")


MONTE_CARLO = Algorithm(
    key="monte_carlo",
    title="Monte Carlo",
    config=MonteCarloConfig,
    agent=MonteCarloAgent,
    memory=fresh_memory,
    loop=compiled_loop("monte_carlo", select_action, update, end_episode),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α [R + γ G′ − Q(S, A)]",
        next_value="G′",
        meaning="what was earned from there to the end of the episode counts.",
        reference="Sutton & Barto 2018, section 5.4, page 101",
    ),
    is_on_policy=True,
    bootstraps=False,
    check=check,
)
