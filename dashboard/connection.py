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
    connections = session._subscribed_connections
    waiting = min(_waiting(connection._socket) for connection in connections)
    return Connection.BEHIND if waiting > _MAX_WAITING else Connection.GOOD


def _waiting(handler: Any) -> int:
    """Bytes that a WebSocket's handler has yet to hand to the system."""
    connection = handler.ws_connection
    if connection is None or connection.stream.closed():
        return 0
    return len(connection.stream._write_buffer)
