"""`SpeedControl`: one control of how fast a training goes, in steps a second."""

from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard.rooms.pace import SPEEDS
from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.subscriptions import Watch
from dashboard.widgets.hinted import Hinted
from dashboard.widgets.sliding import UNTITLED
from dashboard.widgets.theme import ON_PHONE
from dashboard.widgets.told import Told

#: Parameters of a pace, in the order in which they are shown.
PACE = ("update_interval", "frame_rate", "finish_in", "turbo")


def speed_text(speed: int | None) -> str:
    """A speed in words: ``200 steps/s``; None for as fast as it goes."""
    if speed is None:
        return "as fast as it goes"
    return f"{speed:,.0f} step{'' if speed == 1 else 's'}/s"


class DiscreteSlider(Hinted, pmui.DiscreteSlider):
    """A slider with a hint over some values."""


class NotebookSlider(Hinted, pn.widgets.IntSlider):
    """A slider with a hint for a notebook; that of Panel over values has a title too."""


class SpeedControl:
    """A slider from one step a second to as fast as it goes, and its value in words.

    A speed that is not among the slider's, set under Advanced, leaves it at the nearest one.

    Args:
        room: The training.
        watch: Watches its pace.

    Attributes:
        panel: The slider with its words.
    """

    def __init__(self, room: Room, watch: Watch) -> None:
        self._pace = room.pace
        common: dict[str, Any] = {
            "label": "Speed",
            "hint": "Steps a second; the far right is as fast as it goes.",
            "value": self._pace.speed_index,
            "show_value": False,
            "disabled": True,
            "margin": 0,
        }
        if in_notebook():
            self._slider: Any = NotebookSlider(
                end=len(SPEEDS) - 1, width=150, stylesheets=[UNTITLED, _SLIDER_IN_CELL], **common
            )
        else:
            self._slider = DiscreteSlider(
                options={speed_text(speed): place for place, speed in enumerate(SPEEDS)},
                size="small",
                width=150,
                sx=_LOOK,
                stylesheets=[_SLIDER],
                **common,
            )
        self._told = Told(self._slider)
        self._told.watch("value", self._on_slider)
        self._words = pn.pane.HTML(stylesheets=[_WORDS], margin=0)
        self.panel = pn.Row(self._slider, self._words, stylesheets=[_ROW], margin=(0, 0, 0, 10))
        watch(room.pace, PACE, self._show)
        self._show()

    def enable(self, enabled: bool) -> None:
        """Lets the slider be moved, or not."""
        self._told.tell(disabled=not enabled)

    def _on_slider(self, place: int) -> None:
        if place != self._pace.speed_index:
            self._pace.set_speed(SPEEDS[place])

    def _show(self) -> None:
        pace = self._pace
        self._told.tell(value=pace.speed_index)
        is_timed = pace.finish_in and pace.speed is not None
        words = f"over in {pace.finish_in:g} s" if is_timed else speed_text(pace.speed)
        self._words.object = f"<b>{words}</b>"


_LOOK = {
    "& .MuiFormLabel-root": {"display": "none"},
    "& .MuiSlider-root": {"paddingBlock": "12px"},
    ON_PHONE: {"width": "72px !important", "minWidth": "0 !important"},
}
_SLIDER = f"""
:host {{ align-self: center; }}
{ON_PHONE} {{ :host {{ max-width: 84px !important; min-width: 0 !important; }} }}
"""
_SLIDER_IN_CELL = ":host { align-self: center; padding-top: 9px; width: 150px; }"
_ROW = f"""
:host {{ align-items: center; gap: 10px; flex: none; height: 40px; }}
:host::before {{ content: "Speed" / ""; font-size: 13px;
                color: var(--mui-palette-text-secondary); }}
{ON_PHONE} {{
  :host {{ order: 9; margin: 0 !important; width: auto !important; }}
  :host::before {{ display: none; }}
}}
"""
_WORDS = """
:host { align-self: center; font-size: 13px; min-width: 7em; margin-right: 10px;
        font-variant-numeric: tabular-nums; color: var(--mui-palette-text-primary); }
"""
