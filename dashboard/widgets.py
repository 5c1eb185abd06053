"""Panel's widgets with a hint: what each does, in plain words, shown on hovering."""

from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param


class _Hinted(param.Parameterized):
    """The browser's own tooltip: Panel's would take the place of a button's name."""

    hint = param.String(doc="What the widget does, in plain words.")

    _rename: ClassVar[dict[str, str | None]] = {"hint": None}

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model = super()._get_model(*args, **kwargs)  # type: ignore[misc]
        model.html_attributes = {"title": self.hint}
        return model


class Button(_Hinted, pn.widgets.Button):
    """A button with a hint."""


class Checkbox(_Hinted, pn.widgets.Checkbox):
    """A check box with a hint."""


class IntSlider(_Hinted, pn.widgets.IntSlider):
    """A slider with a hint."""


class RadioButtonGroup(_Hinted, pn.widgets.RadioButtonGroup):
    """Buttons of which one is pressed, with a hint."""


class Select(_Hinted, pn.widgets.Select):
    """A choice with a hint."""


class Switch(_Hinted, pmui.Switch):
    """A switch with a hint."""


class TextAreaInput(_Hinted, pn.widgets.TextAreaInput):
    """A text of several lines with a hint."""


class TextInput(_Hinted, pn.widgets.TextInput):
    """A line of text with a hint; tells each entry once, not a second time on Enter."""

    def _process_event(self, event: Any) -> None:
        pass
