"""The connection between a page and the server: whether there is one, and how it keeps up."""

from enum import Enum
from typing import Any

#: Bytes that may wait for a browser before it gets no more pictures. A frame has about 1 kB.
_MAX_WAITING = 256_000


class Connection(Enum):
    """How a page is connected."""

    CUT = "cut"
    BEHIND = "behind"
    GOOD = "good"


def state_of(document: Any) -> Connection:
    """Tells how a page is connected; one in a notebook always is.

    A browser that takes no more, on a slow line or in a tab that the system suspended, would
    have the server keep all that it is sent.

    Args:
        document: The page's Bokeh document; None for none.
    """
    context = document.session_context if document is not None else None
    session = context.session if context is not None else None
    if session is None:
        return Connection.GOOD
    if not session.connection_count:
        return Connection.CUT
    sockets = [connection._socket for connection in session._subscribed_connections]
    return Connection.BEHIND if all(map(_is_behind, sockets)) else Connection.GOOD


def _is_behind(handler: Any) -> bool:
    connection = handler.ws_connection
    if connection is None or connection.stream.closed():
        return False
    # Behind a message that is half sent, Panel would keep all pictures without bound.
    most = 0 if is_sending(handler) else _MAX_WAITING
    return len(connection.stream._write_buffer) > most


def is_sending(handler: Any) -> bool:
    """Whether the system has yet to take a part of a message.

    Args:
        handler: Bokeh's handler of the WebSocket.
    """
    return not handler.write_lock._block._value
