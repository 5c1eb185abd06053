"""Q-learning: its settings, and an agent that acts and learns one step at a time."""

from operator import index
from typing import Any, NoReturn, Self

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.learning.base import LearningConfig
from gridworld.learning.records import Transition
from gridworld.parameters import check_whole


class QLearningConfig(LearningConfig):
    """Q-learning (Sutton & Barto 2018, section 6.5): off-policy TD control, ε-greedy."""


class QLearningAgent:
    """Tabular Q-learning for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 6.5, page 131), ε-greedy with ties
    broken at random.

    Example:
        >>> env = gymnasium.make("GridWorld-v0", level="hard")
        >>> agent = QLearningAgent.for_env(env, QLearningConfig(), seed=0)
        >>> state, _ = env.reset(seed=0)
        >>> action = agent.select_action(state)
        >>> next_state, reward, terminated, truncated, _ = env.step(action)
        >>> agent.update(state, action, reward, next_state, terminated)

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
        first_state, first_action: Numbers of the first row and of the first column.
        epsilon: Present probability of exploring.
        np_random: The agent's generator; every choice draws two uniforms from it.

    Raises:
        ValueError: If a number of states or actions is below 1, or the seed below 0.
    """

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
        self.q_values = np.full((n_states, n_actions), float(config.initial_q))
        self._n_states, self._n_actions = n_states, n_actions
        (spawned,) = np.random.SeedSequence(check_whole("seed", seed)).spawn(1)
        self.np_random = np.random.default_rng(spawned)
        self._explored = False

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
        """Chooses an action, ε-greedily.

        Explores if the first uniform is below ε; the second one picks among the
        candidates: all actions, or those tied for the best value.

        Raises:
            ValueError: If there is no such state.
        """
        row = index(state) - self.first_state
        if not 0 <= row < self._n_states:
            self._refuse("state", state, self.first_state, self._n_states)
        values = self.q_values[row]
        self._explored = bool(self.np_random.random() < self.epsilon)
        which = self.np_random.random()
        if self._explored:
            return int(which * len(values)) + self.first_action
        candidates = np.flatnonzero(values == values.max())
        return int(candidates[int(which * len(candidates))]) + self.first_action

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Transition:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        A terminal ``S′`` is worth 0. A truncated step is not terminated: it bootstraps.

        Raises:
            ValueError: If there is no such state or action.
        """
        state, action, next_state = index(state), index(action), index(next_state)
        row, column = state - self.first_state, action - self.first_action
        next_row = next_state - self.first_state
        if not 0 <= row < self._n_states:
            self._refuse("state", state, self.first_state, self._n_states)
        if not 0 <= column < self._n_actions:
            self._refuse("action", action, self.first_action, self._n_actions)
        if not 0 <= next_row < self._n_states:
            self._refuse("next_state", next_state, self.first_state, self._n_states)
        old_value = self.q_values[row, column]
        target = reward = float(reward)
        if not terminated:
            target = reward + self.discount_factor * self.q_values[next_row].max()
        td_error = target - old_value
        self.q_values[row, column] = new_value = old_value + self.learning_rate * td_error
        return Transition(
            state,
            action,
            reward,
            next_state,
            bool(terminated),
            self._explored,
            float(old_value),
            float(target),
            float(td_error),
            float(new_value),
        )

    def end_episode(self) -> None:
        """Lets ε decay, never below its minimum and never upwards."""
        self.epsilon = min(self.epsilon, max(self.min_epsilon, self.epsilon * self.epsilon_decay))

    def greedy_policy(self) -> NDArray[np.int64]:
        """The best action of each state, the first one of a tie, shape ``(S,)``."""
        return self.q_values.argmax(axis=1) + self.first_action

    def _refuse(self, name: str, number: int, first: int, count: int) -> NoReturn:
        raise ValueError(f"{name} must be from {first} to {first + count - 1}, got {number!r}")
