"""`Header`: the level, and the ways to what is not always on the page."""

from collections.abc import Callable
from typing import Any

import panel as pn

from dashboard.rooms.room import Room
from dashboard.session.runner import Runner
from dashboard.widgets import icons
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button
from dashboard.widgets.theme import ON_PHONE, soft
from gridworld import Snapshot

#: Name of the product, in the header.
BRAND = "GridWorld"


class ToggleButton(Button):
    """A button that opens and closes something.

    Args:
        icon: Name of its icon.
        call: Called at each press.
        bare: Whether its label is for screen readers alone.
        params: Parameters of the button.
    """

    def __init__(
        self, icon: str, call: Callable[[], Any], bare: bool = False, **params: Any
    ) -> None:
        self._sheets = [_LOOK, icons.icon(icon, bare)]
        super().__init__(**{"stylesheets": self._sheets, "margin": 0} | params)
        self.on_click(lambda _: call())

    def look_pressed(self, pressed: bool) -> None:
        """Looks as if it were pressed, or not."""
        self.stylesheets = [*self._sheets, _PRESSED] if pressed else self._sheets


def as_header_button(button: Button, icon: str) -> Button:
    """Gives a button the look of those in the header."""
    button.param.update(stylesheets=[_LOOK, icons.icon(icon)], margin=0)
    return button


class Header:
    """The first line of the page.

    Args:
        room: The training.
        runner: Watches its settings.

    Attributes:
        objects: What the line holds, from left to right.
    """

    min_interval = 0.2

    def __init__(self, room: Room, runner: Runner) -> None:
        self._room, self._runner = room, runner
        self._ready = False
        self._level: Field | None = None
        brand = pn.pane.HTML(f"<h1>{BRAND}</h1>", stylesheets=[_BRAND], margin=(0, 10, 0, 0))
        self.objects: list[Any] = [brand]

    def add_skip(self, skip: Callable[[], None]) -> None:
        """Adds at the very left what is seen only by those who get to it by keyboard."""
        button = Button(
            label="Skip to the transport bar",
            hint="Go on from the buttons that set the run going.",
            stylesheets=[_SKIP],
            margin=0,
        )
        button.on_click(lambda _: skip())
        self.objects.insert(0, button)

    def add(self, *objects: Any) -> None:
        """Adds what stands further to the right."""
        self.objects.extend(objects)

    def placed(self) -> list[Any]:
        """The objects, each in the middle of a page's header."""
        for each in self.objects:
            if not isinstance(each, pn.Spacer):
                each.margin = (7, 2)
        return self.objects

    def add_level(self) -> None:
        """Adds the choice of the level."""
        room = self._room
        self._level = field = Field(
            room.world_config,
            "level",
            lambda: room.locked,
            watch=self._runner.subscriptions.watch,
            lock=room.lock,
        )
        field.disabled = True
        field.widget.param.update(
            stylesheets=[*field.widget.stylesheets, _LEVEL],
            sizing_mode=None,
            width=150,
        )
        self.add(field.widget)

    def update(self, snapshot: Snapshot) -> None:
        """Lets the level be chosen while no run is under way."""
        if self._level is not None:
            self._level.disabled = self._room.locked or not self._ready

    def set_ready(self) -> None:
        """Enables the level; to be called once the page has loaded."""
        self._ready = True
        self.update(self._room.snapshot)


_SKIP = """
:host { position: absolute; left: 8px; top: 0; z-index: 60; width: auto; }
:host(:not(:focus-within)) { clip-path: inset(50%); pointer-events: none; }
.bk-btn { height: 34px; padding: 0 12px; border-radius: 8px; font-size: 14px !important;
          background: var(--mui-palette-background-paper) !important;
          color: var(--mui-palette-primary-main) !important; }
"""
_BRAND = f"""
h1 {{ margin: 0; font-size: 16px; font-weight: 700; line-height: 34px;
     color: var(--mui-palette-text-primary); }}
{ON_PHONE} {{ :host {{ display: none !important; }} }}
"""
_LEVEL = f"""
:host .bk-input-group > label {{ position: absolute !important; clip-path: inset(50%);
                                width: 1px; height: 1px; overflow: hidden; }}
select.bk-input {{ font-weight: 500; }}
{ON_PHONE} {{ :host {{ min-width: 0 !important; max-width: 92px !important; }} }}
"""
_LOOK = f"""
.bk-btn {{ height: 34px; padding: 0 10px !important; border: none !important; border-radius: 8px;
          box-shadow: none !important; background: none !important; font-size: 14px !important;
          color: var(--mui-palette-text-primary) !important; white-space: nowrap; }}
.bk-btn:hover {{ background: var(--mui-palette-divider) !important; }}
{ON_PHONE} {{ .bk-btn {{ font-size: 0 !important; gap: 0 !important;
               padding: 0 6px !important; }} }}
"""
_PRESSED = f"""
.bk-btn {{ background: {soft()} !important; color: var(--mui-palette-primary-main) !important;
          font-weight: 600; }}
"""
