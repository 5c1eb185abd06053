"""`extension`: what a notebook needs to draw, once and for all, and from no other host."""

from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
import panel as pn
import panel_material_ui as pmui  # noqa: F401  its toasts show a message's text as text
from holoviews.core.dimension import LabelledData


def extension() -> None:
    """Prepares a notebook for the dashboard and for the pictures of `dashboard.elements`.

    To be called once, before the first of them is shown. What the browser needs goes into the
    notebook, so that it draws without any other host, as a file made by nbconvert too.

    Example:
        >>> from dashboard import extension
        >>> extension()
    """
    pn.extension("tabulator", inline=True, notifications=True)
    hv.Store.set_display_hook("html+js", LabelledData, _show)


def _show(element: Any) -> Any:
    # HoloViews' own way leaves the styles to another host; Material's wraps each picture in
    # a component of 1.4 MB.
    return pn.pane.HoloViews(element, design=pn.theme.Native)._repr_mimebundle_()
