"""`TabularAgent`: what the readable agents of all algorithms have in common."""

from operator import index
from typing import Any, ClassVar, NoReturn, Self

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.learning.config import LearningConfig
from gridworld.learning.records import Update
from gridworld.parameters import check_whole


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
        first_state, first_action: Numbers of the first row and of the first column.
        learning_rate, discount_factor: Step size α and discount γ of the next update.
        epsilon: Present probability of exploring.
        explored: Whether the action selected last was drawn from all actions.
        np_random: The agent's generator; each choice of an action draws two uniforms from it.

    Raises:
        ValueError: If a number of states or actions is below 1, or the seed below 0.
    """

    #: Makes the arrays of `memory` from a config and the numbers of states and actions.
    fresh_memory: ClassVar[Any]

    def __init__(
        self, config: LearningConfig, n_states: int, n_actions: int, seed: int = 0
    ) -> None:
        n_states = check_whole("n_states", n_states, 1)
        n_actions = check_whole("n_actions", n_actions, 1)
        self.first_state = self.first_action = 0
        self.learning_rate = float(config.learning_rate)
        self.discount_factor = float(config.discount_factor)
        self.epsilon_decay = float(config.epsilon_decay)
        self.min_epsilon = float(config.min_epsilon)
        self.epsilon = float(config.epsilon)
        self.share(self.fresh_memory(config, n_states, n_actions))
        self.np_random = generator_of(seed)
        self.explored = False

    @classmethod
    def for_env(cls, env: gymnasium.Env, config: LearningConfig, seed: int = 0) -> Self:
        """An agent for the spaces of an environment.

        Args:
            env: An environment of discrete states and actions, wherever these begin.
            config: The learner's parameters.
            seed: Seed of the run.

        Raises:
            ValueError: If a space is not of type `Discrete`.
        """
        for name in ("observation_space", "action_space"):
            space = getattr(env, name)
            if not isinstance(space, gymnasium.spaces.Discrete):
                raise ValueError(f"{name} must be of type Discrete, got {space!r}")
        states: Any = env.observation_space
        actions: Any = env.action_space
        agent = cls(config, states.n, actions.n, seed)
        agent.first_state, agent.first_action = int(states.start), int(actions.start)
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

    def share(self, memory: Any) -> None:
        """Learns in these arrays from now on; see ``memory``."""
        self.memory = memory
        self.q_values: NDArray[np.float64] = memory.q_values

    def end_episode(self) -> Update | None:
        """Lets ε decay, never below its minimum and never upwards.

        Returns:
            The latest update of the Q-table, if the algorithm learns at the end of an episode.
        """
        self.epsilon = min(self.epsilon, max(self.min_epsilon, self.epsilon * self.epsilon_decay))
        return None

    def greedy_policy(self) -> NDArray[np.int64]:
        """The best action of each state, the first one of a tie, shape ``(S,)``."""
        return self.q_values.argmax(axis=1) + self.first_action

    def epsilon_greedy(self, state: int) -> int:
        """Chooses ε-greedily, with ties broken at random, and notes whether it `explored`.

        Explores if the first uniform is below ε; the second one picks among the
        candidates: all actions, or those tied for the best value.

        Raises:
            ValueError: If there is no such state.
        """
        values = self.q_values[self.row("state", state)]
        self.explored = bool(self.np_random.random() < self.epsilon)
        which = self.np_random.random()
        if self.explored:
            return int(which * len(values)) + self.first_action
        candidates = np.flatnonzero(values == values.max())
        return int(candidates[int(which * len(candidates))]) + self.first_action

    def learn(
        self,
        state: int,
        action: int,
        target: float,
        next_value: float = 0.0,
        next_action: int | None = None,
    ) -> Update:
        """Moves ``Q(S, A)`` by α towards the target: ``Q(S, A) ← Q(S, A) + α [target − Q(S, A)]``.

        Args:
            state: *S*.
            action: *A*.
            target: The target.
            next_value: What the next state counts in it.
            next_action: The action that it counts, if any in particular.

        Raises:
            ValueError: If there is no such state or action.
        """
        row, column = self.row("state", state), self.column(action)
        old_value = float(self.q_values[row, column])
        td_error = target - old_value
        new_value = old_value + self.learning_rate * td_error
        self.q_values[row, column] = new_value
        return Update(
            index(state),
            index(action),
            float(next_value),
            float(target),
            old_value,
            float(td_error),
            float(new_value),
            self.learning_rate,
            self.discount_factor,
            next_action,
        )

    def check_step(self, state: int, action: int, next_state: int) -> int:
        """The row of ``next_state``.

        Raises:
            ValueError: If there is no such state or action.
        """
        self.row("state", state)
        self.column(action)
        return self.row("next_state", next_state)

    def row(self, name: str, state: int) -> int:
        """The row of a state in the Q-table; ``name`` is for the error's message."""
        row = index(state) - self.first_state
        if not 0 <= row < len(self.q_values):
            _refuse(name, state, self.first_state, len(self.q_values))
        return row

    def column(self, action: int) -> int:
        """The column of an action in the Q-table."""
        column, n_actions = index(action) - self.first_action, self.q_values.shape[1]
        if not 0 <= column < n_actions:
            _refuse("action", action, self.first_action, n_actions)
        return column


def generator_of(seed: int) -> np.random.Generator:
    """The learner's generator in a run of this seed; the world's is another one."""
    (spawned,) = np.random.SeedSequence(check_whole("seed", seed)).spawn(1)
    return np.random.default_rng(spawned)


def _refuse(name: str, number: int, first: int, count: int) -> NoReturn:
    raise ValueError(f"{name} must be from {first} to {first + count - 1}, got {number!r}")
