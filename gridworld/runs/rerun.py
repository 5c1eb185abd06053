"""`Rerun`: any moment of a run, by making the same run once more."""

import time
from itertools import takewhile

import numpy as np

from gridworld.learning.config import LearningConfig
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Snapshot

#: Steps between two looks at the clock; they take less than a millisecond.
_STEPS_A_LOOK = 5_000
#: Interval at which no record of a history is ever due.
_NEVER = 2**62


class Rerun:
    """A run once more, without its history, at any moment that the run has come to.

    A run follows from its settings, its seed and the changes made during it. So each of its
    moments can be come to again, at the cost of the steps up to there; the run itself keeps
    nothing for that. Later moments are reached from the one asked for last.

    Args:
        run: The run; it may go on.
        config: The learner's settings at its start.
        seed: Its seed.

    Attributes:
        run: The run.
    """

    def __init__(self, run: Run, config: LearningConfig, seed: int) -> None:
        self.run = run
        self._config, self._seed = config, seed
        self._again: Run | None = None
        self._differs = False

    def moment_at(self, total_steps: int, seconds: float) -> Snapshot | None:
        """The run as it was after so many steps.

        Args:
            total_steps: The steps, at most as many as the run has taken.
            seconds: About how long it may take; the next call goes on from there.

        Returns:
            The moment, before any change that was made at that very step; None if there was no
            time for it, or if the run cannot be made again: somebody changed its Q-table or a
            generator from outside.
        """
        end = time.perf_counter() + seconds
        changed_at = self.run.changes[-1].total_steps if self.run.changes else -1
        if total_steps == self.run.total_steps != changed_at:
            return self.run.moment()
        kept = self.run.keyframe_steps
        if total_steps in kept and not self.run.algorithm.has_inside:
            return self.run.keyframe(kept.index(total_steps))
        if self.run.stepped is not None:  # its environment has gone on
            return None
        latest = total_steps - total_steps % kept.step  # keyframe, if there is one
        again = self._again
        if again is None or again.total_steps > total_steps:
            again = self._again = self._begun()
        while not self._differs and again.total_steps < total_steps:
            stop = min(total_steps, again.total_steps + _STEPS_A_LOOK)
            if again.total_steps < latest:
                stop = min(stop, latest)
            self._go_on(again, stop)
            if stop in kept:
                self._differs = not self._agrees(again, kept.index(stop))
            if again.total_steps < total_steps and time.perf_counter() > end:
                return None
        return None if self._differs else again.moment()

    def _begun(self) -> Run:
        run = self.run
        again = Run(
            run.stages,
            run.algorithm,
            self._config,
            self._seed,
            max_steps=run.max_steps,
            analyses=run.analyses,
        )
        # The run is known to have gone on, and keeps the history itself.
        again.optimal_evaluations = 0
        for records in (again.recording.keyframes, again.recording.policies):
            records.thinning["interval"] = _NEVER
        return again

    def _go_on(self, again: Run, stop: int) -> None:
        """Trains on to ``stop`` steps, with the changes that were made before."""
        left = self.run.changes[len(again.changes) :]
        again.scheduled = tuple(takewhile(lambda change: change.total_steps < stop, left))
        again.advance(stop - again.total_steps, self.run.num_episodes)

    def _agrees(self, again: Run, i: int) -> bool:
        """Whether this is what the run kept at the same step."""
        kept = self.run.recording.keyframes
        return (
            np.array_equal(kept.q_values[i], again.q_values.reshape(-1))
            and np.array_equal(kept.visits[i], again.recording.visits.reshape(-1))
            and kept.progress["state"][i] == again.progress["state"][0]
        )
