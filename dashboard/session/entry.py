"""Which training a page belongs to: one that its address leads to, or one of its own."""

from typing import Any

import panel as pn

from dashboard.compat.documents import forget_toasts, is_recreated
from dashboard.rooms.registry import Membership, lobby
from dashboard.rooms.room import Room
from dashboard.session.processes import are_several
from dashboard.session.toasts import toast
from dashboard.session.url import UrlSync
from dashboard.session.url_values import ROOM_KEY

GONE = "The training that was here is gone; this is a new one."
#: Where Bokeh makes documents that are not shown at their own address.
_PARTS = ("/ws", "/autoload.js")


def lead_on(document: Any) -> bool:
    """Has the browser ask for the address of a new training, if this one leads to none.

    What a page adds to the browser's history later, Back takes away again. So the first entry
    has the training's key. A server of several processes cannot tell whether there is a
    training; nobody is led on there.

    Args:
        document: The page's Bokeh document, with nothing on it yet; None for none.

    Returns:
        Whether it does, so that no page is needed.

    Raises:
        RegistryError: If there is no place for another training.
    """
    context = document.session_context if document is not None else None
    if context is None or context.request is None:
        return False
    request = context.request
    if request.path.endswith(_PARTS) or _is_session_chosen(request) or are_several():
        return False
    key = _key_of(request)
    if lobby().knows(context.id, key):
        return False
    lobby().check()
    room = Room()
    address = UrlSync(room)
    news = [*address.complaints, *([GONE] if key else [])]
    target = address.leading_by(lobby().reserve(room, news).control_key)
    pn.config.authorize_callback = lambda _: target  # Panel's way to redirect, for this session
    pn.state.on_session_destroyed(lambda _: forget_toasts(document))
    return True


def enter_room(document: Any, own_room: Room) -> Membership | None:
    """Finds the place of a page that is being made.

    Args:
        document: The page's Bokeh document; None for none.
        own_room: The page's room, if no link leads it to another.

    Returns:
        Its place; None where there is no server.

    Raises:
        RegistryError: If there is no place left.
    """
    session = document.session_context if document is not None else None
    if session is None:
        return None
    key = _key_of(session.request) if session.request else None
    membership = lobby().enter(session.id, key)
    if membership is None:
        # Another process may have the training that is not in this one.
        if (key or is_recreated(document)) and not are_several():
            pn.state.onload(lambda: toast("warning", GONE))
        membership = lobby().open(session.id, own_room)
    if membership.room is not own_room:
        own_room.close()
    return membership


def _key_of(request: Any) -> str | None:
    """The key in the address that is asked for, if it has one."""
    keys = request.arguments.get(ROOM_KEY, [])
    return keys[0].decode(errors="replace") if keys else None


def _is_session_chosen(request: Any) -> bool:
    """Whether the next request would get this session again, and be led on for ever."""
    # Bokeh leaves its own arguments out of ``request.arguments``.
    is_named = "bokeh-session-id=" in request.uri or "Bokeh-Session-Id" in request.headers
    return is_named or bool(pn.config.reuse_sessions)
