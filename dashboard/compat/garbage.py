"""When a server looks for garbage: all its pages wait meanwhile, for half a second if many.

Buys frames that come in time while other pages close: with 12 trainings and 8 pages that close,
the latest frame comes 15 to 60 ms late, and not half a second late in every second run. Without it
Panel collects five seconds after a page has closed, and Python whenever it likes.
"""

import asyncio
import gc
from collections.abc import Callable
from functools import cache

from panel.io import document

from dashboard.compat.switches import is_on, say_lost

#: Seconds between two looks at whether it is a good time.
_PAUSE_SECONDS = 5.0
#: Seconds after which garbage is collected in any case.
_PATIENCE_SECONDS = 600.0
#: Times that it may be asked for and wait: Panel asks once for all pages of five seconds.
_MOST_ASKED = 50
#: Thresholds of Python's collector for generations 0, 1 and 2. Python's own scan everything
#: every few minutes.
_THRESHOLDS = 10_000, 10, 1000


class IdleCollector:
    """Collects the garbage of pages that have closed, at a time when nobody is held up by it.

    Args:
        is_any_busy: Tells whether pages are watching a training.
        collect: Collects all garbage.
    """

    def __init__(
        self,
        is_any_busy: Callable[[], bool],
        collect: Callable[[], object] = gc.collect,
    ) -> None:
        self._is_any_busy, self._collect = is_any_busy, collect
        self._n_asked, self._waited = 0, 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Takes note that pages have closed."""
        self._n_asked += 1
        if self._timer is None:
            self._look()

    def _look(self) -> None:
        can_wait = self._n_asked < _MOST_ASKED and self._waited < _PATIENCE_SECONDS
        if can_wait and self._is_any_busy():
            self._waited += _PAUSE_SECONDS
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._look)
        else:
            self._n_asked, self._waited, self._timer = 0, 0.0, None
            self._collect()


@cache
def install(is_any_busy: Callable[[], bool]) -> None:
    """Has garbage of this process collected so; what is there by now is none.

    Args:
        is_any_busy: Tells whether pages are watching a training.
    """
    if not is_on("garbage"):
        return
    if hasattr(document, "_garbage_collect"):
        document._garbage_collect = IdleCollector(is_any_busy)
    else:
        say_lost("Pages may wait while garbage is collected", "_garbage_collect")
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()
