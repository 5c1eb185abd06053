"""A plugin of the server under test: makes runs fail on demand, and counts what is alive.

It is loaded by ``panel serve --plugins tests.dashboard.served`` beside the real dashboard.
"""

from panel.io import document as panel_document
from tornado.web import RequestHandler

from dashboard.compat.sockets import n_waiting
from dashboard.views.curves import CurvesView
from gridworld import Trainer
from tests.dashboard.injected import STEP_FAILS, TRAINING_FAILS, VIEW_FAILS
from tests.load.census import Census

_STEPS = 50


def _fail(snapshot, wanted):
    if snapshot.num_episodes == wanted and snapshot.total_steps >= _STEPS:
        raise ValueError(f"injected failure {wanted}")


def _sabotage(cls, method, wanted, get_snapshot):
    original = getattr(cls, method)

    def sabotaged(self, *args, **kwargs):
        _fail(get_snapshot(self, *args), wanted)
        return original(self, *args, **kwargs)

    setattr(cls, method, sabotaged)


_sabotage(Trainer, "advance", TRAINING_FAILS, lambda trainer, *_: trainer.snapshot)
_sabotage(Trainer, "step", STEP_FAILS, lambda trainer: trainer.snapshot)
_sabotage(CurvesView, "update", VIEW_FAILS, lambda view, snapshot: snapshot)


class Waiting(RequestHandler):
    """Tells how many bytes wait for the slowest browser, here and with Panel."""

    def get(self):
        waiting = [
            n_waiting(connection._socket) + _queued_by_panel(session.document, connection)
            for page in self.application.applications.values()
            for session in page.sessions
            for connection in session._subscribed_connections
        ]
        self.write({"bytes": max(waiting, default=0)})


def _queued_by_panel(document, connection):
    """Bytes, or events of Panel 1.10 as if each were a frame, that Panel has not written yet."""
    if hasattr(panel_document, "_WRITE_MSGS"):
        messages = panel_document._WRITE_MSGS.get(document, {}).get(connection, [])
        return sum(len(message.content_json) for message in messages)
    return sum(1000 * len(events) for _, events in panel_document._WRITE_EVENTS.get(document, []))


ROUTES = [("/census", Census, {}), ("/waiting", Waiting, {})]
