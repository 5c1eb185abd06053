"""`Room`: a trainer and its pace. It knows no page; pages ask it to go on."""

import math
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np
import param
from numpy.typing import NDArray

from dashboard.rooms import sharing
from dashboard.rooms.brought import Brought
from dashboard.rooms.counters import counters
from dashboard.rooms.discarded import Discarded
from dashboard.rooms.learner import LearnerChoice
from dashboard.rooms.locking import alone
from dashboard.rooms.pace import Pace
from dashboard.rooms.preparation import preparation
from dashboard.rooms.tuning import Tuning
from gridworld import (
    ALGORITHMS,
    LEVELS,
    RECENT_EPISODES,
    TUNABLE,
    GreedyEpisode,
    GridWorldConfig,
    LearningConfig,
    RunSpec,
    Snapshot,
    Status,
    StatusError,
    Trainer,
    learner_of,
    parameters,
)

#: Seconds that a frame may come before its time.
_EARLY_SECONDS = 0.002
#: Share of the period by which a late frame leaves the next one's time as it was.
_LATE_SHARE = 0.5
#: Seconds without a call after which a training counts as resting.
_REST_SECONDS = 1.0
#: Seconds between two counts of the trainings that share the processor.
_COUNT_SECONDS = 0.5
#: Least seconds between two comparisons with the exact answers.
_ANALYSIS_INTERVAL_SECONDS = 1.0
#: Seconds of one call for such a comparison, which may take several.
_ANALYSIS_CALL_SECONDS = 0.005
#: Share of the time that these calls may take.
_ANALYSIS_SHARE = 0.1
#: Seconds of one call for an earlier moment of the run.
_MOMENT_SECONDS = 0.004
_OVER = (Status.STOPPED, Status.FINISHED, Status.FAILED)
_IS_OVER = "The run is over; Start begins a new one"
_NOT_BEGUN = "There is no run yet; Start begins one"


class Room(param.Parameterized):
    """A trainer, its configs and its pace, for any number of pages, and their threads.

    Whoever asks first steps the training when a frame is due; a training that nobody
    asks for rests. Changes of a config show at once as long as nothing has been learned; what
    was learned stays until the next run is started. Whatever discards it keeps it for a
    while, so that `undo` brings it back.

    A level that is chosen brings its learner and its pace, in place of what the level before
    brought: the algorithm, each parameter of the learner, and the pace. What is not as the
    level before brought it was set by a person, and stays. A map of one's own brings nothing.

    All methods may be called from several threads. Who looks first and then changes a setting
    holds the ``lock`` in between.

    Args:
        world_config: The world; the easy level by default.
        learning_config: The learner, whose class tells the algorithm; by default the level's.
        trainer: A trainer with configs of its own, in place of both; it may be stepped
            from elsewhere too.
    """

    seed = parameters.Whole(
        default=0,
        bounds=(0, 2**32 - 1),
        doc="Seed of all chance in the run; the same seed gives the same run, to the last bit.",
    )
    goal_episode = parameters.Whole(
        default=100,
        bounds=LearningConfig.param.num_episodes.bounds,
        label="Run to episode",
        doc="Completed episodes at which Run to pauses.",
    )

    def __init__(
        self,
        world_config: GridWorldConfig | None = None,
        learning_config: LearningConfig | None = None,
        trainer: Trainer | None = None,
        **params: Any,
    ) -> None:
        if trainer is not None:
            params["seed"] = trainer.seed
        super().__init__(**params)
        self.lock = RLock()
        self._n_pages = 0
        self.pace = Pace()
        if trainer is None:
            world_config = world_config or GridWorldConfig()
            learning_config = learning_config or learner_of(world_config.level)
            trainer = Trainer(world_config, learning_config, self.seed)
            self.pace.set_speed(LEVELS[world_config.level].speed)
        if not isinstance(trainer.world_config, GridWorldConfig):
            raise ValueError(
                "trainer must be of a grid world or of an environment among the levels, got "
                f"{trainer.origin.level}"
            )
        self._trainer = trainer
        self.world_config = trainer.world_config
        self.learner = LearnerChoice(trainer.learning_config)
        #: Keeps learner and pace in step with the level; the room calls it.
        self.brought = Brought(self.world_config, self.learner, self.pace)
        self.tuning = Tuning()
        #: Counts the changes, so that a page knows whether it has drawn the latest.
        self.revision = 0
        #: Title of the algorithm for which another process is still compiling; None for none.
        self.preparing: str | None = None
        #: Seconds that the run has been going, pauses left out.
        self.seconds = 0.0
        self._due = 0.0
        self._n_sharing, self._counted_at = 1, -math.inf  # trainings under way, and when
        self._advanced_at = math.inf  # not since the run was last set going
        self._finish_at = 0.0  # seconds of the run at which it should be over
        #: Completed episodes at which the run under way pauses; None if it does not.
        self.until: int | None = None
        #: Whether the run under way goes on to its end as fast as it can.
        self.is_finishing = False
        #: Counts the runs that were shown, so that a page knows whether it is another one.
        self.run_number = 0
        #: Whether the present one came as it is, by an upload or by Undo.
        self.ready_made = False
        self._discarded = Discarded()
        self._is_settling = False
        self._analysed = -1  # revision of the last analysis
        self._analysis_due, self._analysis_beat = -math.inf, random.random()
        self._snapshot = self._trainer.snapshot
        self._follow_run()
        self.world_config.param.watch(self._on_level, "level")
        for owner in self.setting_owners:
            names = ["seed"] if owner is self else list(owner.param)
            owner.param.watch(self._on_setting, names)
        self.tuning.param.watch(self._on_tuning, list(TUNABLE))
        self.pace.param.watch(lambda _: self._plan_finish(), "finish_in")
        sharing.join(self)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self._trainer.status

    @property
    def algorithm(self) -> str:
        """Key of the algorithm of the run under way, or else of the next one."""
        return str(self._trainer.origin.algorithm if self.locked else self.learner.algorithm)

    @property
    def learning_config(self) -> LearningConfig:
        """The settings of the chosen algorithm."""
        return self.learner.config

    @property
    def setting_owners(self) -> tuple[param.Parameterized, ...]:
        """The objects whose parameters are settings, those of all algorithms among them."""
        return self.world_config, self.learner, *self.learner.configs.values(), self

    @property
    def locked(self) -> bool:
        """Whether a run is under way, so that its settings must not change."""
        return self.status in (Status.RUNNING, Status.PAUSED)

    @property
    def snapshot(self) -> Snapshot:
        """The run at the present ``revision``."""
        return self._snapshot

    @property
    @alone
    def settings_changed(self) -> bool:
        """Whether settings would now make another run than the one that is shown, and is over."""
        trainer, is_settled = self._trainer, not (self.locked or self._is_settling)
        return is_settled and trainer.total_steps > 0 and trainer.settings_changed

    @property
    @alone
    def is_as_in_the_book(self) -> bool | None:
        """Whether Start would make the textbook's run; None for a level that is in no book.

        The seed and the pace do not count.
        """
        return self.brought.is_as_in_the_book()

    @property
    def can_undo(self) -> bool:
        """Whether there is a run to bring back."""
        return bool(self._discarded)

    @property
    def n_pages(self) -> int:
        """How many pages show the training."""
        return self._n_pages

    @n_pages.setter
    @alone
    def n_pages(self, n_pages: int) -> None:
        self._n_pages = n_pages
        self.revision += 1  # so that they all say so

    @property
    @alone
    def keyframes(self) -> tuple[Snapshot, ...]:
        """The run at earlier moments, evenly spaced."""
        return self._trainer.keyframes

    @alone
    def keyframe_at(self, total_steps: int) -> Snapshot:
        """The latest of these moments that came after at most so many steps."""
        return self._trainer.keyframe_at(total_steps)

    @alone
    def moment_at(self, total_steps: int) -> Snapshot:
        """The run after so many steps, or the latest of the keyframes before, for lack of time.

        The next call goes on with the work. Steps that the run has not taken count as now.
        """
        total_steps = min(total_steps, self._trainer.total_steps)
        if self._is_preparing():  # nothing can be run again yet
            return self._trainer.keyframe_at(total_steps)
        return self._trainer.moment_at(total_steps, _MOMENT_SECONDS)

    @alone
    def greedy_episode(
        self, seed: int, start: tuple[int, int] | None = None, moment: Snapshot | None = None
    ) -> GreedyEpisode:
        """One episode of the greedy policy; see `gridworld.Trainer.greedy_episode`."""
        return self._trainer.greedy_episode(seed, start, moment)

    @alone
    def render(self, state: int | None = None) -> NDArray[np.uint8] | None:
        """What an environment draws of itself; see `gridworld.Trainer.render`."""
        return self._trainer.render(state)

    @property
    def trainer(self) -> Trainer:
        """The training itself; to be stepped or read under the ``lock``."""
        return self._trainer

    @alone
    def saving(self) -> Callable[[str | os.PathLike[str]], None]:
        """What saves the run as it is now; see `gridworld.Trainer.saving`."""
        return self._trainer.saving()

    @alone
    def advance_to(self, now: float) -> None:
        """Trains if a frame is due, and compares with the exact answers from time to time.

        Args:
            now: Seconds, from a clock that never goes back.
        """
        self.let_go()
        if self._is_preparing():
            return
        period = self.pace.period
        # A timer may be a little early; a frame must not be lost to that.
        early = min(_EARLY_SECONDS, period / 20)
        if self.status is Status.RUNNING and now >= self._due - early:
            # Missed frames are skipped. A slightly late tick keeps the schedule, so that the
            # next tick, which is in time, is not judged early.
            self._due = max(min(now, self._due), now - _LATE_SHARE * period) + period
            self._train(now)
        elif (self.status, self._trainer.total_steps) != (
            self._snapshot.status,
            self._snapshot.total_steps,
        ):
            self._changed()  # stepped from elsewhere
        if now >= self._analysis_due and self.revision != self._analysed:
            self._analyse(now)

    @alone
    def start(self) -> None:
        """Starts a run, from the beginning if there was one before; not if one is going on.

        Raises:
            StatusError: If one is paused.
        """
        if self.status is Status.RUNNING:
            return
        if self.status is Status.PAUSED:
            raise StatusError("A run is paused; Resume goes on with it, Reset clears it")
        if self.status in _OVER:
            self._discarded.keep(self._trainer, self.seconds)
            self._trainer.reset()
        self._trainer.start()
        self._show_another()
        self._set_going()

    @alone
    def pause(self) -> None:
        """Holds the run still, if one goes on."""
        if self.status is not Status.RUNNING:
            return
        self._trainer.pause()
        self.is_finishing = False
        self._changed()

    @alone
    def resume(self) -> None:
        """Goes on with a run that is paused, unless it goes on already.

        Raises:
            StatusError: If there is none.
        """
        if self.status is Status.RUNNING:
            return
        if self.status is not Status.PAUSED:
            raise StatusError(_IS_OVER if self.status in _OVER else _NOT_BEGUN)
        self._trainer.resume()
        self._set_going()

    @alone
    def run_to_goal(self) -> None:
        """Goes on, or starts, and pauses once `goal_episode` episodes are completed.

        Raises:
            StatusError: If the run under way has completed these already.
        """
        episode = self.goal_episode
        if self.status in (Status.RUNNING, Status.PAUSED):
            if episode <= self.snapshot.episode:
                raise StatusError(
                    f"Run to episode must be above {self.snapshot.episode:,}, the episodes "
                    f"completed, got {episode:,}"
                )
            if self.status is Status.PAUSED:
                self.resume()
        else:
            self.start()
        self.until = episode

    @alone
    def finish(self) -> None:
        """Goes on, or starts, as fast as it goes to the end of the run."""
        if self.status is Status.PAUSED:
            self.resume()
        elif self.status is not Status.RUNNING:
            self.start()
        self.until, self.is_finishing = None, True
        self._changed()

    @alone
    def step(self) -> None:
        """Takes one step.

        Raises:
            StatusError: If the algorithm is still being compiled, or the run goes on or is over.
        """
        self._require_still("Step")
        self._trainer.step()
        counters.add_steps(1)
        self._changed()

    @alone
    def step_episode(self) -> None:
        """Goes on to the end of the episode.

        Raises:
            StatusError: If the algorithm is still being compiled, or the run goes on or is over.
        """
        self._advance_at_once("Episode", self._trainer.step_episode)

    @alone
    def step_phase(self) -> None:
        """Goes on until policy iteration has evaluated its policy, or improved it.

        Raises:
            StatusError: If the algorithm is still being compiled, or the run goes on or is over.
        """
        self._advance_at_once("Evaluate", self._trainer.step_phase)

    def _advance_at_once(self, label: str, advance: Callable[[], int]) -> None:
        self._require_still(label)
        counters.add_steps(advance())
        self._changed()

    @alone
    def stop(self) -> None:
        """Ends the run, if one is under way; what was learned stays until the next one."""
        if self.locked:
            self._trainer.stop()
            self._changed()

    @alone
    def reset(self) -> None:
        """Clears the run."""
        self._discarded.keep(self._trainer, self.seconds)
        self._trainer.reset()
        self._show_another()

    @alone
    def undo(self) -> None:
        """Brings back the run that was discarded last, and the settings as they were then.

        A run that was going is paused. The run in whose place it comes is kept in turn.

        Raises:
            StatusError: If there is none, or it has been let go of.
        """
        run = self._discarded.take()
        if run is None:
            raise StatusError("There is no earlier run to bring back")
        self._discarded.keep(self._trainer, self.seconds)
        with self._settling():
            self._choose(run.trainer, run.held.settings.algorithm)
            run.trainer.bring_back(run.held)
            self.param.update(seed=run.trainer.seed)
        if self.world_config.level != "custom":
            self.brought.level = self.world_config.level
        self._trainer = run.trainer
        self._show_another(run.seconds, ready_made=True)

    @alone
    def let_go(self) -> None:
        """Gives up the run that is kept for `undo`, once its time is over."""
        if self._discarded.let_go():
            self._changed()

    @alone
    def fail(self) -> None:
        """Ends a run in which something went wrong; what was learned stays."""
        self._trainer.fail()
        self._changed()

    @alone
    def adopt(self, trainer: Trainer) -> None:
        """Goes on with another trainer's run; settings become those of that run.

        Raises:
            StatusError: If a run is under way here.
            ValueError: If its seed is none that the page can show.
        """
        if self.locked:
            raise StatusError("A run is under way; Stop it before another one is loaded")
        self.param.seed.check(trainer.seed)
        self._discarded.keep(self._trainer, self.seconds)
        self.set_up(trainer.settings)
        trainer.world_config, trainer.learning_config = self.world_config, self.learning_config
        self._trainer = trainer
        self._show_another(ready_made=True)

    @alone
    def set_up(self, settings: RunSpec) -> None:
        """Takes all settings from elsewhere; the run stays as it is.

        Raises:
            ValueError: If a value is not allowed, or the seed none that the page can show.
        """
        with self._settling():
            self.param.update(seed=settings.seed)
            self._choose(self._trainer, settings.algorithm)
            self._trainer.settings = settings
        self.brought.level = self.world_config.level
        self._changed()

    @alone
    def as_in_the_book(self) -> None:
        """Takes all that the level brings: its world, its learner and its pace.

        A level that is in no book brings the defaults; a world of one's own stays as it is.

        Raises:
            StatusError: If a run is under way.
        """
        if self.locked:
            raise StatusError("A run is under way; Stop it before its settings are changed")
        with self._settling():
            self.brought.take_all()
        self._on_setting()

    @alone
    def close(self) -> None:
        """Leaves the processor to the others."""
        sharing.leave(self)

    def _is_preparing(self) -> bool:
        """Whether training has to wait for another process, which compiles."""
        is_under_way = preparation().is_under_way(self.algorithm)
        preparing = ALGORITHMS[self.algorithm].title if is_under_way else None
        if preparing != self.preparing:
            self.preparing = preparing
            self._changed()
        return is_under_way

    def _require_still(self, button: str) -> None:
        """Refuses, in a person's words, what trains at once."""
        if self.status is Status.RUNNING:
            raise StatusError(f"The run is going on; Pause it before you press {button}")
        if self.status in _OVER:
            raise StatusError(_IS_OVER)
        if self._is_preparing():
            raise StatusError(f"{self.preparing} is being prepared; it takes a moment")

    def _train(self, now: float) -> None:
        if not 0 <= now - self._counted_at < _COUNT_SECONDS:
            self._counted_at = now
            self._n_sharing = sharing.n_busy(now, besides=self) + 1
        started = time.perf_counter()
        self.seconds += max(0.0, min(now - self._advanced_at, 2 * self.pace.period))
        self._advanced_at = now
        n_due = self.pace.steps_due(
            self._n_sharing, self._steps_to_finish(), turbo=self.is_finishing
        )
        n_steps = self._trainer.advance(n_due, self.until)
        self.pace.observe(n_steps, time.perf_counter() - started)
        counters.add_steps(n_steps)
        self._changed()

    def _analyse(self, now: float) -> None:
        started = time.perf_counter()
        is_done = self._trainer.analyse(_ANALYSIS_CALL_SECONDS)
        pause = (time.perf_counter() - started) / _ANALYSIS_SHARE
        if is_done:
            # At a beat of its own, whenever it is called: rooms that were late together would
            # else go on doing this together.
            pause = max(_ANALYSIS_INTERVAL_SECONDS, pause)
            pause -= (now - self._analysis_beat) % _ANALYSIS_INTERVAL_SECONDS
        self._analysis_due = now + pause
        self._changed()
        self._analysed = self.revision if is_done else -1

    def _set_going(self) -> None:
        self._advanced_at = math.inf
        self.until, self.is_finishing = None, False
        self._plan_finish()
        self._changed()

    @alone
    def _plan_finish(self) -> None:
        self._finish_at = self.seconds + self.pace.finish_in

    def _steps_to_finish(self) -> int | None:
        """Steps that the next frame needs for the run to be over in time, if one is set."""
        if not self.pace.finish_in:
            return None
        lengths = self._snapshot.episode_lengths[-RECENT_EPISODES:]
        length = lengths.mean() if lengths.size else 2 * (self._snapshot.step + 1)
        n_left = (self._snapshot.num_episodes - self._snapshot.episode) * length
        n_frames = max(1.0, (self._finish_at - self.seconds) * self.pace.frame_rate)
        return math.ceil(n_left / n_frames)

    def is_busy(self, now: float) -> bool:
        """Whether a run is going on, and pages asked it to a moment ago."""
        return self.status is Status.RUNNING and 0 <= now - self._advanced_at < _REST_SECONDS

    def _changed(self) -> None:
        self._snapshot = self._trainer.snapshot
        self.revision += 1

    @alone
    def _on_level(self, _: param.parameterized.Event) -> None:
        """Brings what comes with the level that was chosen."""
        if self._is_settling or self.locked:
            return
        with self._settling():  # all at once
            self.brought.follow()
        self._on_setting()

    @alone
    def _on_setting(self, *_: param.parameterized.Event) -> None:
        if self._is_settling:
            return
        self._trainer.seed = self.seed
        self._trainer.learning_config = self.learning_config
        if self.locked or self._trainer.total_steps:
            self._changed()  # as for what is told of the settings
        else:
            self.reset()

    def _choose(self, trainer: Trainer, algorithm: str) -> None:
        """Has a trainer take its settings from the config of an algorithm."""
        self.learner.param.update(algorithm=algorithm)
        trainer.learning_config = self.learning_config

    @contextmanager
    def _settling(self) -> Iterator[None]:
        """Lets settings change all together, as those of a run from elsewhere."""
        self._is_settling = True
        try:
            yield
        finally:
            self._is_settling = False

    def _show_another(self, seconds: float = 0.0, ready_made: bool = False) -> None:
        """Shows another run than before, which has been going for so many seconds."""
        self.run_number += 1
        self.seconds, self.ready_made = seconds, ready_made
        self.until, self.is_finishing = None, False
        self._follow_run()
        self._changed()

    @alone
    def follow_run(self) -> None:
        """Has the tuning show what holds in the run now: epsilon decays by itself."""
        self._follow_run()

    @alone
    def _on_tuning(self, *events: param.parameterized.Event) -> None:
        if self.locked and self.tuning.allowed and not self._following:
            self._trainer.tune(**{event.name: event.new for event in events})
            self._changed()

    def _follow_run(self) -> None:
        now = self._trainer.snapshot
        self._following = True
        try:
            self.tuning.param.update(**{name: getattr(now, name) for name in TUNABLE})
        finally:
            self._following = False
