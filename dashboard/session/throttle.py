"""`FrameThrottle`: fewer pictures for all pages, evenly, where there is no time for more."""

from statistics import median

#: Fewest seconds and fewest ticks that are judged together.
_WINDOW, _FEWEST = 1.0, 5
#: Lateness, as a share of the period, above which frames get rarer and below which denser.
_LATE, _IN_TIME = 0.3, 0.1
_SLOWER, _FASTER = 1.3, 0.9
#: Most that a period is stretched.
_MOST = 20.0


class FrameThrottle:
    """Stretches the time between two frames of every page of a process alike.

    A server that has more to draw than it has time for would else answer no click, and
    be fair to none. Ticks tell how late they are; their median decides, so that one long
    stall or one odd page changes nothing.

    Attributes:
        slowdown: By what the periods are to be multiplied; 1 while there is time for all.
    """

    def __init__(self) -> None:
        self.slowdown = 1.0
        self._latenesses: list[float] = []
        self._since: float | None = None

    def observe(self, now: float, lateness: float) -> None:
        """Takes note of a tick.

        Args:
            now: Seconds, from a clock that never goes back.
            lateness: By how much it came after its time, as a share of the page's period.
        """
        if self._since is None:
            self._since = now
        self._latenesses.append(lateness)
        # Pages whose ticks are stretched have few a second: they, too, must come to an end of it.
        if now - self._since < _WINDOW or len(self._latenesses) < _FEWEST:
            return
        self._judge(median(self._latenesses))
        self._latenesses, self._since = [], now

    def _judge(self, lateness: float) -> None:
        if lateness > _LATE:
            self.slowdown = min(_MOST, self.slowdown * _SLOWER)
        elif lateness < _IN_TIME:
            self.slowdown = max(1.0, self.slowdown * _FASTER)


#: Of this process.
throttle = FrameThrottle()
