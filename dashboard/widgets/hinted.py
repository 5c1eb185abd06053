"""Panel's widgets with a hint: what each does, in plain words, shown on hovering."""

from typing import Any, ClassVar

import panel as pn
import param

OUTLINE = """
.bk-btn { box-shadow: inset 0 0 0 1px var(--mui-palette-divider) !important; }
.bk-btn.bk-btn-primary { color: var(--mui-palette-primary-contrastText); }
"""
#: Bokeh's groups of buttons do not tell screen readers which are pressed: this does.
TELLS_CHOSEN = '.bk-btn.bk-active::after { content: "" / ", chosen"; }'


class Hinted(param.Parameterized):
    """A widget with the browser's own tooltip: Panel's would replace a button's name."""

    hint = param.String(doc="What the widget does, in plain words.")

    _rename: ClassVar[dict[str, str | None]] = {"hint": None}

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model = super()._get_model(*args, **kwargs)  # type: ignore[misc]
        model.html_attributes = {"title": self.hint}
        return model


class Button(Hinted, pn.widgets.Button):
    """A button with a hint and an outline."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"variant": "outline", "stylesheets": [OUTLINE]} | params)


class CheckBoxGroup(Hinted, pn.widgets.CheckBoxGroup):
    """Check boxes with a hint. A single box is a group, too: Bokeh's `Checkbox` has no name."""


class IntInput(Hinted, pn.widgets.IntInput):
    """A whole number that the arrow keys step, with a hint."""


class RadioButtonGroup(Hinted, pn.widgets.RadioButtonGroup):
    """Buttons of which one is pressed, with a hint."""


class Select(Hinted, pn.widgets.Select):
    """A choice with a hint."""


class TextAreaInput(Hinted, pn.widgets.TextAreaInput):
    """A text of several lines with a hint."""


class TextInput(Hinted, pn.widgets.TextInput):
    """A line of text with a hint; reports each entry once, not a second time on Enter."""

    def _process_event(self, event: Any) -> None:
        pass
