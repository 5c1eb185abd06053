"""The status of the run, as a chip."""

import panel as pn

from gridworld import Snapshot, Status

_STYLE = """
.chip { display: inline-block; min-width: 6em; text-align: center; padding: 2px 12px;
        border-radius: 16px; border: 1px solid currentColor; color: inherit;
        font-size: 14px; white-space: nowrap; }
"""


class StatusView:
    """Shows the status of the run.

    Attributes:
        panel: The chip.
    """

    min_interval = 0.0

    def __init__(self, snapshot: Snapshot) -> None:
        self.panel = pn.pane.HTML(stylesheets=[_STYLE], margin=(0, 8))
        self._status: Status | None = None
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the status if it has changed."""
        if snapshot.status is not self._status:
            self._status = snapshot.status
            self.panel.object = (
                f'<span class="chip" role="status" aria-label="Status">{snapshot.status}</span>'
            )
