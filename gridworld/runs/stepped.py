"""`SteppedLoop`: an environment itself is stepped, in Python, by the readable agent."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, ref

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.learning.agent import TabularAgent
from gridworld.learning.recording import (
    NONE,
    TRAIL_LENGTH,
    Recording,
    keep_due,
    write_step,
    write_update,
)
from gridworld.learning.records import Step, Update
from gridworld.spaces import Spaces
from gridworld.worlds.env import GridWorldEnv

#: The loop that stepped each environment last.
_latest: "WeakKeyDictionary[gymnasium.Env[Any, Any], ref[SteppedLoop]]" = WeakKeyDictionary()


class SteppedLoop:
    """Does what the compiled loop does, where there is no table to compile.

    It is the loop that a person writes by hand: `reset` with the seed once, and then without.
    Where another run has stepped the environment in the meantime, or it comes from a file, the
    episode under way counts as cut off, and the run goes on with the next one.

    Args:
        env: The environment.
        agent: The agent, whose states and actions count from 0.
        max_steps: Steps after which an episode is cut off, if the environment does not do so.
        seed: Seed of the environment's first reset.
        goal: Whether an episode that ends in a state is a success, shape ``(S,)``; by default, if
            it ends with a reward above 0.

    Attributes:
        has_begun: Whether the environment was reset with the seed.
        generator_state: State of the environment's generator after the latest step.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        agent: TabularAgent,
        max_steps: int,
        seed: int,
        goal: NDArray[np.bool_] | None = None,
    ) -> None:
        self._goal = goal
        self._env, self._agent, self._max_steps, self._seed = env, agent, max_steps, seed
        self._spaces = Spaces.of(env)
        self.has_begun = False
        self.generator_state: Any = np.random.default_rng(seed).bit_generator.state

    @property
    def env(self) -> gymnasium.Env[Any, Any]:
        """The environment."""
        return self._env

    @property
    def np_random(self) -> np.random.Generator:
        """The environment's generator."""
        return self._env.unwrapped.np_random

    def run(self, recording: Recording, n_steps: int, last_episode: int) -> int:
        """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

        Returns:
            Steps taken.
        """
        with _uninterrupted():
            return self._run(recording, n_steps, last_episode)

    def _run(self, recording: Recording, n_steps: int, last_episode: int) -> int:
        progress, taken = recording.progress, 0
        if self.has_begun and n_steps:
            self._take_up(recording)
        while taken < n_steps and progress["episode"][0] < last_episode:
            if progress["between_episodes"][0]:
                self._begin_episode(recording)
            self._step(recording)
            taken += 1
            keep_due(self._agent.q_values, recording)
        if taken:
            _latest[self._env] = ref(self)
            self.generator_state = self.np_random.bit_generator.state
        return taken

    def _take_up(self, recording: Recording) -> None:
        """Goes on with an environment that another run may have stepped since."""
        latest = _latest.get(self._env)
        if latest is not None and latest() is self:
            return
        total_steps = int(recording.progress["total_steps"][0])
        is_own = isinstance(self._env.unwrapped, GridWorldEnv)
        self._env.reset(options={"steps_taken": total_steps} if is_own else None)
        self.np_random.bit_generator.state = self.generator_state
        if not recording.progress["between_episodes"][0]:
            self._end_episode(recording, succeeds=False)
            keep_due(self._agent.q_values, recording)

    def _begin_episode(self, recording: Recording) -> None:
        seed = None if self.has_begun else self._seed
        self.has_begun = True
        observation, _ = self._env.reset(seed=seed)
        progress = recording.progress
        progress["state"] = recording.trail[0] = self._spaces.states.number_of(observation)
        progress["step"], progress["episode_return"] = 0, 0.0
        progress["between_episodes"] = False

    def _step(self, recording: Recording) -> None:
        progress, agent, spaces = recording.progress, self._agent, self._spaces
        state = int(progress["state"][0])
        action = agent.select_action(state)
        explored = agent.explored
        observation, reward, terminated, truncated, _ = self._env.step(action + spaces.first_action)
        next_state, reward = spaces.states.number_of(observation), float(reward)
        terminated = bool(terminated)
        learned = agent.update(state, action, reward, next_state, terminated)
        write_step(recording.step, Step(state, action, reward, next_state, terminated, explored))
        _note(recording, learned)
        progress["state"] = next_state
        progress["step"] += 1
        progress["total_steps"] += 1
        progress["episode_return"] += reward
        n_of_episode = int(progress["step"][0])
        recording.trail[n_of_episode % TRAIL_LENGTH] = next_state
        if terminated or truncated or n_of_episode >= self._max_steps:
            succeeds = reward > 0 if self._goal is None else bool(self._goal[next_state])
            self._end_episode(recording, succeeds=terminated and succeeds)

    def _end_episode(self, recording: Recording, succeeds: bool) -> None:
        progress, episodes = recording.progress, recording.episodes
        _note(recording, self._agent.end_episode())
        episode = int(progress["episode"][0])
        episodes.returns[episode] = progress["episode_return"][0]
        episodes.lengths[episode] = progress["step"][0]
        episodes.successes[episode] = succeeds
        progress["episode"] = episode + 1
        progress["epsilon"] = self._agent.epsilon
        progress["between_episodes"] = True


def _note(recording: Recording, learned: Update | None) -> None:
    if learned is not None:
        chosen = NONE if learned.next_action is None else learned.next_action
        write_update(recording.update, learned._replace(next_action=chosen))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Has an interrupt from the keyboard wait: half a step must not be recorded."""
    if threading.current_thread() is not threading.main_thread():
        yield  # it never comes in another thread
        return
    waiting: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *told: waiting.append(told))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if waiting and callable(before):
            before(*waiting[0])
