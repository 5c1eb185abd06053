"""`SlidingField`: a number to type, with a slider under it."""

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from dashboard.session.notebook import in_notebook
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Hinted
from dashboard.widgets.told import Told


class FloatSlider(Hinted, pmui.FloatSlider):
    """A slider with a hint; Panel's own has no name that can be read out."""


class NotebookFloatSlider(Hinted, pn.widgets.FloatSlider):
    """A slider with a hint for a notebook."""


class SlidingField(Field):
    """A field for a number with a slider under it.

    Args:
        owner: The Param object.
        name: The parameter's name.
        start: Least value of the slider; the field takes all that the parameter allows.
        end: Its greatest value.
        step: Its step.
        options: See `Field`.
    """

    def __init__(
        self,
        owner: param.Parameterized,
        name: str,
        start: float,
        end: float,
        step: float,
        **options: Any,
    ) -> None:
        self._range = start, end
        super().__init__(owner, name, **options)
        self._entry.stylesheets = [*self._entry.stylesheets, _BESIDE]
        common: dict[str, Any] = {
            "label": self.label,
            "hint": self._parameter.doc,
            "start": start,
            "end": end,
            "step": step,
            "value": self._place,
            "disabled": self._entry.disabled,
            "sizing_mode": "stretch_width",
            "show_value": False,
            "margin": (-6, 0, 0, 0),
        }
        if in_notebook():
            self._slider: Any = NotebookFloatSlider(stylesheets=[UNTITLED], **common)
        else:
            self._slider = FloatSlider(size="small", tooltips=False, sx=_LOOK, **common)
        self._told_slider = Told(self._slider)
        self._told_slider.watch_release(self._on_slider)
        self.widget = pn.Column(
            self._entry, self._slider, sizing_mode="stretch_width", margin=0, min_height=46
        )

    @property
    def _place(self) -> float:
        """Where the slider stands: as near to the value as it comes."""
        start, end = self._range
        return float(min(max(getattr(self._owner, self._name), start), end))

    def _shown(self) -> str:
        text = str(super()._shown())
        return text if len(text) <= _MOST_CHARACTERS else f"{float(text):.6g}"

    def _enable(self, disabled: bool) -> None:
        super()._enable(disabled)
        self._told_slider.tell(disabled=disabled)

    def _show(self) -> None:
        super()._show()
        self._told_slider.tell(value=self._place)

    def _on_slider(self, place: float) -> None:
        if place != self._place:
            self.enter(round(place, 6))


#: Longest text that there is room for: what decays has sixteen digits.
_MOST_CHARACTERS = 10
#: Hides the title of a slider of Panel's own, where a label beside it says the same.
UNTITLED = ".bk-slider-title { display: none !important; }"
_LOOK = {"& .MuiFormLabel-root": {"display": "none"}, "& .MuiSlider-root": {"paddingBlock": "10px"}}
#: The label and the number on one line.
_BESIDE = """
:host .bk-input-group { flex-direction: row !important; align-items: center; }
:host .bk-input-group > label { flex: 1; }
:host .bk-input-container { width: min(76px, 36%) !important; flex: none; }
:host input.bk-input { width: 100%; height: 26px; text-align: right; font-weight: 600;
  border-color: transparent; background: none; padding: 0 4px; }
:host input.bk-input:hover:not(:disabled), :host input.bk-input:focus {
  border-color: var(--mui-palette-divider); }
"""
