"""`SettingsMark`: chooses which map the grid shows."""

from collections.abc import Callable

import panel as pn

from dashboard.editor.editor import MapEditor
from dashboard.rooms.room import Room
from dashboard.session.view import OneMessage
from dashboard.widgets.hinted import CheckBoxGroup
from gridworld import Snapshot, is_same_map

SHOW_MAP = "Show the new map"

#: Styles, because `visible` lays out the whole page at once: in Bokeh 3.9 a plot fails that is
#: painted while its source gets shorter.
_SHOWN, _HIDDEN = {"display": "block"}, {"display": "none"}


class SettingsMark:
    """Chooses the map that the grid shows.

    The grid shows the run's map, with all that was learned, whatever settings have changed
    since. It shows the map of the next run if a person asks for it, and the draft while the
    editor is open.

    Args:
        room: The training.
        editor: Changes its map; None on a page that only watches.
        show_map: Makes the grid show a map in place of the run's; None for the run's map.
        one_message: Holds together the changes that the switch makes.

    Attributes:
        panel: The switch with which a person asks; hidden while both maps are the same.
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
        self._switch = CheckBoxGroup(
            options=[SHOW_MAP],
            hint="Show the map of the next run in place of what was learned.",
            margin=0,
            styles=_HIDDEN,
        )
        self._switch.param.watch(lambda _: self._redraw(), "value")
        self.panel = self._switch
        if editor is not None:
            editor.param.watch(lambda _: self._redraw(), "editing")
        self.update(room.snapshot)

    @property
    def shows_map(self) -> bool:
        """Whether the grid shows another map than the run's."""
        return self._shown is not None

    def update(self, snapshot: Snapshot) -> None:
        """Shows the right map, and offers the next run's where it is another."""
        room, editor = self._room, self._editor
        changed, layout = room.settings_changed, room.world_config.layout
        is_other = changed and not is_same_map(layout, snapshot.layout)
        if not is_other and self._switch.value:
            self._switch.value = []  # so that the next run's map is seen again
        is_drawing = editor is not None and editor.editing
        is_wanted = self._offer(is_other and not is_drawing)
        draft = editor.shown if editor is not None else None
        self._show(draft or (layout if is_other and (is_drawing or is_wanted) else None))

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
