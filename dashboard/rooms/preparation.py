"""Compiling in another process, so that no page waits for it."""

import logging
import subprocess
import sys
import time
from functools import cache
from threading import Lock, Thread

from gridworld import ALGORITHMS, is_kept, is_prepared, prepare_all

_log = logging.getLogger(__name__)
#: Seconds between two looks at what has been compiled by now.
_LOOK_SECONDS = 0.25


class Preparation:
    """Has another process compile what has not been compiled yet, and tells what is ready."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._has_begun = False
        self._process: subprocess.Popen[bytes] | None = None
        self._pending: set[str] = set()
        self._looked_at = 0.0

    def begin(self) -> None:
        """Starts the other process, if there is anything for it to do and it was not started."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
            self._pending = {key for key in ALGORITHMS if not is_prepared(key)}
            if self._pending and is_kept():
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "gridworld", "compile", "--quiet"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            elif self._pending:  # what another process compiles would be lost
                Thread(target=prepare_all, args=[_log.info], daemon=True).start()

    def is_under_way(self, algorithm: str) -> bool:
        """Whether the other process has yet to finish with an algorithm."""
        if algorithm not in self._pending:  # as good as always
            return False
        with self._lock:
            now = time.monotonic()
            if now - self._looked_at >= _LOOK_SECONDS:
                self._looked_at = now
                status = None if self._process is None else self._process.poll()
                if status is not None:
                    # What it could not do is done here, when it is first needed.
                    if status:
                        _log.warning("The compiling process ended with status %s", status)
                    self._pending.clear()
                self._pending -= {key for key in self._pending if is_prepared(key)}
            return algorithm in self._pending


@cache
def preparation() -> Preparation:
    """That of this process."""
    return Preparation()
