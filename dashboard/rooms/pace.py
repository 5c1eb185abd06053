"""`Pace`: how fast a training goes, and how many steps a frame gets."""

import param

from gridworld import parameters

#: Share of a frame's period that a tick may take, work and drawing together.
TICK_SHARE = 0.5
#: Share of a tick that may go into training; the rest is for drawing.
TRAINING_SHARE = 0.8
#: Steps from which on the time that they took tells how fast the training is.
_TELLING = 1000


class Pace(param.Parameterized):
    """How fast a training goes; may change at any time, during a run too.

    Turbo comes before a time to finish in, and that before a number of steps.

    Attributes:
        period: Seconds between two frames.
    """

    update_interval = parameters.Whole(
        default=10,
        bounds=(1, 1_000_000),
        label="Steps per update",
        doc="Training steps between two pictures.",
    )
    frame_rate = parameters.Whole(
        default=20,
        bounds=(1, 60),
        label="Frames per second",
        doc="Pictures a second.",
    )
    finish_in = parameters.Real(
        default=0,
        bounds=(0, 86_400),
        label="Finish in (s)",
        doc="Seconds in which the run should about be over, from now on; 0 for as long as "
        "it takes at the steps per update.",
    )
    turbo = param.Boolean(
        default=False,
        doc="Train as many steps between two pictures as there is time for.",
    )

    def __init__(self, **params: object) -> None:
        super().__init__(**params)
        # Steps a second that the training reached: a cautious guess before the first frame.
        self._speed = 1e6
        self.param.watch(lambda *_: self._settle(), ["update_interval", "frame_rate", "turbo"])
        self._settle()

    def _settle(self) -> None:
        # Each frame reads these, and to read a parameter takes as long as many steps.
        self.period = 1 / self.frame_rate
        self._update_interval, self._turbo = self.update_interval, self.turbo

    def steps_due(self, n_sharing: int, wanted: int | None = None) -> int:
        """Steps that the next frame gets, at least 1.

        Args:
            n_sharing: Trainings that share the processor, this one included.
            wanted: Steps to make in place of `update_interval`, as far as there is time.
        """
        seconds = self.period * TICK_SHARE * TRAINING_SHARE / max(1, n_sharing)
        affordable = max(1, int(self._speed * seconds))
        wanted = self._update_interval if wanted is None else max(1, wanted)
        return affordable if self._turbo else min(wanted, affordable)

    def observe(self, n_steps: int, seconds: float) -> None:
        """Takes note that ``n_steps`` took that many seconds."""
        reached = n_steps / max(seconds, 1e-9)
        # Few steps that took long were held up by something else.
        if n_steps >= _TELLING or reached > self._speed:
            # Grows by steps: one lucky reading must not make the next frame late.
            self._speed = min(2 * self._speed, reached)
