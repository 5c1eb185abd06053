"""`Share`: links to a training and to its settings, and how many watch it."""

from collections.abc import Callable
from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

import panel as pn

from dashboard.rooms.registry import Membership, lobby
from dashboard.session.url_values import ROOM_KEY
from dashboard.widgets.hinted import Button
from dashboard.widgets.theme import ON_PHONE, soft
from gridworld import Snapshot

#: Hosts to which a browser lets a page copy without encryption.
_TRUSTED = ("localhost", "127.0.0.1", "[::1]", "::1")


class _Kind(NamedTuple):
    """A kind of link.

    Attributes:
        title: What it is for.
        gives: What it gives, in words.
        name: Name of the link for screen readers.
        short: What its button copies, in a word.
    """

    title: str
    gives: str
    name: str
    short: str


_SETTINGS = _Kind(
    "These settings only",
    "Opens a new training with the settings that are here now. It does not touch this one.",
    "Link to these settings",
    "settings",
)
_WATCH = _Kind(
    "To watch",
    "Shows this training live. Nothing can be changed there.",
    "Link to watch",
    "watch",
)
_CONTROL = _Kind(
    "To control",
    "Whoever has it can start, stop and change this training, as you can. The address of this "
    "page, in the browser's address bar, is such a link too.",
    "Link to control",
    "control",
)


class Share:
    """Shows how many other pages show the training and, to those in control, links.

    Args:
        membership: The page's place.
        query: Returns the present settings as the query of a link.

    Attributes:
        button: Shows and hides the links.
        count: How many others watch.
        panel: A card with the links, which lies over the page below the header at the right, or
            on a phone comes from below; hidden at first. It takes no room where it is placed.
    """

    min_interval = 0.5

    def __init__(self, membership: Membership, query: Callable[[], str] = lambda: "") -> None:
        self._membership, self._query = membership, query
        self._n_others = 0
        self.button = Button(
            label="Share",
            hint="Show links to these settings, and with which others watch or control this.",
            margin=4,
        )
        self.button.on_click(lambda _: self._toggle())
        self.count = pn.pane.HTML(stylesheets=[_COUNT], margin=(10, 8), name="audience")
        self._links = pn.pane.HTML(stylesheets=[_LINKS], sizing_mode="stretch_width", margin=0)
        self.panel = pn.Column(visible=False, margin=0, stylesheets=[_CARD])

    def update(self, snapshot: Snapshot) -> None:
        """Says how many others there are."""
        n_others = self._membership.room.n_pages - 1
        if n_others != self._n_others:
            self._n_others = n_others
            words = f"{n_others} more {'page shows' if n_others == 1 else 'pages show'} this"
            self.count.object = f'<span role="status">{words if n_others > 0 else ""}</span>'

    def refresh(self) -> None:
        """Updates the link to the settings, if the links are shown."""
        if self.panel.visible:
            self._links.object = self._describe()

    def _toggle(self) -> None:
        if not self.panel.objects:
            close = Button(label="Close Share", hint="Puts the links away.", margin=0)
            close.stylesheets = [*close.stylesheets, _CLOSE]
            close.on_click(lambda _: self._toggle())
            self.panel[:] = [self._links, close]
        self.panel.visible = not self.panel.visible
        self.refresh()

    def _describe(self) -> str:
        entry = self._membership.entry
        location = pn.state.location
        port = f":{location.port}" if location.port else ""
        page = f"{location.protocol}//{location.hostname}{port}{location.pathname}"
        can_copy = location.protocol == "https:" or location.hostname in _TRUSTED
        links = (
            (_SETTINGS, self._query()),
            (_WATCH, f"?{urlencode({ROOM_KEY: entry.watch_key})}"),
            (_CONTROL, f"?{urlencode({ROOM_KEY: entry.control_key})}"),
        )
        described = "".join(_link_html(kind, page + query, can_copy) for kind, query in links)
        return f"<h2>Share</h2>{described}<p>{lobby().policy}</p>"


def _link_html(kind: _Kind, link: str, can_copy: bool) -> str:
    """A link with what it gives, and a way to copy it.

    Panel puts a button that copies into whatever has the class "codehilite", for the text of
    its first child; the label gives the button its name. Browsers let a page copy only if
    nobody could have changed it on its way: elsewhere a click selects the whole link.
    """
    link = escape(link)
    if can_copy:
        shown = f'<a href="{link}" target="_blank" aria-label="{kind.name}">{link}</a>'
        copy = (
            f'<label><span>Copy link<span class="unseen">: {kind.short}</span></span>'
            f'<span class="codehilite"><span hidden>{link}</span></span>'
            '<span class="copied" aria-hidden="true">Copied</span></label>'
        )
    else:
        shown = f'<output aria-label="{kind.name}">{link}</output>'
        copy = "<small>A click selects it all, to be copied.</small>"
    return (
        f"<section><h3>{kind.title}</h3><p>{kind.gives}</p>"
        f'<div class="link">{shown}{copy}</div></section>'
    )


_COUNT = """
:host { font-variant-numeric: tabular-nums; font-size: 12px; white-space: nowrap;
        color: var(--mui-palette-text-secondary); }
"""
_CARD = f"""
:host {{ position: fixed !important; z-index: 1300; top: 112px; right: 14px;
        width: 340px !important; max-height: calc(100vh - 126px) !important;
        overflow: auto; box-sizing: border-box; padding: 16px; border-radius: 12px;
        border: 1px solid var(--mui-palette-divider);
        background: var(--mui-palette-background-paper);
        box-shadow: 0 8px 28px rgba(0, 0, 0, 0.25); }}
{ON_PHONE} {{
  :host {{ top: auto; bottom: 0; left: 0; right: 0; width: auto !important;
          max-height: 80vh !important; border-radius: 16px 16px 0 0; }}
}}
"""
_CLOSE = """
:host { position: absolute !important; top: 12px; right: 12px; width: auto !important; }
.bk-btn { height: 30px; padding: 0 10px !important; border-radius: 8px !important;
          font-size: 14px !important; }
.bk-btn:focus-visible { outline: 2px solid var(--mui-palette-primary-main) !important;
                        outline-offset: 1px; }
"""
_LINKS = f"""
:host {{ font-size: 14px; line-height: 1.4; color: var(--mui-palette-text-primary); }}
h2 {{ margin: 0; font-size: 16px; line-height: 26px; }}
h3 {{ margin: 14px 0 0; font-size: 14px; }}
p, small {{ margin: 2px 0 0; font-size: 12px; color: var(--mui-palette-text-secondary); }}
section + p {{ margin-top: 16px; padding-top: 10px;
              border-top: 1px solid var(--mui-palette-divider); }}
.link {{ display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin-top: 6px; }}
a, output {{ flex: 1 1 0; min-width: 0; padding: 6px 10px; border-radius: 8px; font-size: 12px;
            line-height: 18px; border: 1px solid var(--mui-palette-divider);
            background: var(--mui-palette-background-default); }}
a {{ overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-decoration: none;
    color: var(--mui-palette-primary-main); }}
output {{ flex-basis: 100%; overflow-wrap: anywhere; user-select: all; max-height: 6em;
         overflow-y: auto; cursor: copy; }}
label {{ position: relative; display: inline-flex; align-items: center; height: 32px;
        padding: 0 10px 0 32px; border-radius: 8px; font-weight: 600; white-space: nowrap;
        cursor: pointer; color: var(--mui-palette-primary-main);
        background: {soft()}; }}
/* Text beside text: a box of its own would part the button's name by a blank. */
.unseen {{ font-size: 0; }}
/* The button lies over its label; only the icon of it is seen. */
.codehilite {{ background: none; }}
.codehilite .copybtn {{ position: absolute; inset: 0; width: 100%; height: 100%; opacity: 1;
                       display: flex; align-items: center; padding: 0 0 0 8px; border: none;
                       border-radius: 8px; background: none; color: inherit; cursor: pointer; }}
.copybtn svg {{ width: 18px; height: 18px; padding: 0; }}
a:focus-visible, .codehilite .copybtn:focus-visible {{
  outline: 2px solid var(--mui-palette-primary-main); outline-offset: 1px; }}
/* While the icon is a tick, and for a moment after. */
.copied {{ position: absolute; inset: 0 0 0 32px; display: flex; align-items: center; opacity: 0;
          pointer-events: none; color: var(--mui-palette-success-main); border-radius: 8px;
          background: inherit; transition: opacity 0.2s 1.2s; }}
label:has(.icon-tabler-check) .copied {{ opacity: 1; transition: none; }}
"""
