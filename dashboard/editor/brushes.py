"""`Brushes`: the choice of what a click on the map paints, each kind with its colour."""

from collections.abc import Iterable
from typing import Any

import panel as pn

from dashboard.editor.draft import BRUSHES
from dashboard.views.cells import KINDS
from dashboard.widgets.theme import soft
from gridworld import Cell

HINT = "Kind of cell that a click or drag on the map, or the button Paint, makes."

#: Kinds as after "(2, 3) is": words for a cell that was painted.
_WORDS = {
    Cell.FREE: "free",
    Cell.WALL: "a wall",
    Cell.START: "a start",
    Cell.GOAL: "a goal",
    Cell.PIT: "a pit",
    Cell.CLIFF: "a cliff",
}


def in_words(brush: str) -> str:
    """What a cell is that was painted with a brush: "a wall"."""
    return _WORDS[BRUSHES[brush]]


class Brushes(pn.widgets.RadioBoxGroup):
    """A choice of brush. Radio buttons: there is a button Start on the page already."""

    def __init__(self, options: Iterable[str], **params: Any) -> None:
        options = list(options)
        sheets = [_LAYOUT, *(_swatch(number, name) for number, name in enumerate(options, 1))]
        look = {"label": "Brush", "margin": 0, "sizing_mode": "stretch_width"}
        super().__init__(options=options, stylesheets=sheets, **look | params)

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model: Any = super()._get_model(*args, **kwargs)
        model.html_attributes = {"role": "radiogroup", "aria-label": self.label, "title": HINT}
        # Panel takes a choice some 50 ms after it was made, and the plot a click at once.
        model.on_change("active", self._take_at_once)
        return model

    def _take_at_once(self, _attr: str, _old: int | None, new: int | None) -> None:
        if new is not None:
            self.value = self.options[new]


def _swatch(number: int, brush: str) -> str:
    """A stylesheet that puts the colour of a brush, as on the map, beside its name."""
    kind = BRUSHES[brush]
    look = {
        Cell.FREE: "background: var(--mui-palette-background-default);",
        Cell.START: f"border: 2px dashed {KINDS[Cell.START].colour}; border-radius: 50%;",
    }
    style = look.get(kind, f"background: {KINDS[kind].colour};")
    return f".bk-input-group > label:nth-child({number}) > span::before {{ {style} }}"


_LAYOUT = f"""
.bk-input-group {{ display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }}
.bk-input-group > label {{
  position: relative; display: flex; align-items: center; box-sizing: border-box; width: 100%;
  min-height: 28px; margin: 0; padding: 0 7px; border-radius: 8px; border: 1px solid transparent;
  background: none; cursor: pointer; }}
.bk-input-group > label > input {{
  position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0;
  cursor: inherit; }}
.bk-input-group > label > span {{
  position: static; display: flex; align-items: center; gap: 8px; margin: 0; font-size: 14px;
  color: var(--mui-palette-text-primary); }}
.bk-input-group > label > span::before {{
  content: ""; box-sizing: border-box; width: 16px; height: 16px; flex: none;
  border-radius: 4px; border: 1px solid var(--mui-palette-text-secondary); }}
.bk-input-group > label:hover {{ border-color: var(--mui-palette-divider); }}
.bk-input-group > label:has(:checked) {{
  border-color: var(--mui-palette-primary-main);
  background: {soft()}; }}
.bk-input-group > label:has(:checked) > span {{
  color: var(--mui-palette-primary-main); font-weight: 600; }}
.bk-input-group > label:has(:focus-visible) {{
  outline: 2px solid var(--mui-palette-primary-main); outline-offset: 1px; }}
"""
