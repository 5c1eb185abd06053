"""`Share`: links to a training and to its settings, and how many watch it."""

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

import panel as pn

from dashboard.rooms.registry import Membership, lobby
from dashboard.session.url_values import ROOM_KEY
from dashboard.widgets.hinted import Button
from gridworld import Snapshot

_STYLE = """
dl { display: grid; gap: 2px; margin: 4px 0; }
dt { color: var(--mui-palette-text-secondary); font-size: 0.9rem; }
dd { margin: 0 0 6px; overflow-wrap: anywhere; user-select: all; max-height: 6em; overflow: auto; }
p { margin: 4px 0; font-size: 0.9rem; }
a { color: var(--mui-palette-primary-main); }
"""
_COUNT = """
:host { font-variant-numeric: tabular-nums; color: var(--mui-palette-text-secondary); }
"""

_TO_WATCH = "Link to watch", "who has it sees this training live, and cannot change it"
_TO_CONTROL = (
    "Link to control",
    "who has it can start, stop and change it too; so can who has this page's own address",
)
_TO_SETTINGS = (
    "Link to these settings",
    "who has it gets a new training with the settings that are here now",
)


class Share:
    """Shows how many other pages show the training and, to those in control, links.

    Args:
        membership: The page's place.
        query: Returns the present settings as the query of a link.

    Attributes:
        button: Shows and hides the links.
        count: How many others watch.
        links: The links; hidden at first.
    """

    min_interval = 0.5

    def __init__(self, membership: Membership, query: Callable[[], str] = lambda: "") -> None:
        self._membership, self._query = membership, query
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
        n_others = self._membership.room.n_pages - 1
        if n_others != self._n_others:
            self._n_others = n_others
            words = f"{n_others} more {'page shows' if n_others == 1 else 'pages show'} this"
            self.count.object = f'<span role="status">{words if n_others else ""}</span>'

    def refresh(self) -> None:
        """Updates the link to the settings, if the links are shown."""
        if self.links.visible:
            self.links.object = self._describe()

    def _toggle(self) -> None:
        self.links.visible = not self.links.visible
        self.refresh()

    def _describe(self) -> str:
        entry = self._membership.entry
        location = pn.state.location
        port = f":{location.port}" if location.port else ""
        page = f"{location.protocol}//{location.hostname}{port}{location.pathname}"
        rows = []
        for (label, purpose), query in (
            (_TO_WATCH, f"?{urlencode({ROOM_KEY: entry.watch_key})}"),
            (_TO_CONTROL, f"?{urlencode({ROOM_KEY: entry.control_key})}"),
            (_TO_SETTINGS, self._query()),
        ):
            link = escape(page + query)
            anchor = f'<a href="{link}" target="_blank" aria-label="{label}">{link}</a>'
            rows.append(f"<dt><b>{label}</b>: {purpose}.</dt><dd>{anchor}</dd>")
        return f"<dl>{''.join(rows)}</dl><p>{lobby().policy}</p>"
