"""`Room`: a trainer and its pace. It knows no page; pages ask it to go on."""

import math
import time
from typing import Any
from weakref import WeakSet

import param

from dashboard.pace import Pace
from gridworld import GridWorldConfig, QLearningConfig, Snapshot, Status, Trainer, parameters

_rooms: WeakSet["Room"] = WeakSet()

#: Seconds that a frame may come before its time.
_EARLY = 0.002
#: Seconds without a call after which a training counts as resting.
_REST = 1.0


class Room(param.Parameterized):
    """A trainer, its configs and its pace, for any number of pages.

    Whoever asks first steps the training when a frame is due; a training that nobody
    asks for rests. Changes of a config show at once while no run is under way.
    """

    seed = parameters.Whole(
        default=0,
        bounds=(0, 2**32 - 1),
        doc="Seed of all chance in the run; the same seed gives the same run, to the last bit.",
    )

    def __init__(
        self,
        world_config: GridWorldConfig | None = None,
        learning_config: QLearningConfig | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.world_config = world_config or GridWorldConfig()
        self.learning_config = learning_config or QLearningConfig()
        self.pace = Pace()
        self._trainer = Trainer(self.world_config, self.learning_config, self.seed)
        #: Counts the changes, so that a page knows whether it has drawn the latest.
        self.revision = 0
        #: Seconds that the run has been going, pauses left out.
        self.seconds = 0.0
        self._due = 0.0
        self._advanced_at = math.inf  # not since the run was last set going
        self._snapshot = self._trainer.snapshot
        self.world_config.param.watch(self._on_world_change, list(self.world_config.param))
        self.learning_config.param.watch(self._on_setting, list(self.learning_config.param))
        self.param.watch(self._on_setting, "seed")
        _rooms.add(self)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self._trainer.status

    @property
    def locked(self) -> bool:
        """Whether a run is under way, so that its settings must not change."""
        return self.status in (Status.RUNNING, Status.PAUSED)

    @property
    def snapshot(self) -> Snapshot:
        """The run at the present ``revision``."""
        return self._snapshot

    def advance_to(self, now: float) -> None:
        """Trains if a frame is due.

        Args:
            now: Seconds, from a clock that never goes back.
        """
        period = self.pace.period
        # A timer may be a little early; a frame must not be lost to that.
        early = min(_EARLY, period / 20)
        if self.status is not Status.RUNNING or now < self._due - early:
            return
        self._due = now + period  # a frame that is late is not caught up with
        n_sharing = sum(room._is_busy(now) for room in _rooms if room is not self) + 1
        started = time.perf_counter()
        self.seconds += max(0.0, min(now - self._advanced_at, 2 * period))
        self._advanced_at = now
        n_steps = self._trainer.advance(self.pace.steps_due(n_sharing))
        self.pace.observe(n_steps, time.perf_counter() - started)
        self._changed()

    def start(self) -> None:
        """Starts a run, from the beginning if there was one before."""
        if self.status in (Status.STOPPED, Status.FINISHED, Status.FAILED):
            self._trainer.reset()
        self._trainer.start()
        self._advanced_at = math.inf
        self.seconds = 0.0
        self._changed()

    def pause(self) -> None:
        """Holds the run still."""
        self._trainer.pause()
        self._changed()

    def resume(self) -> None:
        """Goes on with a run that is paused."""
        self._trainer.resume()
        self._advanced_at = math.inf
        self._changed()

    def step(self) -> None:
        """Makes one update."""
        self._trainer.step()
        self._changed()

    def step_episode(self) -> None:
        """Goes on to the end of the episode."""
        self._trainer.step_episode()
        self._changed()

    def stop(self) -> None:
        """Ends the run; what was learned stays until the next one."""
        self._trainer.stop()
        self._changed()

    def reset(self) -> None:
        """Clears the run."""
        self._trainer.reset()
        self._changed()

    def fail(self) -> None:
        """Ends a run in which something went wrong; what was learned stays."""
        self._trainer.fail()
        self._changed()

    def close(self) -> None:
        """Leaves the processor to the others."""
        _rooms.discard(self)

    def _is_busy(self, now: float) -> bool:
        return self.status is Status.RUNNING and 0 <= now - self._advanced_at < _REST

    def _changed(self) -> None:
        self._snapshot = self._trainer.snapshot
        self.revision += 1

    def _on_world_change(self, *_: param.parameterized.Event) -> None:
        # What was learned on another map does not fit this one.
        if not self.locked:
            self.reset()

    def _on_setting(self, *_: param.parameterized.Event) -> None:
        self._trainer.seed = self.seed
        if self.status is Status.IDLE:
            self.reset()
