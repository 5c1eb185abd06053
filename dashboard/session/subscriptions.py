"""`Subscriptions`: what a page watches of a training that other pages share."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import panel as pn
import param

#: Calls a function without arguments after each change of some parameters of an object.
Watch = Callable[[param.Parameterized, Iterable[str], Callable[[], None]], None]


def watch_always(
    owner: param.Parameterized, names: Iterable[str], call: Callable[[], None]
) -> None:
    """Calls at once, for as long as the object lives."""
    owner.param.watch(lambda *_: call(), list(names))


class Subscriptions:
    """Watches parameters for as long as a page lives, and calls back in its own document.

    A change that is made on another page is told at this page's next tick: a document must
    not be changed from another one's callbacks. Where there is no document, in a notebook
    or a test, every change is told at once.
    """

    def __init__(self) -> None:
        self._document = pn.state.curdoc
        self._watchers: list[tuple[param.Parameterized, Any]] = []
        self._pending: dict[Callable[[], None], None] = {}  # in order, each once
        self._lock = Lock()  # of what is pending: other pages may be in other threads

    def watch(
        self, owner: param.Parameterized, names: Iterable[str], call: Callable[[], None]
    ) -> None:
        """Calls after each change of the parameters named."""

        def tell(*_: param.parameterized.Event) -> None:
            if self._document is None or pn.state.curdoc is self._document:
                call()
            else:
                with self._lock:
                    self._pending[call] = None

        self._watchers.append((owner, owner.param.watch(tell, list(names))))

    def flush(self) -> None:
        """Tells what other pages have changed since the last time."""
        with self._lock:
            pending, self._pending = self._pending, {}
        for call in pending:
            call()

    def close(self) -> None:
        """Watches no more: the training may outlive the page."""
        for owner, watcher in self._watchers:
            owner.param.unwatch(watcher)
        self._watchers.clear()
        self._pending.clear()
        self._document = None
