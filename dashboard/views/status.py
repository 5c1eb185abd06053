"""The status of the run, as a chip."""

from collections.abc import Callable

import panel as pn

from gridworld import Snapshot

_STYLE = """
.chip { display: inline-block; min-width: 6em; text-align: center; padding: 2px 12px;
        border-radius: 16px; border: 1px solid currentColor; color: inherit;
        font-size: 14px; white-space: nowrap; }
"""


class StatusView:
    """Shows the status of the run, and whether it waits for an algorithm to be prepared.

    Args:
        snapshot: The run.
        preparing: Returns the title of the algorithm that is being prepared, None for none.

    Attributes:
        panel: The chip.
    """

    min_interval = 0.0

    def __init__(
        self, snapshot: Snapshot, preparing: Callable[[], str | None] = lambda: None
    ) -> None:
        self._preparing = preparing
        self.panel = pn.pane.HTML(stylesheets=[_STYLE], margin=(0, 8))
        self._shown = ""
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the status if it has changed."""
        title = self._preparing()
        shown = str(snapshot.status) + (f" · preparing {title}" if title else "")
        if shown != self._shown:
            self._shown = shown
            self.panel.object = (
                f'<span class="chip" role="status" aria-label="Status">{shown}</span>'
            )
