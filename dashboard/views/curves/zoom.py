"""The ranges of the axes: fitted to the curves, or zoomed into by the person."""

from collections.abc import Callable
from typing import Any

from dashboard.views.curves.ranges import Range
from dashboard.widgets.hinted import Button

_OVER_THE_FIGURE = {"position": "absolute", "right": "34px", "bottom": "46px", "z-index": "1"}
_LOOK = """
.bk-btn { min-height: 26px; padding: 2px 10px; border-radius: 8px; font-size: 12px;
          color: var(--mui-palette-text-primary) !important;
          background: var(--mui-palette-background-paper) !important;
          border: 1px solid var(--mui-palette-divider) !important; }
.bk-btn:focus-visible { outline: 2px solid var(--mui-palette-primary-main); outline-offset: 1px; }
"""


class Zoom:
    """Fits the ranges of a figure while the person has not zoomed in.

    Args:
        figure: The figure, with ranges of fixed ends.
        changed: Is called when the person has zoomed, or zooms no longer.

    Attributes:
        is_zoomed: Whether the person has zoomed in.
        fitted_y: The range upwards that was fitted last; None after `forget`.
    """

    def __init__(self, figure: Any, changed: Callable[[], None]) -> None:
        self._x, self._y = figure.x_range, figure.y_range
        self._changed = changed
        self._fitted: tuple[Range, Range] = self.shown
        self._is_fitting = False
        self._button: Button | None = None
        self.is_zoomed = False
        self.fitted_y: Range | None = None
        for axis in (self._x, self._y):
            for end in ("start", "end"):
                axis.on_change(end, self._on_change)

    @property
    def shown(self) -> tuple[Range, Range]:
        """The ranges across and upwards that are shown."""
        return (self._x.start, self._x.end), (self._y.start, self._y.end)

    @property
    def button(self) -> Button:
        """Ends the zoom; it lies over the figure, and is seen while there is something to end."""
        if self._button is None:
            self._button = Button(
                label="Reset zoom",
                hint="Shows the whole curve again.",
                visible=self.is_zoomed,
                styles=_OVER_THE_FIGURE,
                stylesheets=[_LOOK],
                margin=0,
            )
            self._button.on_click(lambda _: self.reset())
        return self._button

    def fit(self, across: Range, upwards: Range) -> None:
        """Sets the ranges; while the person has zoomed in, they are for afterwards."""
        self._fitted, self.fitted_y = (across, upwards), upwards
        if not self.is_zoomed:
            self._apply()

    def forget(self) -> None:
        """Ends the zoom and begins with another curve, whose ranges are to be fitted anew."""
        self.fitted_y = None
        self._set_zoomed(False)

    def reset(self) -> None:
        """Ends the zoom."""
        self._set_zoomed(False)
        self._apply()
        self._changed()

    def _apply(self) -> None:
        self._is_fitting = True
        for axis, (start, end) in zip((self._x, self._y), self._fitted, strict=True):
            if (axis.start, axis.end) != (start, end):
                axis.update(start=start, end=end)
        self._is_fitting = False

    def _on_change(self, attr: str, old: Any, new: Any) -> None:
        if not self._is_fitting:
            self._set_zoomed(self.shown != self._fitted)
            self._changed()

    def _set_zoomed(self, is_zoomed: bool) -> None:
        self.is_zoomed = is_zoomed
        if self._button is not None:
            self._button.visible = is_zoomed
