"""A plugin of the server under load: counts what is alive in it.

It is loaded by ``panel serve --plugins tests.load.census``.
"""

import asyncio
import gc
import threading
from typing import Any

from bokeh.document import Document
from bokeh.server.callbacks import SessionCallback
from tornado.web import RequestHandler

from dashboard import GridWorldDashboard
from dashboard.rooms.room import Room
from gridworld import Trainer

_KINDS = {
    "dashboards": GridWorldDashboard,
    "rooms": Room,
    "trainers": Trainer,
    "documents": Document,
    "callbacks": SessionCallback,
}


class Census(RequestHandler):
    """Tells how many of each there are, once what is garbage has been collected."""

    def get(self) -> None:
        gc.collect()
        things = gc.get_objects()
        counts = {
            name: sum(issubclass(type(thing), kind) for thing in things)
            for name, kind in _KINDS.items()
        }
        counts |= {"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()}
        self.write(counts)


ROUTES: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [("/census", Census, {})]
