"""`Share`: links to a training, and how many watch it."""

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

import panel as pn

from dashboard.link import ROOM_KEY
from dashboard.lobby import Seat
from dashboard.widgets import Button
from gridworld import Snapshot

_STYLE = """
dl { display: grid; gap: 2px; margin: 4px 0; }
dt { color: var(--mui-palette-text-secondary); font-size: 0.9rem; }
dd { margin: 0 0 6px; overflow-wrap: anywhere; user-select: all; }
a { color: var(--mui-palette-primary-main); }
"""
_COUNT = """
:host { font-variant-numeric: tabular-nums; color: var(--mui-palette-text-secondary); }
"""

#: Label, which key, what it is for.
_LINKS = (
    ("Link to watch", "watch_key", "sees this training live, and cannot change it"),
    (
        "Link to control",
        "control_key",
        "can start, stop and change it too; so can this page's "
        "own address once the training has begun",
    ),
)


class Share:
    """Shows how many other pages show the training and, to those in control, its links.

    Args:
        seat: The page's place.
        on_share: Called when the links are asked for.

    Attributes:
        button: Shows and hides the links.
        count: How many others watch.
        links: The links; hidden to begin with.
    """

    min_interval = 0.5

    def __init__(self, seat: Seat, on_share: Callable[[], None] = lambda: None) -> None:
        self._seat, self._on_share = seat, on_share
        self._n_others = 0
        self.button = Button(
            label="Share",
            hint="Show links with which others can watch or control this training.",
            margin=4,
        )
        self.button.on_click(lambda _: self._toggle())
        self.count = pn.pane.HTML(stylesheets=[_COUNT], margin=(10, 8), name="audience")
        self.links = pn.pane.HTML(
            stylesheets=[_STYLE], sizing_mode="stretch_width", margin=(4, 8), visible=False
        )

    def update(self, snapshot: Snapshot) -> None:
        """Says how many others there are."""
        n_others = self._seat.room.n_pages - 1
        if n_others != self._n_others:
            self._n_others = n_others
            words = f"{n_others} more {'page shows' if n_others == 1 else 'pages show'} this"
            self.count.object = f'<span role="status">{words if n_others else ""}</span>'

    def _toggle(self) -> None:
        if not self.links.visible:
            self._on_share()
            self.links.object = self._describe()
        self.links.visible = not self.links.visible

    def _describe(self) -> str:
        location = pn.state.location
        port = f":{location.port}" if location.port else ""
        page = f"{location.protocol}//{location.hostname}{port}{location.pathname}"
        rows = []
        for label, name, purpose in _LINKS:
            link = escape(f"{page}?{urlencode({ROOM_KEY: getattr(self._seat.suite, name)})}")
            anchor = f'<a href="{link}" target="_blank" aria-label="{label}">{link}</a>'
            rows.append(f"<dt><b>{label}</b>: who has it {purpose}.</dt><dd>{anchor}</dd>")
        return f"<dl>{''.join(rows)}</dl>"
