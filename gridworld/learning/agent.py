"""`TabularAgent`: what the readable agents of all algorithms have in common."""

from collections.abc import Iterable
from operator import index
from typing import Any, ClassVar, NamedTuple, NoReturn, Self

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.learning.config import LearningConfig
from gridworld.learning.exploration import EPSILON_GREEDY, KINDS, exp, log
from gridworld.learning.loop import Rates
from gridworld.learning.records import Update
from gridworld.parameters import check_whole
from gridworld.spaces import Encoding, Spaces


class Values(NamedTuple):
    """A memory of the Q-table alone, shape ``(S, A)``."""

    q_values: NDArray[np.float64]


def values_alone(
    config: LearningConfig, n_states: int, n_actions: int, max_steps: int = 0, n_outcomes: int = 0
) -> Values:
    """The memory at the start of a run."""
    return Values(np.full((n_states, n_actions), config.first_q))


class TabularAgent:
    """A tabular agent for any Gymnasium environment of discrete states and actions.

    An algorithm adds three methods: `select_action`, `update` and, where something is to be
    done, `end_episode`.

    States and actions are whole numbers of any type, from 0; those of `for_env` are the
    environment's, whose spaces may begin elsewhere.

    Args:
        config: The learner's parameters; later changes to it do not change the agent.
        n_states: Number of states ``S``.
        n_actions: Number of actions ``A``.
        seed: Seed of the run. The agent's generator is spawned from it, so that an
            environment reset with the same seed draws other numbers.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``, float64: its rows are the states in their
            order, its columns the actions in theirs.
        memory: The arrays that the agent learns in, ``q_values`` among them; the compiled loop
            learns in the same.
        visits: Times that each action was taken in each state, shape ``(S, A)``.
        first_state, first_action: Numbers of the first row and of the first column.
        exploration: Key of the way to explore in `gridworld.EXPLORATIONS`.
        learning_rate, discount_factor: Step size α and discount γ of the next update.
        epsilon: Present probability of exploring; 0 if it is explored otherwise.
        temperature: Present temperature τ of softmax.
        confidence: Present degree c of exploration by UCB.
        explored: Whether the action selected last was drawn from all actions; by softmax and
            UCB, whether its value was not the greatest.
        np_random: The agent's generator; each choice of an action draws two uniforms from it.

    Raises:
        ValueError: If a number of states or actions is below 1, or the seed below 0.
    """

    #: Makes the arrays of `memory` from a config and the numbers of states and actions.
    fresh_memory: ClassVar[Any] = staticmethod(values_alone)

    def __init__(
        self, config: LearningConfig, n_states: int, n_actions: int, seed: int = 0
    ) -> None:
        n_states = check_whole("n_states", n_states, 1)
        n_actions = check_whole("n_actions", n_actions, 1)
        self.first_state = self.first_action = 0
        self._encoding: Encoding | None = None
        self.exploration = str(config.exploration)
        rates = rates_of(config)
        self.learning_rate, self.discount_factor = rates.learning_rate, rates.discount_factor
        self.temperature, self.confidence = rates.temperature, rates.confidence
        self.epsilon = config.first_epsilon
        self._rates = rates
        visits = np.zeros((n_states, n_actions), np.int64)
        self.share(self.fresh_memory(config, n_states, n_actions), visits)
        self.np_random = generator_of(seed)
        self.explored = False

    @classmethod
    def for_env(cls, env: gymnasium.Env, config: LearningConfig, seed: int = 0) -> Self:
        """An agent for the spaces of an environment.

        Args:
            env: An environment of discrete actions, whose observations are `Discrete`,
                `MultiDiscrete`, `MultiBinary`, or a `Tuple` of these, wherever they begin. Where
                they have several parts, agent and updates count the states from 0, the last part
                fastest.
            config: The learner's parameters.
            seed: Seed of the run.

        Raises:
            ValueError: If a space is of another type.
        """
        encoding, n_actions, first_action = Spaces.of(env)
        agent = cls(config, encoding.n, n_actions, seed)
        agent.first_action = first_action
        if isinstance(encoding.space, gymnasium.spaces.Discrete):
            agent.first_state = int(encoding.space.start)
        else:
            agent._encoding = encoding
        return agent

    def select_action(self, state: int) -> int:
        """Chooses an action in a state.

        Raises:
            ValueError: If there is no such state.
        """
        raise NotImplementedError

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update | None:
        """Learns from one step; a truncated step is not terminated: it bootstraps.

        Returns:
            The update of the Q-table; None if the step makes none yet.

        Raises:
            ValueError: If there is no such state or action.
        """
        raise NotImplementedError

    def share(self, memory: Any, visits: NDArray[np.int64]) -> None:
        """Learns in these arrays from now on; see ``memory`` and ``visits``."""
        self.memory, self.visits = memory, visits
        self.q_values: NDArray[np.float64] = memory.q_values

    def end_episode(self) -> Update | None:
        """Lets ε decay, never below its minimum and never upwards.

        Returns:
            The latest update of the Q-table, if the algorithm learns at the end of an episode.
        """
        less = self.epsilon * self._rates.epsilon_decay - self._rates.epsilon_drop
        self.epsilon = min(self.epsilon, max(self._rates.min_epsilon, less))
        return None

    def greedy_policy(self) -> NDArray[np.int64]:
        """The best action of each state, the first one of a tie, shape ``(S,)``."""
        return self.q_values.argmax(axis=1) + self.first_action

    def choose(self, state: int) -> int:
        """Chooses an action as ``exploration`` says, and notes whether it `explored`.

        Draws two uniforms. ε-greedily it explores if the first one is below ε; the second one
        picks among the candidates: all actions, or those tied for the best value. Otherwise the
        second one alone picks by the probabilities.

        Raises:
            ValueError: If there is no such state.
        """
        row = self.row("state", state)
        values = self.q_values[row]
        explores = bool(self.np_random.random() < self.epsilon)
        which = self.np_random.random()
        if KINDS[self.exploration] == EPSILON_GREEDY:
            self.explored = explores
            if explores:
                return int(which * len(values)) + self.first_action
            candidates = np.flatnonzero(values == values.max())
            return int(candidates[int(which * len(candidates))]) + self.first_action
        sums = np.cumsum(self._preferences(row))
        column = int(np.searchsorted(sums, which * sums[-1], side="right"))
        self.explored = bool(values[column] != values.max())
        return column + self.first_action

    def policy(self, state: int) -> NDArray[np.float64]:
        """The probability with which `choose` takes each action, shape ``(A,)``.

        Raises:
            ValueError: If there is no such state.
        """
        row = self.row("state", state)
        values = self.q_values[row]
        if KINDS[self.exploration] == EPSILON_GREEDY:
            best = values == values.max()
            by_chance = self.epsilon / len(values)
            return np.where(best, by_chance + (1 - self.epsilon) / best.sum(), by_chance)
        preferences = self._preferences(row)
        return preferences / np.cumsum(preferences)[-1]

    def _preferences(self, row: int) -> NDArray[np.float64]:
        """What the probabilities of the actions are proportional to, by softmax or by UCB."""
        values, visits = self.q_values[row], self.visits[row]
        if self.exploration == "softmax":
            return np.array([exp((q - values.max()) / self.temperature) for q in values.tolist()])
        if not visits.all():
            return (visits == 0).astype(float)
        scores = values + self.confidence * np.sqrt(log(float(visits.sum())) / visits)
        return (scores == scores.max()).astype(float)

    def learn(
        self,
        state: int,
        action: int,
        target: float,
        next_value: float = 0.0,
        next_action: int | None = None,
        *,
        step_size: float | None = None,
        values: NDArray[np.float64] | None = None,
    ) -> Update:
        """Moves ``Q(S, A)`` by α towards the target: ``Q(S, A) ← Q(S, A) + α [target − Q(S, A)]``.

        Args:
            state: *S*.
            action: *A*.
            target: The target.
            next_value: What the next state counts in it.
            next_action: The action that it counts, if any in particular.
            step_size: The step size, where it is not α.
            values: The table that is updated, where it is not ``q_values``.

        Raises:
            ValueError: If there is no such state or action.
        """
        row, column = self.row("state", state), self.column(action)
        rate = self.learning_rate if step_size is None else float(step_size)
        table = self.q_values if values is None else values
        old_value = float(table[row, column])
        td_error = target - old_value
        new_value = old_value + rate * td_error
        table[row, column] = new_value
        return Update(
            row + self.first_state,
            column + self.first_action,
            float(next_value),
            float(target),
            old_value,
            float(td_error),
            float(new_value),
            rate,
            self.discount_factor,
            next_action,
        )

    def count(self, state: int, action: int, next_state: int) -> tuple[int, int, int]:
        """Counts a step in ``visits``.

        Returns:
            Row of the state, column of the action, row of the next state.

        Raises:
            ValueError: If there is no such state or action; then nothing is counted.
        """
        row, column = self.row("state", state), self.column(action)
        next_row = self.row("next_state", next_state)
        self.visits[row, column] += 1
        return row, column, next_row

    def row(self, name: str, state: int) -> int:
        """The row of a state, or of an observation, in the Q-table.

        Args:
            name: Its name in the error's message.
            state: The state; a whole number always is one.
        """
        try:
            row = index(state) - self.first_state
        except TypeError:
            if self._encoding is None:
                raise
            return self._encoding.number_of(state)
        if not 0 <= row < len(self.q_values):
            _refuse(name, state, self.first_state, len(self.q_values))
        return row

    def column(self, action: int) -> int:
        """The column of an action in the Q-table."""
        column, n_actions = index(action) - self.first_action, self.q_values.shape[1]
        if not 0 <= column < n_actions:
            _refuse("action", action, self.first_action, n_actions)
        return column


def doubled(memory: Any, fields: Iterable[str]) -> Any:
    """A named tuple with twice the room in some of its arrays."""
    arrays = {name: getattr(memory, name) for name in fields}
    return memory._replace(
        **{name: np.append(array, np.zeros_like(array)) for name, array in arrays.items()}
    )


def rates_of(config: LearningConfig) -> Rates:
    """What the loop needs of a config; later changes to it do not change that."""
    decay, drop = float(config.epsilon_decay), 0.0
    if config.exploration == "epsilon_linear":
        fall = max(0.0, float(config.epsilon) - float(config.min_epsilon))
        decay, drop = 1.0, fall / int(config.epsilon_episodes)
    return Rates(
        float(config.learning_rate),
        float(config.discount_factor),
        decay,
        drop,
        float(config.min_epsilon),
        float(config.temperature),
        float(config.confidence),
        KINDS[config.exploration],
    )


def generator_of(seed: int) -> np.random.Generator:
    """The learner's generator in a run of this seed; the world's is another one."""
    (spawned,) = np.random.SeedSequence(check_whole("seed", seed)).spawn(1)
    return np.random.default_rng(spawned)


def _refuse(name: str, number: int, first: int, count: int) -> NoReturn:
    raise ValueError(f"{name} must be from {first} to {first + count - 1}, got {number!r}")
