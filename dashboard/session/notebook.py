"""The dashboard in a notebook, where the kernel's loop drives it and no server sends."""

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn
from panel.io import PeriodicCallback

from dashboard.compat.comms import CellRow, keep_prints, lock, put_inline


def in_notebook() -> bool:
    """Whether what is made now is for a notebook's cell, and not for a served page.

    A cell's output must carry whatever it needs, and each Material component brings all of
    them along, with 1.4 MB: there Panel's own widgets are the better ones.
    """
    # While a cell's message is handled there is a document, too; only a server gives it a session.
    document = pn.state.curdoc
    is_served = document is not None and document.session_context is not None
    return not is_served and _shell() is not None


def carry_styles(model: Any) -> None:
    """Has a Bokeh model that is made for a notebook's cell carry its styles along."""
    if in_notebook():
        put_inline(model)


class NotebookRow(CellRow):
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
            params |= {"design": pn.theme.Native}
        super().__init__(*objects, **params)
        self._tick, self._period = tick, period
        self._cell_id: str | None = None
        self._callback: PeriodicCallback | None = None
        self._is_drawn = False

    def on_drawn(self) -> None:
        """Begins to draw."""
        self._is_drawn = True

    def on_shown(self) -> None:
        """Makes ready to tick for the cell."""
        shell = _shell()
        if shell is None or self._callback is not None:
            return
        keep_prints()
        self._cell_id = shell.get_parent().get("metadata", {}).get("cellId")
        self._callback = PeriodicCallback(
            callback=self._tick_drawn, period=self._milliseconds, background=True, log=False
        )
        self._callback.start()
        shell.events.register("pre_run_cell", self._on_run_cell)

    @property
    def _milliseconds(self) -> int:
        return max(1, round(1000 * self._period()))

    async def _tick_drawn(self) -> None:
        # Panel 1.9 gives the kernel no turn after a tick that took longer than the period.
        await asyncio.sleep(0)
        callback = self._callback
        if callback is None or not self._is_drawn:
            return
        with lock:
            self._tick()
        if callback.period != self._milliseconds:
            callback.period = self._milliseconds

    def _on_run_cell(self, info: Any) -> None:
        """Ends with the cell that showed it; JupyterLab does not tell in any other way."""
        deleted = _shell().get_parent().get("metadata", {}).get("deletedCells", [])
        if self._cell_id is not None and self._cell_id in (info.cell_id, *deleted):
            self._end()

    def _end(self) -> None:
        _shell().events.unregister("pre_run_cell", self._on_run_cell)
        if self._callback is not None:
            self._callback.stop()
            self._callback = None
        self.forget_views()


def _shell() -> Any:
    """The notebook's shell; None outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None
