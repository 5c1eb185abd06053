"""Widgets made from the Param classes, and the buttons that call the room."""

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from dashboard.notify import toast
from dashboard.room import Room
from dashboard.runner import Runner
from gridworld import LEVELS, Snapshot, Status, parameters

LOCKED = "Locked while training. Stop to change."
_UNLOCKED = "Changes apply to the next run."

_IDLE, _RUNNING, _PAUSED = Status.IDLE, Status.RUNNING, Status.PAUSED
_OVER = {Status.STOPPED, Status.FINISHED, Status.FAILED}

#: Name, method of the room, statuses in which it makes sense, colour and variant.
_BUTTONS = (
    ("Start", "start", {_IDLE, *_OVER}, "primary", "solid"),
    ("Pause", "pause", {_RUNNING}, "default", "outline"),
    ("Resume", "resume", {_PAUSED}, "default", "outline"),
    ("Step", "step", {_IDLE, _PAUSED}, "default", "outline"),
    ("Episode", "step_episode", {_IDLE, _PAUSED}, "default", "outline"),
    ("Stop", "stop", {_RUNNING, _PAUSED}, "default", "outline"),
    ("Reset", "reset", {_RUNNING, _PAUSED, *_OVER}, "default", "outline"),
)

#: Fields that only one level has.
_LEVEL_FIELDS = {
    "random": ("n_rows", "n_cols", "wall_density", "map_seed"),
    "custom": ("layout",),
}
_ENVIRONMENT = ("level", *_LEVEL_FIELDS["random"], "layout", "slip", "max_steps")
_AGENT = (
    "learning_rate",
    "discount_factor",
    "epsilon",
    "epsilon_decay",
    "min_epsilon",
    "initial_q",
)
_PACE = ("update_interval", "frame_rate", "turbo")


class _TextInput(pn.widgets.TextInput):
    """Tells each entry once: Panel's own, on Enter, tells it a second time as an event."""

    def _process_event(self, event: Any) -> None:
        pass


class Field:
    """A widget bound to one parameter, both ways.

    Whatever is typed reaches the server as it is and is checked there, by the parameter: a
    value that is refused gives a toast, and the widget shows the old one again.

    Args:
        owner: The Param object.
        name: The parameter's name.
        is_locked: Tells whether the value must not change now; a disabled widget alone
            would not hold off a message sent past it.
        width: Width in pixels; by default all there is.

    Attributes:
        widget: The Panel widget.
    """

    def __init__(
        self,
        owner: param.Parameterized,
        name: str,
        is_locked: Callable[[], bool] = lambda: False,
        width: int | None = None,
    ) -> None:
        self._owner, self._name, self._is_locked = owner, name, is_locked
        self._width = width
        self._parameter = owner.param[name]
        self.label = self._parameter.label
        self.widget = self._make_widget()
        self.widget.param.watch(self._on_widget, "value")
        owner.param.watch(lambda _: self._show(), name)

    def _make_widget(self) -> Any:
        common = {
            "label": self.label,
            "value": self._shown(),
            "margin": (2, 10),
            # Not by the parameter `width`: a row would not wrap where such do not fit.
            "sizing_mode": "stretch_width",
            "max_width": self._width,
            "styles": {"min-width": f"{self._width or 0}px"},
        }
        # Panel's own widgets where there are many: they load in half the time of the
        # Material ones, and the page's theme reaches them too.
        match self._parameter:
            case parameters.Choice():
                titles = {LEVELS[name].title: name for name in self._parameter.objects}
                return pn.widgets.Select(**common, options=titles, stylesheets=[_INPUT])
            case param.Boolean():
                return pmui.Switch(label=self.label, value=self._shown(), margin=(16, 10))
            case parameters.Text():
                return pn.widgets.TextAreaInput(**common, rows=7, stylesheets=[_INPUT, _MAP])
            case _:
                return _TextInput(**common, stylesheets=[_INPUT])

    def _shown(self) -> Any:
        """The parameter's value as the widget holds it."""
        value = getattr(self._owner, self._name)
        if isinstance(self._parameter, parameters.Real):
            return str(value).removesuffix(".0")
        return value

    def _show(self) -> None:
        shown = self._shown()
        if self.widget.value != shown:
            self.widget.value = shown
        elif getattr(self.widget, "value_input", shown) != shown:
            self.widget.value_input = shown

    def _on_widget(self, event: param.parameterized.Event) -> None:
        if event.new == self._shown():
            return
        if self._is_locked():
            toast("warning", f"{self.label} is locked while training. Stop to change.")
        else:
            try:
                setattr(self._owner, self._name, self._parse(event.new))
            except ValueError as error:
                toast("error", _in_words(error, self._owner))
        self._show()

    def _parse(self, entered: Any) -> Any:
        """What was entered as a value; text that is no number stays text, to be refused."""
        if not isinstance(self._parameter, parameters.Real):
            return entered
        for kind in (int, float):
            try:
                number = kind(entered)
            except (TypeError, ValueError):
                continue
            whole = isinstance(self._parameter, parameters.Whole) and number == number // 1
            return int(number) if whole else number
        return entered


class Controls:
    """Sidebar and control bar.

    Attributes:
        sidebar: Environment, Agent and Run, locked while training.
        bar: Buttons and pace.
    """

    min_interval = 0.0

    def __init__(self, room: Room, runner: Runner) -> None:
        self._room, self._runner = room, runner
        self._status: Status | None = None
        self._owners: dict[str, param.Parameterized] = {
            **dict.fromkeys(_ENVIRONMENT, room.world_config),
            **dict.fromkeys((*_AGENT, "num_episodes"), room.learning_config),
            "seed": room,
        }
        self._fields: dict[str, Field] = {}
        self._pace = {name: Field(room.pace, name, width=150) for name in _PACE}
        self._buttons = {
            label: pn.widgets.Button(
                label=label, color=colour, variant=variant, margin=4, stylesheets=[_OUTLINE]
            )
            for label, _, _, colour, variant in _BUTTONS
        }
        for label, method, *_ in _BUTTONS:
            self._buttons[label].on_click(partial(self._on_press, method))
        self._lock_note = pn.pane.HTML(_UNLOCKED, **_NOTE)
        self._level_note = pn.pane.HTML(**_NOTE)
        self._level_fields = pn.Column(sizing_mode="stretch_width")
        self.sidebar = self._make_sidebar()
        self.bar = self._make_bar()
        room.world_config.param.watch(lambda _: self._show_level(), "level")
        self._show_level()
        self.update(room.snapshot)
        for config in dict.fromkeys(self._owners.values()):
            config.param.watch(self._on_change, list(config.param))

    def update(self, snapshot: Snapshot) -> None:
        """Enables what makes sense in the status."""
        if snapshot.status is self._status:
            return
        self._status = snapshot.status
        for label, _, statuses, *_ in _BUTTONS:
            self._buttons[label].disabled = self._status not in statuses
        for field in self._fields.values():
            field.widget.disabled = self._room.locked
        self._lock_note.object = LOCKED if self._room.locked else _UNLOCKED

    def _on_change(self, *_: param.parameterized.Event) -> None:
        self._runner.draw()

    def _on_press(self, method: str, _: param.parameterized.Event) -> None:
        self._runner.act(getattr(self._room, method))

    def _widgets(self, *names: str) -> list[Any]:
        """The fields' widgets; made when they are first shown, since each costs load time."""
        for name in names:
            if name not in self._fields:
                field = Field(self._owners[name], name, lambda: self._room.locked)
                field.widget.disabled = self._room.locked
                self._fields[name] = field
        return [self._fields[name].widget for name in names]

    def _show_level(self) -> None:
        level = self._room.world_config.level
        self._level_note.object = LEVELS[level].description
        self._level_fields[:] = self._widgets(*_LEVEL_FIELDS.get(level, ()))

    def _make_sidebar(self) -> pn.Column:
        def title(text: str) -> pn.pane.HTML:
            return pn.pane.HTML(f"<h2>{text}</h2>", stylesheets=[_TITLE], margin=(8, 10, 0, 10))

        return pn.Column(
            self._lock_note,
            title("Environment"),
            *self._widgets("level"),
            self._level_note,
            self._level_fields,
            *self._widgets("slip", "max_steps"),
            title("Agent"),
            *self._widgets(*_AGENT),
            title("Run"),
            *self._widgets("num_episodes", "seed"),
            sizing_mode="stretch_width",
        )

    def _make_bar(self) -> pn.Column:
        return pn.Column(
            pn.Row(*self._buttons.values(), **_WRAPPING),
            pn.Row(*(field.widget for field in self._pace.values()), **_WRAPPING),
            sizing_mode="stretch_width",
        )


_WRAPPING = {
    "sizing_mode": "stretch_width",
    "margin": (4, 0),
    "styles": {"flex-wrap": "wrap"},
}
_NOTE = {"margin": (8, 10), "sizing_mode": "stretch_width", "styles": {"font-size": "0.9rem"}}
_TITLE = "h2 { margin: 0; font-size: 1.1rem; }"
_INPUT = """
.bk-input-group > label { background: none; color: var(--mui-palette-text-secondary); }
.bk-input { font-size: 1rem; color: var(--mui-palette-text-primary); }
.bk-input:disabled { border-style: solid; border-color: var(--mui-palette-divider);
                     color: var(--mui-palette-text-disabled); }
"""
_OUTLINE = ".bk-btn { box-shadow: inset 0 0 0 1px var(--mui-palette-divider) !important; }"
_MAP = "textarea.bk-input { font-family: monospace; line-height: 1.2; letter-spacing: 0.15em; }"


def _in_words(error: ValueError, owner: param.Parameterized) -> str:
    """The message of an error with the parameter's label in place of its name."""
    name, _, rest = str(error).partition(" ")
    return f"{owner.param[name].label} {rest}" if name in owner.param else str(error)
