"""`Trainer`: one training run, from start to finish."""

import math
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import ALGORITHMS, DEFAULT_ALGORITHM
from gridworld.learning.agent import TabularAgent
from gridworld.learning.config import LearningConfig
from gridworld.learning.records import Step
from gridworld.parameters import check_whole
from gridworld.runs.changes import check_changes, check_number, check_value
from gridworld.runs.greedy import GreedyEpisode, greedy_episode, start_of
from gridworld.runs.pictures import Pictures, made_to_show
from gridworld.runs.rerun import Rerun
from gridworld.runs.run import Run
from gridworld.runs.snapshot import RECENT_EPISODES, Change, Snapshot
from gridworld.runs.spec import Held, RunSpec, parameters_of
from gridworld.runs.stages import stage_at, stages_of
from gridworld.runs.status import Status, require
from gridworld.saving.read import check_status, load
from gridworld.saving.restore import restore
from gridworld.saving.schema import SavedRun, state_of
from gridworld.saving.write import save
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env import GridWorldEnv
from gridworld.worlds.env_config import EnvConfig, config_of
from gridworld.worlds.levels import LEVELS
from gridworld.worlds.world import World

__all__ = ["RECENT_EPISODES", "Trainer"]

#: Steps between two updates of the progress bar; they take a few milliseconds.
_STEPS_PER_UPDATE = 100_000
#: Steps of an episode that are taken at once where an environment is stepped in Python.
_STEPS_OF_EPISODE = 20_000


class Trainer:
    """Trains a tabular agent in a world, in one go or a few steps at a time.

    The result depends on the configs and the seed alone, to the last bit: not on the
    sizes of the steps, and equal to a loop written by hand over `GridWorldEnv` and
    the algorithm's agent with the same seed.

    Status: ``IDLE → RUNNING ⇄ PAUSED → STOPPED | FINISHED``, ``FAILED`` on an error, and
    `reset` leads back to ``IDLE`` from any status. The configs and the seed are read at the
    start: editing them during a run changes nothing in that run.

    Example:
        >>> trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(), seed=0)
        >>> trainer.train()
        >>> trainer.snapshot.episode_returns[-1]

    An environment that has a table ``P`` of its outcomes is trained on by that, as grid worlds
    are. Where it has none, or steps do not come out as it says, the environment itself is stepped
    by the readable agent: slower, without planning, and a run that comes from a file goes on with
    the next episode.

    Args:
        world_config: The world: a config or a Gymnasium environment of discrete actions and
            observations that can be counted; the easy level by default.
        learning_config: The learner, whose class tells the algorithm; Q-learning with its
            defaults by default.
        seed: Whole number from 0, from which both generators derive.
        changes: Changes of parameters that every run makes, such as the `changes` of another
            trainer.

    Raises:
        ValueError: If the seed is not a whole number from 0, a change is not allowed, the
            learner's config belongs to no algorithm, an environment has a space of another type, or
            there is nothing to plan with.
        TypeError: If the world is neither a config nor an environment.
    """

    _run: Run
    _origin: RunSpec
    _status: Status
    _is_fresh: bool
    _rerun: Rerun | None

    def __init__(
        self,
        world_config: GridWorldConfig | EnvConfig | gymnasium.Env[Any, Any] | None = None,
        learning_config: LearningConfig | None = None,
        seed: int = 0,
        changes: Iterable[Change] = (),
    ) -> None:
        self.world_config = config_of(world_config)
        self.learning_config = learning_config or ALGORITHMS[DEFAULT_ALGORITHM].config()
        self.seed = seed
        self._changes = check_changes(changes)
        self._pictures = Pictures()
        self.reset()

    @property
    def world(self) -> World | None:
        """The present run's world, as it is now: a later map may have come.

        None where the environment itself is stepped.
        """
        return self._run.world

    @property
    def agent(self) -> TabularAgent | None:
        """The present run's agent, with its Q-table and its generator.

        It learns in the same arrays as the run; its parameters show those of the run, which
        `tune` changes. None for an algorithm that has no agent. Ask for it once the run has begun:
        `start` replaces a run that somebody may have changed before.
        """
        self._is_fresh = False
        return self._run.agent

    @property
    def np_random(self) -> np.random.Generator:
        """The world's generator."""
        self._is_fresh = False
        return self._run.np_random

    @property
    def seed(self) -> int:
        """Seed of the next run to start."""
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = check_whole("seed", seed)

    @property
    def origin(self) -> RunSpec:
        """The spec of the present run; later changes of the configs do not change it."""
        return self._origin

    @property
    def settings(self) -> RunSpec:
        """The spec of the next run; setting it sets the configs, the seed and the changes.

        Raises:
            ValueError: If a value is not allowed.
        """
        return RunSpec.of(self.world_config, self.learning_config, self.seed, self._changes)

    @settings.setter
    def settings(self, settings: RunSpec) -> None:
        world, learning = settings.world_config, settings.learning_config
        self.seed, self._changes = settings.seed, check_changes(settings.scheduled)
        if isinstance(world, GridWorldConfig) and isinstance(self.world_config, GridWorldConfig):
            self.world_config.copy_from(world)
        else:
            self.world_config = world
        if type(learning) is type(self.learning_config):
            self.learning_config.param.update(**parameters_of(learning))
        else:
            self.learning_config = learning

    @property
    def settings_changed(self) -> bool:
        """Whether the settings would make another run than the present one."""
        return not self.settings.makes_the_same_run_as(self._origin)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self._status

    def compile(self) -> None:
        """Compiles the run's loop, or loads it from the disk; else the first step does."""
        self._run.compile()

    def start(self) -> None:
        """Starts a run: ``IDLE → RUNNING``."""
        require("start", self.status, Status.IDLE)
        if not self._is_fresh or self.settings != self._origin:
            self.reset()
        self._status = Status.RUNNING

    def pause(self) -> None:
        """``RUNNING → PAUSED``."""
        require("pause", self.status, Status.RUNNING)
        self._status = Status.PAUSED

    def resume(self) -> None:
        """``PAUSED → RUNNING``."""
        require("resume", self.status, Status.PAUSED)
        self._status = Status.RUNNING

    def stop(self) -> None:
        """Ends the run before its time: ``RUNNING, PAUSED → STOPPED``."""
        require("stop", self.status, Status.RUNNING, Status.PAUSED)
        self._status = Status.STOPPED

    def fail(self) -> None:
        """Marks the run as failed; everything that it learned stays."""
        self._status = Status.FAILED

    def reset(self) -> None:
        """Replaces the run, from any status, by a new one of the configs and the seed."""
        before, origin = getattr(self, "_run", None), self.settings
        algorithm = ALGORITHMS[origin.algorithm]
        is_same = before is not None and self._origin.world == origin.world
        if before is None or not is_same or before.algorithm.plans != algorithm.plans:
            stages, analyses = stages_of(self.world_config, algorithm.plans), []
        else:
            # Planning takes long on a large map, and its results stay valid in the same world.
            stages, analyses = before.stages, before.analyses
        is_stepped = stages[0].world is None or algorithm.loop is None
        run = Run(
            stages,
            algorithm,
            self.learning_config,
            self.seed,
            max_steps=int(self.world_config.max_steps),
            scheduled=self._changes,
            analyses=analyses,
            env=self._env_to_step(origin) if is_stepped else None,
        )
        # In one statement, so that an interrupt leaves either the old run or the new one.
        # A fresh run is one that nobody can have changed yet: `start` may use it.
        self._run, self._origin, self._status, self._is_fresh = run, origin, Status.IDLE, True
        self._rerun = None  # which would keep the old run in memory

    @staticmethod
    def _env_to_step(origin: RunSpec) -> gymnasium.Env[Any, Any]:
        """The environment that a run steps itself."""
        if origin.env is not None:
            return origin.env
        name = LEVELS[origin.level].env
        return GridWorldEnv(origin.world_config) if name is None else made_to_show(name)

    def hold(self) -> Held:
        """Keeps this run and the settings, so that `bring_back` can restore both after `reset`.

        The run is not copied: training it further before `reset` changes the held run, too.
        """
        self._is_fresh = False
        return Held(self._run, self._origin, self._status, self.settings)

    def bring_back(self, held: Held) -> None:
        """Restores a held run, from any status of the present one.

        Configs and seed become those of the time of `hold`, which may differ from the spec of
        the held run. A run that was ``RUNNING`` is ``PAUSED``. The present run is lost unless
        it is held, too.

        Args:
            held: Result of `hold`.
        """
        self.settings = held.settings
        self._run, self._origin, self._is_fresh = held.run, held.origin, False
        self._status = Status.PAUSED if held.status is Status.RUNNING else held.status
        self._rerun = None

    def step(self) -> Step:
        """Takes one step and pauses; starts the run if it is ``IDLE``.

        Returns:
            The step; what was learned from it is `snapshot.last_update`.
        """
        self._begin("step", Status.PAUSED)
        self._advance(1, self._run.num_episodes)
        self._pause_unless_finished()
        step = self._run.last_step
        assert step is not None
        return step

    def step_episode(self) -> int:
        """Trains to the end of the episode and pauses; starts the run if it is ``IDLE``.

        Where an environment itself is stepped, it pauses after 20,000 steps at the latest: an
        episode without a limit may never end.

        Returns:
            Steps taken.
        """
        self._begin("step_episode", Status.PAUSED)
        most = self._run.longest_episode
        most = most if self._run.stepped is None else min(most, _STEPS_OF_EPISODE)
        taken = self._advance(most, self._run.episode + 1)
        self._pause_unless_finished()
        return taken

    def step_phase(self) -> int:
        """Trains to the end of the phase and pauses; starts the run if it is ``IDLE``.

        Policy iteration evaluates its policy by as many sweeps as that takes, or improves it. With
        all others it is `step_episode`.

        Returns:
            Steps taken.
        """
        self._begin("step_phase", Status.PAUSED)
        before, taken = self._improves, 0
        while self._status is Status.RUNNING:
            taken += self._advance(self._run.longest_episode, self._run.episode + 1)
            if before is None or self._improves is not before:
                self._pause_unless_finished()
        return taken

    @property
    def _improves(self) -> bool | None:
        """Whether policy iteration is improving its policy; None for all others."""
        run = self._run
        inside = run.algorithm.inside(run.memory)
        return None if inside.policy is None or inside.sweep is None else inside.sweep.improves

    def advance(self, n_steps: int, until_episode: int | None = None) -> int:
        """Trains for ``n_steps`` steps, or to the end of the run; starts it if ``IDLE``.

        Args:
            n_steps: Steps to take at most.
            until_episode: Number of completed episodes at which to pause; None for no pause.

        Returns:
            Steps taken.

        Raises:
            ValueError: If ``n_steps`` or ``until_episode`` is not a whole number from 0.
            StatusError: If the status is neither ``RUNNING`` nor ``IDLE``.
        """
        n_steps = check_whole("n_steps", n_steps)
        if until_episode is None:
            self._begin("advance", Status.RUNNING)
            return self._advance(n_steps, self._run.num_episodes)
        until_episode = check_whole("until_episode", until_episode)
        self._begin("advance", Status.RUNNING)
        taken = self._advance(n_steps, until_episode)
        if self._run.episode >= until_episode:
            self._pause_unless_finished()
        return taken

    def train(self, show_progress: bool = True) -> None:
        """Trains to the end of the run, from ``IDLE``, ``RUNNING`` or ``PAUSED``.

        An interrupt from the keyboard pauses the run; calling `train` again continues it.

        Args:
            show_progress: Whether to show a progress bar over the episodes.
        """
        from tqdm.auto import tqdm

        self._begin("train", Status.RUNNING, Status.PAUSED)
        with tqdm(
            total=self._run.num_episodes,
            initial=self._run.episode,
            unit="episode",
            disable=not show_progress,
        ) as progress_bar:
            try:
                while self._status is Status.RUNNING:
                    before = self._run.episode
                    self._advance(_STEPS_PER_UPDATE, self._run.num_episodes)
                    progress_bar.update(self._run.episode - before)
            except KeyboardInterrupt:
                self._pause_unless_finished()
                raise

    def tune(self, **parameters: float) -> None:
        """Changes parameters of the learner during the run, from the next update on.

        Args:
            **parameters: New values of what `gridworld.TUNABLE` names. They are recorded in
                `changes`; a trainer made with these changes makes the same run again, to the last
                bit.

        Raises:
            StatusError: If no run is under way.
            ValueError: If a parameter is not one of these or has no effect in this run, a value
                is not allowed, or the run would have more than 10,000 changes; then nothing has
                been changed.
        """
        require("tune", self.status, Status.RUNNING, Status.PAUSED)
        values = {name: check_value(name, value) for name, value in parameters.items()}
        for name in values:
            if name not in self._run.in_effect:
                settings = f"{self.origin.algorithm} with exploration {self._run.exploration}"
                raise ValueError(
                    f"{name} must be one that has an effect, it has none in {settings}"
                )
        check_number(len(self._run.changes) + len(self._run.scheduled) + len(values))
        for name, value in values.items():
            self._run.tune(name, value)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Changes of parameters made so far in this run."""
        return self._run.changes

    @property
    def total_steps(self) -> int:
        """Steps taken in the whole run."""
        return self._run.total_steps

    @property
    def keyframes(self) -> tuple[Snapshot, ...]:
        """The run at evenly spaced numbers of steps, at most 200 of them."""
        return tuple(self._run.keyframes())

    def keyframe_at(self, total_steps: int) -> Snapshot:
        """The latest of the `keyframes` that was taken after at most so many steps."""
        total_steps = check_whole("total_steps", total_steps)
        return self._run.keyframe(bisect_right(self._run.keyframe_steps, total_steps) - 1)

    def moment_at(self, total_steps: int, seconds: float = math.inf) -> Snapshot:
        """The run as it was after exactly so many steps, before any change made at that step.

        The steps up to there are taken once more, in a copy of the run; after a call for an
        earlier moment, only those from there on. Like the `keyframes` it tells nothing of
        planning.

        Args:
            total_steps: Steps taken in the whole run, at most as many as now.
            seconds: About how long it may take; the next call continues the work.

        Returns:
            The moment. The latest of the `keyframes` before it, where the time does not
            suffice, or where the run cannot be made again, as its Q-table or a generator was
            changed from outside.

        Raises:
            ValueError: If the run has not taken so many steps.
        """
        total_steps = check_whole("total_steps", total_steps, 0, self.total_steps)
        if self._rerun is None or self._rerun.run is not self._run:
            self._rerun = Rerun(self._run, self._origin.learning_config, self._origin.seed)
        moment = self._rerun.moment_at(total_steps, seconds)
        return self.keyframe_at(total_steps) if moment is None else moment

    def after_episode(self, episode: int, seconds: float = math.inf) -> Snapshot:
        """The run as it was at the end of an episode; see `moment_at`.

        Args:
            episode: Number of completed episodes, at most as many as now; 0 for the beginning.
            seconds: About how long it may take.

        Raises:
            ValueError: If the run has not completed so many episodes.
        """
        episode = check_whole("episode", episode, 0, self._run.episode)
        total_steps = int(self._run.recording.episodes.lengths[:episode].sum())
        return self.moment_at(total_steps, seconds)

    def greedy_episode(
        self,
        seed: int,
        start: tuple[int, int] | int | None = None,
        moment: Snapshot | int | None = None,
    ) -> GreedyEpisode:
        """One episode of the greedy policy, without learning; the run does not change.

        It is that of a loop written by hand over `GridWorldEnv` and an agent of this seed with
        ε = 0 that does not learn. A policy that never ends is cut off after the world's
        ``max_steps`` steps.

        Args:
            seed: Whole number from 0, from which all chance in the episode derives: start,
                outcomes, and actions that are tied.
            start: The cell ``(row, col)`` or the state to start from; drawn as the environment
                draws its starts by default.
            moment: The moment of this run whose policy it is: a snapshot, or the steps taken by
                then; now by default.

        Returns:
            The states, the actions and the rewards.

        Raises:
            ValueError: If the seed is not a whole number from 0, the start is a wall, a cliff,
                a goal, a pit or not on the map, the moment is none of this run, or there is no
                table of the world.
        """
        seed, run = check_whole("seed", seed), self._run
        if isinstance(moment, int | np.integer) and not isinstance(moment, bool):
            moment = self.moment_at(int(moment))
        if moment is not None and not isinstance(moment, Snapshot):
            raise ValueError(f"moment must be a Snapshot or a number of steps, got {moment!r}")
        total_steps = run.total_steps if moment is None else moment.total_steps
        stage = run.stages[stage_at(run.stages, total_steps)]
        if moment is not None and moment.layout != stage.layout:
            raise ValueError("moment must be a snapshot of this run, got one of another map")
        q_values = run.q_values if moment is None else moment.q_values
        if stage.world is None:
            raise ValueError(
                f"world must have a table of its outcomes, {self._origin.level} has none to follow"
            )
        state = None if start is None else start_of(stage.world, stage.layout, start)
        return greedy_episode(stage.world, q_values, run.max_steps, seed, state)

    def analyse(self, seconds: float = math.inf) -> bool:
        """Compares the run with the exact answers of planning.

        From then on snapshots contain ``plan``, ``optimal_return``, ``gap`` and the evaluations.
        Results that exist already are not computed again.

        Args:
            seconds: About how long it may take; the next call continues the work.

        Returns:
            Whether all results are there.
        """
        return self._run.analyse(seconds)

    @property
    def snapshot(self) -> Snapshot:
        """The run at this instant; costs the same after a million episodes."""
        return self._run.snapshot(self._status)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the whole run to a file, from any status; the run itself does not change.

        Configs and seed are saved as the run read them at its start. A run that is
        ``RUNNING`` is ``PAUSED`` when it is loaded. An existing file is replaced when the new
        one is complete, or not at all.

        Args:
            path: The file, by custom ``*.npz``.

        Raises:
            OSError: If the file cannot be written.
        """
        self.saving()(path)

    def render(self, state: int | None = None) -> NDArray[np.uint8] | None:
        """The picture that an environment makes of itself, pixels of shape ``(H, W, 3)``.

        Args:
            state: The state to show; by default the present one. Of an environment without a
                table only the present one can be shown.

        Returns:
            The picture; None where there is none.

        Raises:
            ImportError: If what draws it is not installed: the extra ``envs``.
        """
        return self._pictures.of(self._run, self._origin, state)

    def saving(self) -> Callable[[str | os.PathLike[str]], None]:
        """A function that saves the present state of the run, even if it is called later.

        So a run can go on while another thread writes the file; see `save`.
        """
        return partial(save, SavedRun(self._origin, self._status, state_of(self._run)))

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str] | bytes | IO[bytes],
        env: gymnasium.Env[Any, Any] | None = None,
    ) -> "Trainer":
        """Loads a saved run; when it continues, its results are the same to the last bit.

        Of the results of `analyse`, the file contains the evaluations' returns only.

        Args:
            source: Path of the file, its bytes, or a binary file.
            env: The environment of a run that is in one which is no level. A file alone never
                makes one.

        Raises:
            LoadError: If it is not a saved run, is broken, or is in another environment; the
                message names the field.
            OSError: If the file cannot be opened.
        """
        origin, status, state = load(source, None if env is None else EnvConfig(env))
        trainer = cls(origin.world_config, origin.learning_config, origin.seed, origin.scheduled)
        restore(trainer._run, state, origin.scheduled)
        trainer._is_fresh = False
        check_status(status, trainer._run)
        trainer._status = Status.PAUSED if status is Status.RUNNING else status
        return trainer

    def _begin(self, call: str, *allowed: Status) -> None:
        """Sets the status to ``RUNNING``, from ``IDLE`` or one of the ``allowed`` statuses."""
        require(call, self.status, Status.IDLE, *allowed)
        if self._status is Status.IDLE:
            self.start()
        self._status = Status.RUNNING

    def _pause_unless_finished(self) -> None:
        if self._status is Status.RUNNING:
            self._status = Status.PAUSED

    def _advance(self, n_steps: int, last_episode: int) -> int:
        with self._failing():
            taken = self._run.advance(n_steps, min(last_episode, self._run.num_episodes))
        if self._run.ended:
            self._status = Status.FINISHED
        return taken

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.fail()
            raise
