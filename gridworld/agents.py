"""Agents: they own their Q-table and choose and learn one step at a time."""

import numpy as np
from numpy.typing import NDArray

from gridworld.config import LearningConfig
from gridworld.snapshot import Transition


class QLearningAgent:
    """Tabular Q-learning for any Gymnasium environment of discrete states and actions.

    Off-policy TD control (Sutton & Barto 2018, section 6.5, page 131), ε-greedy with ties
    broken at random.

    Example:
        >>> env = gymnasium.make("GridWorld-v0", level="hard")
        >>> agent = QLearningAgent(QLearningConfig(), env.observation_space.n, 4, seed=0)
        >>> state, _ = env.reset(seed=0)
        >>> action = agent.select_action(state)
        >>> next_state, reward, terminated, truncated, _ = env.step(action)
        >>> agent.update(state, action, reward, next_state, terminated)

    Args:
        config: The learner's parameters, read now: later changes to it change nothing.
        n_states: Number of states ``S``.
        n_actions: Number of actions ``A``.
        seed: Seed of the run. The agent's generator is spawned from it, so that an
            environment reset with the same seed draws other numbers.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``, float64.
        epsilon: Present probability of exploring.
        np_random: The agent's generator; every choice draws two uniforms from it.

    Raises:
        ValueError: If a number of states or actions is below 1, or the seed below 0.
    """

    def __init__(
        self, config: LearningConfig, n_states: int, n_actions: int, seed: int = 0
    ) -> None:
        for name, count in (("n_states", n_states), ("n_actions", n_actions)):
            if count < 1:
                raise ValueError(f"{name} must be a whole number from 1, got {count!r}")
        self.learning_rate = float(config.learning_rate)
        self.discount_factor = float(config.discount_factor)
        self.epsilon_decay = float(config.epsilon_decay)
        self.min_epsilon = float(config.min_epsilon)
        self.epsilon = float(config.epsilon)
        self.q_values = np.full((n_states, n_actions), float(config.initial_q))
        (spawned,) = np.random.SeedSequence(check_seed(seed)).spawn(1)
        self.np_random = np.random.default_rng(spawned)
        self._explored = False

    def select_action(self, state: int) -> int:
        """Chooses an action, ε-greedily.

        Explores if the first uniform is below ε; the second one picks among the
        candidates: all actions, or those tied for the best value.
        """
        values = self.q_values[state]
        self._explored = bool(self.np_random.random() < self.epsilon)
        which = self.np_random.random()
        if self._explored:
            return int(which * len(values))
        candidates = np.flatnonzero(values == values.max())
        return int(candidates[int(which * len(candidates))])

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Transition:
        """Learns from one step: ``Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]``.

        A terminal ``S′`` is worth 0. A truncated step is not terminated: it bootstraps.
        """
        old_value = self.q_values[state, action]
        target = reward
        if not terminated:
            target = reward + self.discount_factor * self.q_values[next_state].max()
        td_error = target - old_value
        self.q_values[state, action] = new_value = old_value + self.learning_rate * td_error
        return Transition(
            int(state),
            int(action),
            float(reward),
            int(next_state),
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
        return self.q_values.argmax(axis=1)


def check_seed(seed: int) -> int:
    """Returns a valid seed, a whole number from 0; raises ValueError otherwise."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed must be a whole number from 0, got {seed!r}")
    return int(seed)
