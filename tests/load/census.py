"""A plugin of a server under load, or under test: counts what is alive in it.

It is loaded by ``panel serve --plugins tests.load.census``.
"""

import asyncio
import gc
import threading
from typing import Any

import psutil
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
#: How threads of pools are named: those of the loop, of Bokeh 3.10, and any other.
_POOLS = "asyncio_", "bokeh-response", "ThreadPoolExecutor"


class Census(RequestHandler):
    """Tells how many of each there are, once what is garbage has been collected.

    Threads of pools are left out: pools are filled as they are needed, and never emptied.
    """

    def get(self) -> None:
        gc.collect()
        things = gc.get_objects()
        counts = {
            name: sum(issubclass(type(thing), kind) for thing in things)
            for name, kind in _KINDS.items()
        }
        n_pooled = sum(thread.name.startswith(_POOLS) for thread in threading.enumerate())
        counts |= {
            "tasks": len(asyncio.all_tasks()),
            "threads": threading.active_count() - n_pooled,
            "native threads": psutil.Process().num_threads() - n_pooled,
        }
        self.write(counts)


ROUTES: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [("/census", Census, {})]
