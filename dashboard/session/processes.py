"""Servers of several processes, each of which has trainings of its own."""

import logging
from collections.abc import Callable
from functools import cache

import panel as pn
from tornado.process import task_id

from gridworld import Snapshot

_log = logging.getLogger(__name__)

_LOGGED = (
    "This server runs in several processes (--num-procs), and a training lives in one of them: "
    "reloads and links often reach another one. README.md, 'Serve a class', has a way for "
    "several processes in which they do not."
)
_SEVERAL = (
    "This server runs in several processes, and a training lives in one of them: a reload or a "
    "link may show another one. Then reload again, until yours is there."
)
_ELSEWHERE = (
    "This page's address leads to a training that is not in this process of the server, and may "
    "be in another one: reload until it is there. What is shown here is a new training."
)


def are_several() -> bool:
    """Tells whether this process is one of those that a server was split into."""
    return task_id() is not None


class ProcessesNote:
    """Says on a page of a server of several processes what that means.

    Args:
        leads_elsewhere: Whether the page's address leads to another training than is shown.

    Attributes:
        panel: The note.
    """

    min_interval = 0.5

    def __init__(self, leads_elsewhere: Callable[[], bool] = lambda: False) -> None:
        _log_once()
        self._leads_elsewhere = leads_elsewhere
        self.panel = pn.pane.HTML(sizing_mode="stretch_width", margin=(10, 8))

    def update(self, _: Snapshot) -> None:
        """Says what is so now."""
        words = _ELSEWHERE if self._leads_elsewhere() else _SEVERAL
        self.panel.object = f'<span role="status">{words}</span>'


@cache
def _log_once() -> None:
    _log.warning(_LOGGED)
