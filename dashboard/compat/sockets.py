"""The connection between a page and the server: whether there is one, and how it keeps up.

Buys memory that stays flat: Panel keeps whatever a slow browser has not taken yet. Without it
such a browser counts as a good one.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from dashboard.compat.switches import is_on, say_lost

#: Bytes that may wait for a browser before it gets no more frames. A frame has about 1 kB.
_MAX_WAITING_BYTES = 256_000


class Connection(Enum):
    """How a page is connected."""

    CUT = "cut"
    SLOW = "slow"
    GOOD = "good"


def connection_of(document: Any) -> Connection:
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
    if not is_on("sockets"):
        return Connection.GOOD
    try:
        is_slow = all(map(_is_slow, sockets_of(session)))
    except AttributeError as error:
        say_lost("A browser that takes no more is sent all the same", str(error))
        return Connection.GOOD
    return Connection.SLOW if is_slow else Connection.GOOD


def sockets_of(session: Any) -> Sequence[Any]:
    """The WebSockets of a session; raises AttributeError if that cannot be told."""
    return [connection._socket for connection in tuple(session._subscribed_connections)]


def is_sending(handler: Any) -> bool:
    """Whether the system has yet to take a part of a message.

    Args:
        handler: Bokeh's handler of the WebSocket.

    Raises:
        AttributeError: If that cannot be told.
    """
    return not handler.write_lock._block._value


def n_waiting(handler: Any) -> int:
    """Bytes that wait for the browser; raises AttributeError if that cannot be told."""
    return len(handler.ws_connection.stream._write_buffer)


def _is_slow(handler: Any) -> bool:
    connection = handler.ws_connection
    if connection is None or connection.stream.closed():
        return False
    # Behind a message that is half sent, Panel would keep all frames without bound.
    most = 0 if is_sending(handler) else _MAX_WAITING_BYTES
    return n_waiting(handler) > most
