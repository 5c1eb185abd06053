"""How the page is laid out: its columns, rows that wrap, sheets, panes for Bokeh models."""

from typing import Any

import panel as pn
from bokeh.models import Column, LayoutDOM

from dashboard.widgets.theme import BAR_HEIGHT, CARD, HEADER_HEIGHT, ON_PHONE

#: Class of what is open where it begins closed, and closed where it begins open.
TOGGLED = "toggled"
#: Class of the body and its first column while the map is edited: its tools are always in view.
EDITED = "edited"
#: What is closed on a wide screen.
_CLOSED = f".{TOGGLED}:not(.{EDITED})"

_ABOVE = HEADER_HEIGHT + BAR_HEIGHT
#: Panel's button to the end of a column is laid out even where there is none, with a gap.
NO_SCROLL_BUTTON = ".scroll-button { display: none; }"
#: The columns: settings, picture, words. On a phone all of them are one.
BODY = f"""
{NO_SCROLL_BUTTON}
:host {{ display: grid !important; box-sizing: border-box; padding: 14px; gap: 14px; flex: none;
        grid-template: minmax(0, 1fr) / 236px minmax(0, 1fr) 400px;
        --body-height: calc(100vh - {_ABOVE}px);
        height: var(--body-height); min-height: 500px; width: 100%;
        background: var(--mui-palette-background-default); }}
:host({_CLOSED}) {{ grid-template-columns: minmax(0, 1fr) 400px; }}
@media (min-width: 1500px) {{
  :host {{ grid-template-columns: 236px minmax(0, 1fr) 520px; }}
  :host({_CLOSED}) {{ grid-template-columns: minmax(0, 1fr) 520px; }}
}}
@media (max-width: 1100px) {{
  :host, :host({_CLOSED}) {{ grid-template-columns: minmax(0, 1fr) minmax(345px, 44%); }}
}}
{ON_PHONE} {{
  :host, :host({_CLOSED}) {{ display: flex !important; flex-direction: column;
                             --body-height: calc(100vh - 56px);
                             height: auto !important; min-height: 0; gap: 4px;
                             padding: 6px 10px 110px; }}
}}
"""
#: Height of the body in a notebook's cell, or in another page: it cannot tell how high that is.
HEIGHT_IN_CELL = 690
BODY_IN_CELL = f"""
:host, :host({_CLOSED}) {{ --body-height: {HEIGHT_IN_CELL}px; padding: 12px;
  grid-template-columns: 200px minmax(0, 1fr) minmax(322px, 36%); }}
:host({_CLOSED}) {{ grid-template-columns: minmax(0, 1fr) minmax(322px, 36%); }}
@media (max-width: 1100px) {{
  :host, :host({_CLOSED}) {{ grid-template-columns: minmax(0, 1fr) minmax(322px, 36%); }}
}}
"""
#: A line of the header, where there is no page to place it.
LINE = ":host { align-items: center; gap: 4px; padding: 6px 12px; }"
#: A column of the body; on a phone its contents lie in the body's.
COLUMN = f"""
{NO_SCROLL_BUTTON}
:host {{ min-width: 0; min-height: 0; height: 100%; gap: 10px; align-items: stretch; }}
{ON_PHONE} {{ :host {{ display: contents !important; }} }}
"""


def in_column(place: int) -> str:
    """A stylesheet for one of the body's columns: 1 for the settings, or counted from the right."""
    return f":host {{ grid-row: 1; grid-column: {place} / span 1; }}"


#: The first column: settings, or the tools of the map. On a phone it is a sheet, and tools leave
#: the map in view.
SIDE = f"""
{in_column(1)}
:host {{ padding: 12px; overflow: hidden auto; min-height: 0; max-height: 100%; }}
@media (min-width: 1101px) {{ :host({_CLOSED}) {{ display: none !important; }} }}
@media (max-width: 1100px) {{
  :host {{ display: none !important; }}
  :host(.{TOGGLED}), :host(.{EDITED}) {{
    display: flex !important; position: fixed; z-index: 40; left: 14px; bottom: 14px;
    width: 262px !important; top: {_ABOVE + 14}px; max-height: none;
    box-shadow: 0 8px 24px rgba(0, 0, 0, 0.3); }}
  :host(.{EDITED}) {{ left: auto; right: 14px; }}
}}
{ON_PHONE} {{
  :host(.{TOGGLED}), :host(.{EDITED}) {{
    left: 0; right: 0; top: auto; bottom: 0; width: auto !important; max-height: 72vh;
    padding: 16px; border-radius: 16px 16px 0 0; }}
  :host(.{EDITED}) {{ max-height: 42vh; padding: 4px; }}
}}
"""


def on_phone_at(place: int) -> str:
    """A stylesheet that puts something at a place of a phone's one column."""
    return f"{ON_PHONE} {{ :host {{ order: {place}; }} }}"


#: A part of the page that lies over it while it is open: at the right, or from below on a phone.
SHEET = f"""
{CARD}
:host {{ position: fixed; top: {_ABOVE + 8}px; right: 14px; width: 360px; z-index: 50;
        max-height: calc(100vh - {_ABOVE + 22}px); overflow: auto; padding: 14px;
        box-shadow: 0 8px 28px rgba(0, 0, 0, 0.25); }}
{ON_PHONE} {{
  :host {{ top: auto; bottom: 0; left: 0; right: 0; width: auto; max-height: 72vh;
          border-radius: 16px 16px 0 0; }}
}}
"""


def wrapping_row(*objects: Any, **params: Any) -> pn.Row:
    """A row whose objects go on in a second line where they do not fit into one.

    Args:
        objects: What the row holds.
        params: Other parameters of the row.
    """
    look = {"sizing_mode": "stretch_width", "styles": {"flex-wrap": "wrap"}}
    return pn.Row(*objects, **look | params)


def flexible_column(*objects: Any) -> pn.Column:
    """A column for a wrapping row: two share the width of a screen, one has a phone's."""
    return pn.Column(*objects, styles={"flex": "1 1 360px", "min-width": "0"})


def bokeh_pane(model: LayoutDOM, **params: Any) -> pn.pane.Bokeh:
    """A pane that gives a Bokeh model the whole width."""
    return pn.pane.Bokeh(model, **{"sizing_mode": "stretch_width", "margin": 0} | params)


def describe_figure(figure: LayoutDOM, text: str) -> None:
    """Sets what screen readers read out in place of a figure's picture."""
    attributes = {"role": "figure", "aria-label": text}
    if figure.html_attributes != attributes:
        figure.html_attributes = attributes


def overlaid_pane(*models: LayoutDOM) -> pn.pane.Bokeh:
    """A pane of Bokeh models that may lie over one another, by their own styles."""
    both = Column(
        children=list(models), sizing_mode="stretch_width", styles={"position": "relative"}
    )
    return bokeh_pane(both)


def toggle(layout: Any, name: str = TOGGLED) -> None:
    """Gives a layout a class of CSS, or takes it away."""
    classes = [each for each in layout.css_classes or [] if each != name]
    layout.css_classes = classes if name in (layout.css_classes or []) else [*classes, name]
