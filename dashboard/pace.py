"""`Pace`: how fast a training goes, and how many steps a frame gets."""

import param

from gridworld import parameters

#: Share of a frame's period that a tick may take, work and drawing together.
TICK_SHARE = 0.5
#: Share of a tick that may go into training; the rest is for drawing.
TRAINING_SHARE = 0.8


class Pace(param.Parameterized):
    """Steps a frame and frames a second; may change at any time, during a run too."""

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
    turbo = param.Boolean(
        default=False,
        doc="Train as many steps between two pictures as there is time for.",
    )

    def __init__(self, **params: object) -> None:
        super().__init__(**params)
        # Steps a second that the training reached: a cautious guess before the first frame.
        self._speed = 1e6

    @property
    def period(self) -> float:
        """Seconds between two frames."""
        return 1 / self.frame_rate

    def steps_due(self, n_sharing: int) -> int:
        """Steps that the next frame gets, at least 1.

        Args:
            n_sharing: Trainings that share the processor, this one included.
        """
        seconds = self.period * TICK_SHARE * TRAINING_SHARE / max(1, n_sharing)
        affordable = max(1, int(self._speed * seconds))
        return affordable if self.turbo else min(self.update_interval, affordable)

    def observe(self, n_steps: int, seconds: float) -> None:
        """Takes note that ``n_steps`` took that many seconds."""
        if n_steps:
            # Grows by steps: one lucky reading must not make the next frame late.
            self._speed = min(2 * self._speed, n_steps / max(seconds, 1e-9))
