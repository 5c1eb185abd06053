"""`Trainer`: one training run, from start to finish."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from gridworld import kernel
from gridworld.agents import QLearningAgent, check_seed
from gridworld.config import GridWorldConfig, QLearningConfig
from gridworld.snapshot import Snapshot, Status, Transition
from gridworld.world import World

#: Steps between two looks at the progress bar: a few milliseconds.
_TRAIN_CHUNK = 100_000


class StatusError(RuntimeError):
    """A call that the status of the run does not allow; the message says what is allowed."""


class Trainer:
    """Trains a tabular agent on a grid world, in one go or a few steps at a time.

    The result depends on the configs and the seed alone, to the last bit: not on the
    sizes of the steps, and equal to a loop written by hand over `GridWorldEnv` and
    `QLearningAgent` with the same seed.

    Status: ``IDLE → RUNNING ⇄ PAUSED → STOPPED | FINISHED``, ``FAILED`` on an error, and
    `reset` leads back to ``IDLE`` from anywhere. The configs and the seed are read at the
    start: editing them during a run changes nothing in that run.

    Example:
        >>> trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(), seed=0)
        >>> trainer.train()
        >>> trainer.snapshot.episode_returns[-1]

    Args:
        world_config: The world; the easy level by default.
        learning_config: The learner; Q-learning with its defaults by default.
        seed: Whole number from 0, from which both generators derive.

    Attributes:
        world: The present run's `World`.
        agent: The present run's agent, with its Q-table and its generator.
        np_random: The world's generator.

    Raises:
        ValueError: If the seed is not a whole number from 0.
    """

    def __init__(
        self,
        world_config: GridWorldConfig | None = None,
        learning_config: QLearningConfig | None = None,
        seed: int = 0,
    ) -> None:
        self.world_config = world_config or GridWorldConfig()
        self.learning_config = learning_config or QLearningConfig()
        self.seed = seed
        self.reset()
        # Compiles the loop, or loads it from its cache: now, not at the first step.
        self._run(0, self._num_episodes)

    @property
    def seed(self) -> int:
        """Seed of the next run to start."""
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = check_seed(seed)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self._status

    def start(self) -> None:
        """Starts a run: ``IDLE → RUNNING``."""
        self._require("start", Status.IDLE)
        self.reset()
        self._status = Status.RUNNING

    def pause(self) -> None:
        """``RUNNING → PAUSED``."""
        self._require("pause", Status.RUNNING)
        self._status = Status.PAUSED

    def resume(self) -> None:
        """``PAUSED → RUNNING``."""
        self._require("resume", Status.PAUSED)
        self._status = Status.RUNNING

    def stop(self) -> None:
        """Ends the run before its time: ``RUNNING, PAUSED → STOPPED``."""
        self._require("stop", Status.RUNNING, Status.PAUSED)
        self._status = Status.STOPPED

    def fail(self) -> None:
        """Marks the run as failed; all that it learned stays."""
        self._status = Status.FAILED

    def reset(self) -> None:
        """Clears the run, from any status, and reads the configs and the seed anew."""
        world = self.world = World.from_config(self.world_config)
        learning = self.learning_config
        agent = self.agent = QLearningAgent(learning, world.n_states, world.n_actions, self.seed)
        self.np_random = np.random.default_rng(self.seed)
        self._layout = self.world_config.layout
        self._num_episodes = int(learning.num_episodes)
        self._model = kernel.Model(
            world.next_state,
            world.cumulative,
            world.reward,
            world.terminal,
            world.goal,
            world.start_states,
            int(self.world_config.max_steps),
        )
        self._rates = kernel.Rates(
            agent.learning_rate, agent.discount_factor, agent.epsilon_decay, agent.min_epsilon
        )
        self._visits = np.zeros_like(agent.q_values, dtype=np.int64)
        self._trail = np.zeros(kernel.TRAIL_LENGTH, dtype=np.int64)
        # Memory is committed as it is written, so a long run costs nothing up front.
        self._records = kernel.Records(
            np.zeros(self._num_episodes),
            np.zeros(self._num_episodes, dtype=np.int64),
            np.zeros(self._num_episodes, dtype=np.bool_),
        )
        self._progress = np.zeros(1, dtype=kernel.PROGRESS)
        self._progress["state"] = self._trail[0] = world.start_states[0]
        self._progress["epsilon"] = agent.epsilon
        self._progress["between_episodes"] = True
        self._transition = np.zeros(1, dtype=kernel.TRANSITION)
        self._status = Status.IDLE

    def step(self) -> Transition:
        """Makes one update and pauses; starts the run if it is ``IDLE``.

        Returns:
            The update, with its numbers.
        """
        self._begin("step", Status.PAUSED)
        self._advance(1, self._num_episodes)
        self._pause_unless_finished()
        return Transition(*self._transition[0].item())

    def step_episode(self) -> int:
        """Goes on to the end of the episode and pauses; starts the run if it is ``IDLE``.

        Returns:
            Steps taken.
        """
        self._begin("step_episode", Status.PAUSED)
        taken = self._advance(int(self._model.max_steps), int(self._progress["episode"][0]) + 1)
        self._pause_unless_finished()
        return taken

    def advance(self, n_steps: int) -> int:
        """Trains for ``n_steps`` updates, or to the end of the run; starts it if ``IDLE``.

        Returns:
            Steps taken.

        Raises:
            ValueError: If ``n_steps`` is not a whole number from 0.
            StatusError: If the status is neither ``RUNNING`` nor ``IDLE``.
        """
        if isinstance(n_steps, bool) or not isinstance(n_steps, (int, np.integer)) or n_steps < 0:
            raise ValueError(f"n_steps must be a whole number from 0, got {n_steps!r}")
        self._begin("advance", Status.RUNNING)
        return self._advance(int(n_steps), self._num_episodes)

    def train(self) -> None:
        """Trains to the end of the run, from ``IDLE``, ``RUNNING`` or ``PAUSED``.

        Shows a progress bar over the episodes. An interrupt from the keyboard pauses the
        run; calling `train` again goes on.
        """
        from tqdm.auto import tqdm

        self._begin("train", Status.RUNNING, Status.PAUSED)
        with tqdm(
            total=self._num_episodes, initial=self.snapshot.episode, unit="episode"
        ) as progress_bar:
            try:
                while self._status is Status.RUNNING:
                    before = int(self._progress["episode"][0])
                    self._advance(_TRAIN_CHUNK, self._num_episodes)
                    progress_bar.update(int(self._progress["episode"][0]) - before)
            except KeyboardInterrupt:
                self._pause_unless_finished()
                raise

    @property
    def snapshot(self) -> Snapshot:
        """The run at this instant; costs the same after a million episodes."""
        progress = self._progress[0]
        episode, step = int(progress["episode"]), int(progress["step"])
        last_update = None
        if progress["total_steps"]:
            last_update = Transition(*self._transition[0].item())
        steps = np.arange(max(0, step + 1 - kernel.TRAIL_LENGTH), step + 1)
        states = self._trail[steps % kernel.TRAIL_LENGTH]
        return Snapshot(
            status=self._status,
            layout=self._layout,
            episode=episode,
            num_episodes=self._num_episodes,
            step=step,
            total_steps=int(progress["total_steps"]),
            position=self.world.position(progress["state"]),
            trail=_read_only(np.stack(np.divmod(states, self.world.shape[1]), axis=1)),
            epsilon=float(progress["epsilon"]),
            q_values=_read_only(self.agent.q_values.copy()),
            visits=_read_only(self._visits.copy()),
            last_update=last_update,
            episode_returns=_read_only(self._records.returns[:episode]),
            episode_lengths=_read_only(self._records.lengths[:episode]),
            episode_successes=_read_only(self._records.successes[:episode]),
        )

    def _require(self, call: str, *allowed: Status) -> None:
        if self._status not in allowed:
            raise StatusError(
                f"{call}() needs status {' or '.join(allowed)}, status is {self._status}; "
                f"allowed now: {', '.join(_ALLOWED[self._status])}"
            )

    def _begin(self, call: str, *allowed: Status) -> None:
        """Sets a run going that is ``IDLE`` or has one of the ``allowed`` statuses."""
        self._require(call, Status.IDLE, *allowed)
        if self._status is Status.IDLE:
            self.start()
        self._status = Status.RUNNING

    def _pause_unless_finished(self) -> None:
        if self._status is Status.RUNNING:
            self._status = Status.PAUSED

    def _advance(self, n_steps: int, last_episode: int) -> int:
        with self._failing():
            taken = self._run(n_steps, last_episode)
        if self._progress["episode"][0] == self._num_episodes:
            self._status = Status.FINISHED
        return taken

    def _run(self, n_steps: int, last_episode: int) -> int:
        taken = kernel.run(
            self._model,
            self._rates,
            self.agent.q_values,
            self._visits,
            self._trail,
            self._records,
            self._progress,
            self._transition,
            self.agent.np_random,
            self.np_random,
            n_steps,
            last_episode,
        )
        self.agent.epsilon = float(self._progress["epsilon"][0])
        return int(taken)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.fail()
            raise


_ALLOWED = {
    Status.IDLE: ("start()", "step()", "step_episode()", "advance()", "train()", "reset()"),
    Status.RUNNING: ("pause()", "stop()", "advance()", "train()", "reset()"),
    Status.PAUSED: ("resume()", "step()", "step_episode()", "stop()", "train()", "reset()"),
    Status.STOPPED: ("reset()",),
    Status.FINISHED: ("reset()",),
    Status.FAILED: ("reset()",),
}


def _read_only(array: NDArray) -> NDArray:
    """A read-only view of an array."""
    view = array.view()
    view.setflags(write=False)
    return view
