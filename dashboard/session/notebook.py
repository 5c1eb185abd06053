"""The dashboard in a notebook, where the kernel's loop drives it and no server sends."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, RLock
from typing import Any

import panel as pn
import pyviz_comms
from bokeh.document.events import ModelChangedEvent
from panel.io.notebook import block_comm, patch_inline_stylesheets, push_notebook

#: One picture, one handling of a message from the browser at a time: JupyterLab has such
#: messages handled by threads of their own (subshells), beside the kernel's loop.
_lock = RLock()


#: Colours of the page, and a ground for them whatever the notebook's own is.
_COLOURS = """
:host { background: #ffffff; color: rgba(0, 0, 0, 0.87);
        --mui-palette-primary-main: #1976d2; --mui-palette-primary-contrastText: #ffffff;
        --mui-palette-text-primary: rgba(0, 0, 0, 0.87);
        --mui-palette-text-secondary: rgba(0, 0, 0, 0.6);
        --mui-palette-text-disabled: rgba(0, 0, 0, 0.38);
        --mui-palette-divider: rgba(0, 0, 0, 0.12); }
"""


def in_notebook() -> bool:
    """Whether what is made now is for a notebook's cell, and not for a served page.

    A cell's output must carry whatever it needs, and each Material component brings all of
    them along, with 1.4 MB: there Panel's own widgets are the better ones.
    """
    return pn.state.curdoc is None and _shell() is not None


class NotebookRow(pn.Row):
    """A row that ticks for as long as a notebook's cell shows it.

    On a served page it is a row like any other.

    Args:
        objects: What the row holds.
        tick: Called once a frame, from the kernel's loop.
        period: Tells the seconds from one frame to the next.
        params: Parameters of the row.
    """

    def __init__(
        self,
        *objects: Any,
        tick: Callable[[], None],
        period: Callable[[], float],
        **params: Any,
    ) -> None:
        if in_notebook():
            # Material's would wrap it in one of its components.
            params |= {"design": pn.theme.Native, "stylesheets": [_COLOURS]}
        super().__init__(*objects, **params)
        self._tick, self._period = tick, period
        self._cell_id: str | None = None
        self._task: asyncio.Task | None = None
        # Set once the browser has drawn the cell: what is sent before would be lost.
        self._drawn = Event()

    @contextmanager
    def one_message(self) -> Iterator[None]:
        """Sends all changes made within as one message, once they are made."""
        with _lock:
            with block_comm():
                yield
            shown = [pn.state._views[ref] for ref in self._models if ref in pn.state._views]
            for _, _, document, _ in shown:
                _put_styles_inline(document)
            push_notebook(self)
            toasts: Any = pn.state.notifications
            if toasts is not None:
                push_notebook(toasts)

    def _get_model(self, doc: Any, root: Any = None, parent: Any = None, comm: Any = None) -> Any:
        model = super()._get_model(doc, root, parent, comm)
        if comm is not None:
            comm._on_open = lambda _: self._drawn.set()
            self._begin()
        return model

    def _on_msg(self, ref: str, manager: Any, msg: Any) -> None:
        # Panel drops what is not yet sent when it begins with a message.
        with _lock:
            for part in _parts(msg):
                super()._on_msg(ref, manager, part)

    def _begin(self) -> None:
        shell = _shell()
        if shell is None or self._task is not None:
            return
        pyviz_comms.StandardOutput = _handling
        self._cell_id = shell.get_parent().get("metadata", {}).get("cellId")
        self._task = asyncio.get_running_loop().create_task(self._run())
        shell.events.register("pre_run_cell", self._on_run_cell)

    async def _run(self) -> None:
        while True:
            # Sleeping first lets the cell that shows the row come to its end.
            await asyncio.sleep(self._period())
            if self._drawn.is_set():
                with _lock:
                    self._tick()

    def _on_run_cell(self, info: Any) -> None:
        """Ends with the cell that showed it; JupyterLab does not tell in any other way."""
        deleted = _shell().get_parent().get("metadata", {}).get("deletedCells", [])
        if self._cell_id is not None and self._cell_id in (info.cell_id, *deleted):
            self._end()

    def _end(self) -> None:
        _shell().events.unregister("pre_run_cell", self._on_run_cell)
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for ref in list(self._models):
            pn.extension._process_comm_msg({"event_type": "delete", "id": ref})


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


@contextmanager
def _handling() -> Iterator[list[str]]:
    """Stands for pyviz_comms' collection of what the handling of a message prints: none.

    It collects by another ``sys.stdout`` for the whole process. What a cell prints at that
    moment, in a thread of its own, would be lost in there; the kernel knows its thread.
    The lock is for those messages that no row handles, such as those of toasts.
    """
    with _lock:
        yield []


def _shell() -> Any:
    """The notebook's shell; None outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _put_styles_inline(document: Any) -> None:
    """Puts styles into the message that Panel would have the browser ask another host for."""
    for event in document.callbacks._held_events:
        if isinstance(event, ModelChangedEvent) and event.attr == "stylesheets":
            patch_inline_stylesheets(event.model)
