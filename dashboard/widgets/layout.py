"""How the page is laid out: rows that wrap, columns beside one another, panes for Bokeh models."""

from typing import Any

import panel as pn
from bokeh.models import LayoutDOM


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


def bokeh_pane(model: LayoutDOM) -> pn.pane.Bokeh:
    """A pane that gives a Bokeh model the whole width."""
    return pn.pane.Bokeh(model, sizing_mode="stretch_width", margin=8)
