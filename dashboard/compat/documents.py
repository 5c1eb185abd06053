"""What Panel keeps of pages: addresses, what is shown where, whom the busy flag tells.

Buys pages that a browser takes up again after their session was given up, addresses that Panel
cannot read, and memory that a page gives back when it closes. Without it these pages load anew,
and Panel keeps what it keeps.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import panel as pn
from panel.io.location import Location

from dashboard.compat.switches import is_on, say_lost

#: Where a page's connection is asked for, below its own address.
_CONNECTION = "/ws"
#: Where Panel's files are, below the server's address.
_FILES = "static/extensions/panel/"


def _where_possible(lost: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Has a function do nothing where it is switched off, or where a private name is gone.

    Args:
        lost: What is lost by that, as the subject of a sentence.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def call(*arguments: Any) -> None:
            if not is_on("documents"):
                return
            try:
                function(*arguments)
            except (AttributeError, KeyError) as error:
                say_lost(lost, repr(error))

        return call

    return decorate


def is_recreated(document: Any) -> bool:
    """Tells whether a browser shows the page already, from before its session was given up.

    Args:
        document: The page's Bokeh document; None for none.
    """
    context = document.session_context if document is not None else None
    request = context.request if context is not None else None
    return request is not None and request.path.endswith(_CONNECTION)


def prepare(document: Any) -> None:
    """Does for such a page what Panel does only for one that is asked for by its address.

    It takes its styles from this server, and the settings that it was first opened with.

    Args:
        document: The page's Bokeh document, with nothing on it yet; None for none.
    """
    if not is_recreated(document):
        return
    prefix = f"{pn.state.rel_path}/" if pn.state.rel_path else ""
    document.template_variables["dist_url"] = f"{prefix}{_FILES}"
    settings = urlencode(document.session_context.request.arguments, doseq=True)
    set_location(document, f"?{settings}" if settings else "")


@_where_possible("Such a page does not know its address")
def set_location(document: Any, search: str) -> None:
    """Gives a page an address that Panel has not read itself.

    Args:
        document: The page's Bokeh document.
        search: Its part from the question mark on.
    """
    pn.state._locations[document] = Location(search=search)


@_where_possible("A page whose session was given up stands still")
def say_loaded(document: Any) -> None:
    """Has Panel do for a session made anew what it does when a page has loaded.

    Args:
        document: The page's Bokeh document.
    """
    pn.state._on_load(document)


@_where_possible("Pages that have closed are kept")
def forget_toasts(document: Any) -> None:
    """Lets go of the toasts of a session that has ended, and through them of its document.

    Args:
        document: The page's Bokeh document.
    """
    views = pn.state._views
    for reference in [ref for ref, (_, _, owner, _) in views.items() if owner is document]:
        del views[reference]


@_where_possible("Each page is told of what any other one does")
def ignore_busy(page: Any) -> None:
    """Has a page not follow whether the server is busy with any other one.

    One click would have every page open redrawn, at ten milliseconds each, and the server
    would refer to each page for good.

    Args:
        page: A `panel_material_ui.Page`.
    """
    private = page._param__private
    for _, watcher in private.ref_watchers:
        pn.state.param.unwatch(watcher)
    private.refs.pop("busy")
