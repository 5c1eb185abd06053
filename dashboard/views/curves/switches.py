"""Segmented switches over the curve: which quantity, and how much of it."""

from typing import Any

from dashboard.views.curves.quantities import QUANTITIES
from dashboard.widgets.hinted import TELLS_CHOSEN, RadioButtonGroup
from dashboard.widgets.layout import wrapping_row
from dashboard.widgets.theme import SEGMENTED

#: How much of a curve is shown; the first is the usual one.
RANGES = ("Robust", "All")


class Switches:
    """Two switches in a row.

    Attributes:
        quantity: Chooses one of `QUANTITIES`, by its key.
        range: Chooses one of `RANGES`.
        panel: Both, beside one another.
    """

    def __init__(self) -> None:
        look: dict[str, Any] = {"stylesheets": [SEGMENTED, TELLS_CHOSEN], "margin": 0}
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
