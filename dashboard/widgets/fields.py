"""`Field`: a widget bound to one parameter of a Param object."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import panel_material_ui as pmui
import param

from dashboard.session.labels import with_label
from dashboard.session.notebook import in_notebook
from dashboard.session.subscriptions import Watch, watch_always
from dashboard.session.toasts import toast
from dashboard.widgets.hinted import CheckBoxGroup, Hinted, Select, TextAreaInput, TextInput
from dashboard.widgets.told import SWITCH_ECHO_SECONDS, Told
from gridworld import parameters

#: Time after the last key for which a person is taken to be typing still.
_TYPING_SECONDS = 15.0


class Switch(Hinted, pmui.Switch):
    """A switch with a hint."""


class Field:
    """A widget bound to one parameter, both ways.

    The parameter checks on the server what is typed. A refused value gives a toast, and the
    widget shows the old value again.

    Args:
        owner: The Param object.
        name: The parameter's name.
        is_locked: Returns whether the value must not change now; a disabled widget alone
            would not stop a message sent by other means.
        width: Width in pixels; by default the whole width.
        why_locked: Text of the toast for a locked value, after the label.
        watch: Watches the parameter.
        lock: Lock to hold from the check of ``is_locked`` until the value is set.
        symbol: The textbook's letter for it, shown beside the label.

    Attributes:
        widget: The Panel widget, or a layout with it.
    """

    def __init__(
        self,
        owner: param.Parameterized,
        name: str,
        is_locked: Callable[[], bool] = lambda: False,
        width: int | None = None,
        why_locked: str = "is locked while training. Stop to change.",
        watch: Watch = watch_always,
        lock: AbstractContextManager[Any] | None = None,
        symbol: str = "",
    ) -> None:
        self._owner, self._name, self._is_locked = owner, name, is_locked
        self._watch, self._watched = watch, {owner}
        self._width, self._why_locked, self._symbol = width, why_locked, symbol
        self._lock = lock if lock is not None else nullcontext()
        self._parameter = owner.param[name]
        self.label = self._parameter.label
        self._typed_at = -math.inf
        # The widget is one check box: it holds a list with True in it, or an empty one.
        self._is_boxed = isinstance(self._parameter, param.Boolean) and in_notebook()
        self.widget = self._entry = self._make_widget()
        if isinstance(self._entry, Switch):
            told = Told(self._entry, echo_seconds=SWITCH_ECHO_SECONDS)
            told.watch("value", self._on_entry)
            self._tell: Callable[..., Any] = told.tell
        else:
            self._entry.param.watch(lambda event: self._on_entry(event.new), "value")
            if "value_input" in self._entry.param:
                self._entry.param.watch(self._on_typing, "value_input")
            self._tell = self._entry.param.update
        watch(owner, [name], self._show)

    @property
    def is_being_typed(self) -> bool:
        """Whether a person has begun to type and has not entered it yet."""
        return time.monotonic() - self._typed_at < _TYPING_SECONDS

    @property
    def disabled(self) -> bool:
        """Whether the widget is greyed out."""
        return bool(self._entry.disabled)

    @disabled.setter
    def disabled(self, disabled: bool) -> None:
        if disabled != self.disabled:
            self._enable(disabled)

    def _enable(self, disabled: bool) -> None:
        self._entry.disabled = disabled

    def turn_to(self, owner: param.Parameterized) -> None:
        """Stands from now on for the parameter of the same name of another object."""
        self._owner = owner
        if owner not in self._watched:
            self._watched.add(owner)
            self._watch(owner, [self._name], self._show)
        self._show()

    def _make_widget(self) -> Any:
        common = {
            "label": self.label,
            "hint": self._parameter.doc,
            "value": self._shown(),
            "margin": 0,
            # Not the parameter `width`: a row does not wrap widgets of a fixed width.
            "sizing_mode": "stretch_width",
            "max_width": self._width,
            "styles": {"min-width": f"{self._width or 0}px"},
        }
        # Panel's own widgets where there are many: they load in half the time of the
        # Material ones, and the page's theme reaches them too.
        match self._parameter:
            case parameters.Choice():
                titles = dict(self._parameter.names)
                return Select(**common, options=titles, stylesheets=self._sheets)
            case param.Boolean():
                switch = {key: common[key] for key in ("hint", "value")} | {"margin": (6, 0)}
                if self._is_boxed:
                    return CheckBoxGroup(**switch, options={self.label: True})
                return Switch(**switch, label=self.label)
            case parameters.Text():
                return TextAreaInput(**common, rows=7, stylesheets=[*self._sheets, _MAP])
            case _:
                return TextInput(**common, stylesheets=self._sheets)

    @property
    def _sheets(self) -> list[str]:
        # No part of the name that is read out.
        symbol = f'.bk-input-group > label::after {{ content: " {self._symbol}" / ""; }}'
        return [_INPUT, symbol] if self._symbol else [_INPUT]

    def _shown(self) -> Any:
        """The parameter's value as the widget holds it."""
        value = getattr(self._owner, self._name)
        if isinstance(self._parameter, parameters.Real):
            return str(value).removesuffix(".0")
        return [value] * value if self._is_boxed else value

    def _show(self) -> None:
        shown = self._shown()
        names = ("value", "value_input") if "value_input" in self._entry.param else ("value",)
        # Both at once: what a person has begun to type must not be replaced a moment later.
        if any(getattr(self._entry, name) != shown for name in names):
            self._tell(**dict.fromkeys(names, shown))

    def _on_typing(self, event: param.parameterized.Event) -> None:
        is_typed = event.new not in (self._entry.value, self._shown())
        self._typed_at = time.monotonic() if is_typed else -math.inf

    def _on_entry(self, entered: Any) -> None:
        self._typed_at = -math.inf
        if entered != self._shown():
            self.enter(entered)

    def enter(self, entered: Any) -> None:
        """Sets what a person entered, or says why it is refused."""
        with self._lock:
            is_locked = self._is_locked()
            complaint = None if is_locked else self._set(entered)
        if is_locked:
            toast("warning", f"{self.label} {self._why_locked}")
        elif complaint is not None:
            toast("error", complaint)
        self._show()

    def _set(self, entered: Any) -> str | None:
        """Sets the value that was entered; returns the complaint if it is refused."""
        try:
            setattr(self._owner, self._name, self._parse(entered))
        except ValueError as error:
            return with_label(error, self._owner)
        return None

    def _parse(self, entered: Any) -> Any:
        """The entry as a value; text that is no number stays text, to be refused."""
        if self._is_boxed:
            return bool(entered)
        is_number = isinstance(self._parameter, parameters.Real)
        return parameters.parse_number(entered) if is_number else entered


# Panel's Material styles float the label over the frame, by longer selectors.
_INPUT = """
:host .bk-input-group.bk-input-group { padding: 0; gap: 2px; }
:host .bk-input-group > label { position: static !important; transform: none !important;
  margin: 0 !important; padding: 0 !important; background: none !important;
  font-size: 12.5px !important; line-height: 1.4 !important; white-space: pre;
  color: var(--mui-palette-text-secondary); }
:host .bk-input { margin: 0; padding: 0 10px; font-size: 13.5px; border-radius: 8px;
  min-height: 0; color: var(--mui-palette-text-primary);
  background-color: var(--mui-palette-background-paper);
  border: 1px solid var(--mui-palette-divider); }
:host input.bk-input, :host select.bk-input { height: 34px; }
:host select.bk-input { padding-block: 0; padding-right: 26px; line-height: 32px;
  background-image: linear-gradient(45deg, transparent 50%, currentColor 50%),
    linear-gradient(135deg, currentColor 50%, transparent 50%);
  background-position: right 14px center, right 9px center; background-size: 5px 5px;
  background-repeat: no-repeat; }
:host .bk-input:disabled { border-style: solid; color: var(--mui-palette-text-disabled); }
"""
_MAP = """
:host textarea.bk-input { padding: 8px 10px; font-family: monospace; line-height: 1.2;
                          letter-spacing: 0.15em; }
"""
