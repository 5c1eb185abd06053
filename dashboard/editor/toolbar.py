"""The map editor's switch, brushes, buttons and fields."""

from functools import partial
from typing import Any, Protocol

import panel as pn

from dashboard.editor.draft import Draft
from dashboard.session.subscriptions import Watch
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button
from dashboard.widgets.layout import wrapping_row
from gridworld import GridWorldConfig, parameters

_REWARDS = [name for name in GridWorldConfig.LEVEL_PARAMETERS if name.endswith("_reward")]
#: Label, method of the editor, tooltip.
_BUTTONS = (
    ("Undo", "undo", "Takes the last change of the map back."),
    ("Redo", "redo", "Makes the change that was undone last again."),
    ("Random map", "draw_random", "Draws a new random map of this size, with a new map seed."),
    ("Clear", "clear", "Makes every cell free, starts and goals too."),
)
#: Longest map text that can be entered, in characters; a map of 100 × 100 has 10,099.
_MAX_TEXT = 20_000


class WindField(Field):
    """A field for wind: whole numbers, one a column, with commas or blanks between them."""

    def _shown(self) -> str:
        return ", ".join(map(str, getattr(self._owner, self._name)))

    def _parse(self, entered: str) -> Any:
        try:
            return parameters.parse_wholes(entered.replace(",", " ").split())
        except (TypeError, ValueError):
            return entered  # to be refused


class Brushes(pn.widgets.RadioBoxGroup):
    """A choice of brush. Radio buttons: there is a button Start on the page already."""

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model: Any = super()._get_model(*args, **kwargs)
        hint = "Kind of cell that a click or drag on the map makes."
        model.html_attributes = {"role": "radiogroup", "aria-label": self.label, "title": hint}
        # Panel takes a choice some 50 ms after it was made, and the plot a click at once.
        model.on_change("active", self._take_at_once)
        return model

    def _take_at_once(self, _attr: str, _old: int | None, new: int | None) -> None:
        if new is not None:
            self.value = self.options[new]


class Edited(Protocol):
    """A `MapEditor` as the toolbar sees it, with the methods that the buttons name."""

    param: Any
    config: GridWorldConfig
    draft: Draft
    watch: Watch
    editing: bool
    brush: Any

    @property
    def locked(self) -> bool:
        """Whether nothing may change."""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""


class Toolbar:
    """Widgets of a `MapEditor`, made when they are first shown since each costs load time.

    Attributes:
        panel: The switch and, while it is on, brushes and buttons.
        form: Size, wind, rewards and text of the map, while the switch is on.
    """

    def __init__(self, editor: Edited) -> None:
        self._editor = editor
        self._buttons: dict[str, Button] = {}
        self._fields: list[Field] = []
        self._brush: Brushes | None = None
        self._tools = pn.Column(sizing_mode="stretch_width", visible=False)
        self.form = pn.Column(sizing_mode="stretch_width", visible=False)
        switch = Field(editor, "editing")
        switch.widget.margin = (4, 10)
        self.panel = pn.Column(switch.widget, self._tools, sizing_mode="stretch_width")
        editor.param.watch(lambda _: self._on_editing(), "editing")

    def refresh(self) -> None:
        """Enables the buttons that can do something."""
        locked = self._editor.locked
        able = {"Undo": self._editor.can_undo, "Redo": self._editor.draft.can_redo}
        for label, button in self._buttons.items():
            button.disabled = locked or not able.get(label, True)

    def lock(self, locked: bool) -> None:
        """Disables everything that changes the map, or enables it again."""
        for field in self._fields:
            field.widget.disabled = locked
        if self._brush is not None:
            self._brush.disabled = locked
        self.refresh()

    def _on_editing(self) -> None:
        if not self._fields:
            self._tools[:] = self._make_tools()
            self.form[:] = self._make_form()
            self.lock(self._editor.locked)
        self._tools.visible = self.form.visible = self._editor.editing

    def _on_press(self, method: str, _: Any) -> None:
        getattr(self._editor, method)()

    def _make_tools(self) -> list[Any]:
        editor = self._editor
        self._brush = Brushes(
            label="Brush",
            options=list(editor.param.brush.objects),
            value=editor.brush,
            inline=True,
            stylesheets=[_GROUP],
            margin=(4, 10),
        )
        self._brush.link(editor, value="brush", bidirectional=True)
        for label, method, hint in _BUTTONS:
            self._buttons[label] = Button(label=label, hint=hint, margin=4)
            self._buttons[label].on_click(partial(self._on_press, method))
        return [self._brush, wrapping_row(*self._buttons.values())]

    def _make_form(self) -> list[Any]:
        editor = self._editor
        size = [self._widget(editor, name) for name in ("n_rows", "n_cols")]
        wind = self._widget(editor.config, "wind", 240, WindField)
        rewards = [self._widget(editor.config, name) for name in _REWARDS]
        text = self._widget(editor, "text", 300)
        text.max_length = _MAX_TEXT
        text.stylesheets = [*text.stylesheets, _TALL]
        return [wrapping_row(*size, wind), wrapping_row(*rewards), text]

    def _widget(self, owner: Any, name: str, width: int = 110, kind: type[Field] = Field) -> Any:
        self._fields.append(
            kind(owner, name, lambda: self._editor.locked, width, watch=self._editor.watch)
        )
        return self._fields[-1].widget


_GROUP = ".bk-input-group { display: flex; flex-wrap: wrap; gap: 4px 12px; }"
_TALL = "textarea.bk-input { height: auto; min-height: 9.5em; }"
