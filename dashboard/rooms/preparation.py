"""Compiling in another process, so that no page waits for it."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from threading import Lock, Thread

from gridworld import ALGORITHMS, is_kept, is_prepared, prepare

_log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "gridworld", "compile", "--quiet")
#: Seconds between two looks at what the other process has compiled by now.
_LOOK_SECONDS = 0.25


class Preparation:
    """Has another process compile what has not been compiled yet, and tells what is ready.

    A thread waits for that process, and loads the code, so that no page does.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._has_begun = False
        self._pending: set[str] = set()

    def begin(self) -> None:
        """Begins, unless it has begun before."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
            self._pending = {key for key in ALGORITHMS if not is_prepared(key)}
        Thread(target=self._work, name="preparation", daemon=True).start()

    def is_under_way(self, algorithm: str) -> bool:
        """Whether an algorithm has yet to be compiled."""
        return algorithm in self._pending

    def _work(self) -> None:
        if self._pending and is_kept():  # else what another process compiles would be lost
            for _ in self._look_on():
                for key in [key for key in ALGORITHMS if key in self._pending]:
                    if is_prepared(key):
                        self._load(key)
        for key in ALGORITHMS:  # what the other process could not do is done here
            self._load(key)

    def _look_on(self) -> Iterator[None]:
        """Looks at the other process from time to time, until it has ended."""
        with subprocess.Popen(
            _COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as process:
            while (status := process.poll()) is None:
                time.sleep(_LOOK_SECONDS)
                yield
        if status:
            _log.warning("The process that compiles ended with status %s", status)

    def _load(self, algorithm: str) -> None:
        try:
            prepare(algorithm)
        except Exception:  # a run of it will tell
            _log.exception("%s could not be prepared", algorithm)
        self._pending.discard(algorithm)


@cache
def preparation() -> Preparation:
    """That of this process."""
    return Preparation()
