"""A row in a notebook's cell, where messages go by way of the kernel.

Buys one message a frame, no lost entries or prints while a cell runs, styles from no other host
and written once, and an end with the cell. Without it Panel's own ``push_notebook`` sends what has
changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import panel as pn
from bokeh.document.events import ModelChangedEvent
from bokeh.models import InlineStyleSheet, UIElement
from panel.io.notebook import push_notebook

from dashboard.compat.switches import is_on, say_lost

#: One frame, one handling of a message from the browser at a time: JupyterLab has such messages
#: handled by threads of their own (subshells), beside the kernel's loop.
lock = RLock()
_STYLES_LOST = "A notebook asks another host for styles"


class CellRow(pn.Row):
    """A row whose changes go to the browser together."""

    def on_shown(self) -> None:
        """Is called when a cell begins to show the row."""

    def on_drawn(self) -> None:
        """Is called when the browser has drawn it: what is sent before is lost."""

    @contextmanager
    def one_message(self) -> Iterator[None]:
        """Sends all changes made within as one message, once they are made."""
        with lock:
            with _blocked():
                yield
            for document in self._documents_shown():
                _put_styles_inline(document)
            push_notebook(self)
            toasts: Any = pn.state.notifications
            if toasts is not None:
                push_notebook(toasts)

    def forget_views(self) -> None:
        """Has Panel let go of the cells that showed the row."""
        try:
            for ref in list(self._models):
                pn.extension._process_comm_msg({"event_type": "delete", "id": ref})
        except AttributeError as error:
            say_lost("Cells that were deleted are kept", str(error))

    def _get_model(self, doc: Any, root: Any = None, parent: Any = None, comm: Any = None) -> Any:
        model = super()._get_model(doc, root, parent, comm)
        if comm is not None:
            if hasattr(comm, "_on_open"):
                comm._on_open = lambda _: self.on_drawn()
            else:
                self.on_drawn()
            self.on_shown()
        return model

    def _render_mimebundle(self, model: Any, *arguments: Any) -> Any:
        share_styles(model)
        return super()._render_mimebundle(model, *arguments)

    def _on_msg(self, ref: str, manager: Any, msg: Any) -> None:
        # Panel drops what is not yet sent when it begins with a message.
        with lock:
            for part in _parts(msg) if is_on("comms") else [msg]:
                super()._on_msg(ref, manager, part)

    def _documents_shown(self) -> list[Any]:
        """Documents of the cells that show the row."""
        try:
            views = pn.state._views
            return [views[ref][2] for ref in self._models if ref in views]
        except AttributeError as error:
            say_lost(_STYLES_LOST, str(error))
            return []


def share_styles(model: UIElement) -> None:
    """Has parts with the same style sheet refer to one.

    Panel writes a copy of its styles into each part of a cell's output: 2 MB of 2.4.

    Args:
        model: The root of the parts.
    """
    sheets: dict[str, InlineStyleSheet] = {}
    for part in model.select({"type": UIElement}):
        part.stylesheets = [
            sheets.setdefault(sheet.css, sheet) if isinstance(sheet, InlineStyleSheet) else sheet
            for sheet in part.stylesheets
        ]


def keep_prints() -> None:
    """Has pyviz_comms not collect what is printed while it handles a message.

    It collects by another ``sys.stdout`` for the whole process. What a cell prints at that
    moment, in a thread of its own, would be lost in there; the kernel knows its thread.
    """
    import pyviz_comms

    if is_on("comms"):
        pyviz_comms.StandardOutput = _handling


@contextmanager
def _handling() -> Iterator[list[str]]:
    """Stands for the collection of prints: there are none.

    The lock is for those messages that no row handles, such as those of toasts.
    """
    with lock:
        yield []


@contextmanager
def _blocked() -> Iterator[None]:
    """Keeps Panel from sending change by change."""
    try:
        from panel.io.notebook import block_comm
    except ImportError as error:
        say_lost("The dashboard in a notebook sends more messages", str(error))
        yield
        return
    with block_comm():
        yield


def _parts(message: Any) -> list[Any]:
    """A message with one event in each part.

    Panel holds the events of a message until all have come, and while it handles one it may
    send what is held, and forget that it has yet to be handled: what is typed and then
    confirmed by Enter would be lost.
    """
    events = message.get("content", {}).get("events", [])
    if len(events) < 2 or message.get("_buffers"):
        return [message]
    return [
        {**message, "header": {**message["header"]}, "content": {"events": [event]}}
        for event in events
    ]


def _put_styles_inline(document: Any) -> None:
    """Puts styles into the message that Panel would have the browser ask another host for."""
    if not is_on("comms"):
        return
    try:
        held = document.callbacks._held_events
    except AttributeError as error:
        say_lost(_STYLES_LOST, str(error))
        return
    for event in held:
        if isinstance(event, ModelChangedEvent) and event.attr == "stylesheets":
            put_inline(event.model)


def put_inline(model: UIElement) -> None:
    """Puts the style sheets of a model into it that the browser would ask another host for."""
    if not is_on("comms"):
        return
    try:
        from panel.io.notebook import patch_inline_stylesheets
    except ImportError as error:
        say_lost(_STYLES_LOST, str(error))
        return
    patch_inline_stylesheets(model)
