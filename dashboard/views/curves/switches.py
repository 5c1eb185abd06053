"""Segmented switches over the curve: which quantity, and how much of it."""

from typing import Any

from dashboard.views.curves.quantities import QUANTITIES
from dashboard.widgets.hinted import TELLS_CHOSEN, RadioButtonGroup
from dashboard.widgets.layout import wrapping_row

#: How much of a curve is shown; the first is the usual one.
RANGES = ("Robust", "All")

_SEGMENTED = """
:host { --track: color-mix(in srgb, var(--mui-palette-text-secondary, #5f6b76) 9%,
                           var(--mui-palette-background-paper, #fff)); }
.bk-btn-group { display: inline-flex; gap: 2px; padding: 2px; border-radius: 8px;
                background: var(--track); }
.bk-btn-group .bk-btn, .bk-btn-group .bk-btn.bk-btn-default {
  min-height: 26px; min-width: 28px; padding: 2px 9px; margin: 0; border: 0 !important;
  border-radius: 6px !important; box-shadow: none !important; font-size: 13px; line-height: 20px;
  font-weight: 400; background: transparent !important;
  color: var(--mui-palette-text-secondary, #5f6b76) !important; }
.bk-btn-group .bk-btn:hover { color: var(--mui-palette-text-primary, #15191d) !important; }
.bk-btn-group .bk-btn.bk-active, .bk-btn-group .bk-btn.bk-btn-default.bk-active {
  font-weight: 700; color: var(--mui-palette-text-primary, #15191d) !important;
  background: var(--mui-palette-background-paper, #fff) !important;
  box-shadow: 0 1px 2px rgb(0 0 0 / 20%) !important; }
.bk-btn-group .bk-btn:focus-visible {
  outline: 2px solid var(--mui-palette-primary-main, #0b63ce); outline-offset: 1px; }
"""


class Switches:
    """Two switches in a row.

    Attributes:
        quantity: Chooses one of `QUANTITIES`, by its key.
        range: Chooses one of `RANGES`.
        panel: Both, beside one another.
    """

    def __init__(self) -> None:
        look: dict[str, Any] = {"stylesheets": [_SEGMENTED, TELLS_CHOSEN], "margin": 0}
        self.quantity = RadioButtonGroup(
            options={shown.title: key for key, shown in QUANTITIES.items()},
            value="Return",
            hint="Return G: sum of an episode's rewards. Length: its steps. "
            "Episodes: how many were completed, over the steps taken. "
            "ε: probability of exploring.",
            **look,
        )
        self.range = RadioButtonGroup(
            options=list(RANGES),
            value=RANGES[0],
            hint="Robust: a few outliers may leave the frame, so that the rest is seen. "
            "All: every episode is in the frame.",
            **look,
        )
        self.panel = wrapping_row(
            self.quantity,
            self.range,
            styles={"flex-wrap": "wrap", "justify-content": "space-between", "gap": "6px"},
            margin=0,
        )
