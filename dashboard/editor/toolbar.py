"""The map editor's switch and the panel of its tools."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, Protocol, TypeVar

import panel as pn
import panel_material_ui as pmui

from dashboard.editor import styles
from dashboard.editor.brushes import Brushes
from dashboard.editor.draft import Draft
from dashboard.session.notebook import in_notebook
from dashboard.session.subscriptions import Watch
from dashboard.widgets import icons
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button, Hinted, IntInput
from dashboard.widgets.theme import THEME
from gridworld import GridWorldConfig, parameters

#: In place of the tools while a run is under way.
STOP_FIRST = "Stop the run to edit the map."

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

AnyField = TypeVar("AnyField", bound=Field)


class Toggle(Hinted, pmui.Toggle):
    """A button that stays pressed, and says so, with a hint."""


class NotebookToggle(Hinted, pn.widgets.Toggle):
    """A button that stays pressed, with a hint, for a notebook."""

    def focus(self) -> None:
        """Leaves the focus where it is: Panel's own widgets cannot take it."""


class WindField(Field):
    """A field for wind: whole numbers, one a column, with commas or blanks between them."""

    def _shown(self) -> str:
        return ", ".join(map(str, getattr(self._owner, self._name)))

    def _parse(self, entered: str) -> Any:
        try:
            return parameters.parse_wholes(entered.replace(",", " ").split())
        except (TypeError, ValueError):
            return entered  # to be refused


class NumberField(Field):
    """A field for a row or a column of the map."""

    _size = 1

    def _make_widget(self) -> Any:
        return IntInput(
            label=self.label,
            hint=self._parameter.doc,
            value=self._shown(),
        )

    def _shown(self) -> Any:
        return getattr(self._owner, self._name)

    def keep_below(self, size: int) -> None:
        """Lets the field take numbers below the size, and no others."""
        # A limit of the widget would be kept by the browser, which says nothing of it.
        self._size = size
        self._set(min(self._shown(), size - 1))

    def _set(self, entered: Any) -> str | None:
        try:
            parameters.check_whole(self.label, entered, 0, self._size - 1)
        except ValueError as error:
            return str(error)
        return super()._set(entered)


class Edited(Protocol):
    """A `MapEditor` as the toolbar sees it, with the methods that the buttons name."""

    param: Any
    config: GridWorldConfig
    draft: Draft
    watch: Watch
    editing: bool
    draws_later: bool
    brush: Any

    @property
    def locked(self) -> bool:
        """Whether nothing may change."""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""

    def paint_cell(self) -> str:
        """Paints the cell of the fields; returns what became of it, in words."""


class Toolbar:
    """Widgets of a `MapEditor`, made when they are first shown since each costs load time.

    Attributes:
        switch: Turns editing on and off.
        panel: The tools while it is on; they have room in a column of 236 pixels. During a run
            a line in their place.
    """

    def __init__(self, editor: Edited) -> None:
        self._editor = editor
        self._buttons: dict[str, Button] = {}
        self._numbers: list[NumberField] = []
        self._said = pn.pane.HTML(_said(""), stylesheets=[styles.SAID], margin=0)
        self._locked_note = pn.pane.HTML(
            f"<p>{STOP_FIRST}</p>", stylesheets=[styles.LINE], margin=0
        )
        self._tools = pn.Column(sizing_mode="stretch_width", margin=0)
        parameter = editor.param["editing"]
        self.switch = _toggle(
            *(parameter.label, parameter.doc, styles.SWITCH, "edit"),
            value=editor.editing,
            margin=0,
        )
        self.switch.link(editor, value="editing", bidirectional=True)
        self.panel = pn.Column(
            sizing_mode="stretch_width", visible=False, margin=0, stylesheets=[styles.PANEL]
        )
        editor.param.watch(lambda _: self._on_editing(), "editing")

    def refresh(self) -> None:
        """Enables the buttons that can do something, and keeps the cell within the map.

        What was said of a cell holds no longer.
        """
        self.say("")
        able = {"Undo": self._editor.can_undo, "Redo": self._editor.draft.can_redo}
        for label, button in self._buttons.items():
            button.disabled = not able.get(label, True)
        for number, size in zip(self._numbers, self._editor.draft.shape, strict=False):
            number.keep_below(size)

    def lock(self, locked: bool) -> None:
        """Shows a line in place of all that changes the map, or the tools again."""
        if not self.panel.objects:
            return
        self._locked_note.visible, self._tools.visible = locked, not locked
        if not locked:
            if not self._tools.objects:
                self._tools[:] = self._make_tools()
            self.refresh()

    def say(self, words: str) -> None:
        """Tells what became of a cell that was painted by its row and column."""
        self._said.object = _said(words)

    def _on_editing(self) -> None:
        if not self.panel.objects:
            self.panel[:] = [self._make_head(), self._locked_note, self._tools]
        self.lock(self._editor.locked)
        self.panel.visible = self._editor.editing

    def _on_press(self, method: str, _: Any) -> None:
        getattr(self._editor, method)()

    def _on_done(self, _: Any) -> None:
        self._editor.editing = False
        self.switch.focus()  # the pressed button is gone

    def _make_head(self) -> pn.Row:
        title = pn.pane.HTML(
            "<h2>Edit map</h2>", stylesheets=[styles.TITLE], margin=0, styles=styles.GROWS
        )
        done = Button(label="Done", hint="Ends editing.", color="primary", variant="solid")
        done.param.update(margin=0, stylesheets=[*done.stylesheets, styles.BUTTON])
        done.on_click(self._on_done)
        return pn.Row(title, done, sizing_mode="stretch_width", margin=0)

    def _make_tools(self) -> list[Any]:
        editor = self._editor
        brush = Brushes(editor.param.brush.objects, value=editor.brush)
        brush.link(editor, value="brush", bidirectional=True)
        for label, method, hint in _BUTTONS:
            self._buttons[label] = _button(label, hint, partial(self._on_press, method))
        undo, redo, random, clear = self._buttons.values()
        self._numbers = [self._field(editor, name, NumberField) for name in ("row", "col")]
        paint = _button(
            "Paint",
            "Makes that cell of the kind that is chosen above.",
            lambda _: self.say(editor.paint_cell()),
        )
        size = [self._widget(editor, name) for name in ("n_rows", "n_cols")]
        for number in self._numbers:
            number.widget.stylesheets = [*size[0].stylesheets, styles.NUMBER]
        text = self._widget(editor, "text")
        text.max_length = _MAX_TEXT
        text.stylesheets = [*text.stylesheets, styles.TALL]
        paint.param.update(align="end", styles={"flex": "none"})
        return [
            _group("Brush"),
            brush,
            _row(*(_half(number.widget) for number in self._numbers), paint),
            self._said,
            _row(undo, redo),
            _row(random, clear),
            _group("Map"),
            *self._make_later(),
            _row(*map(_half, size)),
            text,
            *self._make_rewards(),
        ]

    def _make_later(self) -> list[Any]:
        """A button that turns to the map that comes in mid-run, and when it comes."""
        editor = self._editor
        parameter = editor.param["draws_later"]
        toggle = _toggle(parameter.label, parameter.doc, styles.FOLD, sizing_mode="stretch_width")
        toggle.param.update(value=editor.draws_later, margin=(0, 0, 4, 0))
        toggle.link(editor, value="draws_later", bidirectional=True)
        drop = _button(
            "No later map",
            "Has the map stay as it is during the run.",
            partial(self._on_press, "drop_later"),
        )
        drop.param.update(align="end", styles={"flex": "none"})
        after = _half(self._widget(editor.config, "change_after"))
        row = _row(after, drop)
        row.visible = editor.draws_later
        toggle.param.watch(lambda event: row.param.update(visible=event.new), "value")
        return [toggle, row]

    def _make_rewards(self) -> list[Any]:
        """A button that shows moves, rewards and wind, which are made then."""
        fields = pn.Column(sizing_mode="stretch_width", visible=False, margin=0)
        toggle = _toggle(
            "Moves, rewards and wind",
            "Shows the moves that there are, what the kinds of cell pay, and the wind.",
            styles.FOLD,
            sizing_mode="stretch_width",
            margin=(4, 0, 0, 0),
        )

        def on_toggle(event: Any) -> None:
            if not fields.objects:
                rewards = [self._widget(self._editor.config, name) for name in _REWARDS]
                config = self._editor.config
                moves, gust = (self._widget(config, name) for name in ("moves", "gust"))
                wind = self._widget(config, "wind", WindField)
                shown = [*rewards, moves, wind, gust]
                pairs = zip(shown[::2], shown[1::2], strict=True)
                fields[:] = [_row(*map(_half, pair)) for pair in pairs]
            fields.visible = event.new

        toggle.param.watch(on_toggle, "value")
        return [toggle, fields]

    def _field(self, owner: Any, name: str, kind: type[AnyField]) -> AnyField:
        field = kind(owner, name, lambda: self._editor.locked, watch=self._editor.watch)
        field.widget.param.update(**styles.WHOLE_WIDTH)
        return field

    def _widget(self, owner: Any, name: str, kind: type[Field] = Field) -> Any:
        return self._field(owner, name, kind).widget


def _toggle(label: str, hint: str, look: dict[str, Any], icon: str = "", **params: Any) -> Any:
    """A button that stays pressed; the look is one of Material's `sx`."""
    common = {"label": label, "hint": hint, **params}
    if in_notebook():
        sheets = [icons.icon(icon)] if icon else []
        return NotebookToggle(**common, stylesheets=[styles.TOGGLE_IN_CELL, *sheets])
    # Panel's page turns the palette round for what is Material's in its header.
    return Toggle(**common, sx=look, theme_config=THEME)


def _button(label: str, hint: str, on_click: Callable[[Any], None]) -> Button:
    button = Button(label=label, hint=hint, margin=0, styles=styles.GROWS)
    button.stylesheets = [*button.stylesheets, styles.BUTTON]
    button.on_click(on_click)
    return button


def _row(*objects: Any) -> pn.Row:
    return pn.Row(*objects, sizing_mode="stretch_width", margin=(6, 0, 0, 0), styles=styles.SPACED)


def _half(widget: Any) -> Any:
    """The widget, for a row that it shares."""
    widget.styles = styles.SHARE
    return widget


def _group(title: str) -> pn.pane.HTML:
    return pn.pane.HTML(f"<h3>{title}</h3>", stylesheets=[styles.TITLE], margin=(12, 0, 4, 0))


def _said(words: str) -> str:
    # There before it has words: screen readers read out what changes.
    return f'<p role="status">{escape(words)}</p>'
