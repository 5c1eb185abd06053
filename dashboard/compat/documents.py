"""Pages that are made anew for a browser that has come back after its session was given up."""

from typing import Any
from urllib.parse import urlencode

import panel as pn
from panel.io.location import Location
from panel.io.resources import LOCAL_DIST

#: Where a page's connection is asked for, below its own address.
_CONNECTION = "/ws"


def is_remade(document: Any) -> bool:
    """Tells whether a browser shows the page already, from before its session was given up.

    Args:
        document: The page's Bokeh document; None for none.
    """
    context = document.session_context if document is not None else None
    request = context.request if context is not None else None
    return request is not None and request.path.endswith(_CONNECTION)


def prepare(document: Any) -> None:
    """Does for such a page what Panel 1.9 does only for one that is asked for by its address.

    It takes its styles from this server, and the settings that it was first opened with.

    Args:
        document: The page's Bokeh document, with nothing on it yet; None for none.
    """
    if not is_remade(document):
        return
    prefix = f"{pn.state.rel_path}/" if pn.state.rel_path else ""
    document._template_variables["dist_url"] = f"{prefix}{LOCAL_DIST}"
    settings = urlencode(document.session_context.request.arguments, doseq=True)
    pn.state._locations[document] = Location(search=f"?{settings}" if settings else "")
