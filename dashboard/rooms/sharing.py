"""Which trainings of this process share its processor."""

import time
from threading import Lock
from typing import Protocol
from weakref import WeakSet


class Sharer(Protocol):
    """A training that may be under way."""

    def is_busy(self, now: float) -> bool:
        """Whether it is, and is watched, at a time of `time.monotonic`."""


_sharers: WeakSet[Sharer] = WeakSet()
_lock = Lock()


def join(sharer: Sharer) -> None:
    """Counts a training from now on, until it leaves or is let go of."""
    with _lock:
        _sharers.add(sharer)


def leave(sharer: Sharer) -> None:
    """Counts a training no more."""
    with _lock:
        _sharers.discard(sharer)


def n_busy(now: float, besides: Sharer | None = None) -> int:
    """How many trainings are under way at a time, one left out."""
    with _lock:
        sharers = [sharer for sharer in _sharers if sharer is not besides]
    return sum(sharer.is_busy(now) for sharer in sharers)


def is_any_busy() -> bool:
    """Tells whether a training is under way that pages watch."""
    return n_busy(time.monotonic()) > 0
