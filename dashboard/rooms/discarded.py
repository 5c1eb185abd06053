"""`Discarded`: the run that was discarded last, kept for a while."""

import time
from typing import NamedTuple

from gridworld import Held, Trainer

#: Seconds for which a run that was discarded can be brought back.
UNDO_SECONDS = 300.0
#: What a page says of it where that has just happened.
UNDO_OFFER = f"Undo brings the earlier run back for {UNDO_SECONDS / 60:g} minutes."


class Run(NamedTuple):
    """A run that was discarded.

    Attributes:
        trainer: What trained it.
        held: The run, and the settings as they were at that time.
        seconds: How long it had been going.
        until: When it is let go of, on the clock of `time.monotonic`.
    """

    trainer: Trainer
    held: Held
    seconds: float
    until: float


class Discarded:
    """Holds one run, since each may take tens of megabytes; true as long as it does."""

    def __init__(self) -> None:
        self._run: Run | None = None

    def __bool__(self) -> bool:
        return self._run is not None and time.monotonic() < self._run.until

    def keep(self, trainer: Trainer, seconds: float) -> None:
        """Takes the trainer's present run in place of the one before, if it has learned."""
        if trainer.total_steps:
            until = time.monotonic() + UNDO_SECONDS
            self._run = Run(trainer, trainer.hold(), seconds, until)

    def take(self) -> Run | None:
        """Gives the run away; None if there is none any more."""
        run = self._run if self else None
        self._run = None
        return run

    def let_go(self) -> bool:
        """Gives up a run whose time is over; tells whether there was one."""
        if self._run is None or self:
            return False
        self._run = None
        return True
