"""What a normal session would leave in the server's log, and tells nobody anything."""

import logging
import traceback
import warnings

from bokeh.server.connection import ServerConnection
from bokeh.util.warnings import BokehUserWarning
from tornado.websocket import WebSocketClosedError

_SESSION_OF_A_CONNECTION = ServerConnection.session.fget.__code__


def install() -> None:
    """Keeps these lines out of this process's log."""
    # The browser sends in full, once, what has come to it since the page was loaded, such as a
    # toast. The server has it already, and takes its own.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
    logging.getLogger("asyncio").addFilter(_is_news)
    logging.getLogger("bokeh.server.contexts").addFilter(_is_no_delay)
    logging.getLogger("bokeh.server.protocol_handler").addFilter(_is_of_an_open_page)


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """What was raised, if a record is of something that was."""
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a page that was closed while it was being sent to."""
    return not isinstance(_error_of(record), WebSocketClosedError)


def _is_no_delay(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a closed page that Bokeh lets go of a moment later.

    A tick under way holds it up, and Bokeh tries again.
    """
    return "came back to life" not in str(record.msg)


def _is_of_an_open_page(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a message of a page that was closed in the meantime.

    Bokeh asks the page's connection for its session, which is gone.
    """
    error = _error_of(record)
    if not isinstance(error, AssertionError):
        return True
    frames = list(traceback.walk_tb(error.__traceback__))
    return not frames or frames[-1][0].f_code is not _SESSION_OF_A_CONNECTION
