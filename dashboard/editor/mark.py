"""`SettingsMark`: says that settings have changed since the run that is shown."""

from collections.abc import Callable

import panel as pn

from dashboard.editor.editor import MapEditor
from dashboard.rooms.room import Room
from dashboard.session.view import OneMessage
from dashboard.widgets.hinted import CheckBoxGroup
from gridworld import Snapshot, is_same_map

CHANGED = (
    "Settings changed: Start makes a new run with them. "
    "What is shown was learned with the earlier ones."
)
#: Shown as soon as the editor opens, so that the map does not move at the first change.
_DRAWING = (
    "What was learned stays until Start makes a new run. "
    "A map that is drawn here is for that run, not for this one."
)
SHOW_MAP = "Show the new map"

_STYLE = """
.mark { padding: 4px 10px; border-radius: 4px; border: 1px solid #0072b5;
        border-left-width: 6px; font-size: 0.9rem; line-height: 1.4; min-height: 2.8em; }
"""
#: Styles, because `visible` lays out the whole page at once: in Bokeh 3.9 a plot fails that is
#: painted while its source gets shorter.
_SHOWN, _HIDDEN = {"display": "block"}, {"display": "none"}


class SettingsMark:
    """Marks what was learned with other settings, and chooses the map that the grid shows.

    The grid shows the run's map, with all that was learned. It shows the map of the next run
    if a person asks for it, and the draft while the editor is open.

    Args:
        room: The training.
        editor: Changes its map; None on a page that only watches.
        show_map: Makes the grid show a map in place of the run's; None for the run's map.
        one_message: Holds together the changes that the switch makes.

    Attributes:
        panel: The mark, which may be empty.
    """

    min_interval = 0.5

    def __init__(
        self,
        room: Room,
        editor: MapEditor | None,
        show_map: Callable[[str | None], None],
        one_message: OneMessage = pn.io.hold,
    ) -> None:
        self._room, self._editor = room, editor
        self._show_map, self._one_message = show_map, one_message
        self._shown: str | None = None
        # Made before there is a text: screen readers read out only changes of an element.
        self._words = pn.pane.HTML(
            _mark_html(""), stylesheets=[_STYLE], sizing_mode="stretch_width", margin=(0, 8)
        )
        self._switch = CheckBoxGroup(
            options=[SHOW_MAP],
            hint="Show the map of the next run in place of what was learned.",
            margin=(6, 8, 2, 8),
            styles=_HIDDEN,
        )
        self._switch.param.watch(lambda _: self._redraw(), "value")
        self.panel = pn.Column(self._words, self._switch, sizing_mode="stretch_width")
        if editor is not None:
            editor.param.watch(lambda _: self._redraw(), "editing")
        self.update(room.snapshot)

    @property
    def shows_map(self) -> bool:
        """Whether the grid shows another map than the run's."""
        return self._shown is not None

    def update(self, snapshot: Snapshot) -> None:
        """Says whether settings have changed, and shows the right map."""
        room, editor = self._room, self._editor
        changed, layout = room.settings_changed, room.world_config.layout
        is_other = changed and not is_same_map(layout, snapshot.layout)
        if not is_other:
            self._switch.value = []  # so that the next run's map is seen again
        is_drawing = editor is not None and editor.editing
        is_at_risk = is_drawing and not room.locked and snapshot.total_steps > 0
        self._say(CHANGED if changed else _DRAWING if is_at_risk else "")
        is_wanted = self._offer(is_other and not is_drawing)
        draft = editor.unapplied if editor is not None else None
        self._show(draft or (layout if is_other and (is_drawing or is_wanted) else None))

    def _say(self, words: str) -> None:
        text = _mark_html(words)
        if text != self._words.object:
            self._words.object = text

    def _offer(self, offered: bool) -> bool:
        """Shows the switch, or hides it; returns whether it is on."""
        styles = _SHOWN if offered else _HIDDEN
        if self._switch.styles != styles:
            self._switch.styles = styles
        return bool(self._switch.value)

    def _show(self, layout: str | None) -> None:
        if layout != self._shown:
            self._shown = layout
            self._show_map(layout)

    def _redraw(self) -> None:
        with self._one_message():
            self.update(self._room.snapshot)


def _mark_html(words: str) -> str:
    style = ' class="mark"' if words else ""
    return f'<div role="status"{style}>{words}</div>'
