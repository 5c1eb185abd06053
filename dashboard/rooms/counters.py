"""`Counters`: what a server counts of its trainings, to be read from outside."""

from bisect import bisect_left
from threading import Lock

#: Upper bounds in seconds of the classes in which lateness is counted; one more is above all.
LATENESS_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Counters:
    """Plain counters, as frames must not pay for being counted; all since the start.

    Attributes:
        steps: Updates of all trainings.
        lateness: Seconds by which frames came after their time, summed up.
        n_by_lateness: Frames of all pages by lateness, one number for each class.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.steps = 0
        self.lateness = 0.0
        self.n_by_lateness = [0] * (len(LATENESS_BOUNDS) + 1)

    @property
    def frames(self) -> int:
        """Frames of all pages."""
        return sum(self.n_by_lateness)

    def add_steps(self, n_steps: int) -> None:
        """Counts updates."""
        with self._lock:
            self.steps += n_steps

    def add_frame(self, lateness: float) -> None:
        """Counts a frame that came so many seconds after its time, or before if negative."""
        lateness = max(0.0, lateness)
        with self._lock:
            self.lateness += lateness
            self.n_by_lateness[bisect_left(LATENESS_BOUNDS, lateness)] += 1


#: The counters of this process.
counters = Counters()
