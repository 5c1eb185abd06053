"""`Pace`: how fast a training goes, and how many steps a frame gets."""

import math
from typing import Final

import param

from gridworld import parameters

#: Share of a frame's period that a tick may take, work and drawing together.
TICK_SHARE = 0.5
#: Share of a tick that may go into training; the rest is for drawing.
TRAINING_SHARE = 0.8
#: Steps from which on the time that they took tells how fast the training is.
_TELLING = 1000
#: Speeds for a slider to choose from, in steps a second; the last one is as fast as it goes.
SPEEDS: Final[tuple[int | None, ...]] = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000),
    *(10_000, 100_000, 1_000_000),
    None,
)
#: Frames a second at which a speed is made, where it is not slower itself.
_LEAST_FRAME_RATE, _FRAME_RATE = 10, 20
_MAX_STEPS_PER_UPDATE = 1_000_000
#: Highest speed that can be set, in steps a second.
MAX_SPEED = _LEAST_FRAME_RATE * _MAX_STEPS_PER_UPDATE


class Pace(param.Parameterized):
    """How fast a training goes; may change at any time, during a run too.

    Turbo comes before a time to finish in, and that before a number of steps. `speed` says
    the same in one number; it follows the others, and `set_speed` sets them.

    Attributes:
        period: Seconds between two frames.
    """

    update_interval = parameters.Whole(
        default=10,
        bounds=(1, _MAX_STEPS_PER_UPDATE),
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

    @property
    def speed(self) -> int | None:
        """Steps a second that are asked for; None for as fast as it goes (turbo).

        While there is a time to finish in, that decides, and this speed waits.
        """
        return None if self.turbo else self.update_interval * self.frame_rate

    def set_speed(self, speed: int | None) -> None:
        """Sets how fast to go, in place of turbo, of a time to finish in, and of a rate.

        Up to 20 steps a second each step is a picture. Above, there are 10 to 20 pictures a
        second, as many as give the speed exactly, if any do.

        Args:
            speed: Steps a second, from 1 to `MAX_SPEED`; None for as fast as it goes.

        Raises:
            ValueError: If it is neither.
        """
        if speed is None:
            self.param.update(turbo=True, finish_in=0)
            return
        update_interval, frame_rate = _made_of(speed)
        self.param.update(
            update_interval=update_interval, frame_rate=frame_rate, finish_in=0, turbo=False
        )

    def is_at(self, speed: int | None) -> bool:
        """Whether it is as `set_speed` leaves it."""
        if self.finish_in or speed is None:
            return self.turbo and not self.finish_in
        return not self.turbo and (self.update_interval, self.frame_rate) == _made_of(speed)

    @property
    def speed_index(self) -> int:
        """Place of the nearest of the `SPEEDS`, by ratio: where a slider of them stands."""
        speed = self.speed
        if speed is None:
            return len(SPEEDS) - 1
        return min(range(len(SPEEDS) - 1), key=lambda i: abs(math.log(speed / (SPEEDS[i] or 1))))

    def steps_due(self, n_sharing: int, wanted: int | None = None, turbo: bool = False) -> int:
        """Steps that the next frame gets, at least 1.

        Args:
            n_sharing: Trainings that share the processor, this one included.
            wanted: Steps to make in place of `update_interval`, as far as there is time.
            turbo: Whether to make as many as there is time for, whatever is set.
        """
        seconds = self.period * TICK_SHARE * TRAINING_SHARE / max(1, n_sharing)
        affordable = max(1, int(self._speed * seconds))
        wanted = self._update_interval if wanted is None else max(1, wanted)
        return affordable if self._turbo or turbo else min(wanted, affordable)

    def observe(self, n_steps: int, seconds: float) -> None:
        """Takes note that ``n_steps`` took that many seconds."""
        reached = n_steps / max(seconds, 1e-9)
        # Few steps that took long were held up by something else.
        if n_steps >= _TELLING or reached > self._speed:
            # Grows by steps: one lucky reading must not make the next frame late.
            self._speed = min(2 * self._speed, reached)


def _made_of(speed: int) -> tuple[int, int]:
    """Steps per update and frames a second for a speed."""
    speed = parameters.check_whole("speed", speed, 1, MAX_SPEED)
    if speed <= _FRAME_RATE:
        return 1, speed
    rates = range(_FRAME_RATE, _LEAST_FRAME_RATE - 1, -1)
    frame_rate = min(rates, key=lambda rate: abs(rate * round(speed / rate) - speed))
    return round(speed / frame_rate), frame_rate
