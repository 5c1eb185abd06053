"""When a server looks for garbage: all its pages wait meanwhile, for half a second if many."""

import asyncio
import gc
from collections.abc import Callable

from panel.io import document

#: Seconds between two looks at whether it is a good time, and after which it is time anyway.
_PAUSE, _PATIENCE = 5.0, 600.0
#: Times that it may be asked for and wait: Panel asks once for all pages of five seconds.
_MOST_ASKED = 50
#: Objects made and kept between two looks at the youngest, and looks at those before older ones
#: are looked at. By Python's own numbers all are looked at every few minutes.
_THRESHOLDS = 10_000, 10, 1000


class Collector:
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
        can_wait = self._n_asked < _MOST_ASKED and self._waited < _PATIENCE
        if can_wait and self._is_any_busy():
            self._waited += _PAUSE
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self._look)
        else:
            self._n_asked, self._waited, self._timer = 0, 0.0, None
            self._collect()


def install(is_any_busy: Callable[[], bool]) -> None:
    """Has garbage of this process collected so; what is there by now is none."""
    document._garbage_collect = Collector(is_any_busy)
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()
